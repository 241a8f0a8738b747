// SPDX-License-Identifier: GPL-2.0
#include "bulk_in_queue.h"

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

/* A URB and its buffer. @done is all that the completion handler touches. */
struct bulk_in_slot {
	struct bulk_in_queue *queue;
	struct urb *urb;
	struct completion done;
	bool posted;		/* submitted, and not reaped since */
};

struct bulk_in_queue {
	struct usb_device *udev;
	struct bulk_in_slot *slots;
	unsigned int depth;
	unsigned int cursor;	/* the oldest slot: the next to complete */
	struct queue_test *test;
};

/* Hand a slot's URB to usbcore. The caller has seen to it that it is not there already. */
static int slot_submit(struct bulk_in_slot *slot, gfp_t gfp)
{
	struct bulk_in_queue *q = slot->queue;
	unsigned int n = slot - q->slots;
	u32 seq = queue_test_submit(q->test, n, slot->urb->transfer_buffer_length);
	int err;

	err = usb_submit_urb(slot->urb, gfp);
	queue_test_submitted(q->test, n, seq, err);
	return err;
}

/*
 * Post a slot. Before the submission, not after it: the URB may be over when usb_submit_urb()
 * returns.
 */
static int slot_post(struct bulk_in_slot *slot)
{
	int err;

	reinit_completion(&slot->done);
	err = slot_submit(slot, GFP_KERNEL);
	slot->posted = !err;
	return err;
}

/* The URB is back and the driver's again: how did it end? */
static int slot_reap(struct bulk_in_slot *slot)
{
	struct bulk_in_queue *q = slot->queue;

	slot->posted = false;
	/* There the handler has told, and it is under way again. */
	if (queue_is(q->test, QUEUE_GFP_KERNEL))
		return 0;
	queue_test_reap(q->test, slot - q->slots, 0, slot->urb->status, slot->urb->actual_length);
	return slot->urb->status;
}

/* Variant gfp-kernel: all that a completion handler must not do. */
static void submit_in_handler(struct bulk_in_slot *slot)
{
	struct bulk_in_queue *q = slot->queue;

	queue_test_reap(q->test, slot - q->slots, 0, slot->urb->status, slot->urb->actual_length);
	if (!slot->urb->status)
		slot_submit(slot, GFP_KERNEL);
}

/* In interrupt context, perhaps while usb_submit_urb() has not returned yet: signal, no more. */
static void bulk_in_complete(struct urb *urb)
{
	struct bulk_in_slot *slot = urb->context;

	if (queue_is(slot->queue->test, QUEUE_GFP_KERNEL))
		submit_in_handler(slot);
	complete(&slot->done);
}

/* Post the slot that was just reaped, whatever its status was; if it is refused, recv() tries. */
static void repost(struct bulk_in_queue *q, struct bulk_in_slot *slot, int status)
{
	unsigned int i;

	switch (q->test ? q->test->variant : QUEUE_CORRECT) {
	case QUEUE_NO_RESUBMIT_ON_ERROR:
		if (!status)
			slot_post(slot);
		break;
	case QUEUE_DRAIN_FIRST:
		for (i = 0; i < q->depth && slot == &q->slots[q->depth - 1]; i++)
			slot_post(&q->slots[i]);
		break;
	case QUEUE_DOUBLE_SUBMIT:
		slot_post(slot);
		slot_submit(slot, GFP_KERNEL);
		break;
	case QUEUE_WAIT_EACH:
		break;
	case QUEUE_GFP_KERNEL:
		slot->posted = true;
		break;
	default:
		slot_post(slot);
	}
}

/* Does recv() believe that the slot is posted? */
static bool believed_posted(const struct bulk_in_slot *slot)
{
	return slot->posted || queue_is(slot->queue->test, QUEUE_NO_RESUBMIT_ON_ERROR);
}

/**
 * bulk_in_queue_recv() - the data of the next transfer
 * @q: the queue
 * @out: where they go
 * @len: room there; what does not fit is dropped
 * @timeout_ms: how long to wait for them
 *
 * The transfer's URB is posted again before this returns, also if it ended with an error. If that is
 * refused, the call whose turn it is tries once more. After a stall every URB fails in the same way:
 * close the queue, clear the halt, open it again.
 *
 * Return: the bytes copied, which may be 0; -ETIMEDOUT if nothing came: the URB stays posted; or
 * the error that the transfer ended with, or with which its URB was refused.
 */
