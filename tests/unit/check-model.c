// SPDX-License-Identifier: GPL-2.0
/*
 * The queue models against simulated queues: the right ones keep every rule, each wrong one breaks
 * the rule that is meant for it and no other.
 *
 * The device takes URBs in the order of their submission, one in DEVICE ns; the host needs HOST ns
 * between two.
 */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/checkrun.h"

#define IN	0x10281	/* bus 1, address 2, endpoint 0x81 */
#define OUT	0x10202
#define DEVICE	100
#define HOST	10
#define DEPTH_MAX 32
#define BUF_LEN	512

enum variant {
	RIGHT,
	NO_RESUBMIT_ON_ERROR,
	DRAIN_FIRST,
	SHORT,
	DOUBLE_SUBMIT,
	LEAVE,
	UNLINK,
	WAIT_EACH,
	OUT_OF_ORDER,
	WRONG_LENGTH,
	ONE_MORE,
};

struct sim {
	struct checkrun run;
	uint32_t ep;
	uint64_t now, device_free;
	uint64_t posted[DEPTH_MAX + 1], ends[DEPTH_MAX + 1]; /* a queue, oldest first */
	uint32_t cnt;
	uint32_t length;
	uint32_t taken;		/* by the device, ever: some of them fail */
};

static void submit(struct sim *s, uint64_t id)
{
	struct urb_event ev = submit_event(s->now, id, s->ep);

	ev.submit.length = s->length;
	ev.submit.slot = id;
	if (s->device_free < s->now)
		s->device_free = s->now;
	s->device_free += DEVICE;
	s->posted[s->cnt] = id;
	s->ends[s->cnt++] = s->device_free;
	checkrun_feed(&s->run, &ev);
	s->now++;
}

/* Waits until the oldest one is done. Returns its status. */
static int reap(struct sim *s, uint64_t *id)
{
	int status = ++s->taken % 7 ? 0 : -EPROTO;
	struct urb_event ev;

	if (s->now < s->ends[0])
		s->now = s->ends[0];
	ev = complete_event(s->ends[0] > s->now ? s->ends[0] : s->now, s->posted[0], s->ep, status);
	*id = s->posted[0];
	s->cnt--;
	memmove(s->posted, s->posted + 1, s->cnt * sizeof(s->posted[0]));
	memmove(s->ends, s->ends + 1, s->cnt * sizeof(s->ends[0]));
	checkrun_feed(&s->run, &ev);
	return status;
}

static void resubmit_active(struct sim *s)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, s->now, s->posted[0], s->ep);

	ev.flags = URB_F_ACTIVE;
	ev.submit_error.error = -EBUSY;
	checkrun_feed(&s->run, &ev);
}

static void close_queue(struct sim *s, enum variant v)
{
	if (v == LEAVE)
		return;
	s->now += HOST;
	while (s->cnt) {
		struct urb_event ev = complete_event(s->now, s->posted[--s->cnt], s->ep,
						     v == UNLINK ? -ECONNRESET : -ENOENT);

		checkrun_feed(&s->run, &ev);
	}
}

static void run_in(struct sim *s, uint32_t depth, enum variant v)
{
	uint32_t slots = v == SHORT ? depth - 1 : v == ONE_MORE ? depth + 1 : depth;
	uint32_t last = v == WAIT_EACH ? 1 : slots;
	uint64_t ended[DEPTH_MAX], id;
	uint32_t ended_cnt = 0;

	s->length = v == WRONG_LENGTH ? BUF_LEN / 2 : BUF_LEN;
	for (uint32_t i = 0; i < last; i++)
		submit(s, i + 1);
	for (uint32_t i = 0; i < 12 * depth && s->cnt; i++) {
		int status = reap(s, &id);

		s->now += HOST;
		if (v == DOUBLE_SUBMIT && s->cnt)
			resubmit_active(s);
		if (v == WAIT_EACH)
			submit(s, id % slots + 1);
		else if (v == DRAIN_FIRST || (v == OUT_OF_ORDER && i % 16 < 2))
			ended[ended_cnt++] = id;
		else if (v != NO_RESUBMIT_ON_ERROR || !status)
			submit(s, id);
		if (ended_cnt && (v == DRAIN_FIRST ? !s->cnt : i % 16 == 1)) {
			for (uint32_t k = 0; k < ended_cnt; k++)
				submit(s, ended[v == DRAIN_FIRST ? k : ended_cnt - 1 - k]);
			ended_cnt = 0;
		}
	}
	close_queue(s, v);
}

