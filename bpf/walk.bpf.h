/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is in flight right now. The agent reads a device's `urbnum` in sysfs, which calls
 * urbnum_show() with the live device; its endpoints' queues are walked from there, without the
 * HCD's lock. A queue may change under the walk, and the rest of it then be missed: the agent
 * walks again while there is traffic, and sorts out, from the records of the same ring, what was
 * really in flight when it began (src/source/bpf_walk.c).
 */
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

/*
 * The agent has one thread, and it reads one urbnum at a time. Volatile, as clang would take it to
 * pieces, and then its BTF does not fit, and the kernel refuses all the BTF.
 */
static volatile struct queue_walk walk;

/* As slot_of(); but this is another task's, and its memory is not there. */
static __always_inline __u64 walk_slot(struct urb *urb)
{
	if (!config.slots || (__u64)BPF_CORE_READ(urb, complete) == config.usbfs_complete)
		return 0;
	return (__u64)urb;
}

/* Steps to the next URB of the queue; false at its end. */
static __always_inline bool queue_step(void)
{
	struct list_head *at = walk.at, *next;
	struct urb *urb;

	if (!at || at == walk.head)
		return false;
	urb = (void *)at - bpf_core_field_offset(struct urb, urb_list);
	/* given back, and submitted to another endpoint since: this is that one's queue */
	if (BPF_CORE_READ(urb, ep) != walk.of)
		return false;

	struct wire_submit rec = {
		.head = {
			.time_ns = walk.now,
			.ep = walk.ep,
			.stream = BPF_CORE_READ(urb, stream_id),
			.kind = WIRE_INFLIGHT,
			.flags = walk.type,
		},
		.urb = (__u64)urb,
		.length = BPF_CORE_READ(urb, transfer_buffer_length),
		.slot = walk_slot(urb),
	};

	if (walk.streams & stream_bit(rec.head.stream) &&
	    bpf_ringbuf_output(&ring, &rec, sizeof(rec), wakeup_flag()))
		walk.lost = true;
	next = BPF_CORE_READ(at, next);
	walk.at = next;
	/* a URB that has just been taken off the queue points to itself */
	return next != at;
}

/*
 * Two bounded loops, verified one by one, as the functions are not static: they do where Linux 5.10
 * has no bpf_loop(). They follow 1 << 17 URBs.
 */
#define QUEUE_CHUNK 256
#define QUEUE_CHUNKS 512

__noinline int queue_chunk(void)
{
	for (int i = 0; i < QUEUE_CHUNK; i++) {
		if (!queue_step())
			return 0;
	}
	return 1;
}

__noinline int queue_follow(void)
{
	for (int i = 0; i < QUEUE_CHUNKS; i++) {
		if (!queue_chunk())
			return 0;
	}
	walk.lost = true;
	return 0;
}

/*
 * How many streams are on. What is seen before and after the clock is read is so at that time; if
 * it differs, whoever has changed it is about to tell. 0 if the record found no room.
 */
static __always_inline int walk_streams(struct usb_host_endpoint *ep)
{
	int cnt = BPF_CORE_READ(ep, streams);
	__u64 now = bpf_ktime_get_ns();

	return BPF_CORE_READ(ep, streams) != cnt || !streams_are(walk.ep, walk.type, cnt, now);
}

/*
 * 0 if a record found no room, or the queue has no end. That is no loss of an event, and not
 * counted as one: the device's walk is void, and its WIRE_WALKED does not come.
 */
OUT_OF_LINE int walk_queue(__u64 dev_addr, __u64 ep_addr, __u64 now)
{
	struct usb_device *dev = (void *)dev_addr;
	struct usb_host_endpoint *ep = (void *)ep_addr;
	struct list_head *head = (void *)ep + bpf_core_field_offset(struct usb_host_endpoint,
								    urb_list);
	__u64 ep_dev = (__u64)BPF_CORE_READ(ep, ep_dev);
	struct wire_endpoint *known;

	walk.head = head;
	walk.at = BPF_CORE_READ(head, next);
	walk.of = ep;
	walk.ep = endpoint_key_read(dev, ep);
	walk.type = BPF_CORE_READ(ep, desc.bmAttributes) & 3;
	walk.now = now;
	walk.lost = false;
	known = endpoint_learn(walk.ep, dev, ep, ep_dev, now);
	walk.streams = known ? known->streams : ~0ULL;
	if (walk.streams)
		queue_follow();
	if (walk.streams && can_have_streams(dev, ep) && !walk_streams(ep))
		return 0;
	return !walk.lost;
}

static __always_inline bool called_by_agent(void)
{
	struct bpf_pidns_info ns = {};

	if (bpf_get_ns_current_pid_tgid(config.pidns_dev, config.pidns_ino, &ns, sizeof(ns)))
		return false;
	return ns.tgid == config.agent_tgid;
}

static __always_inline void walk_device(struct device *kdev)
{
	struct usb_device *dev = (void *)kdev - bpf_core_field_offset(struct usb_device, dev);
	__u64 now = bpf_ktime_get_ns();
	struct wire_head head = { .time_ns = now, .kind = WIRE_WALKED };

	if (!called_by_agent())
		return;
	for (int i = 0; i < 32; i++) {
		struct usb_host_endpoint *ep = NULL;

		/* ep_in[0] and ep_out[0] are the same endpoint 0 */
		if (i < 16)
			bpf_core_read(&ep, sizeof(ep), &dev->ep_in[i]);
		else if (i > 16)
			bpf_core_read(&ep, sizeof(ep), &dev->ep_out[i - 16]);
		if (ep && !walk_queue((__u64)dev, (__u64)ep, now))
			return;
	}
	head.ep = BPF_CORE_READ(dev, bus, busnum) << 16 | (BPF_CORE_READ(dev, devnum) & 0xff) << 8;
	bpf_ringbuf_output(&ring, &head, sizeof(head), wakeup_flag());
}
