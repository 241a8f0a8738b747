/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small numbers for URBs, where a reader is to see, as in usbmon's own captures, that an id was used
 * before: the same URB has the same number again. Of those that are not in flight the last
 * 8,192 are remembered at least: kernels and Windows use few addresses again and again.
 */
#ifndef URBSCOPE_SINK_URB_NUMBERS_H
#define URBSCOPE_SINK_URB_NUMBERS_H

#include "urbscope/event.h"
#include "urbscope/idmap.h"

struct urb_numbers {
	struct idmap open, past, older;
	struct idmap slots;
	uint32_t last, last_slot;
};

/* 0 or -ENOMEM; then urb_numbers_release() is fine, too. */
int urb_numbers_init(struct urb_numbers *self);
void urb_numbers_release(struct urb_numbers *self);

/* Puts numbers in the place of the event's id and slot. 0 or -ENOMEM. */
int urb_numbers_replace(struct urb_numbers *self, struct urb_event *ev);

#endif
