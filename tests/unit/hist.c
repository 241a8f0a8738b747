// SPDX-License-Identifier: GPL-2.0
/* Bucket boundaries against long double, whose 64 bits of mantissa are enough up to 2^18 s. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/run.h"
#include "urbscope/hist.h"

/* Written out: 2^(1/8) to 2^(7/8), correctly rounded, so that no libm is needed. */
static const long double root8[8] = {
	1.0L,
	1.0905077326652576592070106557607079L,
	1.1892071150027210667174999705604759L,
	1.2968395546510096659337541177924511L,
	1.4142135623730950488016887242096981L,
	1.5422108254079408236122918620907348L,
	1.6817928305074290860622509524664297L,
	1.8340080864093424634870831895882888L,
};

/* 10^9 * 2^((bucket - 240)/8) ns */
static long double power(unsigned int bucket)
{
	return 1e9L * root8[bucket % 8] * (long double)(UINT64_C(1) << bucket / 8) /
	       (long double)(UINT64_C(1) << HIST_SECOND / 8);
}

static void assert_bucket(uint64_t ns)
{
	unsigned int b = hist_bucket(ns);

	assert_int_equal(b == 0, ns == 0);
	if (b < HIST_BUCKETS - 1)
		assert_true(ns <= power(b));
	if (b > 0)
		assert_true(ns > power(b - 1));
}

#define TOP (UINT64_C(1000000000) << 18)

static void buckets_are_powers_of_an_eighth_of_a_second(void **state)
{
	uint64_t seed = 1;

	(void)state;
	assert_int_equal(hist_bucket(0), 0);
	assert_int_equal(hist_bucket(1), 1);
	assert_int_equal(hist_bucket(1000000000), HIST_SECOND);
	assert_int_equal(hist_bucket(1000000001), HIST_SECOND + 1);
	assert_int_equal(hist_bucket(500000000), HIST_SECOND - 8);
	assert_int_equal(hist_bucket(TOP), HIST_BUCKETS - 2);
	assert_int_equal(hist_bucket(TOP + 1), HIST_BUCKETS - 1);
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
	for (uint64_t ns = 0; ns < 100000; ns++)
		assert_bucket(ns);
	for (int i = 0; i < 1000000; i++)
		assert_bucket(random_next(&seed) >> random_below(&seed, 64));
}

static void upper_boundary_is_the_last_value_inside(void **state)
{
	(void)state;
	assert_int_equal(hist_upper(0), 0);
	assert_int_equal(hist_upper(HIST_SECOND), 1000000000);
	for (unsigned int b = 1; b < HIST_BUCKETS - 1; b++) {
		uint64_t upper = hist_upper(b);

		assert_true(upper <= power(b) && upper + 1 > power(b));
		assert_true(hist_bucket(upper) <= b);
		assert_true(hist_bucket(upper + 1) > b);
	}
	assert_true(hist_upper(HIST_BUCKETS - 1) == UINT64_MAX);
}

/* 2^(1/16) - 1 = 4.43 %, and half a nanosecond of rounding. */
static void percentile_is_within_4_5_percent(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < TOP; ns += 1 + ns / 50) {
		struct hist h = { .count = 1, .sum = ns, .max = UINT64_MAX };
		double got;

		h.bucket[hist_bucket(ns)] = 1;
		got = hist_percentile(&h, 500);
		assert_true(got <= ns * 1.0443 + 0.5 && got >= ns / 1.0443 - 0.5);
		/* a check asks which bucket it came from */
		assert_int_equal(hist_bucket(got), hist_bucket(ns));
	}
}

static void percentile_goes_by_rank(void **state)
{
	struct hist h = { .count = 100, .max = 5000 };

	(void)state;
	h.bucket[hist_bucket(16)] = 50;
	h.bucket[hist_bucket(1024)] = 49;
	h.bucket[hist_bucket(5000)] = 1;
	assert_int_equal(hist_bucket(hist_percentile(&h, 500)), hist_bucket(16));
	assert_int_equal(hist_bucket(hist_percentile(&h, 501)), hist_bucket(1024));
	assert_int_equal(hist_bucket(hist_percentile(&h, 990)), hist_bucket(1024));
	assert_int_equal(hist_bucket(hist_percentile(&h, 991)), hist_bucket(5000));
}

static void percentile_is_cut_to_the_maximum(void **state)
{
	struct hist h = { .count = 1, .sum = 1000, .max = 1000 };

	(void)state;
	h.bucket[HIST_BUCKETS - 1] = 1;
	assert_int_equal(hist_percentile(&h, 500), 1000);
	memset(h.bucket, 0, sizeof(h.bucket));
	h.bucket[0] = 1;
	h.max = 0;
	assert_int_equal(hist_percentile(&h, 500), 0);
}

static const struct CMUnitTest tests[] = {
	TEST("buckets-are-powers-of-an-eighth-of-a-second",
	     buckets_are_powers_of_an_eighth_of_a_second),
	TEST("upper-boundary-is-the-last-value-inside", upper_boundary_is_the_last_value_inside),
	TEST("percentile-is-within-4-5-percent", percentile_is_within_4_5_percent),
	TEST("percentile-goes-by-rank", percentile_goes_by_rank),
	TEST("percentile-is-cut-to-the-maximum", percentile_is_cut_to_the_maximum),
};

TEST_MAIN(tests)
