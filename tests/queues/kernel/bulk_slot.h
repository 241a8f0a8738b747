/* SPDX-License-Identifier: GPL-2.0 */
/* The places of a bulk queue: URBs with a buffer each, which are submitted again and again, in turn. */
#ifndef BULK_SLOT_H
#define BULK_SLOT_H

#include <linux/completion.h>
#include <linux/types.h>
#include <linux/usb.h>

#include "queue_test.h"

struct bulk_slots;

struct bulk_slot {
	struct bulk_slots *slots;
	struct urb *urb;
	struct completion done;	/* all that the completion handler touches */
	bool in_flight;		/* submitted, and not reaped since */
};

struct bulk_slots {
	struct usb_device *udev;	/* a reference is held */
	struct bulk_slot *slot;
	unsigned int depth;
	struct queue_test *test;
};

int bulk_slots_open(struct bulk_slots *slots, struct usb_device *udev, unsigned int pipe,
		    unsigned int depth, size_t buf_len, struct queue_test *test);
void bulk_slots_close(struct bulk_slots *slots, unsigned int oldest);
void bulk_slots_leave(struct bulk_slots *slots);

int bulk_slot_submit(struct bulk_slot *slot);
int bulk_slot_submit_again(struct bulk_slot *slot);
bool bulk_slot_wait(struct bulk_slot *slot, unsigned long timeout);
int bulk_slot_reap(struct bulk_slot *slot);

#endif
