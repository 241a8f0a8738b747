/* SPDX-License-Identifier: GPL-2.0 */
/* Inside expose: native histograms of schema 3 (each octave in 8 buckets), as protobuf has them. */
#ifndef URBSCOPE_EXPOSE_NATIVE_H
#define URBSCOPE_EXPOSE_NATIVE_H

#include "sink/expose/tally.h"

#define NATIVE_SCHEMA  3
/* As all of Prometheus' clients have it; all that is not 0 is over it. */
#define NATIVE_ZERO    0x1p-128
#define NATIVE_BUCKETS 512	/* more than times (386) or depths (257) can be in */

struct native_span {
	int32_t offset;		/* of the first: its index; else buckets left out since the last */
	uint32_t length;
};

struct native {
	uint64_t zero;
	struct native_span span[NATIVE_BUCKETS];
	size_t span_cnt;
	int64_t delta[NATIVE_BUCKETS]; /* to the bucket before */
	size_t delta_cnt;
};

/* `is_time`: cells are buckets of hist.h, else depths. What is over the last bucket counts as infinite. */
void native_fill(struct native *native, const struct tally *tally, bool is_time);

/* The bucket (2^((i-1)/8), 2^(i/8)] that a depth is in. */
int32_t native_depth_index(uint32_t depth);

#endif
