/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The batcher looks on as metrics count, and cuts what they count on each endpoint into batches
 * (urbscope/batch.h). A batch ends with the first completion after BATCH_UNIT_NS of busy time. When
 * BATCHES_MAX are full, neighbours are put together in pairs, and from then on a batch is twice as
 * long: memory does not grow with the run, and of a run of any length more than BATCHES_MAX / 2 are
 * there, or as many units as it was busy for.
 */
#ifndef URBSCOPE_BATCHER_H
#define URBSCOPE_BATCHER_H

#include "urbscope/batch.h"
#include "urbscope/metrics.h"

#define BATCH_UNIT_NS UINT64_C(1000000)

struct batcher;

/* Returns NULL with errno ENOMEM. */
struct batcher *batcher_new(void);
void batcher_free(struct batcher *self);

/*
 * Takes a step that `metrics` have just taken: every one, from the first on, and always of the same
 * metrics. Returns 0 or -ENOMEM: then batches are missing.
 */
int batcher_apply(struct batcher *self, const struct metrics *metrics,
		  const struct track_step *step);

/*
 * The batches up to the end of `snap`, a snapshot of the metrics as they are now; what followed
 * the last cut is the last batch. Returns NULL with errno ENOMEM.
 */
struct batches *batcher_batches(const struct batcher *self, const struct metrics *metrics,
				const struct snapshot *snap);

#endif