static void run_out(struct sim *s, uint32_t depth, enum variant v)
{
	uint32_t slots = v == SHORT ? depth - 1 : v == ONE_MORE ? depth + 1 : depth;
	uint64_t id;

	s->length = BUF_LEN;
	for (uint32_t i = 0; i < 30 * depth; i++) {
		uint32_t slot = v == OUT_OF_ORDER && i == depth + 3 ? i + 1 : i;

		while (s->cnt == slots || (v == WAIT_EACH && s->cnt) ||
		       (v == DRAIN_FIRST && s->cnt && i % slots == 0))
			reap(s, &id);
		for (uint32_t k = 0; k < s->cnt && v == OUT_OF_ORDER; k++) {
			if (s->posted[k] != slot % slots + 1)
				continue;
			reap(s, &id);
			k = UINT32_MAX;
		}
		if (v == DOUBLE_SUBMIT && s->cnt)
			resubmit_active(s);
		submit(s, slot % slots + 1);
		s->now += HOST;
	}
	if (v == RIGHT)
		while (s->cnt) /* flush */
			reap(s, &id);
	close_queue(s, v);
}

static void simulate(struct sim *s, uint32_t ep, uint32_t depth, enum variant v)
{
	char text[64];
	struct fault fault = { "" };
	struct assertion *a;

	memset(s, 0, sizeof(*s));
	s->ep = ep;
	checkrun_init(&s->run);
	a = checkrun_assert(&s->run, ASSERT_MIN_BYTES, "0"); /* makes the target */
	snprintf(text, sizeof(text), "bulk-%s-queue:depth=%u%s", ep == IN ? "in" : "out", depth,
		 ep == IN ? ",buf_len=512" : "");
	assert_int_equal(assertion_parse_model(text, a, &fault), 0);
	if (ep == IN)
		run_in(s, depth, v);
	else
		run_out(s, depth, v);
	checkrun_finish(&s->run, s->now, NULL);
}

/* Exactly this rule is violated, RULE_NONE: none. */
static void assert_only(struct sim *s, enum check_rule rule, uint32_t depth)
{
	bool found = rule == RULE_NONE;

	for (size_t i = 0; i < s->run.report->cnt; i++) {
		const struct check_result *r = &s->run.report->results[i];

		if ((r->verdict == VERDICT_VIOLATED) == (r->rule == rule) ) {
			found |= r->rule == rule;
			continue;
		}
		fail_msg("depth %u: rule %s is %d, for %s", depth, check_rule_info(r->rule)->name,
			 r->verdict, check_rule_info(rule)->name);
	}
	assert_true(found);
}

