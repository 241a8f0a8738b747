/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots for intervals that may overlap: no two of a slot do. Intervals come about in the order of
 * their ends; each goes to the slot that became free last before its beginning. Of intervals
 * ordered by their ends that needs no more slots than were in use at once (Carlisle and Lloyd, "On
 * the k-coloring of intervals", 1995, lemma 1); in any other order it is still no overlap.
 */
#ifndef URBSCOPE_METRICS_SLOTS_H
#define URBSCOPE_METRICS_SLOTS_H

#include <stdint.h>

struct slot_end {
	uint64_t end_ns;
	uint32_t slot;
};

struct slots {
	struct slot_end *ends;	/* by end_ns */
	uint32_t cnt, room;
};

void slots_release(struct slots *slots);

/* The slot of an interval, from 0. 0 or -ENOMEM. */
int slots_take(struct slots *slots, uint64_t start_ns, uint64_t end_ns, uint32_t *slot);

#endif
