// SPDX-License-Identifier: GPL-2.0
/* The rules for all URBs: each is broken by what breaks it, and by nothing else. */
#include "../lib/testmain.h"

#include <errno.h>
#include <string.h>

#include "../lib/checkrun.h"

#define IN	0x10281	/* bus 1, address 2, endpoint 0x81 */
#define KERNEL	0xcc0	/* GFP_KERNEL, GFP_NOIO and GFP_ATOMIC of 6.1 */
#define NOIO	0xc00
#define ATOMIC	0xa20

static void begin(struct checkrun *run, uint64_t idle_ns)
{
	struct urb_facts facts = { .speed = URB_SPEED_HIGH, .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, 0, 0, IN);

	ev.facts = &facts;
	checkrun_init(run);
	run->idle_ns = idle_ns;
	checkrun_assert(run, ASSERT_MIN_BYTES, "0")->kind = ASSERT_RULES;
	checkrun_feed(run, &ev);
}

static struct urb_event submit(uint64_t time_ns, uint64_t id, uint8_t type)
{
	struct urb_event ev = submit_event(time_ns, id, IN);

	ev.type = type;
	ev.seen |= URB_QUEUED;
	return ev;
}

static void done(struct checkrun *run, uint64_t time_ns, uint64_t id, uint8_t type, int status)
{
	struct urb_event ev = complete_event(time_ns, id, IN, status);

	ev.type = type;
	checkrun_feed(run, &ev);
}

static void feed(struct checkrun *run, struct urb_event ev)
{
	checkrun_feed(run, &ev);
}

static void refuse_submission(struct checkrun *run, uint64_t time_ns, int error)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, time_ns, 77, IN);

	ev.submit_error.error = error;
	ev.flags = error == -EBUSY ? URB_F_ACTIVE : 0;
	checkrun_feed(run, &ev);
}

/* Exactly these rules are violated, of a run as BPF sees it. */
static void end(struct checkrun *run, unsigned int rules)
{
	unsigned int broken = 0;

	checkrun_finish(run, 100000, NULL);
	for (size_t i = 0; i < run->report->cnt; i++) {
		if (run->report->results[i].verdict == VERDICT_VIOLATED)
			broken |= 1u << run->report->results[i].rule;
	}
	checkrun_release(run);
	assert_int_equal(broken, rules);
}

static void rules_are_kept_by_good_drivers(void **state)
{
	struct checkrun run;

	(void)state;
	begin(&run, 1000);
	for (uint64_t i = 0; i < 20; i++) {
		feed(&run, submit(10 * i, 1, URB_TYPE_BULK));
		done(&run, 10 * i + 5, 1, URB_TYPE_BULK, i % 5 ? 0 : -EPROTO);
	}
	refuse_submission(&run, 300, -ENODEV); /* it has gone: nobody's fault */
	end(&run, 0);
}

