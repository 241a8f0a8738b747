// SPDX-License-Identifier: GPL-2.0
#include "urbscope/hist.h"

/*
 * A boundary is 10^9 * 2^(i/8) ns, which is never an integer but where i is a multiple of 8. Eight of
 * them lie between 2^n and 2^(n + 1) for each n: the same ones but for the exponent. These are floor(2^63 *
 * their mantissas), and what no mantissa is over; middle[j] is the geometric middle of the bucket that
 * boundary[j] ends. An integer is over a boundary exactly if it is over the floor of it: comparisons
 * lose nothing.
 */
static const uint64_t boundary[HIST_SUB + 1] = {
	0x81ffa7a9549ca6e3, 0x8dc3b8960164a7d9, 0x9a9867054d512391, 0xa8965f74bf065071,
	0xb7d88a12d0dd9ea0, 0xc87c3e7d03cdbec3, 0xdaa17c2cd19555db, 0xee6b280000000000, UINT64_MAX,
};

static const uint64_t middle[HIST_SUB] = {
	0x7c7cb4ecdad5fca4, 0x87c11235836d16a3, 0x940a7e28259fb382, 0xa1709975dfb06757,
	0xb00d2843e1060dc2, 0xbffc43b7e604a922, 0xd15c9000bf211c1f, 0xe44f7742cb56e3dd,
};

/* Boundaries up to a mantissa of 1 + n/16: the next one is the only one that lies below 1 + (n + 1)/16. */
static const uint8_t below16[16] = { 0, 1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8 };

unsigned int hist_bucket(uint64_t ns)
{
	unsigned int octave, sub, bucket;
	uint64_t mantissa;

	if (!ns)
		return 0;
	octave = 63 - __builtin_clzll(ns);	/* 2^octave <= ns < 2^(octave + 1) */
	mantissa = ns << (63 - octave);
	sub = below16[mantissa >> 59 & 15];
	sub += mantissa > boundary[sub];
	bucket = octave * HIST_SUB + sub + 1;
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

uint64_t hist_upper(unsigned int bucket)
{
	if (!bucket)
		return 0;
	if (bucket >= HIST_BUCKETS - 1)
		return UINT64_MAX;
	bucket--;
	return boundary[bucket % HIST_SUB] >> (63 - bucket / HIST_SUB);
}

/* To the nearest ns. */
static uint64_t bucket_middle(unsigned int bucket)
{
	if (!bucket)
		return 0;
	bucket--;
	return ((middle[bucket % HIST_SUB] >> (62 - bucket / HIST_SUB)) + 1) / 2;
}

static uint64_t octave_count(const uint64_t bucket[HIST_SUB])
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < HIST_SUB; i++)
		count += bucket[i];
	return count;
}

uint64_t hist_percentile(const struct hist *h, unsigned int permille)
{
	uint64_t rank, below = 0, count;
	unsigned int i = 0;

	if (!h->count)
		return 0;
	rank = h->count / 1000 * permille + (h->count % 1000 * permille + 999) / 1000;
	if (rank < 1)
		rank = 1;
	/* by octaves, up to that of the rank */
	for (; i + HIST_SUB < HIST_BUCKETS; i += HIST_SUB) {
		count = octave_count(&h->bucket[i]);
		if (below + count >= rank)
			break;
		below += count;
	}
	for (; i < HIST_BUCKETS - 1; i++) {
		below += h->bucket[i];
		if (below >= rank) {
			uint64_t value = bucket_middle(i);

			return value < h->max ? value : h->max;
		}
	}
	return h->max;
}
