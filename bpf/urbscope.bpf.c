// SPDX-License-Identifier: GPL-2.0
/*
 * The probes. Which kernel function means what, and what each of them lies about, is in
 * docs/hooks.md. The rule that makes pairing by the URB's address safe: link, giveback, bottom
 * half and handler of one URB happen in this order, each record is reserved inside the call
 * that it tells of, and the address cannot be used anew before the last of them.
 *
 * The basic level has three probes and needs no state of its own per URB. The full level adds
 * the call of usb_submit_urb() and the run of the completion handler.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "usb_core.h"
#include "urbscope/wire.h"

char LICENSE[] SEC("license") = "GPL";

#include "config.bpf.h"
#include "emit.bpf.h"
#include "endpoint.bpf.h"
#include "hooks.bpf.h"
#include "handler.bpf.h"
#include "walk.bpf.h"
#include "streams.bpf.h"

/* Argument `n` of the traced function as a number: the verifier lets nobody hash a pointer. */
static __always_inline __u64 address_of_arg(void *ctx, __u32 n)
{
	__u64 address = 0;

	bpf_get_func_arg(ctx, n, &address);
	return address;
}

/*
 * Accepted: linked to the endpoint's queue, under the HCD's lock, so always before giveback,
 * while usb_submit_urb() itself may return after the whole transfer is over.
 */
SEC("fexit/usb_hcd_link_urb_to_ep")
int BPF_PROG(urb_queued, void *hcd, struct urb *urb, int ret)
{
	__u64 now = bpf_ktime_get_ns();

	if (!ret)
		on_queued(urb, config.level_full ? address_of_arg(ctx, 1) : 0, now);
	return 0;
}

SEC("fentry/usb_hcd_giveback_urb")
int BPF_PROG(urb_done, void *hcd, struct urb *urb, int status)
{
	on_done(urb, status, bpf_ktime_get_ns());
	return 0;
}

SEC("fexit/usb_submit_urb")
int BPF_PROG(urb_submit_returns, struct urb *urb, unsigned int mem_flags, int ret)
{
	if (config.level_full)
		forget_call(address_of_arg(ctx, 0));
	if (ret && urb)
		on_refused(urb, ret, bpf_ktime_get_ns());
	return 0;
}

SEC("fentry/usb_submit_urb")
int BPF_PROG(urb_submit, struct urb *urb, unsigned int mem_flags)
{
	on_submit(address_of_arg(ctx, 0), mem_flags, bpf_ktime_get_ns());
	return 0;
}

SEC("fentry/__usb_hcd_giveback_urb")
int BPF_PROG(urb_bottom_half, struct urb *urb)
{
	on_bottom_half(urb);
	return 0;
}

SEC("fentry/usb_unanchor_urb")
int BPF_PROG(urb_handler, struct urb *urb)
{
	on_handler((__u64)urb);
	return 0;
}

SEC("fentry/usb_anchor_resume_wakeups")
int BPF_PROG(urb_returned, void *anchor)
{
	on_handler_left(bpf_ktime_get_ns());
	return 0;
}

/* A pointer to a pointer cannot be taken from the context itself before 6.7. */
SEC("fentry/usb_disconnect")
int device_leaves(void *ctx)
{
	__u64 where = address_of_arg(ctx, 0);

	on_leaves(where, where);
	return 0;
}

SEC("fexit/usb_disconnect")
int device_left(void *ctx)
{
	on_left(address_of_arg(ctx, 0), bpf_ktime_get_ns());
	return 0;
}

/*
 * These two sleep, so they are of tasks, and a task is in one of them at a time. Attached before the
 * walk, which sees what a call has done that was under way by then.
 */
static __always_inline void streams_called(void *ctx, __u32 asked, __u32 gfp, __u32 cnt)
{
	on_streams_call(bpf_get_current_pid_tgid(), address_of_arg(ctx, 0), address_of_arg(ctx, 1),
			cnt, asked, gfp);
}

SEC("fentry/usb_alloc_streams")
int streams_asked(void *ctx)
{
	streams_called(ctx, address_of_arg(ctx, 3), address_of_arg(ctx, 4), address_of_arg(ctx, 2));
	return 0;
}

SEC("fexit/usb_alloc_streams")
int streams_granted(void *ctx)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	on_streams_return(bpf_get_current_pid_tgid(), WIRE_STREAMS_ALLOC, result);
	return 0;
}

SEC("fentry/usb_free_streams")
int streams_returned(void *ctx)
{
	streams_called(ctx, 0, address_of_arg(ctx, 3), address_of_arg(ctx, 2));
	return 0;
}

SEC("fexit/usb_free_streams")
int streams_freed(void *ctx)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	on_streams_return(bpf_get_current_pid_tgid(), WIRE_STREAMS_FREE, result);
	return 0;
}

SEC("fentry/usb_hcd_alloc_bandwidth")
int streams_forgotten(void *ctx)
{
	on_configured(address_of_arg(ctx, 0), address_of_arg(ctx, 2));
	return 0;
}

SEC("fentry/urbnum_show")
int BPF_PROG(device_walk, struct device *kdev)
{
	walk_device(kdev);
	return 0;
}
