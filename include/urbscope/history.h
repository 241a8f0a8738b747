/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last minutes of a run, an interval at a time: what a live view shows as a trend, and goes
 * back to. A moment is an interval with the state of the run at its end; moments are numbered from
 * 1 and kept packed, some hundred bytes for each endpoint on which something happened.
 *
 * Memory is bounded twice: by the time that is kept, and by bytes. The oldest moments go first.
 */
#ifndef URBSCOPE_HISTORY_H
#define URBSCOPE_HISTORY_H

#include "urbscope/snapshot.h"

struct history;

/* Keeps `span_ns` of the run, in at most `bytes`. NULL with errno ENOMEM. */
struct history *history_new(uint64_t span_ns, size_t bytes);
void history_free(struct history *self);

/*
 * Takes the moment that ends now. Moments that end after its interval began are taken back first, and
 * their numbers given again: a recording was wound back, or an interval has grown. 0, or -ENOMEM;
 * then it is not kept.
 */
int history_add(struct history *self, const struct snapshot *total,
		const struct snapshot *interval);

/* The oldest and the newest moment that are kept; 0 if there are none. */
uint64_t history_first(const struct history *self);
uint64_t history_last(const struct history *self);

/* When a moment ended, on the clock of the source; 0 if it is not kept. */
uint64_t history_time(const struct history *self, uint64_t moment);

/* Bytes that are held by moments. */
size_t history_bytes(const struct history *self);

/*
 * A moment as it was: the interval that ended, with its distributions, and the run up to then. Of
 * the run, counts and states are there, its distributions are not (times are `seen` without
 * values). `latest` is a later total of the same run, and brings names; what made room for others
 * by then is left out. 0, -ENOENT or -ENOMEM; the snapshots are freed like any other.
 */
int history_recall(const struct history *self, uint64_t moment, const struct snapshot *latest,
		   struct snapshot **total, struct snapshot **interval);

/*
 * One endpoint (of a stream: `stream`, else 0) over the moments that end in (to - span, to], as
 * one interval with all of its distributions: endpoints[0] of the snapshot. There are none if it
 * is in no moment. NULL with errno ENOMEM.
 */
struct snapshot *history_sum(const struct history *self, const struct snapshot *latest,
			     uint32_t serial, uint16_t stream, uint64_t to, uint64_t span_ns);

/* An endpoint in a moment, as trends need it. */
struct history_point {
	uint64_t start_ns, end_ns;
	uint64_t depth_ns;	/* integral of the number in flight over the time */
	uint64_t busy_ns, gap_ns;
	uint64_t bytes, completed, failed; /* failed: as endpoint_failures(), and refusals */
	uint32_t max;		/* highest in flight held in it */
	bool certain;
};

/*
 * Calls `see` for each endpoint (not its streams) in each moment that ends in (to - span_ns, to],
 * oldest first. An endpoint on which nothing happened in a moment is left out there.
 */
void history_trend(const struct history *self, uint64_t to, uint64_t span_ns,
		   void (*see)(void *ctx, uint32_t serial, const struct history_point *point),
		   void *ctx);

#endif