int bulk_in_queue_recv(struct bulk_in_queue *q, void *out, size_t len, unsigned int timeout_ms)
{
	struct bulk_in_slot *slot = &q->slots[q->cursor];
	int err, status, got;

	if (!believed_posted(slot)) {
		err = slot_post(slot);
		if (err)
			return err;
	}
	if (!wait_for_completion_timeout(&slot->done, msecs_to_jiffies(timeout_ms)))
		return -ETIMEDOUT;
	status = slot_reap(slot);
	got = min_t(size_t, slot->urb->actual_length, len);
	if (!status)
		memcpy(out, slot->urb->transfer_buffer, got);
	repost(q, slot, status);
	q->cursor = (q->cursor + 1) % q->depth;
	return status ? status : got;
}

static int slot_init(struct bulk_in_slot *slot, struct bulk_in_queue *q, u8 endpoint,
		     size_t buf_len)
{
	void *buf = kmalloc(buf_len, GFP_KERNEL);

	slot->queue = q;
	init_completion(&slot->done);
	slot->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!buf || !slot->urb) {
		kfree(buf);
		return -ENOMEM;
	}
	usb_fill_bulk_urb(slot->urb, q->udev, usb_rcvbulkpipe(q->udev, endpoint), buf, buf_len,
			  bulk_in_complete, slot);
	return 0;
}

/**
 * bulk_in_queue_open() - post @depth URBs on a bulk IN endpoint
 * @queue: where the queue goes
 * @udev: the device; the queue holds a reference to it
 * @endpoint: its address, 0x81 for instance
 * @depth: how many URBs; 1 or more
 * @buf_len: bytes of each buffer. A multiple of the endpoint's packet size: else a device that sends
 *	a whole packet overruns the buffer, and the transfer fails with -EOVERFLOW
 * @test: NULL in a driver
 *
 * Return: 0, -EINVAL, -ENOMEM, or what usb_submit_urb() said.
 */
int bulk_in_queue_open(struct bulk_in_queue **queue, struct usb_device *udev, u8 endpoint,
		       unsigned int depth, size_t buf_len, struct queue_test *test)
{
	struct bulk_in_queue *q;
	unsigned int i;
	int err = 0;

	if (!depth || !buf_len || buf_len > INT_MAX)
		return -EINVAL;
	if (queue_is(test, QUEUE_SHORT) && depth > 1)
		depth--;
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	q->udev = usb_get_dev(udev);
	q->test = test;
	q->slots = kcalloc(depth, sizeof(*q->slots), GFP_KERNEL);
	if (!q->slots)
		err = -ENOMEM;
	/* The depth is that of the slots that are whole: close() looks at no others. */
	for (i = 0; i < depth && !err; i++) {
		err = slot_init(&q->slots[i], q, endpoint, buf_len);
		q->depth = i + 1;
	}
	for (i = 0; i < depth && !err && !queue_is(test, QUEUE_WAIT_EACH); i++)
		err = slot_post(&q->slots[i]);
	if (err) {
		bulk_in_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
}

/* Variants leave and free: what the device may still write to is never freed, nor is the module. */
static void leave(struct bulk_in_queue *q)
{
	unsigned int i;

	__module_get(THIS_MODULE);
	for (i = 0; i < q->depth && queue_is(q->test, QUEUE_FREE); i++)
		usb_free_urb(q->slots[i].urb);
	q->test = NULL;
}

/**
 * bulk_in_queue_close() - end a queue
 * @q: the queue; gone afterwards
 *
 * No completion handler runs any more when this returns. Data that came and were not received are
 * lost.
 */
void bulk_in_queue_close(struct bulk_in_queue *q)
{
	struct bulk_in_slot *slot;
	unsigned int i;

	if (queue_is(q->test, QUEUE_LEAVE) || queue_is(q->test, QUEUE_FREE)) {
		leave(q);
		return;
	}
	/* All are killed before the first is freed, the youngest first: none gets to start. */
	for (i = q->depth; i-- > 0;) {
		slot = &q->slots[(q->cursor + i) % q->depth];
		if (!slot->posted)
			continue;
		queue_test_cancel(q->test, slot - q->slots);
		usb_kill_urb(slot->urb);
		slot_reap(slot);
	}
	for (i = 0; i < q->depth; i++) {
		slot = &q->slots[i];
		if (slot->urb)
			kfree(slot->urb->transfer_buffer);
		usb_free_urb(slot->urb);
	}
	kfree(q->slots);
	usb_put_dev(q->udev);
	kfree(q);
}
