// SPDX-License-Identifier: GPL-2.0
#include "bulk_in_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulk_slot.h"

struct bulk_in_queue {
	struct bulk_slots slots;
	unsigned int cursor;	/* the oldest slot: the next to complete */
};

/* Post the slot that was just reaped, whatever its status was; if it is refused, recv() tries. */
static void repost(struct bulk_slots *all, struct bulk_slot *slot, int status)
{
	switch (all->test ? all->test->variant : QUEUE_CORRECT) {
	case QUEUE_NO_RESUBMIT_ON_ERROR:
		slot->completed = 0;
		if (!status)
			bulk_slot_submit(slot);
		break;
	case QUEUE_DRAIN_FIRST:
		for (unsigned int i = 0; i < all->depth && slot == &all->slot[all->depth - 1]; i++)
			bulk_slot_submit(&all->slot[i]);
		break;
	case QUEUE_DOUBLE_SUBMIT:
		bulk_slot_submit(slot);
		bulk_slot_submit_again(slot);
		break;
	case QUEUE_WAIT_EACH:
		break;
	default:
		bulk_slot_submit(slot);
	}
}

/* Does recv() believe that the slot is posted? */
static bool believed_posted(const struct bulk_slot *slot)
{
	return slot->in_flight || queue_is(slot->test, QUEUE_NO_RESUBMIT_ON_ERROR);
}

int bulk_in_queue_recv(struct bulk_in_queue *q, void *out, size_t len, unsigned int timeout_ms)
{
	struct bulk_slot *slot = &q->slots.slot[q->cursor];
	int err, status;
	size_t got;

	if (!believed_posted(slot)) {
		err = bulk_slot_submit(slot);
		if (err)
			return err;
	}
	if (!bulk_slot_wait(slot, timeout_ms))
		return -ETIMEDOUT;
	status = bulk_slot_reap(slot);
	got = (size_t)slot->transfer->actual_length;
	if (got > len)
		got = len;
	if (!status)
		memcpy(out, slot->transfer->buffer, got);
	repost(&q->slots, slot, status);
	q->cursor = (q->cursor + 1) % q->slots.depth;
	return status ? status : (int)got;
}

int bulk_in_queue_open(struct bulk_in_queue **queue, libusb_device_handle *dev, uint8_t endpoint,
		       unsigned int depth, size_t buf_len, struct queue_test *test)
{
	struct bulk_in_queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	err = bulk_slots_open(&q->slots, dev, endpoint, depth, buf_len, test);
	for (unsigned int i = 0; i < q->slots.depth && !err && !queue_is(test, QUEUE_WAIT_EACH); i++)
		err = bulk_slot_submit(&q->slots.slot[i]);
	if (err) {
		bulk_in_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
}

void bulk_in_queue_close(struct bulk_in_queue *q)
{
	/* What the device may still write to is not freed. */
	if (queue_is(q->slots.test, QUEUE_LEAVE) || queue_is(q->slots.test, QUEUE_FREE))
		return;
	bulk_slots_close(&q->slots, q->cursor);
	free(q);
}
