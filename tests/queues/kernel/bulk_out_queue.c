// SPDX-License-Identifier: GPL-2.0
#include "bulk_out_queue.h"

#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bulk_slot.h"

struct bulk_out_queue {
	struct bulk_slots slots;
	unsigned int cursor;	/* the next to submit: if in flight, the oldest */
	u64 sent;
	size_t buf_len;
};

/* Wait for a slot, if it is in flight. -ETIMEDOUT leaves it there. */
static int reap(struct bulk_slot *slot, unsigned long timeout)
{
	if (!slot->in_flight)
		return 0;
	if (!bulk_slot_wait(slot, timeout))
		return -ETIMEDOUT;
	return bulk_slot_reap(slot);
}

/* Make room at the cursor. */
static int make_room(struct bulk_out_queue *q, struct bulk_slot *slot, unsigned int timeout_ms)
{
	if (queue_is(q->slots.test, QUEUE_REUSE))
		return try_wait_for_completion(&slot->done) ? bulk_slot_reap(slot) : 0;
	if (queue_is(q->slots.test, QUEUE_DRAIN_FIRST) && slot->in_flight)
		return bulk_out_queue_flush(q, timeout_ms);
	return reap(slot, msecs_to_jiffies(timeout_ms));
}

/*
 * What a correct queue does after a submission: nothing. Submitted twice is what has others before
 * it, so that it is in flight for sure.
 */
static int after_submission(struct bulk_out_queue *q, struct bulk_slot *slot,
			    unsigned int timeout_ms)
{
	if (queue_is(q->slots.test, QUEUE_DOUBLE_SUBMIT) && q->slots.slot[q->cursor].in_flight)
		bulk_slot_submit_again(slot);
	if (queue_is(q->slots.test, QUEUE_WAIT_EACH))
		return reap(slot, msecs_to_jiffies(timeout_ms));
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
	struct bulk_slot *slot = &q->slots.slot[q->cursor];
	bool reused;
	int err;

	if (len > q->buf_len)
		return -EMSGSIZE;
	err = make_room(q, slot, timeout_ms);
	if (err)
		return err;
	if (q->sent >= q->slots.depth)
		queue_test_lap(q->slots.test, q->cursor);
	memcpy(slot->urb->transfer_buffer, data, len);
	slot->urb->transfer_buffer_length = len;
	reused = slot->in_flight;
	err = bulk_slot_submit(slot);
	if (err && !reused)
		return err;
	/* Variant reuse: it ended between the two. How, nobody will know. */
	if (!err && reused)
		bulk_slot_wait(slot, MAX_SCHEDULE_TIMEOUT);
	q->sent++;
	q->cursor = (q->cursor + 1) % q->slots.depth;
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

	for (i = 0; i < q->slots.depth; i++) {
		unsigned long now = jiffies;

		err = reap(&q->slots.slot[(q->cursor + i) % q->slots.depth],
			   time_before(now, until) ? until - now : 0);
		if (!first)
			first = err;
	}
	return first;
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
	struct bulk_out_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int err;

	if (!q)
		return -ENOMEM;
	q->buf_len = buf_len;
	err = bulk_slots_open(&q->slots, udev, usb_sndbulkpipe(udev, endpoint), depth, buf_len, test);
	if (err) {
		bulk_out_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
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
	if (queue_is(q->slots.test, QUEUE_LEAVE) || queue_is(q->slots.test, QUEUE_FREE)) {
		bulk_slots_leave(&q->slots);
		return;
	}
	bulk_slots_close(&q->slots, q->cursor);
	kfree(q);
}
