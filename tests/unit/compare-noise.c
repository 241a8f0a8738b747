// SPDX-License-Identifier: GPL-2.0
/*
 * Differences and noise. Witnesses: published tables, the formulas written out the slow way, and
 * simulated runs, of which it is known whether there is a difference.
 */
#include "../lib/testmain.h"

#include <math.h>
#include <stdio.h>

#include "../lib/run.h"
#include "compare/distribution.h"
#include "compare/estimate.h"

#define PAIRS 250
#define TRIALS 2000

/* More of `trials` than that, were each of probability p: once in 2000 times (3.3 sigma). */
static double most_of(double p, int trials)
{
	return p * trials + 3.3 * sqrt(p * (1 - p) * trials);
}

static double uniform(uint64_t *seed)
{
	return ((double)(random_next(seed) >> 11) + 0.5) / 9007199254740992.;
}

static double normal(uint64_t *seed)
{
	double radius = sqrt(-2 * log(uniform(seed)));

	return radius * cos(2 * M_PI * uniform(seed));
}

/* Two-sided quantiles of Student's t, from any table. */
static void student_agrees_with_the_tables(void **state)
{
	static const struct { double df, p, t; } table[] = {
		{ 1, 0.05, 12.706 }, { 2, 0.05, 4.303 }, { 3, 0.05, 3.182 }, { 5, 0.05, 2.571 },
		{ 10, 0.05, 2.228 }, { 20, 0.05, 2.086 }, { 30, 0.05, 2.042 }, { 120, 0.05, 1.980 },
		{ 1, 0.01, 63.657 }, { 2, 0.01, 9.925 }, { 5, 0.01, 4.032 }, { 30, 0.01, 2.750 },
		{ 5, 0.10, 2.015 }, { 10, 0.10, 1.812 }, { 30, 0.001, 3.646 }, { 1e9, 0.05, 1.960 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_float_equal(student_quantile(table[i].p, table[i].df), table[i].t, 0.0006);
		assert_float_equal(student_two_sided(table[i].t, table[i].df), table[i].p,
				   table[i].p * 0.003);
	}
	assert_float_equal(student_two_sided(0, 7), 1, 1e-12);
	assert_float_equal(student_two_sided(INFINITY, 7), 0, 0);
}

/* The density of t, summed up: not a formula that the code has. */
static double student_by_sum(double t, double df)
{
	double front = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * M_PI);
	double step = t / 20000, sum = 0;

	for (int i = 0; i < 20000; i++) {
		double x = (i + 0.5) * step;

		sum += front * pow(1 + x * x / df, -(df + 1) / 2) * step;
	}
	return 1 - 2 * sum;
}

static double choose(uint64_t n, uint64_t k)
{
	double c = 1;

	for (uint64_t i = 1; i <= k; i++)
		c = c * (double)(n - k + i) / (double)i;
	return c;
}

static void binomial_is_the_sum_of_its_terms(void **state)
{
	static const double shares[] = { 0.05, 0.3, 0.5, 0.77 };

	(void)state;
	for (uint64_t n = 1; n <= 40; n += 3) {
		for (uint64_t k = 0; k <= n; k++) {
			for (size_t s = 0; s < 4; s++) {
				double p = shares[s], below = 0, above = 0, want;

				for (uint64_t i = 0; i <= n; i++) {
					double term = choose(n, i) * pow(p, i) * pow(1 - p, n - i);

					below += i <= k ? term : 0;
					above += i >= k ? term : 0;
				}
				want = fmin(1, 2 * fmin(below, above));
				assert_float_equal(binomial_two_sided(k, n, p), want, 1e-9);
			}
		}
	}
	assert_float_equal(binomial_two_sided(0, 0, 0.5), 1, 0);
	/* large counts end, and are near the normal law: 2 sigma */
	assert_float_equal(binomial_two_sided(500001000, 1000000000, 0.5), 0.9496, 0.001);
	assert_float_equal(binomial_two_sided(500031623, 1000000000, 0.5), 0.0455, 0.001);
}

