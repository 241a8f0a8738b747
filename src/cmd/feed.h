/* SPDX-License-Identifier: GPL-2.0 */
/* What a screen shows besides the newest snapshots: the moments before them, and what happened last. */
#ifndef URBSCOPE_CMD_FEED_H
#define URBSCOPE_CMD_FEED_H

#include "figures.h"
#include "urbscope/top.h"

struct feed {
	struct history *history;	/* NULL: nothing looks back */
	struct recent *recent;
	struct recent_view last;	/* of the endpoint `last_of`; held while the view is */
	uint32_t last_of;
	uint64_t last_moment;
	struct snapshot *past_total, *past_interval; /* as of moment `past`, 0: none */
	uint64_t past;
	bool kernel;			/* addresses are those of the running kernel */
	struct source_symbols *symbols;
};

/* 0 or -ENOMEM. One that is all zero feeds nothing but the snapshots. */
int feed_init(struct feed *feed);
void feed_release(struct feed *feed);

/* Figures begin, for the first time or anew: from now on what they count is noted. 0 or -ENOMEM. */
int feed_begin(struct feed *feed, struct figures *figures);

/* The next snapshot, and the interval that ends with it. 0 or -ENOMEM. */
int feed_add(struct feed *feed, const struct snapshot *total, const struct snapshot *interval);

/* What the view wants to see: these, or a moment before. 0 or -ENOMEM. */
int feed_look(struct feed *feed, const struct top_view *view, const struct snapshot *total,
	      const struct snapshot *interval, struct top_data *data);

#endif
