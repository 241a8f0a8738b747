/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside metrics. The course of each endpoint, beside its meter: after each step a tracer looks at
 * what the meter holds now and books what it held since the last look. Nothing of this is there
 * unless it was asked for.
 */
#ifndef URBSCOPE_METRICS_COURSE_H
#define URBSCOPE_METRICS_COURSE_H

#include "metrics/figures.h"
#include "metrics/meter.h"
#include "urbscope/course.h"
#include "urbscope/idmap.h"

enum { ENDED = COURSE_AROUND, ALL_ERRORS = 2 * COURSE_ERRORS };

/* Moments of one kind, in no order. */
struct moments {
	struct course_moment gap[COURSE_GAPS], delay[COURSE_DELAYS];
	/* The first ones; then a ring of the last ones. */
	struct course_moment error[ALL_ERRORS];
	uint32_t gap_cnt, delay_cnt;
	uint64_t error_cnt;
	struct course_transfer ended[ENDED]; /* a ring of the transfers that were over last */
	uint64_t ended_cnt;
	uint32_t lifted;	/* inherited transfers that came to light */
};

struct tracer {
	uint64_t since_ns;	/* booked up to here; at level 0, since when */
	uint32_t level;
	bool begun, doubtful;	/* the meter's, after the last step */
	unsigned int shift;	/* of the width of a bin, 2^shift ns */
	struct course_bin *bins;
	uint32_t bin_cnt, bin_capacity;
	/* So many inherited transfers more were in flight in all bins before lift_end. */
	uint32_t lift, lift_end;
	uint64_t size[COURSE_SIZES];
	struct moments moments;
};

/* A transfer that is not over yet. */
struct open_transfer {
	struct course_transfer transfer;
	uint32_t lifted;	/* of its endpoint, at its submission */
	uint32_t next_free;
};

struct tracers {
	struct tracer **tracer;	/* by index of the endpoint; NULL: no traffic yet */
	uint32_t capacity;
	struct idmap open;	/* (id, endpoint) -> index in .transfer */
	struct open_transfer *transfer;
	uint32_t transfer_cnt, transfer_capacity, first_free;
	uint64_t numbers;	/* given so far */
};

/* NULL if memory is short. */
struct tracers *tracers_new(void);
void tracers_free(struct tracers *self);

/* Forgets what was at that index: another endpoint takes its place. */
void tracers_drop(struct tracers *self, uint32_t endpoint);

/* After the meters have taken the step. 0 or -ENOMEM: then something is missing from the course. */
int tracers_apply(struct metrics *metrics, const struct track_step *step);

/* Into the arena. NULL if the endpoint had no traffic, or memory is short. */
const struct course *tracers_export(const struct metrics *metrics, uint32_t endpoint,
				    struct arena *arena, uint64_t end_ns);

/* moments.c */

/*
 * Books a step on transfers: gives them numbers, knows when they are over. `doubtful`: what is in
 * flight was not known before this step.
 */
int moments_apply(struct tracers *self, struct moments *m, const struct meter *meter, bool doubtful,
		  const struct track_step *step);
void moments_gap(struct moments *m, uint64_t start_ns, uint64_t length_ns);
/* An inherited transfer came to light: all depths were one too low, and no gap was one. */
void moments_lift(struct moments *m);
/* Returns how many; `to` has room for MOMENTS. */
enum { MOMENTS = COURSE_GAPS + COURSE_DELAYS + ALL_ERRORS };
size_t moments_export(const struct moments *m, struct course_moment to[MOMENTS]);

#endif