static void holm_takes_the_smallest_first(void **state)
{
	/* S. Holm, 1979: n, n-1, ... times, never less than the one before, at most 1 */
	static const double p[] = { 0.001, 0.012, 0.0125, 0.3, 0.6 };
	static const double want[] = { 0.005, 0.048, 0.048, 0.6, 0.6 };
	double adjusted[5];

	(void)state;
	holm_adjust(p, adjusted, 5);
	for (size_t i = 0; i < 5; i++)
		assert_float_equal(adjusted[i], want[i], 1e-12);
}

/*
 * Each of 32 batches, of two pieces with y = 1, has a residual of +d or -d, alternating but for
 * `same` neighbours: lag-1 correlation is what it is by definition.
 */
static void alternating(struct pair pairs[64], double mean, double d)
{
	for (int i = 0; i < 64; i++)
		pairs[i] = (struct pair){ mean + (i / 2 % 2 ? d : -d), 1 };
}

static void welch_is_the_textbook_formula(void **state)
{
	struct compare_result r = { 0 };
	double va, vb, t, df;
	struct pair a[64], b[64];

	(void)state;
	alternating(a, 10, 0.5);
	alternating(b, 10.2, 0.9);
	r.side[0] = estimate_within(a, 64);
	r.side[1] = estimate_within(b, 64);
	assert_int_equal(r.side[0].batches, 32);
	compare_estimates(&r, false);
	/* 32 batch means of variance d^2 * 32/31, each; they alternate: no inflation */
	va = 0.25 * 32 / 31 / 32;
	vb = 0.81 * 32 / 31 / 32;
	t = 0.2 / sqrt(va + vb);
	df = (va + vb) * (va + vb) / (va * va / 31 + vb * vb / 31);
	assert_float_equal(r.side[0].variance, va, 1e-12);
	assert_float_equal(r.change, 0.2, 1e-12);
	assert_float_equal(r.p, student_by_sum(t, df), 1e-6);
	assert_float_equal(student_by_sum((r.high - r.change) / sqrt(va + vb), df), 0.05, 1e-5);
	assert_float_equal(r.high - r.change, r.change - r.low, 1e-12);
}

/*
 * The interval of a ratio ends where after - q * before is just told apart from 0; and where the
 * difference is just told apart, it ends at no change.
 */
static void interval_of_a_ratio_is_that_of_the_difference(void **state)
{
	struct pair a[64], b[64];

	(void)state;
	alternating(a, 10, 0.5);
	alternating(b, 10.2, 0.9);
	for (int scale = 1; scale <= 8; scale++) {
		struct compare_result r = { 0 }, plain = { 0 };
		double va, vb, df, reach;

		r.side[0] = estimate_within(a, 64);
		r.side[1] = estimate_within(b, 64);
		r.side[0].variance *= scale * scale;
		plain = r;
		compare_estimates(&r, true);
		compare_estimates(&plain, false);
		va = r.side[0].variance;
		vb = r.side[1].variance;
		df = (va + vb) * (va + vb) / (va * va / 31 + vb * vb / 31);
		reach = student_quantile(0.05, df);
		assert_true(r.relative);
		assert_float_equal(r.change, 0.02, 1e-12);
		for (int end = 0; end < 2; end++) {
			double q = 1 + (end ? r.high : r.low);

			assert_float_equal(fabs(10.2 - q * 10) / sqrt(vb + q * q * va), reach, 1e-6);
		}
		assert_true((r.low > 0) == (plain.low > 0));
		assert_float_equal(r.p, plain.p, 0);
	}
}

static void ratio_to_what_may_be_nothing_has_no_end(void **state)
{
	struct compare_result r = { 0 };

	(void)state;
	r.side[0] = (struct compare_estimate){ 1, true, 1, 30, 32, 0, 0 };
	r.side[1] = (struct compare_estimate){ 50, true, 1, 30, 32, 0, 0 };
	compare_estimates(&r, true);
	assert_true(r.relative && isinf(r.high));
	assert_true(r.low > 0 && isfinite(r.low));
	/* there is no ratio to 0 */
	r.side[0].value = 0;
	compare_estimates(&r, true);
	assert_false(r.relative);
	assert_float_equal(r.change, 50, 1e-12);
}

