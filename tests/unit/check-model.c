// SPDX-License-Identifier: GPL-2.0
/*
 * The queue models against simulated queues: the right ones keep every rule, each wrong one breaks
 * the rule that is meant for it and no other.
 */
#include "../lib/testmain.h"

#include <errno.h>

#include "../lib/queuesim.h"

/* Exactly this rule is violated, RULE_NONE: none. */
static void assert_only(const struct sim *s, enum check_rule rule)
{
	assert_int_equal(sim_broken(s), rule == RULE_NONE ? 0 : 1u << rule);
}

static void each(uint32_t ep, enum sim_variant v, enum check_rule rule)
{
	static const uint32_t depths[] = { 1, 2, 4, 8, 32 };

	for (size_t i = rule == RULE_NONE ? 0 : 1; i < 5; i++) {
		struct sim s;

		sim_run(&s, ep, depths[i], v);
		assert_only(&s, rule);
		if (rule == RULE_NONE)
			assert_int_equal(s.run.report->verdict, VERDICT_HOLDS);
		else
			assert_int_equal(s.run.report->verdict, VERDICT_VIOLATED);
		checkrun_release(&s.run);
	}
}

static void right_queues_keep_every_rule(void **state)
{
	(void)state;
	each(SIM_IN, RIGHT, RULE_NONE);
	each(SIM_OUT, RIGHT, RULE_NONE);
}

static void slots_are_as_many_as_the_depth(void **state)
{
	(void)state;
	each(SIM_IN, SHORT, RULE_SLOTS);
	each(SIM_OUT, SHORT, RULE_SLOTS);
}

static void failed_urbs_are_resubmitted(void **state)
{
	(void)state;
	each(SIM_IN, NO_RESUBMIT_ON_ERROR, RULE_RESUBMIT);
}

static void others_stay_posted(void **state)
{
	(void)state;
	each(SIM_IN, DRAIN_FIRST, RULE_POSTED);
	each(SIM_IN, WAIT_EACH, RULE_POSTED);
}

static void out_queue_stays_full(void **state)
{
	(void)state;
	each(SIM_OUT, DRAIN_FIRST, RULE_FILLED);
}

static void transfers_overlap(void **state)
{
	(void)state;
	each(SIM_OUT, WAIT_EACH, RULE_PIPELINED);
}

static void urbs_in_flight_are_left_alone(void **state)
{
	(void)state;
	each(SIM_IN, DOUBLE_SUBMIT, RULE_ACTIVE);
	each(SIM_OUT, DOUBLE_SUBMIT, RULE_ACTIVE);
}

static void nothing_is_left_at_the_close(void **state)
{
	(void)state;
	each(SIM_IN, LEAVE, RULE_CLOSED);
	each(SIM_OUT, LEAVE, RULE_CLOSED);
}

static void the_close_kills(void **state)
{
	(void)state;
	each(SIM_IN, UNLINK, RULE_KILLED);
	each(SIM_OUT, UNLINK, RULE_KILLED);
}

static void buffers_have_their_length(void **state)
{
	(void)state;
	each(SIM_IN, WRONG_LENGTH, RULE_LENGTH);
}

static void slots_come_in_turn(void **state)
{
	struct sim s;

	(void)state;
	sim_run(&s, SIM_IN, 8, OUT_OF_ORDER);
	assert_only(&s, RULE_ORDER);
	checkrun_release(&s.run);
	sim_run(&s, SIM_OUT, 8, OUT_OF_ORDER);
	assert_only(&s, RULE_ORDER);
	checkrun_release(&s.run);
}

/* Each rule is about its own: one URB too many is too many in flight as well. */
static void more_than_the_depth_is_seen(void **state)
{
	struct sim s;

	(void)state;
	sim_run(&s, SIM_IN, 4, ONE_MORE);
	assert_int_equal(sim_broken(&s), 1u << RULE_SLOTS | 1u << RULE_MAX);
	checkrun_release(&s.run);
}

