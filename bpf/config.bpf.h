/* SPDX-License-Identifier: GPL-2.0 */
/* Fixed by the agent between open and load; the verifier then drops what is not asked for. */

const volatile bool level_full;
const volatile __u32 filter_cnt;
const volatile struct wire_filter filters[WIRE_FILTERS_MAX];
/* Only the agent's own reads of urbnum make the walk run (pid of its own namespace's view). */
const volatile __u32 agent_tgid;
const volatile __u64 pidns_dev, pidns_ino;
/* The agent is woken when this much is waiting; else it looks by itself, at its own pace. */
const volatile __u64 wakeup_bytes = 1 << 20;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);	/* bytes; the agent may choose another size */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_lost);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct wire_endpoint);
} endpoints SEC(".maps");

/* usb_disconnect() in progress: its argument -> device key (nests: a hub takes its children). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} leaving SEC(".maps");

/*
 * Calls of usb_submit_urb() in progress, by URB: the caller may sleep and move to another CPU
 * before the URB is linked, and softirqs submit in between, so neither CPU nor task is a key.
 *
 * A table where the last writer wins, not a hash map: that costs a tenth. Of two calls at the
 * same time whose URBs share a place (1 in 4096), one has no call to show. `check` ties a place
 * to its URB and tells a place that two of them have written into at once.
 */
#define CALLS 4096

struct call {
	__u64 submit_ns;
	__u64 check;	/* call_check(); 0: none */
	__u32 gfp;
	__u32 pad;
};

static struct call calls[CALLS]; /* of all CPUs */

/* Argument `n` of the traced function as a number: the verifier lets nobody hash a pointer. */
static __always_inline __u64 address_of_arg(void *ctx, __u32 n)
{
	__u64 address = 0;

	bpf_get_func_arg(ctx, n, &address);
	return address;
}

static __always_inline struct call *call_of(__u64 urb)
{
	return &calls[(urb * 0x9e3779b97f4a7c15ULL >> 52) & (CALLS - 1)];
}

static __always_inline __u64 call_check(__u64 urb, __u64 submit_ns, __u32 gfp)
{
	return (urb ^ submit_ns) + gfp;
}