static void noise_between_runs_is_that_of_their_values(void **state)
{
	struct compare_estimate runs[3] = {
		{ .value = 4, .count = 1, .of = 10 }, { .value = 6, .of = 20 },
		{ .value = 8, .noise_known = true, .variance = 0.3, .count = 2, .of = 30 },
	};
	struct compare_estimate e = estimate_between(runs, 3);

	(void)state;
	assert_float_equal(e.value, 6, 1e-12);
	assert_float_equal(e.variance, 4. / 3, 1e-12);
	assert_float_equal(e.freedom, 2, 0);
	assert_int_equal(e.count, 3);
	assert_int_equal(e.of, 60);
	/* runs that agree by chance are not better known than each of them */
	for (int i = 0; i < 3; i++)
		runs[i] = (struct compare_estimate){ .value = 5, .noise_known = true, .variance = 9 };
	assert_float_equal(estimate_between(runs, 3).variance, 3, 1e-12);
	assert_false(estimate_between(runs, 1).noise_known);
}

/*
 * A run of `cnt` pieces: noise that stays for `stays` of them (an autoregression of the first
 * order), or (skewed) e to the power of it.
 */
static struct compare_estimate simulate(uint64_t *seed, size_t cnt, double mean, double sigma,
					double stays, bool skewed)
{
	double keep = stays > 0 ? exp(-1 / stays) : 0, noise = normal(seed);
	struct pair pairs[PAIRS];

	for (size_t i = 0; i < cnt; i++) {
		pairs[i].y = 0.5 + uniform(seed);
		pairs[i].x = pairs[i].y * (skewed ? mean * exp(noise) : mean + sigma * noise);
		noise = keep * noise + sqrt(1 - keep * keep) * normal(seed);
	}
	return estimate_within(pairs, cnt);
}

/* How many of TRIALS pairs of runs are told to differ. */
static int claims(uint64_t seed, const size_t cnt[2], double difference, double stays, bool skewed)
{
	int found = 0;

	for (int trial = 0; trial < TRIALS; trial++) {
		struct compare_result r = { 0 };

		r.side[0] = simulate(&seed, cnt[0], 10, 1, stays, skewed);
		r.side[1] = simulate(&seed, cnt[1], 10 + difference, 1, stays, skewed);
		if (!r.side[0].noise_known || !r.side[1].noise_known)
			continue;
		compare_estimates(&r, true);
		found += r.p < COMPARE_FALSE_ALARMS;
	}
	return found;
}

/* Noise that is gone with the next piece, and noise that stays for most of the run. */
static void false_alarms_are_as_rare_as_promised(void **state)
{
	static const double stays[] = { 0, 1, 3, 8, 30, 1000 };
	static const size_t lengths[][2] = { { 250, 250 }, { 140, 250 }, { 64, 64 }, { 128, 70 } };
	uint64_t seed = 1;

	(void)state;
	for (size_t l = 0; l < 4; l++) {
		for (size_t s = 0; s < 6; s++) {
			for (int skewed = 0; skewed < 2; skewed++) {
				int found = claims(seed++, lengths[l], 0, stays[s], skewed);

				if (found > most_of(COMPARE_FALSE_ALARMS, TRIALS))
					fail_msg("%zu and %zu pieces, stays %g, skewed %d: %d of %d",
						 lengths[l][0], lengths[l][1], stays[s], skewed,
						 found, TRIALS);
			}
		}
	}
}

