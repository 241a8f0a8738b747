// SPDX-License-Identifier: GPL-2.0
#include "bulk_out_queue.h"

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

/* A URB and its buffer. @done is all that the completion handler touches. */
struct bulk_out_slot {
	struct urb *urb;
	struct completion done;
	bool in_flight;		/* submitted, and not reaped since */
	bool used;
};

struct bulk_out_queue {
	struct usb_device *udev;
	struct bulk_out_slot *slots;
	unsigned int depth;
	unsigned int cursor;	/* the next to submit: if in flight, the oldest */
	size_t buf_len;
	struct queue_test *test;
};

/* In interrupt context, perhaps while usb_submit_urb() has not returned yet: signal, no more. */
static void bulk_out_complete(struct urb *urb)
{
	struct bulk_out_slot *slot = urb->context;

	complete(&slot->done);
}

static int slot_submit(struct bulk_out_queue *q, struct bulk_out_slot *slot)
{
	u32 seq = queue_test_submit(q->test, slot - q->slots, slot->urb->transfer_buffer_length);
	int err;

	err = usb_submit_urb(slot->urb, GFP_KERNEL);
	queue_test_submitted(q->test, slot - q->slots, seq, err);
	return err;
}

/* Note how the transfer ended. The URB is the driver's again. */
static int slot_reaped(struct bulk_out_queue *q, struct bulk_out_slot *slot)
{
	slot->in_flight = false;
	queue_test_reap(q->test, slot - q->slots, 0, slot->urb->status, slot->urb->actual_length);
	return slot->urb->status;
}

/* Wait for a slot, if it is in flight. -ETIMEDOUT leaves it there. */
static int slot_reap(struct bulk_out_queue *q, struct bulk_out_slot *slot, unsigned long timeout)
{
	if (!slot->in_flight)
		return 0;
	if (!wait_for_completion_timeout(&slot->done, timeout))
		return -ETIMEDOUT;
	return slot_reaped(q, slot);
}

/* Make room at the cursor. */
static int make_room(struct bulk_out_queue *q, struct bulk_out_slot *slot, unsigned int timeout_ms)
{
	if (queue_is(q->test, QUEUE_REUSE))
		return try_wait_for_completion(&slot->done) ? slot_reaped(q, slot) : 0;
	if (queue_is(q->test, QUEUE_DRAIN_FIRST) && slot->in_flight)
		return bulk_out_queue_flush(q, timeout_ms);
	return slot_reap(q, slot, msecs_to_jiffies(timeout_ms));
}

/*
 * What a correct queue does after a submission: nothing. Submitted twice is what has others before
 * it, so that it is in flight for sure.
 */
static int after_submission(struct bulk_out_queue *q, struct bulk_out_slot *slot,
			    unsigned int timeout_ms)
{
	if (queue_is(q->test, QUEUE_DOUBLE_SUBMIT) && q->slots[q->cursor].in_flight)
		slot_submit(q, slot);
	if (queue_is(q->test, QUEUE_WAIT_EACH))
		return slot_reap(q, slot, msecs_to_jiffies(timeout_ms));
	return 0;
}

/**
 * bulk_out_queue_send() - queue data
 * @q: the queue
 * @data: they are copied
 * @len: up to the queue's buf_len
 * @timeout_ms: how long to wait for room, if depth transfers are in flight
 *
 * Return: 0, the data are under way; else they are not, and the call may be repeated: -EMSGSIZE,
 * they are too long; -ETIMEDOUT, no room came; the error that an earlier transfer ended with; or
 * what usb_submit_urb() said.
 */
int bulk_out_queue_send(struct bulk_out_queue *q, const void *data, size_t len,
			unsigned int timeout_ms)
{
	struct bulk_out_slot *slot = &q->slots[q->cursor];
	int err;

	if (len > q->buf_len)
		return -EMSGSIZE;
	err = make_room(q, slot, timeout_ms);
	if (err)
		return err;
	if (slot->used)
		queue_test_lap(q->test, q->cursor);
	memcpy(slot->urb->transfer_buffer, data, len);
	slot->urb->transfer_buffer_length = len;
	/* Before the submission: the URB may be over when usb_submit_urb() returns. */
	if (!slot->in_flight)
		reinit_completion(&slot->done);
	err = slot_submit(q, slot);
	if (err && !slot->in_flight)
		return err;
	/* Variant reuse: it ended between the two. How, nobody will know. */
	if (!err && slot->in_flight)
		wait_for_completion(&slot->done);
	slot->in_flight = true;
	slot->used = true;
	q->cursor = (q->cursor + 1) % q->depth;
	return after_submission(q, slot, timeout_ms);
}

