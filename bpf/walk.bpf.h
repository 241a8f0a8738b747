/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is in flight right now. The agent reads a device's `urbnum` in sysfs, which calls
 * urbnum_show() with the live device; its endpoints' queues are walked from there, without the
 * HCD's lock. A queue may change under the walk, and the rest of it then be missed: the agent
 * walks again while there is traffic, and sorts out, from the records of the same ring, what was
 * really in flight when it began (src/source/bpf_walk.c).
 */
#define QUEUE_MAX (1 << 17) /* URBs of one endpoint that a walk will follow */

struct queue_walk {
	struct list_head *head;
	struct list_head *at;
	struct usb_host_endpoint *of;
	__u32 ep;
	__u32 type;
	__u64 now;
	__u64 streams;
	bool lost;
};

static long queue_step(__u64 index, void *ctx)
{
	struct queue_walk *walk = ctx;
	struct list_head *at = walk->at;
	struct urb *urb;

	if (!at || at == walk->head)
		return 1;
	urb = (void *)at - bpf_core_field_offset(struct urb, urb_list);
	/* given back, and submitted to another endpoint since: this is that one's queue */
	if (BPF_CORE_READ(urb, ep) != walk->of)
		return 1;

	struct wire_submit rec = {
		.head = {
			.time_ns = walk->now,
			.ep = walk->ep,
			.stream = BPF_CORE_READ(urb, stream_id),
			.kind = WIRE_INFLIGHT,
			.flags = walk->type,
		},
		.urb = (__u64)urb,
		.length = BPF_CORE_READ(urb, transfer_buffer_length),
	};

	if (walk->streams & stream_bit(rec.head.stream) &&
	    bpf_ringbuf_output(&ring, &rec, sizeof(rec), wakeup_flag()))
		walk->lost = true;
	walk->at = BPF_CORE_READ(at, next);
	/* a URB that has just been taken off the queue points to itself */
	return walk->at == at;
}

/*
 * False if a record found no room. That is no loss of an event, and not counted as one: the
 * device's walk is void, and its WIRE_WALKED does not come.
 */
static __always_inline bool walk_queue(struct usb_device *dev, struct usb_host_endpoint *ep,
				       __u64 now)
{
	struct list_head *head = (void *)ep + bpf_core_field_offset(struct usb_host_endpoint,
								    urb_list);
	struct queue_walk walk = {
		.head = head,
		.at = BPF_CORE_READ(head, next),
		.of = ep,
		.ep = BPF_CORE_READ(dev, bus, busnum) << 16 |
		      (BPF_CORE_READ(dev, devnum) & 0xff) << 8 |
		      (BPF_CORE_READ(ep, desc.bEndpointAddress) & 0x8f),
		.type = BPF_CORE_READ(ep, desc.bmAttributes) & 3,
		.now = now,
	};
	__u64 ep_dev = (__u64)BPF_CORE_READ(ep, ep_dev);
	struct wire_endpoint *known = endpoint_learn(walk.ep, dev, ep, ep_dev, now);

	walk.streams = known ? known->streams : ~0ULL;
	if (walk.streams)
		bpf_loop(QUEUE_MAX, queue_step, &walk, 0);
	return !walk.lost;
}

static __always_inline bool called_by_agent(void)
{
	struct bpf_pidns_info ns = {};

	if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &ns, sizeof(ns)))
		return false;
	return ns.tgid == agent_tgid;
}

SEC("fentry/urbnum_show")
int BPF_PROG(device_walk, struct device *kdev)
{
	struct usb_device *dev = (void *)kdev - bpf_core_field_offset(struct usb_device, dev);
	__u64 now = bpf_ktime_get_ns();
	struct wire_head head = { .time_ns = now, .kind = WIRE_WALKED };

	if (!called_by_agent())
		return 0;
	for (int i = 0; i < 32; i++) {
		struct usb_host_endpoint *ep = NULL;

		/* ep_in[0] and ep_out[0] are the same endpoint 0 */
		if (i < 16)
			bpf_core_read(&ep, sizeof(ep), &dev->ep_in[i]);
		else if (i > 16)
			bpf_core_read(&ep, sizeof(ep), &dev->ep_out[i - 16]);
		if (ep && !walk_queue(dev, ep, now))
			return 0;
	}
	head.ep = BPF_CORE_READ(dev, bus, busnum) << 16 | (BPF_CORE_READ(dev, devnum) & 0xff) << 8;
	bpf_ringbuf_output(&ring, &head, sizeof(head), wakeup_flag());
	return 0;
}
