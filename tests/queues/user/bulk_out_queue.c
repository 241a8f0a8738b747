// SPDX-License-Identifier: GPL-2.0
#include "bulk_out_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bulk_slot.h"
#include "witness.h"

struct bulk_out_queue {
	struct bulk_slots slots;
	unsigned int cursor;	/* the next to submit: if in flight, the oldest */
	uint64_t sent;
	size_t buf_len;
};

/* Wait for a slot, if it is in flight. -ETIMEDOUT leaves it there. */
static int reap(struct bulk_slot *slot, unsigned int timeout_ms)
{
	if (!slot->in_flight)
		return 0;
	if (!bulk_slot_wait(slot, timeout_ms))
		return -ETIMEDOUT;
	return bulk_slot_reap(slot);
}

/* Make room at the cursor. */
static int make_room(struct bulk_out_queue *q, struct bulk_slot *slot, unsigned int timeout_ms)
{
	struct timeval now = { 0 };

	if (queue_is(q->slots.test, QUEUE_REUSE)) {
		libusb_handle_events_timeout_completed(NULL, &now, NULL);
		return slot->in_flight && slot->completed ? bulk_slot_reap(slot) : 0;
	}
	if (queue_is(q->slots.test, QUEUE_DRAIN_FIRST) && slot->in_flight)
		return bulk_out_queue_flush(q, timeout_ms);
	return reap(slot, timeout_ms);
}

int bulk_out_queue_send(struct bulk_out_queue *q, const void *data, size_t len,
			unsigned int timeout_ms)
{
	struct bulk_slot *slot = &q->slots.slot[q->cursor];
	int err;

	if (len > q->buf_len)
		return -EMSGSIZE;
	err = make_room(q, slot, timeout_ms);
	if (err)
		return err;
	if (q->sent >= q->slots.depth)
		queue_test_lap(q->slots.test, q->cursor);
	memcpy(slot->transfer->buffer, data, len);
	slot->transfer->length = (int)len;
	err = bulk_slot_submit(slot);
	if (err && !slot->in_flight)
		return err;
	q->sent++;
	q->cursor = (q->cursor + 1) % q->slots.depth;
	if (queue_is(q->slots.test, QUEUE_DOUBLE_SUBMIT) && q->slots.slot[q->cursor].in_flight)
		bulk_slot_submit_again(slot);
	return queue_is(q->slots.test, QUEUE_WAIT_EACH) ? reap(slot, timeout_ms) : 0;
}

int bulk_out_queue_flush(struct bulk_out_queue *q, unsigned int timeout_ms)
{
	uint64_t until = witness_now_ns() + timeout_ms * 1000000ULL;
	int first = 0;

	for (unsigned int i = 0; i < q->slots.depth; i++) {
		uint64_t now = witness_now_ns();
		int err = reap(&q->slots.slot[(q->cursor + i) % q->slots.depth],
			       now < until ? (unsigned int)((until - now) / 1000000) : 0);

		if (!first)
			first = err;
	}
	return first;
}

int bulk_out_queue_open(struct bulk_out_queue **queue, libusb_device_handle *dev, uint8_t endpoint,
			unsigned int depth, size_t buf_len, struct queue_test *test)
{
	struct bulk_out_queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->buf_len = buf_len;
	err = bulk_slots_open(&q->slots, dev, endpoint, depth, buf_len, test);
	if (err) {
		bulk_out_queue_close(q);
		return err;
	}
	*queue = q;
	return 0;
}

void bulk_out_queue_close(struct bulk_out_queue *q)
{
	/* What the device may still read is not freed. */
	if (queue_is(q->slots.test, QUEUE_LEAVE) || queue_is(q->slots.test, QUEUE_FREE))
		return;
	bulk_slots_close(&q->slots, q->cursor);
	free(q);
}