static void difference_that_is_there_is_found(void **state)
{
	static const size_t lengths[2] = { 250, 250 };

	(void)state;
	/*
	 * Noise of 10 % in each of 250 pieces is 0.9 % in the difference of two runs: 5 % are
	 * more than five sigma. One run in 20 has batches that are alike by chance, and is refused.
	 */
	assert_true(claims(1, lengths, 0.5, 0, false) > 0.9 * TRIALS);
	assert_true(claims(2, lengths, -0.5, 0, false) > 0.9 * TRIALS);
	/* half a sigma is not, in most cases: the noise is not made smaller than it is */
	assert_true(claims(3, lengths, 0.045, 0, false) < 0.2 * TRIALS);
}

/* The interval has the truth in it as often as it says. */
static void interval_covers_the_truth(void **state)
{
	int missed = 0, told = 0;
	uint64_t seed = 4;

	(void)state;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct compare_result r = { 0 };

		r.side[0] = simulate(&seed, 250, 10, 1, 0.5, false);
		r.side[1] = simulate(&seed, 200, 12, 2, 0.5, false);
		if (!r.side[0].noise_known || !r.side[1].noise_known)
			continue;
		compare_estimates(&r, true);
		told++;
		missed += r.low > 0.2 || r.high < 0.2;
	}
	assert_true(told > TRIALS / 2);
	assert_true(missed <= most_of(0.05, told));
	assert_true(missed > 0);
}

static void too_short_a_run_has_no_known_noise(void **state)
{
	uint64_t seed = 5;
	int known = 0;

	(void)state;
	assert_false(simulate(&seed, COMPARE_MIN_BATCHES - 1, 10, 1, 0, false).noise_known);
	for (int i = 0; i < 100; i++)
		known += simulate(&seed, COMPARE_MIN_BATCHES, 10, 1, 0, false).noise_known;
	assert_true(known > 80);
	/* a figure that drifts from the beginning to the end */
	for (int i = 0; i < 100; i++) {
		struct pair pairs[PAIRS];

		for (int k = 0; k < PAIRS; k++)
			pairs[k] = (struct pair){ 10 + k * 0.01 + 0.1 * normal(&seed), 1 };
		assert_false(estimate_within(pairs, PAIRS).noise_known);
	}
}

static void what_never_varies_differs_or_not(void **state)
{
	struct compare_result r = { 0 };
	struct pair a[64], b[64];

	(void)state;
	alternating(a, 3, 0);
	alternating(b, 3, 0);
	r.side[0] = estimate_within(a, 64);
	r.side[1] = estimate_within(b, 64);
	compare_estimates(&r, true);
	assert_float_equal(r.p, 1, 0);
	alternating(b, 3.1, 0);
	r.side[1] = estimate_within(b, 64);
	compare_estimates(&r, true);
	assert_float_equal(r.p, 0, 0);
	assert_float_equal(r.low, 0.1 / 3, 1e-9);
}

static const struct CMUnitTest tests[] = {
	TEST("student-agrees-with-the-tables", student_agrees_with_the_tables),
	TEST("binomial-is-the-sum-of-its-terms", binomial_is_the_sum_of_its_terms),
	TEST("holm-takes-the-smallest-first", holm_takes_the_smallest_first),
	TEST("welch-is-the-textbook-formula", welch_is_the_textbook_formula),
	TEST("interval-of-a-ratio-is-that-of-the-difference",
	     interval_of_a_ratio_is_that_of_the_difference),
	TEST("ratio-to-what-may-be-nothing-has-no-end", ratio_to_what_may_be_nothing_has_no_end),
	TEST("noise-between-runs-is-that-of-their-values", noise_between_runs_is_that_of_their_values),
	TEST("false-alarms-are-as-rare-as-promised", false_alarms_are_as_rare_as_promised),
	TEST("difference-that-is-there-is-found", difference_that_is_there_is_found),
	TEST("interval-covers-the-truth", interval_covers_the_truth),
	TEST("too-short-a-run-has-no-known-noise", too_short_a_run_has_no_known_noise),
	TEST("what-never-varies-differs-or-not", what_never_varies_differs_or_not),
};

TEST_MAIN(tests)
