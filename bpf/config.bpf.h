/* SPDX-License-Identifier: GPL-2.0 */
/* Fixed by the agent between open and load; the verifier then drops what is not asked for. */

const volatile struct wire_config config SEC(".rodata.config");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);	/* bytes; the agent may choose another size */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	/*
	 * The agent looks into it without a system call: bpf() keeps kprobes on its CPU from running
	 * meanwhile.
	 */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the agent sets the number of CPUs */
	__type(key, __u32);
	__type(value, struct wire_lost);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct wire_endpoint);
} endpoints SEC(".maps");

/* usb_disconnect() in progress: which call of it -> device key (nests: a hub takes its children). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} leaving SEC(".maps");

/* Calls of usb_alloc_streams() and usb_free_streams() in progress: which call of them -> arguments. */
struct streams_call {
	__u64 interface;
	__u64 eps;	/* an array of pointers */
	__u32 cnt;
	__u32 asked;
	__u32 gfp;
	__u32 queued;	/* bit n: URBs were queued on endpoint n of the array */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, struct streams_call);
} streams_calls SEC(".maps");

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

static __always_inline struct call *call_of(__u64 urb)
{
	return &calls[(urb * 0x9e3779b97f4a7c15ULL >> 52) & (CALLS - 1)];
}

static __always_inline __u64 call_check(__u64 urb, __u64 submit_ns, __u32 gfp)
{
	return (urb ^ submit_ns) + gfp;
}

/*
 * A field of a kernel structure. fentry's arguments have types, by which the verifier lets a
 * program load; those of a kprobe are numbers, and have to be read.
 */
#ifdef URBSCOPE_KPROBES
#define LOAD(from, field) BPF_CORE_READ(from, field)
#else
#define LOAD(from, field) ((from)->field)
#endif

/*
 * A function that is not static is verified once, by itself, not anew at each call, which takes
 * Linux 5.10 seconds. But no typed argument can be given to it as a number.
 */
#ifdef URBSCOPE_KPROBES
#define OUT_OF_LINE __noinline
#else
#define OUT_OF_LINE static __noinline
#endif
