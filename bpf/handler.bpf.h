/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Full level: the run of the completion handler.
 *
 * The handler may resubmit the URB, free it, or leave it to somebody who reuses the address at
 * once on another CPU. So who it is, and of which endpoint, is noted when the bottom half takes
 * it, before anybody can touch it; from then on the address is an opaque value. complete() is
 * entered right after usb_unanchor_urb() (drivers call that themselves too: only the first call
 * for the URB counts) and left right before usb_anchor_resume_wakeups(), which has no URB.
 *
 * A stack, not a slot: a hard interrupt's giveback nests in another controller's bottom half.
 * Frames carry the task because vhci completes in task context, where tasks take turns on a
 * CPU. If such a task also moves to another CPU inside the handler, its `returned` is not seen.
 */
#define FRAMES 8

struct frame {
	__u64 urb;
	__u64 task;
	__u64 handler_ns;
	__u32 ep;
	__u16 stream;
	__u16 type;
};

struct frames {
	__u32 depth;
	__u32 pad;
	struct frame frame[FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct frames);
} handlers SEC(".maps");

static __always_inline struct frames *my_frames(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&handlers, &zero);
}

/* The topmost frame of the current task, or NULL. */
static __always_inline struct frame *my_frame(struct frames *stack)
{
	__u64 task = bpf_get_current_task();
	struct frame *top = &stack->frame[(stack->depth - 1) & (FRAMES - 1)];

	/* nearly always; with depth 0 it is a frame that nobody is in */
	if (top->urb && top->task == task)
		return stack->depth ? top : NULL;
	for (int i = FRAMES - 1; i >= 0; i--) {
		if (i < stack->depth && stack->frame[i].urb && stack->frame[i].task == task)
			return &stack->frame[i];
	}
	return NULL;
}

static __always_inline void on_bottom_half(struct urb *urb)
{
	struct frames *stack = my_frames();
	struct usb_host_endpoint *ep = LOAD(urb, ep);

	if (!stack)
		return;

	__u32 at = stack->depth;

	if (at >= FRAMES)
		at = FRAMES - 1; /* frames of handlers that never returned here */
	stack->frame[at & (FRAMES - 1)] = (struct frame){
		.urb = (__u64)urb,
		.task = bpf_get_current_task(),
		.ep = endpoint_key(LOAD(urb, dev), ep),
		.stream = LOAD(urb, stream_id),
		.type = endpoint_type(ep),
	};
	stack->depth = at + 1;
}

static __always_inline void emit_handler(const struct frame *frame, __u8 kind, __u64 now)
{
	struct wire_handler *rec;

	if (config.filter_cnt) {
		__u32 key = frame->ep;

		if (!endpoint_watched(bpf_map_lookup_elem(&endpoints, &key), frame->stream))
			return;
	}
	rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);
	if (!rec) {
		count_lost(frame->ep, now);
		return;
	}
	rec->head = (struct wire_head){
		.time_ns = now,
		.ep = frame->ep,
		.stream = frame->stream,
		.kind = kind,
		.flags = frame->type,
	};
	rec->urb = frame->urb;
	rec->handler_ns = frame->handler_ns;
	rec->cpu = bpf_get_smp_processor_id();
	rec->pad = 0;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline void on_handler(__u64 urb)
{
	struct frames *stack = my_frames();
	struct frame *frame = stack ? my_frame(stack) : NULL;

	if (!frame || frame->urb != urb || frame->handler_ns)
		return;
	frame->handler_ns = bpf_ktime_get_ns();
	emit_handler(frame, WIRE_HANDLER, frame->handler_ns);
}

static __always_inline void on_handler_left(__u64 now)
{
	struct frames *stack = my_frames();
	struct frame *frame = stack ? my_frame(stack) : NULL;

	if (!frame || !frame->handler_ns)
		return;
	emit_handler(frame, WIRE_RETURNED, now);
	frame->urb = 0;
	/* nearly always the only one; frames below may be free already, where tasks took turns */
	if (stack->depth == 1) {
		stack->depth = 0;
		return;
	}
	for (int i = FRAMES; i > 0; i--) {
		if (i == stack->depth && !stack->frame[i - 1].urb)
			stack->depth = i - 1;
	}
}
