/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Histograms of times. Bucket boundaries are the powers of 2^(1/8) of a second, those of Prometheus'
 * native histograms of schema 3: bucket k holds (2^((k-241)/8), 2^((k-240)/8)] s, bucket 0 holds 0, the
 * last one everything over 2^18 s (three days). A percentile is the geometric middle of its bucket, cut
 * to the exact maximum, so it is at most 2^(1/16) - 1 = 4.5 % off. Integers only.
 */
#ifndef URBSCOPE_HIST_H
#define URBSCOPE_HIST_H

#include <stdint.h>

#define HIST_OCTAVES 48
#define HIST_SUB     8
#define HIST_BUCKETS (HIST_OCTAVES * HIST_SUB + 2)
#define HIST_SECOND  240	/* the bucket whose upper boundary is 1 s */

struct hist {
	uint64_t count, sum, max;
	uint64_t bucket[HIST_BUCKETS];
};

/* The bucket that a time falls into. */
unsigned int hist_bucket(uint64_t ns);

/* Upper boundary of a bucket, inclusive, in ns; UINT64_MAX for the last. */
uint64_t hist_upper(unsigned int bucket);

/* The value at `permille` / 1000 of the recorded ones by rank (ceil), 0 if there are none. */
uint64_t hist_percentile(const struct hist *h, unsigned int permille);

#endif
