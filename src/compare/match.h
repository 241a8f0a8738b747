/* SPDX-License-Identifier: GPL-2.0 */
/* Inside compare: which endpoint of one run is which of another. */
#ifndef URBSCOPE_COMPARE_MATCH_H
#define URBSCOPE_COMPARE_MATCH_H

#include "urbscope/compare.h"

/* An endpoint in a run. A device that was plugged in again has several of an address. */
struct sight {
	const struct endpoint_figures *figures;
	enum compare_side side;
	size_t run;		/* of that side */
	size_t device;		/* number of its device, the same in all runs */
};

/* What is known of a device of that number. */
struct match {
	bool moved;		/* matched by less than its ids and its port */
	bool ambiguous;
};

struct matching {
	struct sight *sight;	/* by device, endpoint address, side, run */
	size_t sight_cnt;
	struct match *match;	/* by number */
};

/*
 * A device is the same if its ids and its port path are. What is left over is the same if its ids
 * are, and no other that is left over has them; or, where ids are not known on one of the sides, if
 * bus and address are. 0 or -ENOMEM.
 */
int matching_init(struct matching *self, const struct compare_run *const runs[COMPARE_SIDES],
		  const size_t run_cnt[COMPARE_SIDES]);
void matching_release(struct matching *self);

#endif
