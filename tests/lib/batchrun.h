/* SPDX-License-Identifier: GPL-2.0 */
/* A run that is cut into batches, event by event. Any failure aborts the program. */
#ifndef URBSCOPE_TEST_BATCHRUN_H
#define URBSCOPE_TEST_BATCHRUN_H

#include "urbscope/batcher.h"
#include "urbscope/compare.h"

struct batchrun {
	struct tracker *tracker;
	struct metrics *metrics;
	struct batcher *batcher;
	struct snapshot *snap;
	struct batches *batches;
};

void batchrun_init(struct batchrun *run);
void batchrun_feed(struct batchrun *run, const struct urb_event *event);
/* Fills in snap and batches; `sees` as of a source. */
void batchrun_finish(struct batchrun *run, uint64_t now_ns, uint8_t sees);
struct compare_run batchrun_compared(const struct batchrun *run);
void batchrun_release(struct batchrun *run);

#endif
