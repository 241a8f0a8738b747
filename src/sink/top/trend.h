/* SPDX-License-Identifier: GPL-2.0 */
/* Figures over time in equal steps, and how they are drawn. */
#ifndef URBSCOPE_SINK_TOP_TREND_H
#define URBSCOPE_SINK_TOP_TREND_H

#include "urbscope/canvas.h"
#include "urbscope/history.h"

/* A step. Time that no interval covers is unknown. */
struct trend_bin {
	double covered_ns, busy_ns, depth_ns, gap_ns, bytes, completed, failed;
	uint32_t max;
	bool doubt;		/* not certain in some of it */
};

#define TREND_BINS 60

struct trend {
	uint64_t from_ns, to_ns;
	struct trend_bin bin[TREND_BINS];
};

/* Empty, for the time up to `to_ns`, in whole steps of the source's clock. */
void trend_init(struct trend *t, uint64_t to_ns, uint64_t span_ns);

/* Did anything fail in it? */
bool trend_failed(const struct trend *t);

/* An interval counts in each step by the share of it that lies there. */
void trend_add(struct trend *t, const struct history_point *p);

/*
 * A graph of the depth in `width` x `height` cells: the mean over busy time against `max`, in
 * eighths of a cell. What had gaps of a per cent or more is coloured; what is not certain or not
 * covered is marked.
 */
void trend_draw(struct canvas *c, int y, int x, int width, int height, const struct trend *t,
		uint32_t max, unsigned int attr);

/* The share of gaps in a line below it: as dots, the more the larger. */
void trend_draw_gaps(struct canvas *c, int y, int x, int width, const struct trend *t);

/* A bar of eighths on `height` rows up from y: level of 0..1. */
void draw_column(struct canvas *c, int y, int x, int height, double level, unsigned int attr);

/* A share of 0..1 as a bar to the right. */
void draw_share(struct canvas *c, int y, int x, int width, double share, unsigned int attr);

#endif
