/* SPDX-License-Identifier: GPL-2.0 */
/* Records into the ring. A record that finds no room is counted, never just gone. */

/*
 * Only completions ask how full the ring is: there is one for each URB, and the agent looks by
 * itself twenty times a second anyway.
 */
static __always_inline __u64 wakeup_flag(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= config.wakeup_bytes
		       ? BPF_RB_FORCE_WAKEUP
		       : BPF_RB_NO_WAKEUP;
}

/* Out of line: the ring is full once in a blue moon, and then time matters little. */
OUT_OF_LINE int count_lost(__u32 ep, __u64 now)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct wire_lost *mine = bpf_map_lookup_elem(&lost, &cpu);
	struct wire_endpoint *known = bpf_map_lookup_elem(&endpoints, &ep);

	if (known)
		__sync_fetch_and_add(&known->lost, 1);
	if (mine) {
		/* atomic: an interrupt's giveback may come in between on this very CPU */
		__sync_fetch_and_add(&mine->count, 1);
		mine->last_ns = now;
	}
	return 0;
}

static __always_inline int emit(void *record, __u64 size)
{
	struct wire_head *head = record;
	int err = bpf_ringbuf_output(&ring, record, size, BPF_RB_NO_WAKEUP);

	if (err)
		count_lost(head->ep, head->time_ns);
	return err;
}

static __always_inline void emit_complete(const struct wire_head *head, struct urb *urb, int status,
					  __u32 length)
{
	struct wire_complete *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (!rec) {
		count_lost(head->ep, head->time_ns);
		return;
	}
	rec->head = *head;
	rec->urb = (__u64)urb;
	rec->status = status;
	rec->length = length;
	bpf_ringbuf_submit(rec, wakeup_flag());
}

/*
 * usbfs takes a new URB for each transfer; what a program submits again and again is its own. libusb
 * takes a new one of those, too, but names its transfer in it (struct usbdevfs_urb.usercontext). Reads
 * of the program's memory work here, where it calls.
 */
#define USERCONTEXT 48	/* its offset, for 64-bit programs (include/uapi/linux/usbdevice_fs.h) */

static __always_inline __u64 slot_of(struct urb *urb)
{
	struct async *as = NULL;
	__u64 user, context = 0;

	if (!config.slots)
		return 0;
	if ((__u64)LOAD(urb, complete) != config.usbfs_complete)
		return (__u64)urb;
	if (!bpf_core_field_exists(as->userurb))
		return 0;
	as = LOAD(urb, context);
	user = (__u64)BPF_CORE_READ(as, userurb);
	if (bpf_probe_read_user(&context, sizeof(context), (void *)(user + USERCONTEXT)) || !context)
		return user;
	return context;
}

/* usb_submit_urb() only warns of that ("BOGUS urb xfer"), and goes on. */
static __always_inline bool is_bogus(struct urb *urb, __u8 type)
{
	return pipe_type(LOAD(urb, pipe)) != type;
}

static __always_inline void fill_submit(struct wire_submit *rec, const struct wire_head *head,
					struct urb *urb)
{
	rec->head = *head;
	rec->urb = (__u64)urb;
	rec->length = LOAD(urb, transfer_buffer_length);
	rec->cpu = bpf_get_smp_processor_id();
	rec->more = is_bogus(urb, head->flags & WIRE_TYPE_MASK) ? WIRE_M_BOGUS : 0;
	rec->slot = slot_of(urb);
}

static __always_inline void emit_submit(const struct wire_head *head, struct urb *urb)
{
	struct wire_submit *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);

	if (!rec) {
		count_lost(head->ep, head->time_ns);
		return;
	}
	fill_submit(rec, head, urb);
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

/*
 * preempt_count says whether `current` means anything. x86 has it in a per-CPU variable (alone,
 * or in pcpu_hot from 6.2 to 6.14; before 5.11 it cannot be told), others with the task: of arm64's 64
 * bits the lower half.
 */
struct pcpu_hot {
	int preempt_count;
} __attribute__((preserve_access_index));

struct thread_info {
	__u32 preempt_count;
} __attribute__((preserve_access_index));

struct task_struct {
	struct thread_info thread_info;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;

#define IRQ_CONTEXT_MASK 0x00ffff00 /* softirq, hardirq and NMI bits (linux/preempt.h) */

static __always_inline __u8 context_flags(void)
{
	const int *per_cpu = NULL;
	__u32 count;

	if (&__preempt_count)
		per_cpu = bpf_this_cpu_ptr(&__preempt_count);
	else if (&pcpu_hot)
		per_cpu = &((const struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	if (per_cpu) {
		count = *per_cpu;
	} else if (bpf_core_field_exists(((struct thread_info *)0)->preempt_count)) {
		struct task_struct *task = (void *)bpf_get_current_task();

		count = BPF_CORE_READ(task, thread_info.preempt_count);
	} else {
		return 0;
	}
	return WIRE_F_CONTEXT | (count & IRQ_CONTEXT_MASK ? WIRE_F_IN_IRQ : 0);
}

static __always_inline void emit_submit_full(const struct wire_head *head, struct urb *urb,
					     __u64 address)
{
	struct wire_submit_full *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);
	const volatile struct call *place = call_of(address);
	struct call call = { .submit_ns = place->submit_ns, .gfp = place->gfp };
	__u8 flags = WIRE_F_FULL | context_flags();

	if (!rec) {
		count_lost(head->ep, head->time_ns);
		return;
	}
	fill_submit(&rec->basic, head, urb);
	rec->submit_ns = 0;
	rec->gfp = 0;
	if (place->check == call_check(address, call.submit_ns, call.gfp)) {
		rec->submit_ns = call.submit_ns;
		rec->gfp = call.gfp;
		flags |= WIRE_F_HAS_CALL;
	}
	rec->basic.head.flags |= flags;
	rec->complete_fn = (__u64)LOAD(urb, complete);
	rec->xfer_flags = LOAD(urb, transfer_flags);
	rec->interval = LOAD(urb, interval);
	rec->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(rec->comm, sizeof(rec->comm));
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}
