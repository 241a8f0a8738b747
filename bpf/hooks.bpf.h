/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes do, however they are attached: urbscope.bpf.c calls these from fentry and fexit,
 * urbscope_kprobe.bpf.c from kprobes. Both say when, and what the arguments are.
 */

/* Linked to the endpoint's queue. `address` is urb as a number; needed by the full level only. */
static __always_inline void on_queued(struct urb *urb, __u64 address, __u64 now)
{
	struct usb_host_endpoint *ep = LOAD(urb, ep);
	struct usb_device *dev = LOAD(urb, dev);
	__u32 key = endpoint_key(dev, ep);
	__u16 stream = LOAD(urb, stream_id);
	struct wire_endpoint *known = endpoint_learn(key, dev, ep, (__u64)LOAD(ep, ep_dev), now);

	if (!endpoint_watched(known, stream))
		return;

	struct wire_head head = {
		.time_ns = now,
		.ep = key,
		.stream = stream,
		.kind = WIRE_SUBMIT,
		.flags = endpoint_type(ep),
	};

	if (config.level_full)
		emit_submit_full(&head, urb, address);
	else
		emit_submit(&head, urb);
}

/*
 * The status argument is not final: dummy_hcd passes -EINPROGRESS for an unlinked URB. The
 * kernel lets urb->unlinked win, and makes a short transfer an error if SHORT_NOT_OK is set
 * (__usb_hcd_giveback_urb()); so do we, here, where the transfer ends.
 */
static __always_inline int final_status(struct urb *urb, int status)
{
	int unlinked = LOAD(urb, unlinked);

	if (unlinked)
		status = unlinked;
	if (!status && (LOAD(urb, transfer_flags) & URB_SHORT_NOT_OK) &&
	    LOAD(urb, actual_length) < LOAD(urb, transfer_buffer_length))
		status = -EREMOTEIO;
	return status;
}

static __always_inline void on_done(struct urb *urb, int status, __u64 now)
{
	struct usb_host_endpoint *ep = LOAD(urb, ep);
	struct usb_device *dev = LOAD(urb, dev);
	struct wire_head head = {
		.time_ns = now,
		.ep = endpoint_key(dev, ep),
		.stream = LOAD(urb, stream_id),
		.kind = WIRE_COMPLETE,
		.flags = endpoint_type(ep) | (config.level_full ? WIRE_F_FULL : 0),
	};

	if (config.filter_cnt &&
	    !endpoint_watched(endpoint_learn(head.ep, dev, ep, (__u64)LOAD(ep, ep_dev), now),
			      head.stream))
		return;
	emit_complete(&head, urb, final_status(urb, status), LOAD(urb, actual_length));
}

/* Full level: when the driver called, and with which flags. */
static __always_inline void on_submit(__u64 address, __u32 gfp, __u64 now)
{
	volatile struct call *call = call_of(address);

	call->submit_ns = now;
	call->gfp = gfp;
	call->check = call_check(address, now, gfp);
}

static __always_inline void forget_call(__u64 address)
{
	volatile struct call *call = call_of(address);

	/* else it is somebody else's by now */
	if (call->check == call_check(address, call->submit_ns, call->gfp))
		call->check = 0;
}

/*
 * Only failures. urb->ep is stale or not set if the checks of usb_submit_urb() refused the URB,
 * so the endpoint is that of the pipe. A URB that is on a queue now did not get there by this
 * call: it was in flight already, and the failure ends nothing. So it is with -EBUSY, a double
 * submission, when the URB has just been taken off its queue to be given back.
 */
static __always_inline void on_refused(struct urb *urb, int ret, __u64 now)
{
	struct usb_device *dev = LOAD(urb, dev);

	if (!dev)
		return;

	unsigned int pipe = LOAD(urb, pipe);
	unsigned int number = pipe >> 15 & 0xf;
	__u8 type = pipe_type(pipe);
	struct list_head *self = (void *)urb + bpf_core_field_offset(struct urb, urb_list);
	struct list_head *next = LOAD(urb, urb_list.next);
	struct wire_head head = {
		.time_ns = now,
		.ep = device_key(dev) | (type == 0 ? 0 : number | (pipe & 0x80)),
		.stream = LOAD(urb, stream_id),
		.kind = WIRE_SUBMIT_ERROR,
		.flags = type | (ret == -EBUSY || (next && next != self) ? WIRE_F_ACTIVE : 0),
	};

	if (config.filter_cnt) {
		struct wire_endpoint *known = bpf_map_lookup_elem(&endpoints, &head.ep);

		if (!endpoint_watched(known, head.stream))
			return;
	}
	emit_complete(&head, urb, ret, LOAD(urb, transfer_buffer_length));
}

/* usb_disconnect(&dev) is called; `call` will name this call of it when it returns. */
static __always_inline void on_leaves(__u64 where, __u64 call)
{
	struct usb_device *dev = NULL;
	__u32 key;

	bpf_probe_read_kernel(&dev, sizeof(dev), (void *)where);
	if (!dev)
		return;
	key = BPF_CORE_READ(dev, bus, busnum) << 16 | BPF_CORE_READ(dev, devnum) << 8;
	bpf_map_update_elem(&leaving, &call, &key, BPF_ANY);
}

/* The device is gone when that returns, and everything it had in flight has been given back. */
static __always_inline void on_left(__u64 call, __u64 now)
{
	struct wire_head head = { .time_ns = now, .kind = WIRE_GONE };
	__u32 *found = bpf_map_lookup_elem(&leaving, &call);

	if (!found)
		return;
	head.ep = *found;
	bpf_map_delete_elem(&leaving, &call);
	for (int i = 0; i < 32; i++) {
		__u32 key = head.ep | (i & 0xf) | (i & 0x10) << 3;

		bpf_map_delete_elem(&endpoints, &key);
	}
	emit(&head, sizeof(head));
}
