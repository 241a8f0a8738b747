// SPDX-License-Identifier: GPL-2.0
/*
 * The probes as kprobes, for kernels whose usbcore has no BTF of its own or that are too old for
 * fentry. They do the same as those of urbscope.bpf.c; what differs is how they come by their
 * arguments, and that each counts its runs: the kernel skips a kprobe's program if it hits while
 * another BPF program runs on that CPU, and the agent finds out by comparing hits with runs.
 *
 * For Linux 5.10: no bpf_loop(), no bpf_get_func_arg(), no atomics that return a value.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "usb_core.h"
#include "urbscope/wire.h"

char LICENSE[] SEC("license") = "GPL";

#define URBSCOPE_KPROBES
#include "config.bpf.h"
#include "emit.bpf.h"
#include "endpoint.bpf.h"
#include "hooks.bpf.h"
#include "handler.bpf.h"
#include "walk.bpf.h"
#include "streams.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the agent sets the number of CPUs */
	__type(key, __u32);
	__type(value, struct wire_runs);
} runs SEC(".maps");

/* First thing in every program; `nth` is its place in this file. */
static __always_inline void count_run(__u32 nth)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct wire_runs *mine = bpf_map_lookup_elem(&runs, &cpu);

	/* no interrupt's program comes in between: it would be skipped */
	if (mine)
		mine->of[nth]++;
}

/*
 * A call is named by its stack frame, at its beginning and at its return: nobody else's is there
 * meanwhile, whatever interrupts it and wherever its task goes. x86 has popped the return address
 * by then.
 */
#ifdef __TARGET_ARCH_x86
#define CALL_AT_RETURN(ctx) ((__u64)PT_REGS_SP(ctx) - sizeof(long))
#else
#define CALL_AT_RETURN(ctx) ((__u64)PT_REGS_SP(ctx))
#endif
#define CALL_AT_ENTRY(ctx) ((__u64)PT_REGS_SP(ctx))

/*
 * The URBs of calls of usb_submit_urb() in progress, which its return does not know any more. A
 * table where the last writer wins, as in config.bpf.h: a refusal whose place somebody else has
 * taken is counted as lost.
 */
#define SUBMITTED 4096

struct submitted {
	__u64 urb;
	__u64 check; /* urb ^ call */
};

static struct submitted submitted[SUBMITTED];

static __always_inline volatile struct submitted *submitted_by(__u64 call)
{
	return &submitted[(call * 0x9e3779b97f4a7c15ULL >> 52) & (SUBMITTED - 1)];
}

/*
 * At the entry, as a return has lost its arguments: what is refused is taken back by the return of
 * usb_submit_urb(), as a URB is that was linked and given up.
 */
SEC("kprobe/usb_hcd_link_urb_to_ep")
int BPF_KPROBE(urb_queued, void *hcd, struct urb *urb)
{
	count_run(0);
	on_queued(urb, (__u64)urb, bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe/usb_hcd_giveback_urb")
int BPF_KPROBE(urb_done, void *hcd, struct urb *urb, int status)
{
	count_run(1);
	on_done(urb, status, bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe/usb_submit_urb")
int BPF_KPROBE(urb_called, struct urb *urb, unsigned int mem_flags)
{
	__u64 now = bpf_ktime_get_ns(), call = CALL_AT_ENTRY(ctx);
	volatile struct submitted *mine = submitted_by(call);

	count_run(2);
	mine->urb = (__u64)urb;
	mine->check = (__u64)urb ^ call;
	if (config.level_full)
		on_submit((__u64)urb, mem_flags, now);
	return 0;
}

SEC("kretprobe/usb_submit_urb")
int BPF_KRETPROBE(urb_submit_returns, int ret)
{
	__u64 now = bpf_ktime_get_ns(), call = CALL_AT_RETURN(ctx);
	volatile struct submitted *mine = submitted_by(call);
	__u64 urb = mine->urb;

	count_run(3);
	if (mine->check != (urb ^ call)) {
		if (ret)
			count_lost(WIRE_EP_ANY, now);
		return 0;
	}
	mine->check = 0;
	if (!urb)
		return 0;
	if (config.level_full)
		forget_call(urb);
	if (ret)
		on_refused((struct urb *)urb, ret, now);
	return 0;
}

SEC("kprobe/__usb_hcd_giveback_urb")
int BPF_KPROBE(urb_bottom_half, struct urb *urb)
{
	count_run(4);
	on_bottom_half(urb);
	return 0;
}

SEC("kprobe/usb_unanchor_urb")
int BPF_KPROBE(urb_handler, struct urb *urb)
{
	count_run(5);
	on_handler((__u64)urb);
	return 0;
}

SEC("kprobe/usb_anchor_resume_wakeups")
int BPF_KPROBE(urb_returned)
{
	__u64 now = bpf_ktime_get_ns();

	count_run(6);
	on_handler_left(now);
	return 0;
}

SEC("kprobe/usb_disconnect")
int BPF_KPROBE(device_leaves, void *where)
{
	count_run(7);
	on_leaves((__u64)where, CALL_AT_ENTRY(ctx));
	return 0;
}

SEC("kretprobe/usb_disconnect")
int BPF_KRETPROBE(device_left)
{
	count_run(8);
	on_left(CALL_AT_RETURN(ctx), bpf_ktime_get_ns());
	return 0;
}

/* Attached before the walk, which sees what a call has done that was under way by then. */
SEC("kprobe/usb_alloc_streams")
int BPF_KPROBE(streams_asked, void *interface, void *eps, unsigned int cnt, unsigned int asked,
	       unsigned int gfp)
{
	count_run(9);
	on_streams_call(CALL_AT_ENTRY(ctx), (__u64)interface, (__u64)eps, cnt, asked, gfp);
	return 0;
}

SEC("kretprobe/usb_alloc_streams")
int BPF_KRETPROBE(streams_granted, int result)
{
	count_run(10);
	on_streams_return(CALL_AT_RETURN(ctx), WIRE_STREAMS_ALLOC, result);
	return 0;
}

SEC("kprobe/usb_free_streams")
int BPF_KPROBE(streams_returned, void *interface, void *eps, unsigned int cnt, unsigned int gfp)
{
	count_run(11);
	on_streams_call(CALL_AT_ENTRY(ctx), (__u64)interface, (__u64)eps, cnt, 0, gfp);
	return 0;
}

SEC("kretprobe/usb_free_streams")
int BPF_KRETPROBE(streams_freed, int result)
{
	count_run(12);
	on_streams_return(CALL_AT_RETURN(ctx), WIRE_STREAMS_FREE, result);
	return 0;
}

SEC("kprobe/usb_hcd_alloc_bandwidth")
int BPF_KPROBE(streams_forgotten, void *dev, void *config, void *cur_alt)
{
	count_run(13);
	on_configured((__u64)dev, (__u64)cur_alt);
	return 0;
}

SEC("kprobe/urbnum_show")
int BPF_KPROBE(device_walk, struct device *kdev)
{
	count_run(14);
	walk_device(kdev);
	return 0;
}
