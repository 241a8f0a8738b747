/* SPDX-License-Identifier: GPL-2.0 */
/* A place in a queue: a libusb transfer with its buffer, which is submitted again and again. */
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

/* 0 or -ENOMEM; released in either case. */
int bulk_slot_init(struct bulk_slot *self, libusb_device_handle *dev, uint8_t endpoint,
		   size_t buf_len, unsigned int number, struct queue_test *test);
void bulk_slot_release(struct bulk_slot *self);

/* 0 or -errno. The other is for tests: it takes no heed of whether the slot is in flight. */
int bulk_slot_submit(struct bulk_slot *self);
int bulk_slot_submit_again(struct bulk_slot *self);

/* Has the transfer come back? Handles events until it has: true, or false when the time is up. */
bool bulk_slot_wait(struct bulk_slot *self, unsigned int timeout_ms);

/* Take a transfer that has come back: how it ended, 0 or -errno. */
int bulk_slot_reap(struct bulk_slot *self);

/* Cancel what is in flight of `cnt` slots, the youngest first, the oldest being at `first`; reap all. */
void bulk_slots_kill(struct bulk_slot *slots, unsigned int cnt, unsigned int first);

#endif
