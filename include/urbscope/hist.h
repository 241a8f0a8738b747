/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Histograms of times. Bucket boundaries are the powers of 2^(1/8) (Prometheus native-histogram
 * schema 3): bucket k holds (2^((k-1)/8), 2^(k/8)] ns, bucket 0 holds 0 and 1 ns, the last one
 * everything over 2^40 ns (18 minutes). A percentile is the geometric middle of its bucket, cut
 * to the exact maximum, so it is at most 2^(1/16) - 1 = 4.5 % off. Integers only.
 */
#ifndef URBSCOPE_HIST_H
#define URBSCOPE_HIST_H

#include <stdint.h>

#define HIST_OCTAVES 40
#define HIST_SUB     8
#define HIST_BUCKETS (HIST_OCTAVES * HIST_SUB + 2)

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
