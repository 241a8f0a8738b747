/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Metrics: from what happened (struct track_step) to figures (struct snapshot). All accounting
 * is exact and costs the same for every step; memory grows with endpoints, with the depth of
 * their queues, and with the octaves of time that their histograms have seen.
 */
#ifndef URBSCOPE_METRICS_H
#define URBSCOPE_METRICS_H

#include "urbscope/snapshot.h"
#include "urbscope/track.h"

#define METRICS_IDLE_THRESHOLD_NS UINT64_C(10000000)

/* Zero means the default for everything. The start is to be the same as the tracker's. */
struct metrics_config {
	uint64_t idle_threshold_ns; /* default METRICS_IDLE_THRESHOLD_NS */
	bool has_start;		/* the run began at start_ns, not with its first event */
	uint64_t start_ns;
	bool with_course;	/* course.h: costs some 80 KiB for an endpoint with traffic */
};

struct metrics;

/* NULL config: all defaults. Returns NULL with errno ENOMEM. */
struct metrics *metrics_new(const struct metrics_config *config);
void metrics_free(struct metrics *self);

/*
 * Takes the next step of a tracker; every step, and of one tracker only. Returns 0, or -ENOMEM:
 * then a figure of this endpoint is wrong from now on, and is marked by one more event lost.
 */
int metrics_apply(struct metrics *self, const struct track_step *step);

/* Goes ahead for steps on these endpoints, as tracker_ahead() does for events. */
void metrics_ahead(const struct metrics *self, const uint32_t *endpoint, uint32_t cnt);

/*
 * All figures up to max(last event, now_ns); 0 for a capture, which ends with its last event.
 * The state stays as it is, so snapshots may be taken at any time. `source` is copied, its
 * strings are not; NULL if there is nothing to say. Returns NULL with errno ENOMEM.
 *
 * A distribution of times is `seen` if it has values or if source->sees holds what it needs. A
 * transfer that waits for its handler has no latency yet.
 */
struct snapshot *metrics_snapshot(const struct metrics *self, uint64_t now_ns,
				  const struct snapshot_source *source, uint64_t skipped);

#endif