static void each(uint32_t ep, enum variant v, enum check_rule rule)
{
	static const uint32_t depths[] = { 1, 2, 4, 8, 32 };

	for (size_t i = rule == RULE_NONE ? 0 : 1; i < 5; i++) {
		struct sim s;

		simulate(&s, ep, depths[i], v);
		assert_only(&s, rule, depths[i]);
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
	each(IN, RIGHT, RULE_NONE);
	each(OUT, RIGHT, RULE_NONE);
}

static void slots_are_as_many_as_the_depth(void **state)
{
	(void)state;
	each(IN, SHORT, RULE_SLOTS);
	each(OUT, SHORT, RULE_SLOTS);
}

static void failed_urbs_are_resubmitted(void **state)
{
	(void)state;
	each(IN, NO_RESUBMIT_ON_ERROR, RULE_RESUBMIT);
}

static void others_stay_posted(void **state)
{
	(void)state;
	each(IN, DRAIN_FIRST, RULE_POSTED);
	each(IN, WAIT_EACH, RULE_POSTED);
}

static void out_queue_stays_full(void **state)
{
	(void)state;
	each(OUT, DRAIN_FIRST, RULE_FILLED);
}

static void transfers_overlap(void **state)
{
	(void)state;
	each(OUT, WAIT_EACH, RULE_PIPELINED);
}

static void urbs_in_flight_are_left_alone(void **state)
{
	(void)state;
	each(IN, DOUBLE_SUBMIT, RULE_ACTIVE);
	each(OUT, DOUBLE_SUBMIT, RULE_ACTIVE);
}

static void nothing_is_left_at_the_close(void **state)
{
	(void)state;
	each(IN, LEAVE, RULE_CLOSED);
	each(OUT, LEAVE, RULE_CLOSED);
}

static void the_close_kills(void **state)
{
	(void)state;
	each(IN, UNLINK, RULE_KILLED);
	each(OUT, UNLINK, RULE_KILLED);
}

static void buffers_have_their_length(void **state)
{
	(void)state;
	each(IN, WRONG_LENGTH, RULE_LENGTH);
}

static void slots_come_in_turn(void **state)
{
	struct sim s;

	(void)state;
	simulate(&s, IN, 8, OUT_OF_ORDER);
	assert_only(&s, RULE_ORDER, 8);
	checkrun_release(&s.run);
	simulate(&s, OUT, 8, OUT_OF_ORDER);
	assert_only(&s, RULE_ORDER, 8);
	checkrun_release(&s.run);
}

/* Each rule is about its own: one URB too many is too many in flight as well. */
static void more_than_the_depth_is_seen(void **state)
{
	size_t broken = 0;
	struct sim s;

	(void)state;
	simulate(&s, IN, 4, ONE_MORE);
	for (size_t i = 0; i < s.run.report->cnt; i++) {
		if (s.run.report->results[i].verdict == VERDICT_VIOLATED)
			broken |= 1u << s.run.report->results[i].rule;
	}
	assert_int_equal(broken, 1u << RULE_SLOTS | 1u << RULE_MAX);
	checkrun_release(&s.run);
}

static void unplugged_queue_is_not_blamed(void **state)
{
	struct urb_event gone = plain_event(URB_EV_GONE, 5000, 0, IN);
	struct fault fault = { "" };
	struct sim s = { .ep = IN, .length = BUF_LEN };
	uint64_t id;

	(void)state;
	checkrun_init(&s.run);
	assert_int_equal(assertion_parse_model("bulk-in-queue:depth=4",
					       checkrun_assert(&s.run, ASSERT_MIN_BYTES, "0"), &fault), 0);
	for (uint32_t i = 0; i < 4; i++)
		submit(&s, i + 1);
	for (uint32_t i = 0; i < 20; i++) {
		reap(&s, &id);
		submit(&s, id);
	}
	while (s.cnt) {
		struct urb_event ev = complete_event(4000, s.posted[--s.cnt], IN, -ESHUTDOWN);

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
	struct fault fault = { "" };
	struct sim s = { .ep = IN, .length = BUF_LEN };
	uint64_t id;

	(void)state;
	checkrun_init(&s.run);
	assert_int_equal(assertion_parse_model("bulk-in-queue:depth=4",
					       checkrun_assert(&s.run, ASSERT_MIN_BYTES, "0"), &fault), 0);
	for (uint32_t opened = 0; opened < 3; opened++) {
		for (uint32_t i = 0; i < 4; i++)
			submit(&s, 10 * opened + (opened == 1 ? 4 - i : i + 1));
		for (uint32_t i = 0; i < 20; i++) {
			reap(&s, &id);
			submit(&s, id);
		}
		close_queue(&s, RIGHT);
	}
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_NONE, 4);
	assert_int_equal(s.run.report->verdict, VERDICT_HOLDS);
	checkrun_release(&s.run);
}

enum ending { ALL_STALLED, ALL_FAILED, LAST_GOT_THROUGH, FLUSHED };

static void end_as(struct sim *s, enum ending how)
{
	s->now += HOST;
	for (uint32_t i = 0; i < s->cnt; i++) {
		bool last = i + 1 == s->cnt;
		int status = how == ALL_STALLED ? -EPIPE : how == ALL_FAILED ? -EPROTO :
			     how == FLUSHED || last ? 0 : -ENOENT;
		uint32_t k = how == LAST_GOT_THROUGH ? s->cnt - 1 - i : i;
		struct urb_event ev = complete_event(s->now, s->posted[k], s->ep, status);

		checkrun_feed(&s->run, &ev);
	}
	s->cnt = 0;
}

/* The allocator gives the same URBs again, in whatever order; where the first was, nobody knows. */
static void open_again(struct sim *s, const uint64_t *ids, uint32_t rounds)
{
	uint64_t id;

	for (uint32_t i = 0; i < 4; i++)
		submit(s, ids[i]);
	for (uint32_t i = 0; i < rounds; i++) {
		reap(s, &id);
		submit(s, id);
	}
}

static void begin_model(struct sim *s, uint32_t ep)
{
	struct fault fault = { "" };

	*s = (struct sim){ .ep = ep, .length = BUF_LEN };
	checkrun_init(&s->run);
	assert_int_equal(assertion_parse_model(ep == IN ? "bulk-in-queue:depth=4" :
							  "bulk-out-queue:depth=4",
			 checkrun_assert(&s->run, ASSERT_MIN_BYTES, "0"), &fault), 0);
}

static void same_urbs_may_come_in_another_order_after_a_close(void **state)
{
	static const uint64_t orders[][4] = {
		{ 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 3, 4, 1, 2 }, { 2, 1, 4, 3 }, { 1, 3, 2, 4 },
		{ 11, 12, 13, 14 }, { 14, 1, 13, 2 },
	};
	static const uint32_t eps[] = { IN, OUT };

	(void)state;
	for (uint32_t i = 0; i < 2 * 3 * 7 * 4; i++) {
		static const enum ending endings[] = { ALL_STALLED, LAST_GOT_THROUGH, FLUSHED };
		enum ending how = endings[i / 8 % 3];
		struct sim s;

		begin_model(&s, eps[i % 2]);
		open_again(&s, orders[0], 20 + i / 2 % 4);
		end_as(&s, how);
		open_again(&s, orders[i / 24], 30);
		end_as(&s, how);
		open_again(&s, orders[6 - i / 24], 30);
		end_as(&s, FLUSHED);
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE, 4);
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
	static const uint32_t eps[] = { IN, OUT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim s;
		uint64_t id;

		begin_model(&s, eps[i]);
		open_again(&s, ids, 20);
		for (uint32_t k = 0; k < 10; k++) {
			end_as(&s, FLUSHED);
			open_again(&s, ids, 16);
		}
		while (s.cnt)
			reap(&s, &id);
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE, 4);
		checkrun_release(&s.run);
	}
}

