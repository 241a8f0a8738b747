/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Batches: the figures of an endpoint, cut into pieces of its busy time, so that what differs from
 * piece to piece tells how noisy the whole is. All fields are sums, exact, over the piece; all
 * batches of an endpoint together are its figures in the snapshot.
 */
#ifndef URBSCOPE_BATCH_H
#define URBSCOPE_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct batch {
	uint64_t wall_ns;	/* from the end of the batch before; idle time is in it */
	uint64_t busy_ns, gap_ns; /* a gap is in the batch that it ends in */
	uint64_t level_ns;	/* the number in flight, summed over the busy time */
	uint64_t gaps;
	uint64_t latency_ns, latency_cnt;
	uint64_t bytes;
	uint64_t completed;	/* completions, unpaired ones too */
	uint64_t failures;	/* of these; cancelled ones are none, as of endpoint_failures() */
	uint64_t submissions;	/* refused ones too */
	uint64_t refused;
};

struct batch_list {
	uint32_t serial;	/* of the endpoint, as in its figures */
	size_t cnt;		/* 1 to BATCHES_MAX */
	const struct batch *batch; /* in order of time; the last is what was left over */
};

#define BATCHES_MAX 256

/* Of all endpoints of a run, by serial. */
struct batches {
	size_t cnt;
	const struct batch_list *list;
};

void batch_add(struct batch *to, const struct batch *more);

/* NULL if the run had no such endpoint. */
const struct batch_list *batches_find(const struct batches *batches, uint32_t serial);

/* Frees what batcher_batches() made. NULL is fine. */
void batches_free(struct batches *batches);

#endif
