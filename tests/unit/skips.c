// SPDX-License-Identifier: GPL-2.0
/* Which hits of a probe had no run of its program, and which are only on their way to it. */
#include "../lib/testmain.h"
#include "source/skips.h"
#include "urbscope/source.h"

#define LOOK_NS (SOURCE_HORIZON_NS / 4)
#define LOOKS 4 /* until doubt has lasted for the horizon */

static bool doubt;
static uint64_t clean_ns;

static uint64_t settle(struct skips *skips, uint64_t now)
{
	uint64_t fresh = skips_settle(skips, now, &clean_ns);

	assert_true(clean_ns <= now);
	doubt = clean_ns < now;
	return fresh;
}

/* A look of one reading at one probe. */
static uint64_t look(struct skips *skips, uint64_t *now, uint64_t hits, uint64_t runs)
{
	*now += LOOK_NS;
	skips_read(skips, 0, hits, runs);
	return settle(skips, *now);
}

static void test_hits_before(void **state)
{
	struct skips skips;
	uint64_t now = 0;

	(void)state;
	skips_init(&skips, 1);
	assert_int_equal(look(&skips, &now, 17, 0), 0);
	assert_false(doubt);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(look(&skips, &now, 17 + i, i), 0);
	assert_false(doubt);
}

static void test_late(void **state)
{
	struct skips skips;
	uint64_t now = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 0, 0);
	/* never twice the same hit, but one at every look but the last */
	for (uint64_t i = 0; i < LOOKS; i++) {
		assert_int_equal(look(&skips, &now, i + 1, i), 0);
		assert_true(doubt);
	}
	assert_int_equal(look(&skips, &now, LOOKS, LOOKS), 0);
	assert_false(doubt);
}

static void test_skipped(void **state)
{
	struct skips skips;
	uint64_t now = 0, told = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 5, 0);
	for (uint64_t i = 0; i < LOOKS; i++) {
		assert_int_equal(look(&skips, &now, 10 + 3 + i, 5 + i), 0);
		assert_true(doubt);
	}
	told = look(&skips, &now, 20 + 3, 15);
	assert_int_equal(told, 3);
	assert_false(doubt);
	for (uint64_t i = 0; i < 2 * LOOKS; i++)
		assert_int_equal(look(&skips, &now, 23 + i, 15 + i), 0);
	assert_false(doubt);
}

/* The least that was without a run at any look is what was skipped: the rest ran. */
static void test_least(void **state)
{
	static const uint64_t without[LOOKS + 1] = { 9, 2, 7, 4, 8 };
	struct skips skips;
	uint64_t now = 0, told = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 0, 0);
	for (size_t i = 0; i <= LOOKS; i++)
		told += look(&skips, &now, 100 + without[i], 100);
	assert_int_equal(told, 2);
}

/* A hit on its way at the first look was not from before: the next skip is told all the same. */
static void test_first_look(void **state)
{
	struct skips skips;
	uint64_t now = 0, told = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 8, 0);
	look(&skips, &now, 10, 3);
	for (size_t i = 0; i <= LOOKS; i++)
		told += look(&skips, &now, 11, 3);
	assert_int_equal(told, 1);
}

/* Runs are read before hits, so traffic makes a reading too large: another may be exact. */
static void test_readings(void **state)
{
	struct skips skips;

	(void)state;
	skips_init(&skips, 2);
	skips_read(&skips, 0, 4, 4);
	skips_read(&skips, 1, 4, 4);
	settle(&skips, LOOK_NS);
	skips_read(&skips, 0, 9, 7);
	skips_read(&skips, 1, 7, 7);
	assert_true(skips_unclear(&skips));
	skips_read(&skips, 0, 10, 10);
	skips_read(&skips, 1, 9, 8);
	assert_false(skips_unclear(&skips));
	assert_int_equal(settle(&skips, 2 * LOOK_NS), 0);
	assert_false(doubt);
}

/*
 * One skip after the other, one more at every look: each is told once, though there is doubt all the
 * time, and what is shown does not fall behind for ever. A skip that is told was after `clean_ns`.
 */
static void test_ever_more(void **state)
{
	struct skips skips;
	uint64_t now = 0, told = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 0, 0);
	for (uint64_t i = 1; i <= 10 * LOOKS; i++) {
		uint64_t clean_before = clean_ns;

		told += look(&skips, &now, i, 0);
		/* the skip of look n is from the time between looks n - 1 and n */
		assert_true(told <= clean_ns / LOOK_NS);
		assert_true(told >= clean_before / LOOK_NS - 1);
		assert_true(now - clean_ns <= 3 * SOURCE_HORIZON_NS);
	}
	assert_true(told >= 7 * LOOKS);
	assert_int_equal(told + skips_left(&skips), 10 * LOOKS);
}

/* At the end nobody will look again: what is in doubt then was skipped, as far as can be known. */
static void test_left(void **state)
{
	struct skips skips;
	uint64_t now = 0;

	(void)state;
	skips_init(&skips, 1);
	look(&skips, &now, 6, 0);
	assert_int_equal(skips_left(&skips), 0);
	look(&skips, &now, 16, 5);
	assert_int_equal(skips_left(&skips), 5);
	look(&skips, &now, 17, 8);
	assert_int_equal(skips_left(&skips), 3);
	look(&skips, &now, 17, 11);
	assert_int_equal(skips_left(&skips), 0);
}

/* Each probe has its own time of doubt: a late hit of one is not told with the skip of another. */
static void test_probes_apart(void **state)
{
	struct skips skips;
	uint64_t now = LOOK_NS, told = 0;

	(void)state;
	skips_init(&skips, 2);
	skips_read(&skips, 0, 0, 0);
	skips_read(&skips, 1, 0, 0);
	settle(&skips, now);
	for (size_t i = 0; i <= LOOKS; i++) {
		now += LOOK_NS;
		skips_read(&skips, 0, 1, 0);
		skips_read(&skips, 1, i, i < 3 ? i : i - 1);
		told += settle(&skips, now);
	}
	assert_int_equal(told, 1);
	assert_true(doubt);
}

static const struct CMUnitTest tests[] = {
	TEST("skips-hits-from-before-are-none", test_hits_before),
	TEST("skips-late-run-is-none", test_late),
	TEST("skips-are-told-once", test_skipped),
	TEST("skips-are-the-least-seen", test_least),
	TEST("skips-first-look-may-be-too-high", test_first_look),
	TEST("skips-readings-are-repeated", test_readings),
	TEST("skips-that-go-on-are-told-and-shown", test_ever_more),
	TEST("skips-in-doubt-at-the-end-count", test_left),
	TEST("skips-doubt-is-a-probes-own", test_probes_apart),
};

TEST_MAIN(tests)