/* As when it is pulled out: what is missing has failed, and its turn comes. Nobody kept it waiting. */
static void failed_urbs_may_be_missing(void **state)
{
	static const uint64_t ids[4] = { 1, 2, 3, 4 };
	static const uint32_t eps[] = { IN, OUT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim s;

		begin_model(&s, eps[i]);
		open_again(&s, ids, 8);
		end_as(&s, ALL_FAILED);
		for (uint32_t k = 0; k < 20; k++) {
			submit(&s, ids[k % 4]);
			if (k % 2)
				end_as(&s, ALL_FAILED);
		}
		checkrun_finish(&s.run, s.now, NULL);
		assert_only(&s, RULE_NONE, 4);
		checkrun_release(&s.run);
	}
}

/*
 * The share that is held to a limit is told: of a round of an IN queue that drains, the first of two
 * that are judged has the others posted; of OUT, none.
 */
static void kept_share_is_measured(void **state)
{
	static const struct { uint32_t ep; enum variant v; double share; } cases[] = {
		{ IN, RIGHT, 1 }, { OUT, RIGHT, 1 }, { IN, DRAIN_FIRST, 0.5 }, { OUT, DRAIN_FIRST, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		enum check_rule rule = cases[i].ep == IN ? RULE_POSTED : RULE_FILLED;
		bool found = false;
		struct sim s;

		simulate(&s, cases[i].ep, 4, cases[i].v);
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
	begin_model(&s, IN);
	open_again(&s, first, 20);
	end_as(&s, ALL_STALLED);
	open_again(&s, second, 20);
	reap(&s, &id);
	reap(&s, &other);
	submit(&s, other);
	submit(&s, id);
	close_queue(&s, RIGHT);
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_ORDER, 4);
	checkrun_release(&s.run);
}

/* All were over when one was forgotten: not a queue that was opened anew, which would have them all. */
static void failed_urb_is_missed_after_the_queue_ran_empty(void **state)
{
	static const uint64_t ids[4] = { 1, 2, 3, 4 };
	struct sim s;

	(void)state;
	begin_model(&s, IN);
	open_again(&s, ids, 20);
	end_as(&s, ALL_STALLED);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < 3; i++)
			submit(&s, ids[i]);
		end_as(&s, FLUSHED);
	}
	checkrun_finish(&s.run, s.now, NULL);
	assert_only(&s, RULE_RESUBMIT, 4);
	checkrun_release(&s.run);
}

static void loss_makes_a_model_inconclusive(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 1, 0, IN);
	struct fault fault = { "" };
	struct sim s = { .ep = IN, .length = BUF_LEN };
	uint64_t id;

	(void)state;
	lost.lost.count = 1;
	checkrun_init(&s.run);
	assert_int_equal(assertion_parse_model("bulk-in-queue:depth=4",
					       checkrun_assert(&s.run, ASSERT_MIN_BYTES, "0"), &fault), 0);
	submit(&s, 1);
	checkrun_feed(&s.run, &lost);
	for (uint32_t i = 0; i < 20; i++) {
		reap(&s, &id);
		submit(&s, id);
	}
	checkrun_finish(&s.run, 6000, NULL);
	for (size_t i = 0; i < s.run.report->cnt; i++) {
		assert_int_equal(s.run.report->results[i].verdict, VERDICT_INCONCLUSIVE);
		assert_int_equal(s.run.report->results[i].doubt, DOUBT_LOST);
	}
	checkrun_release(&s.run);
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
	TEST("same-urbs-may-come-in-another-order-after-a-close",
	     same_urbs_may_come_in_another_order_after_a_close),
	TEST("one-delay-of-the-host-counts-once", one_delay_of_the_host_counts_once),
	TEST("failed-urbs-may-be-missing", failed_urbs_may_be_missing),
	TEST("kept-share-is-measured", kept_share_is_measured),
	TEST("reopened-queue-is-held-to-its-turns", reopened_queue_is_held_to_its_turns),
	TEST("failed-urb-is-missed-after-the-queue-ran-empty",
	     failed_urb_is_missed_after_the_queue_ran_empty),
	TEST("loss-makes-a-model-inconclusive", loss_makes_a_model_inconclusive),
};

TEST_MAIN(tests)
