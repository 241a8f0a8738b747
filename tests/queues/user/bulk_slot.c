// SPDX-License-Identifier: GPL-2.0
#include "bulk_slot.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "usb.h"
#include "usbfs.h"
#include "witness.h"

/* On whichever thread handles events: signal, no more. */
static void LIBUSB_CALL on_completion(struct libusb_transfer *transfer)
{
	struct bulk_slot *self = transfer->user_data;

	self->completed = 1;
}

static int slot_init(struct bulk_slot *self, libusb_device_handle *dev, uint8_t endpoint,
		     size_t buf_len, unsigned int number, struct queue_test *test)
{
	unsigned char *buf = malloc(buf_len);

	self->test = test;
	self->number = number;
	self->transfer = libusb_alloc_transfer(0);
	if (!buf || !self->transfer) {
		free(buf);
		return -ENOMEM;
	}
	/* No time-out of libusb's: a transfer stays posted until it ends or is cancelled. */
	libusb_fill_bulk_transfer(self->transfer, dev, endpoint, buf, (int)buf_len, on_completion,
				  self, 0);
	return 0;
}

static void slot_release(struct bulk_slot *self)
{
	if (!self->transfer)
		return;
	free(self->transfer->buffer);
	libusb_free_transfer(self->transfer);
}

int bulk_slots_open(struct bulk_slots *slots, libusb_device_handle *dev, uint8_t endpoint,
		    unsigned int depth, size_t buf_len, struct queue_test *test)
{
	int err = 0;

	*slots = (struct bulk_slots){ .test = test };
	if (!depth || !buf_len || buf_len > INT_MAX)
		return -EINVAL;
	if (queue_is(test, QUEUE_SHORT) && depth > 1)
		depth--;
	slots->slot = calloc(depth, sizeof(*slots->slot));
	if (!slots->slot)
		return -ENOMEM;
	/* The depth is that of the slots that are whole: the close looks at no others. */
	for (unsigned int i = 0; i < depth && !err; i++) {
		err = slot_init(&slots->slot[i], dev, endpoint, buf_len, i, test);
		slots->depth = i + 1;
	}
	return err;
}

int bulk_slot_submit_again(struct bulk_slot *self)
{
	uint32_t seq = queue_test_submit(self->test, self->number, self->transfer->length);
	int err = usb_errno(libusb_submit_transfer(self->transfer));

	queue_test_submitted(self->test, self->number, seq, err);
	return err;
}

int bulk_slot_submit(struct bulk_slot *self)
{
	int err;

	/* Before the submission: another thread's event handling may end it before this returns. */
	if (!self->in_flight)
		self->completed = 0;
	err = bulk_slot_submit_again(self);
	if (!err)
		self->in_flight = true;
	return err;
}

bool bulk_slot_wait(struct bulk_slot *self, unsigned int timeout_ms)
{
	uint64_t until = witness_now_ns() + timeout_ms * 1000000ULL, now;

	while (!self->completed && (now = witness_now_ns()) < until) {
		uint64_t left_us = (until - now + 999) / 1000;
		struct timeval tv = {
			.tv_sec = (time_t)(left_us / 1000000),
			.tv_usec = (suseconds_t)(left_us % 1000000),
		};

		libusb_handle_events_timeout_completed(NULL, &tv, &self->completed);
	}
	return self->completed;
}

int bulk_slot_reap(struct bulk_slot *self)
{
	int status = usb_status_of_transfer(self->transfer->status);

	self->in_flight = false;
	queue_test_reap(self->test, self->number, self->transfer->status,
			usbfs_status(self->transfer->buffer), self->transfer->actual_length);
	return status == WITNESS_STATUS_UNKNOWN ? -EPROTO : status;
}

static void reap_all(struct bulk_slots *slots, unsigned int oldest)
{
	for (unsigned int i = 0; i < slots->depth; i++) {
		struct bulk_slot *slot = &slots->slot[(oldest + i) % slots->depth];

		while (slot->in_flight && !bulk_slot_wait(slot, 1000))
			;
		if (slot->in_flight)
			bulk_slot_reap(slot);
	}
}

void bulk_slots_close(struct bulk_slots *slots, unsigned int oldest)
{
	/* Youngest first: the device must not get to start one while an older is being cancelled. */
	for (unsigned int i = slots->depth; i-- > 0;) {
		struct bulk_slot *slot = &slots->slot[(oldest + i) % slots->depth];

		if (!slot->in_flight)
			continue;
		queue_test_cancel(slot->test, slot->number);
		libusb_cancel_transfer(slot->transfer);
	}
	reap_all(slots, oldest);
	for (unsigned int i = 0; i < slots->depth; i++)
		slot_release(&slots->slot[i]);
	free(slots->slot);
}