static void unplugged_queue_is_not_blamed(void **state)
{
	struct urb_event gone = plain_event(URB_EV_GONE, 5000, 0, SIM_IN);
	struct sim s;

	(void)state;
	sim_begin(&s, SIM_IN, 4);
	for (uint32_t i = 0; i < 4; i++)
		sim_submit(&s, i + 1);
	sim_turn_over(&s, 20);
	while (s.cnt) {
		struct urb_event ev = complete_event(4000, s.posted[--s.cnt], SIM_IN, -ESHUTDOWN);

		checkrun_feed(&s.run, &ev);
	}
	checkrun_feed(&s.run, &gone);
	checkrun_finish(&s.run, 6000, NULL);
	assert_int_equal(s.run.report->verdict, VERDICT_HOLDS);
	checkrun_release(&s.run);
}

/* After a fault a driver closes, clears the halt and opens: with other URBs. */
static void queue_may_be_opened_again(void **state)
{
	struct sim s;

	(void)state;
	sim_begin(&s, SIM_IN, 4);
	for (uint32_t opened = 0; opened < 3; opened++) {
		for (uint32_t i = 0; i < 4; i++)
			sim_submit(&s, 10 * opened + (opened == 1 ? 4 - i : i + 1));
		sim_turn_over(&s, 20);
		sim_close(&s, RIGHT);
	}
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_NONE);
	assert_int_equal(s.run.report->verdict, VERDICT_HOLDS);
	checkrun_release(&s.run);
}

static void loss_makes_a_model_inconclusive(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 1, 0, SIM_IN);
	struct sim s;

	(void)state;
	lost.lost.count = 1;
	sim_begin(&s, SIM_IN, 4);
	sim_submit(&s, 1);
	checkrun_feed(&s.run, &lost);
	sim_turn_over(&s, 20);
	checkrun_finish(&s.run, 6000, NULL);
	for (size_t i = 0; i < s.run.report->cnt; i++) {
		assert_int_equal(s.run.report->results[i].verdict, VERDICT_INCONCLUSIVE);
		assert_int_equal(s.run.report->results[i].doubt, DOUBT_LOST);
	}
	checkrun_release(&s.run);
}

/* What was broken for certain before a loss stays so. What is said of all transfers does not. */
static void share_of_a_part_is_inconclusive(void **state)
{
	static const struct { uint32_t ep; enum sim_variant v; unsigned int whole, part; } cases[] = {
		{ SIM_IN, DRAIN_FIRST, 1u << RULE_POSTED, 0 }, { SIM_OUT, DRAIN_FIRST, 1u << RULE_FILLED, 0 },
		{ SIM_OUT, WAIT_EACH, 1u << RULE_PIPELINED, 0 },
		{ SIM_IN, SHORT, 1u << RULE_SLOTS, 1u << RULE_SLOTS },
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct urb_event lost = plain_event(URB_EV_LOST, 1000000, 0, cases[i / 2].ep);
		struct sim s;

		lost.lost.count = 1;
		sim_begin(&s, cases[i / 2].ep, 4);
		sim_traffic(&s, 4, cases[i / 2].v);
		if (i % 2)
			checkrun_feed(&s.run, &lost);
		checkrun_finish(&s.run, 2000000, NULL);
		assert_int_equal(sim_broken(&s), i % 2 ? cases[i / 2].part : cases[i / 2].whole);
		checkrun_release(&s.run);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("right-queues-keep-every-rule", right_queues_keep_every_rule),
	TEST("slots-are-as-many-as-the-depth", slots_are_as_many_as_the_depth),
	TEST("failed-urbs-are-resubmitted", failed_urbs_are_resubmitted),
	TEST("others-stay-posted", others_stay_posted),
	TEST("out-queue-stays-full", out_queue_stays_full),
	TEST("transfers-overlap", transfers_overlap),
	TEST("urbs-in-flight-are-left-alone", urbs_in_flight_are_left_alone),
	TEST("nothing-is-left-at-the-close", nothing_is_left_at_the_close),
	TEST("the-close-kills", the_close_kills),
	TEST("buffers-have-their-length", buffers_have_their_length),
	TEST("slots-come-in-turn", slots_come_in_turn),
	TEST("more-than-the-depth-is-seen", more_than_the_depth_is_seen),
	TEST("unplugged-queue-is-not-blamed", unplugged_queue_is_not_blamed),
	TEST("queue-may-be-opened-again", queue_may_be_opened_again),
	TEST("loss-makes-a-model-inconclusive", loss_makes_a_model_inconclusive),
	TEST("share-of-a-part-is-inconclusive", share_of_a_part_is_inconclusive),
};

TEST_MAIN(tests)
