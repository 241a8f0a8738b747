/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compare: two sides, each of one run or of several, endpoint by endpoint, and for each figure
 * whether its difference can be told apart from noise. docs/diff.md has the method and its words.
 *
 * It is pure: values in, values out.
 */
#ifndef URBSCOPE_COMPARE_H
#define URBSCOPE_COMPARE_H

#include <stdbool.h>

#include "urbscope/batch.h"
#include "urbscope/snapshot.h"

/* A difference is claimed where it would arise without one in at most this share of comparisons. */
#define COMPARE_FALSE_ALARMS 0.05

/* Fewer batches than that are too short a run. */
#define COMPARE_MIN_BATCHES 64

#define COMPARE_MAX_RUNS 64

enum compare_side { COMPARE_BEFORE, COMPARE_AFTER, COMPARE_SIDES };

struct compare_run {
	const struct snapshot *snap;
	const struct batches *batches;	/* of the same moment */
	const char *name;		/* of the recording, for notes */
	bool broken_off;
	uint64_t late;			/* events that could not be put in order */
};

enum compare_figure {
	COMPARE_THROUGHPUT,	/* bytes per second of busy time */
	COMPARE_DEPTH,		/* mean number in flight over busy time */
	COMPARE_GAP_SHARE,	/* gap time / busy time */
	COMPARE_GAPS,		/* gaps / completions */
	COMPARE_LATENCY,	/* mean, in ns */
	COMPARE_ERRORS,		/* failures / completions */
	COMPARE_REFUSED,	/* refused submissions / submissions */
	COMPARE_FIGURES,
};

enum compare_verdict {
	COMPARE_ABSENT,		/* nothing to compare: not seen, or 0 on both sides */
	COMPARE_NO_DIFFERENCE,	/* none that is told apart from noise */
	COMPARE_HIGHER,		/* afterwards */
	COMPARE_LOWER,
	COMPARE_TOO_SHORT,	/* nobody can tell: too few batches, or noise as slow as the run */
	COMPARE_IN_DOUBT,	/* ... events are missing on one side */
	COMPARE_UNLIKE,		/* ... the sources see different moments of a transfer */
};

/* The value of a figure on one side, and how well it is known. */
struct compare_estimate {
	double value;		/* of several runs, their mean */
	bool noise_known;
	double variance;	/* of the value; if noise_known */
	double freedom;		/* degrees of freedom of the variance */
	size_t batches;		/* that it is from; 0: from the runs */
	uint64_t count, of;	/* of what is counted: `count` of `of`, all runs together */
};

struct compare_result {
	enum compare_verdict verdict;
	struct compare_estimate side[COMPARE_SIDES];
	/* What follows is valid where a verdict was reached. */
	bool relative;		/* the change is after / before - 1, else after - before */
	double change, low, high; /* with its interval of 95 %; high may be infinite */
	double p;		/* of a difference as large, were there none */
	double p_adjusted;	/* for the number of comparisons (Holm) */
};

struct compare_device {
	struct urb_facts facts;	/* type and driver are the endpoint's */
	unsigned int bus, address;
};

/* An endpoint that was found on both sides, or on one (then no result has a verdict). */
struct compare_endpoint {
	struct compare_device device[COMPARE_SIDES];
	uint8_t endpoint;	/* address */
	uint8_t type;		/* enum urb_type */
	size_t runs[COMPARE_SIDES]; /* that have it */
	bool moved;		/* on another port, or without a port that is known, on one side */
	bool ambiguous;		/* several devices could be this one: not compared */
	bool in_doubt[COMPARE_SIDES];
	uint64_t lost[COMPARE_SIDES];
	struct compare_result result[COMPARE_FIGURES];
};

struct comparison {
	const struct compare_run *run[COMPARE_SIDES]; /* the caller's */
	size_t run_cnt[COMPARE_SIDES];
	bool between_runs;	/* noise is that between runs, not that within one */
	bool unlike_sources;	/* they see different moments */
	size_t comparisons;	/* that reached a verdict, together; Holm's number */
	size_t differences;
	struct compare_endpoint *endpoint; /* by device and address; compared ones first */
	size_t endpoint_cnt;
};

/*
 * Compares. Each side has one run, or each has at least two. Endpoints without traffic are left out.
 * Returns NULL with errno ENOMEM. The runs must live as long as the comparison.
 */
struct comparison *compare_new(const struct compare_run *before, size_t before_cnt,
			       const struct compare_run *after, size_t after_cnt);
void compare_free(struct comparison *self);

/* Was it found on both sides, without ambiguity? */
bool compare_is_compared(const struct compare_endpoint *ep);

/*
 * Is this result for the worse: less throughput, more gaps, more errors? Depth and latency are
 * not judged: a deeper queue waits longer, and may be what was wanted.
 */
bool compare_is_worse(enum compare_figure figure, enum compare_verdict verdict);

/* Is it a share of 0 to 1? */
bool compare_is_share(enum compare_figure figure);

/* "throughput", "gap_share", ...; "higher", "no-difference", ...: the words in JSON. */
const char *compare_figure_name(enum compare_figure figure);
const char *compare_verdict_name(enum compare_verdict verdict);

#endif
