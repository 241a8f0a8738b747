/* SPDX-License-Identifier: GPL-2.0 */
/* Inside compare: what each figure is made of. */
#ifndef URBSCOPE_COMPARE_FIGURE_H
#define URBSCOPE_COMPARE_FIGURE_H

#include "urbscope/compare.h"

/* What must have been seen for a figure to be there. */
enum compare_needs { NEEDS_NOTHING, NEEDS_DEPTH, NEEDS_LATENCY };

enum compare_worse { NOT_JUDGED, WORSE_IF_LOWER, WORSE_IF_HIGHER };

/* The sum of x over the sum of y, times unit. */
struct figure {
	const char *name;
	size_t x, y;		/* offsets in struct batch */
	double unit;
	enum compare_needs needs;
	enum compare_worse worse;
	bool relative;		/* its change is told in percent of what it was */
	bool positive;		/* if it is 0 on both sides there is nothing to tell */
	bool share;		/* of 0 to 1 */
	bool counted;		/* x of y, which can be compared exactly */
};

const struct figure *compare_figure_of(enum compare_figure figure);

#endif
