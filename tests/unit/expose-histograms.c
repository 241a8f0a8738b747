// SPDX-License-Identifier: GPL-2.0
/* Exported histograms: exact at their boundaries, and those of many machines add up to one. */
#include "../lib/testmain.h"

#include <math.h>

#include "../lib/promread.h"
#include "../lib/run.h"
#include "../lib/scrape.h"

#define EP urb_ep(1, 5, 0x81)

enum { MACHINES = 5, TRANSFERS = 4000 };

/* One at a time: each takes its time, and so does the pause before it. */
static void feed_transfer(struct run *run, uint64_t *now, uint64_t ns)
{
	*now += 1 + ns % 5000;
	run_submit(run, *now, 7, EP);
	*now += ns;
	run_complete(run, *now, 7, EP);
}

static struct prom_native native_of(struct run *run, const char *family)
{
	struct expose *e = exposer(0);
	struct prom_native native;
	struct expose_out out;

	scrape(e, run, 0);
	out = written(e, EXPOSE_PROTOBUF);
	prom_native_read(&native, out.data, out.len, family, "0x81");
	free(out.data);
	expose_free(e);
	return native;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Is a time in (2^((i-1)/8), 2^(i/8)] seconds? In long double, which tells all ns apart here. */
static bool is_in_bucket(uint64_t ns, int64_t index)
{
	long double s = ns / 1e9L;

	if (!ns)
		return index == INT64_MIN;
	if (s > 0x1p18L)		/* that of all that is over the numbers */
		return index == 1024 * 8 + 1;
	return s > exp2l((index - 1) / 8.0L) * (1 - 1e-17L) && s <= exp2l(index / 8.0L) * (1 + 1e-17L);
}

/* From nanoseconds to days, some of them on a boundary. */
static uint64_t random_time(uint64_t *seed)
{
	if (random_below(seed, 50) == 0)
		return UINT64_C(1000000000) << random_below(seed, 10);
	return random_next(seed) >> (16 + random_below(seed, 48));
}

/* The exported buckets of many machines, added up, are those of one that saw it all. */
static void merged_histograms_are_those_of_one_machine(void **state)
{
	static const unsigned int permille[] = { 1, 100, 500, 900, 990, 999, 1000 };
	struct prom_native merged = { 0 }, one;
	uint64_t now[MACHINES + 1] = { 0 }, seed = 99, ns[TRANSFERS];
	struct run run[MACHINES + 1];

	(void)state;
	for (size_t m = 0; m <= MACHINES; m++)
		run_init(&run[m], NULL, NULL);
	for (size_t i = 0; i < TRANSFERS; i++) {
		size_t m = random_below(&seed, MACHINES);

		ns[i] = random_time(&seed);
		feed_transfer(&run[m], &now[m], ns[i]);
		feed_transfer(&run[MACHINES], &now[MACHINES], ns[i]);
	}
	for (size_t m = 0; m < MACHINES; m++) {
		struct prom_native native = native_of(&run[m], "urbscope_latency_seconds");

		prom_native_merge(&merged, &native);
	}
	one = native_of(&run[MACHINES], "urbscope_latency_seconds");
	assert_int_equal(one.schema, 3);
	assert_int_equal(merged.count, TRANSFERS);
	assert_int_equal(merged.zero, one.zero);
	qsort(ns, TRANSFERS, sizeof(*ns), by_value);
	for (size_t i = 0; i < sizeof(permille) / sizeof(*permille); i++) {
		uint64_t rank = (TRANSFERS * permille[i] + 999) / 1000;
		int64_t index = prom_native_rank(&merged, rank);

		assert_int_equal(index, prom_native_rank(&one, rank));
		/* and both are the truth */
		assert_true(is_in_bucket(ns[rank - 1], index));
	}
	for (size_t m = 0; m <= MACHINES; m++)
		run_release(&run[m]);
}

/* What is not over a classic boundary, by the native buckets and by the transfers themselves. */
static void classic_buckets_are_exact(void **state)
{
	uint64_t now = 0, seed = 5, ns[TRANSFERS];
	struct prom_native native;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	for (size_t i = 0; i < TRANSFERS; i++) {
		ns[i] = random_time(&seed);
		feed_transfer(&run, &now, ns[i]);
	}
	native = native_of(&run, "urbscope_latency_seconds");
	assert_int_equal(native.classic_cnt, 22);
	for (size_t c = 0; c < native.classic_cnt; c++) {
		uint64_t by_buckets = native.zero, by_times = 0;
		double le = native.classic[c].le;

		for (size_t i = 0; i < native.cnt; i++)
			if (exp2(native.bucket[i].index / 8.0) <= le * (1 + 1e-12))
				by_buckets += native.bucket[i].count;
		for (size_t i = 0; i < TRANSFERS; i++)
			by_times += ns[i] <= le * 1e9L;
		assert_int_equal(native.classic[c].cumulative, by_times);
		assert_int_equal(by_buckets, by_times);
	}
	run_release(&run);
}

/* One after the other is posted, then all end: submissions see depths 1 to DEEP. */
static void depths_are_exact(void **state)
{
	enum { DEEP = 300 };
	struct prom_native native;
	uint64_t now = 0, seen = 0;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	for (unsigned int i = 1; i <= DEEP; i++)
		run_submit(&run, now += 10, i, EP);
	for (unsigned int i = 1; i <= DEEP; i++)
		run_complete(&run, now += 10, i, EP);
	native = native_of(&run, "urbscope_depth_at_submit");
	assert_int_equal(native.count, DEEP);
	assert_true(native.sum == DEEP * (DEEP + 1) / 2);
	for (size_t i = 0; i < native.cnt; i++) {
		uint64_t inside = 0;

		for (unsigned int depth = 1; depth <= DEEP; depth++)
			inside += depth > exp2((native.bucket[i].index - 1) / 8.0) * (1 + 1e-12) &&
				  depth <= exp2(native.bucket[i].index / 8.0) * (1 + 1e-12);
		assert_int_equal(native.bucket[i].count, inside);
		seen += inside;
	}
	assert_int_equal(seen, DEEP);
	for (size_t c = 0; c < native.classic_cnt; c++)
		assert_int_equal(native.classic[c].cumulative, (uint64_t)native.classic[c].le);
	run_release(&run);
}

static const struct CMUnitTest tests[] = {
	TEST("merged-histograms-are-those-of-one-machine",
	     merged_histograms_are_those_of_one_machine),
	TEST("classic-buckets-are-exact", classic_buckets_are_exact),
	TEST("depths-are-exact", depths_are_exact),
};

TEST_MAIN(tests)
