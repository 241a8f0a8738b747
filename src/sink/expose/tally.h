/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside expose: a histogram that only grows. Cells are buckets of hist.h for times, and depths for
 * depths; of all cells only the stretch has memory in which anything was counted.
 */
#ifndef URBSCOPE_EXPOSE_TALLY_H
#define URBSCOPE_EXPOSE_TALLY_H

#include "urbscope/snapshot.h"

struct tally {
	uint64_t count, sum;	/* of times in ns */
	uint64_t *cell;
	uint32_t first, cnt;	/* cell[i] is that of first + i */
};

void tally_release(struct tally *tally);

/* All return 0 or -ENOMEM. What `to` has more than `from`; either may be NULL, which is empty. */
int tally_grow_times(struct tally *tally, const struct hist *to, const struct hist *from);

/* Submissions by depth. */
int tally_grow_depths(struct tally *tally, const struct depth_figures *to,
		      const struct endpoint_earlier *from);

int tally_merge(struct tally *tally, const struct tally *other);

#endif
