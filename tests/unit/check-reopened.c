// SPDX-License-Identifier: GPL-2.0
/* The queue models when a queue is closed and opened again, when it fails, and when the host is late. */
#include "../lib/testmain.h"

#include <errno.h>

#include "../lib/queuesim.h"

/* Exactly this rule is violated, RULE_NONE: none. */
static void assert_only(const struct sim *s, enum check_rule rule)
{
	assert_int_equal(sim_broken(s), rule == RULE_NONE ? 0 : 1u << rule);
}

static void same_urbs_may_come_in_another_order_after_a_close(void **state)
{
	static const uint64_t orders[][4] = {
		{ 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 3, 4, 1, 2 }, { 2, 1, 4, 3 }, { 1, 3, 2, 4 },
		{ 11, 12, 13, 14 }, { 14, 1, 13, 2 },
	};
	static const uint32_t eps[] = { SIM_IN, SIM_OUT };

	(void)state;
	for (uint32_t i = 0; i < 2 * 3 * 7 * 4; i++) {
		static const enum sim_ending endings[] = { ALL_STALLED, LAST_GOT_THROUGH, FLUSHED };
		enum sim_ending how = endings[i / 8 % 3];
		struct sim s;

		sim_begin(&s, eps[i % 2], 4);
		sim_open(&s, orders[0], 20 + i / 2 % 4);
		sim_end_as(&s, how);
		sim_open(&s, orders[i / 24], 30);
		sim_end_as(&s, how);
		sim_open(&s, orders[6 - i / 24], 30);
		sim_end_as(&s, FLUSHED);
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE);
		checkrun_release(&s.run);
	}
}

/*
 * Now and then the host is not run until the device has emptied the queue, one round in five: then all
 * of it waits, and goes on in turn.
 */
static void one_delay_of_the_host_counts_once(void **state)
{
	static const uint64_t ids[4] = { 1, 2, 3, 4 };
	static const uint32_t eps[] = { SIM_IN, SIM_OUT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim s;
		uint64_t id;

		sim_begin(&s, eps[i], 4);
		sim_open(&s, ids, 20);
		for (uint32_t k = 0; k < 10; k++) {
			sim_end_as(&s, FLUSHED);
			sim_open(&s, ids, 16);
		}
		while (s.cnt)
			sim_reap(&s, &id);
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE);
		checkrun_release(&s.run);
	}
}

/* As when it is pulled out: what is missing has failed, and its turn comes. Nobody kept it waiting. */
static void failed_urbs_may_be_missing(void **state)
{
	static const uint64_t ids[4] = { 1, 2, 3, 4 };
	static const uint32_t eps[] = { SIM_IN, SIM_OUT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim s;

		sim_begin(&s, eps[i], 4);
		sim_open(&s, ids, 8);
		sim_end_as(&s, ALL_FAILED);
		for (uint32_t k = 0; k < 20; k++) {
			sim_submit(&s, ids[k % 4]);
			if (k % 2)
				sim_end_as(&s, ALL_FAILED);
		}
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE);
		checkrun_release(&s.run);
	}
}

/*
 * The share that is held to a limit is told: of a round of an SIM_IN queue that drains, the first of two
 * that are judged has the others posted; of SIM_OUT, none.
 */
static void kept_share_is_measured(void **state)
{
	static const struct { uint32_t ep; enum sim_variant v; double share; } cases[] = {
		{ SIM_IN, RIGHT, 1 }, { SIM_OUT, RIGHT, 1 }, { SIM_IN, DRAIN_FIRST, 0.5 }, { SIM_OUT, DRAIN_FIRST, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		enum check_rule rule = cases[i].ep == SIM_IN ? RULE_POSTED : RULE_FILLED;
		bool found = false;
		struct sim s;

		sim_run(&s, cases[i].ep, 4, cases[i].v);
		for (size_t k = 0; k < s.run.report->cnt; k++) {
			const struct check_result *r = &s.run.report->results[k];

			assert_int_equal(r->has_measured, r->rule == rule);
			if (r->rule != rule)
				continue;
			found = true;
			/* a URB that failed may be missing, and each seventh does */
			assert_true(r->measured >= cases[i].share);
			assert_true(r->measured <= cases[i].share + 1.0 / 7);
		}
		assert_true(found);
		checkrun_release(&s.run);
	}
}

/* A queue that was reopened is held to the rules like any other. */
static void reopened_queue_is_held_to_its_turns(void **state)
{
	static const uint64_t first[4] = { 1, 2, 3, 4 }, second[4] = { 4, 2, 1, 3 };
	struct sim s;
	uint64_t id, other;

	(void)state;
	sim_begin(&s, SIM_IN, 4);
	sim_open(&s, first, 20);
	sim_end_as(&s, ALL_STALLED);
	sim_open(&s, second, 20);
	sim_reap(&s, &id);
	sim_reap(&s, &other);
	sim_submit(&s, other);
	sim_submit(&s, id);
	sim_close(&s, RIGHT);
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_ORDER);
	checkrun_release(&s.run);
}

/* All were over when one was forgotten: not a queue that was opened anew, which would have them all. */
static void failed_urb_is_missed_after_the_queue_ran_empty(void **state)
{
	static const uint64_t ids[4] = { 1, 2, 3, 4 };
	struct sim s;

	(void)state;
	sim_begin(&s, SIM_IN, 4);
	sim_open(&s, ids, 20);
	sim_end_as(&s, ALL_STALLED);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < 3; i++)
			sim_submit(&s, ids[i]);
		sim_end_as(&s, FLUSHED);
	}
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_RESUBMIT);
	checkrun_release(&s.run);
}

static const struct CMUnitTest tests[] = {
	TEST("same-urbs-may-come-in-another-order-after-a-close",
	     same_urbs_may_come_in_another_order_after_a_close),
	TEST("one-delay-of-the-host-counts-once", one_delay_of_the_host_counts_once),
	TEST("failed-urbs-may-be-missing", failed_urbs_may_be_missing),
	TEST("kept-share-is-measured", kept_share_is_measured),
	TEST("reopened-queue-is-held-to-its-turns", reopened_queue_is_held_to_its_turns),
	TEST("failed-urb-is-missed-after-the-queue-ran-empty",
	     failed_urb_is_missed_after_the_queue_ran_empty),
};

TEST_MAIN(tests)
