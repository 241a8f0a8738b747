/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was in flight at a moment. The queues of the endpoints are listed one after the other,
 * while URBs come and go; records of each that came or went tell which were there when the walk
 * began, at `began`:
 *
 *   a URB whose first record after `began` is its completion was in flight then, found or not;
 *   a URB whose first record is its submission was not, though it may have been found; nor was one
 *   whose submission then turns out to be refused;
 *   a URB that was found and has no record at all was, and still is.
 *
 * This needs every record up to the end of the walk, so a loss during the walk voids it.
 */
#ifndef URBSCOPE_SOURCE_WALK_H
#define URBSCOPE_SOURCE_WALK_H

#include "reorder.h"

/* What a walk of the queues has found, until it is resolved. All zero is an empty one. */
struct walk {
	struct urb_event *found; /* INFLIGHT events; free() it */
	size_t found_cnt, found_cap;
	uint32_t devices;	 /* whose queues have been walked to the end */
	bool running;
};

/* Takes an INFLIGHT event: a URB that is on a queue; several walks may find it. 0 or -ENOMEM. */
int walk_add(struct walk *walk, const struct urb_event *ev);

/*
 * Brings walk->found to exactly what was in flight at `began`, queued <= began < done, as INFLIGHT
 * events of that time. `held` has all records since; it stays as it is. 0 or -ENOMEM.
 */
int walk_resolve(struct walk *walk, const struct reorder *held, uint64_t began);

/*
 * The window begins at `began`: takes what is not younger out of `held`, save the facts, which are
 * as of `began` then.
 */
void walk_forget(struct reorder *held, uint64_t began);

#endif
