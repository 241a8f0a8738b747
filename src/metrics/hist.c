// SPDX-License-Identifier: GPL-2.0
#include "urbscope/hist.h"

/*
 * floor(2^(62 + j/16)), computed with integer roots. A product of an integer by a power of two
 * is over 2^(62 + j/16) exactly if it is over the floor of it: comparisons lose nothing.
 */
static const uint64_t root16[16] = {
	0x4000000000000000, 0x42d561b3e6243d8a, 0x45cae0f1f545eb73, 0x48e1e9b9d588e19b,
	0x4c1bf828c6dc54b7, 0x4f7a993048d088d6, 0x52ff6b54d8a89c75, 0x56ac1f752150a563,
	0x5a827999fcef3242, 0x5e8451cfac061b5f, 0x62b39508aa836d6e, 0x6712460a8fc24071,
	0x6ba27e656b4eb57a, 0x70666f76154a7088, 0x75606373ee921c97, 0x7a92be8a92436616,
};

unsigned int hist_bucket(uint64_t ns)
{
	unsigned int octave, sub;
	uint64_t mantissa;

	if (ns <= 1)
		return 0;
	octave = 63 - __builtin_clzll(ns - 1);	/* 2^octave < ns <= 2^(octave + 1) */
	if (octave >= HIST_OCTAVES)
		return HIST_BUCKETS - 1;
	mantissa = ns << (62 - octave);
	sub = mantissa > root16[8] ? 4 : 0;
	sub += mantissa > root16[2 * sub + 4] ? 2 : 0;
	sub += mantissa > root16[2 * sub + 2] ? 1 : 0;
	return octave * HIST_SUB + sub + 1;
}

uint64_t hist_upper(unsigned int bucket)
{
	unsigned int octave = bucket / HIST_SUB, sub = bucket % HIST_SUB;

	if (bucket >= HIST_BUCKETS - 1)
		return UINT64_MAX;
	return root16[2 * sub] >> (62 - octave);
}

/* 2^((bucket - 1/2) / 8), to the nearest ns; bucket 0 stands for 1 ns. */
static uint64_t bucket_middle(unsigned int bucket)
{
	unsigned int sixteenths = 2 * bucket - 1;

	if (!bucket)
		return 1;
	return ((root16[sixteenths % 16] >> (61 - sixteenths / 16)) + 1) / 2;
}

uint64_t hist_percentile(const struct hist *h, unsigned int permille)
{
	uint64_t rank, below = 0;

	if (!h->count)
		return 0;
	rank = h->count / 1000 * permille + (h->count % 1000 * permille + 999) / 1000;
	if (rank < 1)
		rank = 1;
	for (unsigned int i = 0; i < HIST_BUCKETS - 1; i++) {
		below += h->bucket[i];
		if (below >= rank) {
			uint64_t middle = bucket_middle(i);

			return middle < h->max ? middle : h->max;
		}
	}
	return h->max;
}
