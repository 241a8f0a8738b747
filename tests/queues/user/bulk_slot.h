/* SPDX-License-Identifier: GPL-2.0 */
/* The places of a bulk queue: libusb transfers with a buffer each, submitted again and again, in turn. */
#ifndef BULK_SLOT_H
#define BULK_SLOT_H

#include <libusb-1.0/libusb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue_test.h"

struct bulk_slot {
	struct libusb_transfer *transfer;
	struct queue_test *test;
	unsigned int number;
	int completed;		/* all that the completion callback touches; libusb's type for it */
	bool in_flight;		/* submitted, and not reaped since */
};

struct bulk_slots {
	struct bulk_slot *slot;
	unsigned int depth;
	struct queue_test *test;
};

/*
 * Make `depth` of them, 1 or more, with buffers of buf_len bytes; none is submitted. 0, -EINVAL or
 * -ENOMEM; to be closed in either case.
 */
int bulk_slots_open(struct bulk_slots *slots, libusb_device_handle *dev, uint8_t endpoint,
		    unsigned int depth, size_t buf_len, struct queue_test *test);

/* Cancel what is in flight, the youngest first, the oldest being at `oldest`; reap and free all. */
void bulk_slots_close(struct bulk_slots *slots, unsigned int oldest);

/* 0 or -errno. The other is for tests: it takes no heed of whether the slot is in flight. */
int bulk_slot_submit(struct bulk_slot *self);
int bulk_slot_submit_again(struct bulk_slot *self);

/* Has the transfer come back? Handles events until it has: true, or false when the time is up. */
bool bulk_slot_wait(struct bulk_slot *self, unsigned int timeout_ms);

/* Take a transfer that has come back: how it ended, 0 or -errno. */
int bulk_slot_reap(struct bulk_slot *self);

#endif
