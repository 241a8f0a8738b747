/* SPDX-License-Identifier: GPL-2.0 */
/* Inside metrics: what snapshots and their differences have in common. */
#ifndef URBSCOPE_METRICS_FIGURES_H
#define URBSCOPE_METRICS_FIGURES_H

#include "urbscope/snapshot.h"

/* Memory that is freed all at once. A failed allocation sets `failed` and gives NULL. */
struct arena {
	struct arena_chunk *chunks;
	size_t used, size;	/* of the first chunk */
	bool failed;
};

/* Zeroed, aligned for any figure. A size of 0 gives NULL and is no failure. */
void *arena_take(struct arena *arena, size_t size);
void arena_release(struct arena *arena);

/* A snapshot in its own arena; NULL with errno ENOMEM. */
struct snapshot *snapshot_new(struct arena **arena);

/* The same snapshot if its arena never failed, else NULL with errno ENOMEM; it is freed. */
struct snapshot *snapshot_finish(struct snapshot *snap);

/* Fills in all but time_ns and at_submit, which must be set, from these. */
void depth_finish(struct depth_figures *depth, uint64_t busy_ns);

/* Fills in mean and percentiles from count, total, max and hist. */
void time_finish(struct time_figures *times);
void gap_finish(struct gap_figures *gaps, uint64_t busy_ns);

/* By status, 0 first, then falling. */
void status_sort(struct status_count *status, size_t cnt);

#endif
