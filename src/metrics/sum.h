/* SPDX-License-Identifier: GPL-2.0 */
/* Inside metrics: intervals of one endpoint put together to a longer one. */
#ifndef URBSCOPE_METRICS_SUM_H
#define URBSCOPE_METRICS_SUM_H

#include "metrics/figures.h"

struct figures_sum {
	struct arena *arena;	/* of what `to` points to */
	struct endpoint_figures *to; /* zeroed */
	size_t cnt;		/* intervals in it */
};

/* Adds the interval that follows those already in it. */
void figures_sum_add(struct figures_sum *self, const struct endpoint_figures *e);

/* Fills in what follows from the sums. */
void figures_sum_finish(struct figures_sum *self);

#endif
