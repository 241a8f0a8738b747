/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The course of an endpoint: what it did when, where its figures say how much in all. It is there
 * only if struct metrics_config asked for it, and takes the same memory for a minute as for a day.
 * Definitions: docs/figures.md, "The course of a run".
 */
#ifndef URBSCOPE_COURSE_H
#define URBSCOPE_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COURSE_BINS   1024	/* at most */
#define COURSE_SIZES  34	/* [0]: no bytes; [k]: 2^(k-2) < bytes <= 2^(k-1) */
#define COURSE_GAPS   5		/* the longest */
#define COURSE_DELAYS 5		/* the transfers of the longest latency */
#define COURSE_ERRORS 2		/* the first ones, and as many last ones */
#define COURSE_AROUND 3		/* transfers that were over before a moment, and after it */

/* A stretch of the window. Sums over all bins are the endpoint's figures, exactly. */
struct course_bin {
	uint64_t level_ns;	/* integral of n over the time booked */
	uint64_t active_ns;	/* time with n >= 1 */
	uint64_t gap_ns;	/* a gap that reaches over several bins is shared by them */
	uint64_t doubt_ns;	/* nothing is booked here: n is not known */
	uint64_t bytes;
	uint64_t completed;	/* completions, unpaired ones too */
	uint64_t failed;	/* of these: as in endpoint_failures() */
	uint32_t min, max;	/* of n, 0 included; min > max: not known at any time of it */
};

struct course_transfer {
	uint64_t number;	/* of the transfers of the run, by their first event, from 1 */
	uint64_t submit_ns, queued_ns, done_ns, handler_ns; /* valid if in .seen */
	uint8_t seen;		/* enum urb_moment */
	bool inherited;
	uint32_t depth;		/* n just after its submission; 0: that was not seen */
	uint32_t length;	/* actual, bytes */
	int32_t status;
};

enum course_moment_kind { COURSE_GAP, COURSE_DELAY, COURSE_ERROR };

/*
 * transfer[0] to [before - 1] were over before the moment; then comes the transfer that it is
 * about, but for a gap; the others were over next. A transfer is over when all that will be known
 * of it is known.
 */
struct course_moment {
	uint8_t kind;		/* enum course_moment_kind */
	uint8_t before, cnt;
	uint64_t start_ns;	/* of the gap, of the latency, or when it failed */
	uint64_t length_ns;	/* 0: an error */
	struct course_transfer transfer[2 * COURSE_AROUND + 1];
};

struct course {
	uint64_t bin_ns;	/* a power of two, the same for all endpoints */
	size_t bin_cnt;		/* from the start of the window to its end, that moment included */
	const struct course_bin *bins;
	uint64_t size[COURSE_SIZES]; /* completions by actual length */
	/* By kind; gaps and delays the longest first, then the earliest; errors by time. */
	const struct course_moment *moments;
	size_t moment_cnt;
};

/* Adds a bin to another: the result is as if both had been one. */
void course_bin_merge(struct course_bin *to, const struct course_bin *from);

/* The index in struct course.size. */
unsigned int course_size_class(uint32_t bytes);

#endif
