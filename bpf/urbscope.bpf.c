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

/*
 * Accepted: linked to the endpoint's queue, under the HCD's lock, so always before giveback,
 * while usb_submit_urb() itself may return after the whole transfer is over.
 */
SEC("fexit/usb_hcd_link_urb_to_ep")
int BPF_PROG(urb_queued, void *hcd, struct urb *urb, int ret)
{
	__u64 now = bpf_ktime_get_ns();

	if (ret)
		return 0;

	struct usb_host_endpoint *ep = urb->ep;
	struct usb_device *dev = urb->dev;
	__u32 key = endpoint_key(dev, ep);
	__u16 stream = urb->stream_id;
	struct wire_endpoint *known = endpoint_learn(key, dev, ep, (__u64)ep->ep_dev, now);

	if (!endpoint_watched(known, stream))
		return 0;

	struct wire_head head = {
		.time_ns = now,
		.ep = key,
		.stream = stream,
		.kind = WIRE_SUBMIT,
		.flags = endpoint_type(ep),
	};

	if (level_full)
		emit_submit_full(&head, urb, address_of_arg(ctx, 1));
	else
		emit_submit(&head, urb);
	return 0;
}

/*
 * The status argument is not final: dummy_hcd passes -EINPROGRESS for an unlinked URB. The
 * kernel lets urb->unlinked win, and makes a short transfer an error if SHORT_NOT_OK is set
 * (__usb_hcd_giveback_urb()); so do we, here, where the transfer ends.
 */
static __always_inline int final_status(struct urb *urb, int status)
{
	int unlinked = urb->unlinked;

	if (unlinked)
		status = unlinked;
	if (!status && (urb->transfer_flags & URB_SHORT_NOT_OK) &&
	    urb->actual_length < urb->transfer_buffer_length)
		status = -EREMOTEIO;
	return status;
}

SEC("fentry/usb_hcd_giveback_urb")
int BPF_PROG(urb_done, void *hcd, struct urb *urb, int status)
{
	__u64 now = bpf_ktime_get_ns();
	struct usb_host_endpoint *ep = urb->ep;
	struct usb_device *dev = urb->dev;
	struct wire_head head = {
		.time_ns = now,
		.ep = endpoint_key(dev, ep),
		.stream = urb->stream_id,
		.kind = WIRE_COMPLETE,
		.flags = endpoint_type(ep) | (level_full ? WIRE_F_FULL : 0),
	};

	if (filter_cnt &&
	    !endpoint_watched(endpoint_learn(head.ep, dev, ep, (__u64)ep->ep_dev, now), head.stream))
		return 0;
	emit_complete(&head, urb, final_status(urb, status), urb->actual_length);
	return 0;
}

/*
 * Only failures. urb->ep is stale or not set if the checks of usb_submit_urb() refused the URB,
 * so the endpoint is that of the pipe. A URB that is on a queue now did not get there by this
 * call: it was in flight already, and the failure ends nothing (-EBUSY, a double submission).
 */
static __always_inline void submit_failed(struct urb *urb, int ret, __u64 now)
{
	struct usb_device *dev = urb->dev;

	if (!dev)
		return;

	unsigned int pipe = urb->pipe;
	unsigned int number = pipe >> 15 & 0xf;
	/* pipe types: 0 iso, 1 interrupt, 2 control, 3 bulk (include/linux/usb.h) */
	unsigned int pipe_type = pipe >> 30;
	__u8 type = pipe_type == 0 ? 1 : pipe_type == 1 ? 3 : pipe_type == 2 ? 0 : 2;
	struct list_head *self = (void *)urb + bpf_core_field_offset(struct urb, urb_list);
	struct list_head *next = urb->urb_list.next;
	struct wire_head head = {
		.time_ns = now,
		.ep = device_key(dev) | (type == 0 ? 0 : number | (pipe & 0x80)),
		.stream = urb->stream_id,
		.kind = WIRE_SUBMIT_ERROR,
		.flags = type | (next && next != self ? WIRE_F_ACTIVE : 0),
	};

	if (filter_cnt) {
		struct wire_endpoint *known = bpf_map_lookup_elem(&endpoints, &head.ep);

		if (!endpoint_watched(known, head.stream))
			return;
	}
	emit_complete(&head, urb, ret, urb->transfer_buffer_length);
}

SEC("fexit/usb_submit_urb")
int BPF_PROG(urb_submit_returns, struct urb *urb, unsigned int mem_flags, int ret)
{
	if (level_full) {
		__u64 address = address_of_arg(ctx, 0);
		volatile struct call *call = call_of(address);

		/* else it is somebody else's by now */
		if (call->check == call_check(address, call->submit_ns, call->gfp))
			call->check = 0;
	}
	if (ret && urb)
		submit_failed(urb, ret, bpf_ktime_get_ns());
	return 0;
}

/* Full level: when the driver called, and with which flags. */
SEC("fentry/usb_submit_urb")
int BPF_PROG(urb_submit, struct urb *urb, unsigned int mem_flags)
{
	__u64 address = address_of_arg(ctx, 0);
	volatile struct call *call = call_of(address);
	__u64 now = bpf_ktime_get_ns();

	call->submit_ns = now;
	call->gfp = mem_flags;
	call->check = call_check(address, now, mem_flags);
	return 0;
}

#include "handler.bpf.h"

/* The device is gone when this returns, and everything it had in flight has been given back. */
SEC("fentry/usb_disconnect")
int device_leaves(void *ctx)
{
	struct usb_device *dev = NULL;
	__u64 where = 0;
	__u32 key;

	/* a pointer to a pointer cannot be taken from the context itself before 6.7 */
	bpf_get_func_arg(ctx, 0, &where);
	bpf_probe_read_kernel(&dev, sizeof(dev), (void *)where);
	if (!dev)
		return 0;
	key = BPF_CORE_READ(dev, bus, busnum) << 16 | BPF_CORE_READ(dev, devnum) << 8;
	bpf_map_update_elem(&leaving, &where, &key, BPF_ANY);
	return 0;
}

SEC("fexit/usb_disconnect")
int device_left(void *ctx)
{
	struct wire_head head = { .time_ns = bpf_ktime_get_ns(), .kind = WIRE_GONE };
	__u64 where = 0;
	__u32 *found;

	bpf_get_func_arg(ctx, 0, &where);
	found = bpf_map_lookup_elem(&leaving, &where);
	if (!found)
		return 0;
	head.ep = *found;
	bpf_map_delete_elem(&leaving, &where);
	for (int i = 0; i < 32; i++) {
		__u32 key = head.ep | (i & 0xf) | (i & 0x10) << 3;

		bpf_map_delete_elem(&endpoints, &key);
	}
	emit(&head, sizeof(head));
	return 0;
}

#include "walk.bpf.h"
