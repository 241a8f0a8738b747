/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bulk streams: who asks for them and what is granted. The calls may sleep for as long as the host
 * controller takes, so what they return is told when they do; the arguments, and whether URBs were
 * queued, are of the moment of the call.
 */
#define STREAMS_EPS 30 /* USB_MAXENDPOINTS, include/linux/usb.h */

static __always_inline struct usb_host_endpoint *streams_ep(__u64 eps, int nth)
{
	struct usb_host_endpoint *ep = NULL;

	bpf_probe_read_kernel(&ep, sizeof(ep), (void *)(eps + nth * sizeof(ep)));
	return ep;
}

static __always_inline bool has_queued(struct usb_host_endpoint *ep)
{
	struct list_head *head = (void *)ep + bpf_core_field_offset(struct usb_host_endpoint,
								    urb_list);

	return BPF_CORE_READ(head, next) != head;
}

static __always_inline void on_streams_call(__u64 call, __u64 interface, __u64 eps, __u32 cnt,
					    __u32 asked, __u32 gfp)
{
	struct streams_call of = {
		.interface = interface, .eps = eps, .cnt = cnt, .asked = asked, .gfp = gfp,
	};

	for (int i = 0; i < STREAMS_EPS; i++) {
		struct usb_host_endpoint *ep;

		if (i >= cnt)
			break;
		ep = streams_ep(eps, i);
		if (ep && has_queued(ep))
			of.queued |= 1U << i;
	}
	bpf_map_update_elem(&streams_calls, &call, &of, BPF_ANY);
}

/* In the ring at once: what calls this has little room on its stack. */
static __always_inline void emit_streams(__u32 key, __u8 type, __u64 asked_gfp, __u32 what_queued,
					 int result, __u64 now)
{
	struct wire_streams *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (!rec) {
		count_lost(key, now);
		return;
	}
	rec->head = (struct wire_head){
		.time_ns = now, .ep = key, .kind = WIRE_STREAMS, .flags = type,
	};
	rec->asked = asked_gfp >> 32;
	rec->result = result;
	rec->gfp = asked_gfp;
	rec->what = what_queued;
	rec->queued = what_queued >> 8;
	rec->pad = 0;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

/* Not static, and so verified once, not anew for each endpoint of a call. */
__noinline int streams_tell(__u64 dev_addr, __u64 ep_addr, __u64 asked_gfp, __u32 what_queued,
			     int result)
{
	struct usb_device *dev = (void *)dev_addr;
	struct usb_host_endpoint *ep = (void *)ep_addr;
	__u32 key = endpoint_key_read(dev, ep);
	__u64 now = bpf_ktime_get_ns();
	struct wire_endpoint *known;

	known = endpoint_learn(key, dev, ep, (__u64)BPF_CORE_READ(ep, ep_dev), now);
	if (known && result >= 0)
		known->has_streams = result > 0;
	if (!known || known->streams)
		emit_streams(key, BPF_CORE_READ(ep, desc.bmAttributes) & 3, asked_gfp, what_queued,
			     result, now);
	return 0;
}

static __always_inline void on_streams_return(__u64 call, __u32 what, int result)
{
	struct streams_call *of = bpf_map_lookup_elem(&streams_calls, &call);
	struct device *interface;
	__u64 dev;

	/* called before we were there, or there was no room */
	if (!of) {
		count_lost(WIRE_EP_ANY, bpf_ktime_get_ns());
		return;
	}
	interface = (void *)of->interface + bpf_core_field_offset(struct usb_interface, dev);
	dev = (__u64)BPF_CORE_READ(interface, parent) - bpf_core_field_offset(struct usb_device, dev);
	for (int i = 0; i < STREAMS_EPS; i++) {
		struct usb_host_endpoint *ep;

		if (i >= of->cnt)
			break;
		ep = streams_ep(of->eps, i);
		if (ep)
			streams_tell(dev, (__u64)ep, (__u64)of->asked << 32 | of->gfp,
				     what | (of->queued >> i & 1) << 8, result);
	}
	bpf_map_delete_elem(&streams_calls, &call);
}

__noinline int streams_forget(__u64 dev_addr, __u32 nth, __u64 cur_alt)
{
	struct usb_device *dev = (void *)dev_addr;
	struct usb_host_endpoint *ep = NULL;
	__u32 key = BPF_CORE_READ(dev, bus, busnum) << 16 | (BPF_CORE_READ(dev, devnum) & 0xff) << 8 |
		    (nth & 0xf) | (nth & 0x10) << 3;
	struct wire_endpoint *known = bpf_map_lookup_elem(&endpoints, &key);

	if (!known || !known->has_streams)
		return 0;
	if (nth < 16)
		bpf_core_read(&ep, sizeof(ep), &dev->ep_out[nth & 0xf]);
	else
		bpf_core_read(&ep, sizeof(ep), &dev->ep_in[nth & 0xf]);
	if (cur_alt && ep && BPF_CORE_READ(ep, streams))
		return 0;
	known->has_streams = 0;
	if (known->streams)
		emit_streams(key, 2, 0, WIRE_STREAMS_ARE, 0, bpf_ktime_get_ns());
	return 0;
}

/*
 * usb_hcd_alloc_bandwidth(): an altsetting is set, and usbcore has forgotten the streams of the one
 * before (`cur_alt`); or the device was reset or configured anew, and they are gone on all endpoints.
 */
static __always_inline void on_configured(__u64 dev, __u64 cur_alt)
{
	for (int i = 0; i < 32; i++)
		streams_forget(dev, i, cur_alt);
}
