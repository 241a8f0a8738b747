// SPDX-License-Identifier: GPL-2.0
#include "bulk_in_queue.h"

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bulk_slot.h"

struct bulk_in_queue {
	struct bulk_slots slots;
	unsigned int cursor;	/* the oldest slot: the next to complete */
};

/* Post the slot that was just reaped, whatever its status was; if it is refused, recv() tries. */
static void repost(struct bulk_slot *slot, int status)
{
	struct bulk_slots *all = slot->slots;
	unsigned int i;

	switch (all->test ? all->test->variant : QUEUE_CORRECT) {
	case QUEUE_NO_RESUBMIT_ON_ERROR:
		if (!status)
			bulk_slot_submit(slot);
		break;
	case QUEUE_DRAIN_FIRST:
		for (i = 0; i < all->depth && slot == &all->slot[all->depth - 1]; i++)
			bulk_slot_submit(&all->slot[i]);
		break;
	case QUEUE_DOUBLE_SUBMIT:
		bulk_slot_submit(slot);
		bulk_slot_submit_again(slot);
		break;
	case QUEUE_WAIT_EACH:
		break;
	case QUEUE_GFP_KERNEL:
		slot->in_flight = true;
		break;
	default:
		bulk_slot_submit(slot);
	}
}

/* Does recv() believe that the slot is posted? */
static bool believed_posted(const struct bulk_slot *slot)
{
	return slot->in_flight || queue_is(slot->slots->test, QUEUE_NO_RESUBMIT_ON_ERROR);
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
	struct bulk_slot *slot = &q->slots.slot[q->cursor];
	int err, status, got;

	if (!believed_posted(slot)) {
		err = bulk_slot_submit(slot);
		if (err)
			return err;
	}
	if (!bulk_slot_wait(slot, msecs_to_jiffies(timeout_ms)))
		return -ETIMEDOUT;
	status = bulk_slot_reap(slot);
	got = min_t(size_t, slot->urb->actual_length, len);
	if (!status)
		memcpy(out, slot->urb->transfer_buffer, got);
	repost(slot, status);
	q->cursor = (q->cursor + 1) % q->slots.depth;
	return status ? status : got;
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
	struct bulk_in_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!q)
		return -ENOMEM;
	err = bulk_slots_open(&q->slots, udev, usb_rcvbulkpipe(udev, endpoint), depth, buf_len, test);
	for (i = 0; i < q->slots.depth && !err && !queue_is(test, QUEUE_WAIT_EACH); i++)
		err = bulk_slot_submit(&q->slots.slot[i]);
	if (err) {
		bulk_in_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
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
	if (queue_is(q->slots.test, QUEUE_LEAVE) || queue_is(q->slots.test, QUEUE_FREE)) {
		bulk_slots_leave(&q->slots);
		return;
	}
	bulk_slots_close(&q->slots, q->cursor);
	kfree(q);
}
