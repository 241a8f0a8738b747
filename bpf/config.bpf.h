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
 */
struct call {
	__u64 submit_ns;
	__u32 gfp;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");
