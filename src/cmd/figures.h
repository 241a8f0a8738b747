/* SPDX-License-Identifier: GPL-2.0 */
/* Events in, snapshots out: the tracker and the metrics of a run, put together. */
#ifndef URBSCOPE_CMD_FIGURES_H
#define URBSCOPE_CMD_FIGURES_H

#include "urbscope/metrics.h"
#include "urbscope/source.h"
#include "urbscope/track.h"

/* For what goes on for ever: devices come and go, and who looks at them looks at the last ones. */
#define FIGURES_MAX_GONE 256

struct figures {
	struct source *src;
	struct tracker *tracker;
	struct metrics *metrics;
	uint64_t idle_ns;
	bool with_course;	/* these may be set after figures_init() */
	uint32_t max_gone;	/* as in track_config */
	struct urb_event waiting[TRACK_AHEAD]; /* for the others, to be counted together */
	uint32_t waiting_cnt;
	int (*observe)(void *ctx, const struct track_step *step); /* NULL: nobody; 0 or -errno */
	void *observe_ctx;
	int err;		/* of figures_event(), which cannot return one */
};

/* The window of a stream is known with its header only, so tables are made at the first event. */
void figures_init(struct figures *f, struct source *src, uint64_t idle_ns);
void figures_release(struct figures *f);

/*
 * The source_emit of a run: `ctx` is the struct figures. What it brings is in the next snapshot;
 * an error may show with a later event, or with that snapshot.
 */
void figures_event(void *ctx, const struct urb_event *ev);

/* Counts what waits for others. 0, or -errno of the first failure since the beginning. */
int figures_settle(struct figures *f);

/* All figures up to now. NULL with errno ENOMEM. */
struct snapshot *figures_snapshot(struct figures *f);

#endif
