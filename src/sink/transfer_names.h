/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small numbers for transfers. A URB's address pairs the events of a transfer while it is open
 * and means nothing afterwards; it is never shown. What is written out says transfer 1, 2, 3 ...
 */
#ifndef URBSCOPE_SINK_TRANSFER_NAMES_H
#define URBSCOPE_SINK_TRANSFER_NAMES_H

#include "urbscope/event.h"
#include "urbscope/idmap.h"

struct transfer_names {
	struct idmap open;
	uint32_t last;
	struct idmap slots;
	uint32_t last_slot;
};

/* 0 or -ENOMEM. */
int transfer_names_init(struct transfer_names *self);
void transfer_names_release(struct transfer_names *self);

/*
 * The number of the transfer that the event belongs to, from 1; 0 for events that belong to
 * none. A submission of an id that is open keeps its number: to the reader too, the id is open
 * still. 0 or -ENOMEM.
 */
int transfer_names_of(struct transfer_names *self, const struct urb_event *ev, uint32_t *name);

/*
 * The number of the driver's URB that a SUBMIT or INFLIGHT is of: the same as long as the URB is; 0
 * if it is not known. 0 or -ENOMEM.
 */
int transfer_names_slot(struct transfer_names *self, const struct urb_event *ev, uint32_t *name);

#endif
