/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From steps to whole transfers, and to what was in flight. Beside the metrics: each step goes to
 * metrics_apply() first, then here.
 *
 * A transfer is told when it is over and all that will be seen of it has been. A capture shows what
 * was inherited by completions only, and each of them lifts the depth of all that was before (see
 * TRACK_INHERITED); so what depends on it waits until nothing can be inherited on that endpoint any more.
 */
#ifndef URBSCOPE_TRANSFERS_H
#define URBSCOPE_TRANSFERS_H

#include "urbscope/metrics.h"
#include "urbscope/transfer.h"

struct transfers_config {
	const struct metrics *metrics;
	bool returns;		/* the source sees URB_RETURNED: wait for it */
	/* The transfer is valid during the call. */
	void (*transfer)(void *ctx, const struct transfer *t);
	/* NULL: nobody asks; then transfers have no .place. */
	void (*level)(void *ctx, const struct transfer_level *level);
	void *ctx;
};

struct transfers;

/* NULL with errno ENOMEM. */
struct transfers *transfers_new(const struct transfers_config *config);
void transfers_free(struct transfers *self);

/* 0 or -ENOMEM: then a transfer is missing. */
int transfers_apply(struct transfers *self, const struct track_step *step);

/* The window ends: tells all that waits, and what is open. */
int transfers_end(struct transfers *self, uint64_t end_ns);

#endif