static void refusals_break_the_rule_of_their_error(void **state)
{
	static const struct { int error; enum check_rule rule; } cases[] = {
		{ -EINVAL, RULE_ACCEPTED }, { -EMSGSIZE, RULE_ACCEPTED }, { -ENOSPC, RULE_ACCEPTED },
		{ -ENOMEM, RULE_ACCEPTED }, { -EPERM, RULE_KILL }, { -EBUSY, RULE_ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct checkrun run;

		begin(&run, 1000);
		feed(&run, submit(0, 1, URB_TYPE_BULK));
		refuse_submission(&run, 10, cases[i].error);
		done(&run, 20, 1, URB_TYPE_BULK, 0);
		end(&run, 1u << cases[i].rule);
	}
}

static void sleeping_flags_break_the_rule_in_interrupts_only(void **state)
{
	static const struct { uint32_t gfp; bool irq, told, broken; } cases[] = {
		{ KERNEL, true, true, true }, { NOIO, true, true, true }, { ATOMIC, true, true, false },
		{ KERNEL, false, true, false }, { KERNEL, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urb_event ev = submit(0, 1, URB_TYPE_BULK);
		struct checkrun run;

		ev.submit.gfp = cases[i].gfp;
		ev.flags = URB_F_CALLER | (cases[i].told ? URB_F_CONTEXT : 0) |
			   (cases[i].irq ? URB_F_IN_IRQ : 0);
		begin(&run, 1000);
		feed(&run, ev);
		done(&run, 20, 1, URB_TYPE_BULK, 0);
		end(&run, cases[i].broken ? 1u << RULE_GFP : 0);
	}
}

static void unseen_flags_are_inconclusive(void **state)
{
	struct checkrun run;
	bool found = false;

	(void)state;
	begin(&run, 1000);
	feed(&run, submit(0, 1, URB_TYPE_BULK));
	done(&run, 20, 1, URB_TYPE_BULK, 0);
	checkrun_finish(&run, 1000, NULL);
	for (size_t i = 0; i < run.report->cnt; i++) {
		const struct check_result *r = &run.report->results[i];

		if (r->rule != RULE_GFP)
			continue;
		found = true;
		assert_int_equal(r->verdict, VERDICT_INCONCLUSIVE);
		assert_int_equal(r->doubt, DOUBT_UNSEEN);
	}
	assert_true(found);
	assert_int_equal(run.report->verdict, VERDICT_INCONCLUSIVE);
	checkrun_release(&run);
}

/*
 * What was queued when it stalled ends with it, and so does what a queue submits before it hears of
 * that. Who goes on then has not cleared the halt.
 */
static void halted_endpoint_is_to_be_cleared_first(void **state)
{
	static const struct { int second, third; bool broken; } cases[] = {
		{ 0, 0, false }, { -EPIPE, 0, false }, { 0, -EPIPE, false }, { -EPIPE, -EPIPE, true },
		{ -EPIPE, -EPROTO, false }, { -EPROTO, -EPIPE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct checkrun run;

		begin(&run, 1000);
		feed(&run, submit(0, 1, URB_TYPE_BULK));
		feed(&run, submit(1, 2, URB_TYPE_BULK));
		done(&run, 10, 1, URB_TYPE_BULK, -EPIPE);
		feed(&run, submit(11, 1, URB_TYPE_BULK)); /* a slot's turn */
		done(&run, 12, 2, URB_TYPE_BULK, -EPIPE);
		done(&run, 13, 1, URB_TYPE_BULK, cases[i].second);
		feed(&run, submit(20, 1, URB_TYPE_BULK));
		done(&run, 30, 1, URB_TYPE_BULK, cases[i].third);
		end(&run, cases[i].broken ? 1u << RULE_HALTED : 0);
	}
}

/* A device may stall now and then: it is not the same halt. */
static void each_halt_is_its_own(void **state)
{
	struct checkrun run;

	(void)state;
	begin(&run, 1000);
	for (uint64_t i = 0; i < 6; i++) {
		feed(&run, submit(10 * i, 1, URB_TYPE_BULK));
		done(&run, 10 * i + 5, 1, URB_TYPE_BULK, i % 2 ? -EPIPE : 0);
	}
	end(&run, 0);
}

/* Due every 4 microframes, 500 us: it may be empty for that long, not for longer. */
static void periodic_endpoint_is_not_to_run_empty(void **state)
{
	static const struct { uint64_t empty_ns; bool broken; } cases[] = {
		{ 500000, false }, { 500001, true }, { 9999999, true }, { 10000000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urb_event first = submit(0, 1, URB_TYPE_ISO), second;
		struct checkrun run;

		first.submit.interval = 4;
		second = first;
		second.time_ns = 1000 + cases[i].empty_ns;
		begin(&run, 10000000);
		feed(&run, first);
		done(&run, 1000, 1, URB_TYPE_ISO, 0);
		feed(&run, second);
		end(&run, cases[i].broken ? 1u << RULE_PERIODIC : 0);
	}
}

/* What a call says by itself stays true, whatever was lost before; nothing else is judged. */
static void calls_are_judged_after_a_loss_too(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 5, 0, IN), ev = submit(10, 1, URB_TYPE_BULK);
	struct checkrun run;

	(void)state;
	lost.lost.count = 1;
	lost.lost.until_ns = 6;
	ev.submit.gfp = KERNEL;
	ev.flags = URB_F_CALLER | URB_F_CONTEXT | URB_F_IN_IRQ;
	begin(&run, 1000);
	feed(&run, lost);
	feed(&run, ev);
	refuse_submission(&run, 20, -EMSGSIZE);
	done(&run, 30, 1, URB_TYPE_BULK, -EPIPE);
	feed(&run, submit(40, 1, URB_TYPE_BULK));
	done(&run, 50, 1, URB_TYPE_BULK, -EPIPE);
	feed(&run, submit(60, 1, URB_TYPE_BULK));
	done(&run, 70, 1, URB_TYPE_BULK, -EPIPE);
	end(&run, 1u << RULE_GFP | 1u << RULE_ACCEPTED);
}

static void stream_zero_is_none(void **state)
{
	struct checkrun run;

	(void)state;
	for (int none = 0; none < 2; none++) {
		struct urb_event first = submit(0, 1, URB_TYPE_BULK), second = first;

		first.stream = 3;
		second.id = 2;
		second.time_ns = 5;
		second.stream = none ? 0 : 4;
		begin(&run, 1000);
		feed(&run, first);
		feed(&run, second);
		end(&run, none ? 1u << RULE_STREAM : 0);
	}
}

/* xhci refuses it with -EINVAL. On an endpoint without streams, that is about something else. */
static void refused_stream_zero_is_no_other_fault(void **state)
{
	static const struct { uint16_t accepted, refused; int error; enum check_rule rule; } cases[] = {
		{ 3, 0, -EINVAL, RULE_STREAM }, { 0, 0, -EINVAL, RULE_ACCEPTED },
		{ 3, 4, -EINVAL, RULE_ACCEPTED }, { 3, 0, -ENOMEM, RULE_ACCEPTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urb_event accepted = submit(0, 1, URB_TYPE_BULK);
		struct urb_event refused = plain_event(URB_EV_SUBMIT_ERROR, 5, 2, IN);
		struct checkrun run;

		accepted.stream = cases[i].accepted;
		refused.type = URB_TYPE_BULK;
		refused.stream = cases[i].refused;
		refused.submit_error.error = cases[i].error;
		begin(&run, 1000);
		feed(&run, accepted);
		feed(&run, refused);
		done(&run, 10, 1, URB_TYPE_BULK, 0);
		end(&run, 1u << cases[i].rule);
	}
}

static void completions_pair_with_submissions(void **state)
{
	struct checkrun run;

	(void)state;
	begin(&run, 1000);
	feed(&run, submit(0, 1, URB_TYPE_BULK));
	done(&run, 10, 1, URB_TYPE_BULK, 0);
	done(&run, 20, 1, URB_TYPE_BULK, 0);
	end(&run, 1u << RULE_ONCE);
	/* a source that may have missed the other half blames nobody */
	begin(&run, 1000);
	run.sees = URB_SUBMIT | URB_HANDLER;
	feed(&run, submit(0, 1, URB_TYPE_BULK));
	done(&run, 10, 1, URB_TYPE_BULK, 0);
	done(&run, 20, 1, URB_TYPE_BULK, 0);
	end(&run, 0);
}

static const struct CMUnitTest tests[] = {
	TEST("rules-are-kept-by-good-drivers", rules_are_kept_by_good_drivers),
	TEST("refusals-break-the-rule-of-their-error", refusals_break_the_rule_of_their_error),
	TEST("sleeping-flags-break-the-rule-in-interrupts-only",
	     sleeping_flags_break_the_rule_in_interrupts_only),
	TEST("unseen-flags-are-inconclusive", unseen_flags_are_inconclusive),
	TEST("halted-endpoint-is-to-be-cleared-first", halted_endpoint_is_to_be_cleared_first),
	TEST("each-halt-is-its-own", each_halt_is_its_own),
	TEST("periodic-endpoint-is-not-to-run-empty", periodic_endpoint_is_not_to_run_empty),
	TEST("calls-are-judged-after-a-loss-too", calls_are_judged_after_a_loss_too),
	TEST("stream-zero-is-none", stream_zero_is_none),
	TEST("refused-stream-zero-is-no-other-fault", refused_stream_zero_is_no_other_fault),
	TEST("completions-pair-with-submissions", completions_pair_with_submissions),
};

TEST_MAIN(tests)