/**
 * bulk_out_queue_flush() - wait until all that was sent has arrived, or failed
 * @q: the queue
 * @timeout_ms: for all of it
 *
 * Return: 0, or the first error, oldest transfer first; -ETIMEDOUT leaves what is in flight there.
 */
int bulk_out_queue_flush(struct bulk_out_queue *q, unsigned int timeout_ms)
{
	unsigned long until = jiffies + msecs_to_jiffies(timeout_ms);
	unsigned int i;
	int first = 0, err;

	for (i = 0; i < q->depth; i++) {
		unsigned long now = jiffies;

		err = slot_reap(q, &q->slots[(q->cursor + i) % q->depth],
				time_before(now, until) ? until - now : 0);
		if (!first)
			first = err;
	}
	return first;
}

static int slot_init(struct bulk_out_slot *slot, struct bulk_out_queue *q, u8 endpoint)
{
	void *buf = kmalloc(q->buf_len, GFP_KERNEL);

	init_completion(&slot->done);
	slot->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!buf || !slot->urb) {
		kfree(buf);
		return -ENOMEM;
	}
	usb_fill_bulk_urb(slot->urb, q->udev, usb_sndbulkpipe(q->udev, endpoint), buf, 0,
			  bulk_out_complete, slot);
	return 0;
}

/**
 * bulk_out_queue_open() - make a queue for a bulk OUT endpoint
 * @queue: where the queue goes
 * @udev: the device; the queue holds a reference to it
 * @endpoint: its address, 0x02 for instance
 * @depth: how many transfers may be in flight; 1 or more
 * @buf_len: the most bytes that one of them may have
 * @test: NULL in a driver
 *
 * Nothing is submitted before the first bulk_out_queue_send().
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int bulk_out_queue_open(struct bulk_out_queue **queue, struct usb_device *udev, u8 endpoint,
			unsigned int depth, size_t buf_len, struct queue_test *test)
{
	struct bulk_out_queue *q;
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
	q->buf_len = buf_len;
	q->test = test;
	q->slots = kcalloc(depth, sizeof(*q->slots), GFP_KERNEL);
	if (!q->slots)
		err = -ENOMEM;
	for (i = 0; i < depth && !err; i++) {
		err = slot_init(&q->slots[i], q, endpoint);
		q->depth = i + 1;
	}
	if (err) {
		bulk_out_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
}

/* Variants leave and free: what the device may still read is never freed, nor is the module. */
static void leave(struct bulk_out_queue *q)
{
	unsigned int i;

	__module_get(THIS_MODULE);
	for (i = 0; i < q->depth && queue_is(q->test, QUEUE_FREE); i++)
		usb_free_urb(q->slots[i].urb);
}

/**
 * bulk_out_queue_close() - end a queue
 * @q: the queue; gone afterwards
 *
 * What is in flight is killed: bulk_out_queue_flush() first, if it matters. No completion handler
 * runs any more when this returns.
 */
void bulk_out_queue_close(struct bulk_out_queue *q)
{
	struct bulk_out_slot *slot;
	unsigned int i;

	if (queue_is(q->test, QUEUE_LEAVE) || queue_is(q->test, QUEUE_FREE)) {
		leave(q);
		return;
	}
	/* All are killed before the first is freed, the youngest first: none gets to start. */
	for (i = q->depth; i-- > 0;) {
		slot = &q->slots[(q->cursor + i) % q->depth];
		if (!slot->in_flight)
			continue;
		queue_test_cancel(q->test, slot - q->slots);
		usb_kill_urb(slot->urb);
		slot_reaped(q, slot);
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
