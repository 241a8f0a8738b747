// SPDX-License-Identifier: GPL-2.0
#include "batchrun.h"

#include <stdlib.h>

void batchrun_init(struct batchrun *run)
{
	*run = (struct batchrun){
		.tracker = tracker_new(NULL),
		.metrics = metrics_new(NULL),
		.batcher = batcher_new(),
	};
	if (!run->tracker || !run->metrics || !run->batcher)
		abort();
}

void batchrun_feed(struct batchrun *run, const struct urb_event *event)
{
	struct track_step step;

	tracker_feed(run->tracker, event, &step);
	do {
		if (metrics_apply(run->metrics, &step) ||
		    batcher_apply(run->batcher, run->metrics, &step))
			abort();
	} while (tracker_next(run->tracker, &step));
}

void batchrun_finish(struct batchrun *run, uint64_t now_ns, uint8_t sees)
{
	struct snapshot_source source = { .kind = "test", .sees = sees };

	run->snap = metrics_snapshot(run->metrics, now_ns, &source, 0);
	run->batches = run->snap ? batcher_batches(run->batcher, run->metrics, run->snap) : NULL;
	if (!run->batches)
		abort();
}

struct compare_run batchrun_compared(const struct batchrun *run)
{
	return (struct compare_run){ .snap = run->snap, .batches = run->batches, .name = "test" };
}

void batchrun_release(struct batchrun *run)
{
	batches_free(run->batches);
	snapshot_free(run->snap);
	batcher_free(run->batcher);
	metrics_free(run->metrics);
	tracker_free(run->tracker);
}
