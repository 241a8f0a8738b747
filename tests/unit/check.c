// SPDX-License-Identifier: GPL-2.0
/* Verdicts: what holds, what is violated, and what nobody can know. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/checkrun.h"

#define IN	0x10281	/* bus 1, address 2, endpoint 0x81 */
#define OUT	0x10202

static void transfer(struct checkrun *run, uint64_t from, uint64_t to, uint64_t id, uint32_t ep,
		     int status)
{
	struct urb_event submit = submit_event(from, id, ep);
	struct urb_event complete = complete_event(to, id, ep, status);

	checkrun_feed(run, &submit);
	checkrun_feed(run, &complete);
}

static void lose(struct checkrun *run, uint64_t now, uint32_t ep)
{
	struct urb_event lost = plain_event(URB_EV_LOST, now, 0, ep);

	lost.lost.count = 1;
	checkrun_feed(run, &lost);
}

/* Ten transfers of 50, one each 100: gaps of 50, latency 50. */
static void steady(struct checkrun *run, uint32_t ep)
{
	for (uint64_t i = 0; i < 10; i++)
		transfer(run, 100 * i, 100 * i + 50, 1, ep, 0);
}

static const struct check_result *steady_result(struct checkrun *run, enum assertion_kind kind,
						const char *limit)
{
	checkrun_init(run);
	checkrun_assert(run, kind, limit);
	steady(run, IN);
	checkrun_finish(run, 2000, NULL);
	return checkrun_result(run, IN);
}

static void limits_hold_up_to_the_value_itself(void **state)
{
	static const struct {
		enum assertion_kind kind;
		const char *holds, *violated;
		double measured;
	} cases[] = {
		{ ASSERT_MAX_GAP, "50ns", "49ns", 50 },
		{ ASSERT_MAX_UNPOSTED, "450ns", "449ns", 450 },
		{ ASSERT_MAX_LATENCY, "50ns", "49ns", 50 },
		{ ASSERT_MAX_LATENCY_MEAN, "50ns", "49ns", 50 },
		{ ASSERT_MAX_GAP_SHARE, "47.4%", "47.3%", 450. / 950 },
		{ ASSERT_MIN_MEAN_DEPTH, "0.52", "0.53", 500. / 950 },
		{ ASSERT_MAX_MEAN_DEPTH, "0.53", "0.52", 500. / 950 },
		{ ASSERT_MIN_TRANSFERS, "10", "11", 10 },
		{ ASSERT_MAX_ERRORS, "0", NULL, 0 },
		{ ASSERT_MAX_REFUSED, "0", NULL, 0 },
		{ ASSERT_MAX_DEPTH, "1", NULL, 1 },
		{ ASSERT_MIN_DEPTH, NULL, "1", 500. / 900 }, /* the last 50 are drain */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct checkrun run;
		const struct check_result *r;

		if (cases[i].holds) {
			r = steady_result(&run, cases[i].kind, cases[i].holds);
			assert_int_equal(r->verdict, VERDICT_HOLDS);
			assert_true(r->has_measured);
			checkrun_release(&run);
		}
		if (cases[i].violated) {
			r = steady_result(&run, cases[i].kind, cases[i].violated);
			assert_int_equal(r->verdict, VERDICT_VIOLATED);
			assert_int_equal(run.report->verdict, VERDICT_VIOLATED);
			checkrun_release(&run);
		}
	}
}

static void share_of_the_time_is_enough_where_it_is_asked_for(void **state)
{
	/* 0 to 900, the last submission, counts; 450 of it are gaps */
	static const struct { double share; enum verdict verdict; } cases[] = {
		{ 0.50, VERDICT_HOLDS }, { 0.51, VERDICT_VIOLATED },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct checkrun run;

		checkrun_init(&run);
		checkrun_assert(&run, ASSERT_MIN_DEPTH, "1")->share = cases[i].share;
		steady(&run, IN);
		checkrun_finish(&run, 2000, NULL);
		assert_int_equal(checkrun_result(&run, IN)->verdict, cases[i].verdict);
		checkrun_release(&run);
	}
}

static void percentile_near_the_limit_is_inconclusive(void **state)
{
	/* 2^(44/8) to 2^(45/8), 45.3 to 49.4, is one bucket */
	static const struct { const char *limit; enum verdict verdict; } cases[] = {
		{ "49ns", VERDICT_HOLDS }, { "47ns", VERDICT_INCONCLUSIVE }, { "45ns", VERDICT_VIOLATED },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct check_result *r;
		struct checkrun run;

		checkrun_init(&run);
		checkrun_assert(&run, ASSERT_MAX_LATENCY_P99, cases[i].limit);
		transfer(&run, 0, 46, 1, IN, 0);
		transfer(&run, 50, 99, 1, IN, 0);
		checkrun_finish(&run, 2000, NULL);
		r = checkrun_result(&run, IN);
		assert_int_equal(r->verdict, cases[i].verdict);
		if (r->verdict == VERDICT_INCONCLUSIVE)
			assert_int_equal(r->doubt, DOUBT_RESOLUTION);
		checkrun_release(&run);
	}
}

/* Every kind, with limits that hold on the steady run: none may hold once an event is lost. */
static void nothing_holds_after_a_loss(void **state)
{
	static const char *const generous[] = {
		[UNIT_DEPTH] = "1", [UNIT_MEAN] = "0", [UNIT_TIME] = "1s", [UNIT_SHARE] = "100%",
		[UNIT_BYTE_RATE] = "0B/s", [UNIT_BYTES] = "0", [UNIT_COUNT] = "0",
	};

	(void)state;
	for (int any = 0; any < 2; any++) {
		for (int kind = 0; kind < ASSERTION_KINDS; kind++) {
			const struct assertion_info *info = assertion_info(kind);
			struct checkrun run;

			checkrun_init(&run);
			checkrun_assert(&run, kind, kind == ASSERT_MAX_STATUS ? "EPIPE=0" :
					generous[info->unit])->share = 0.01;
			steady(&run, IN);
			lose(&run, 950, any ? URB_EP_ANY : IN);
			checkrun_finish(&run, 2000, NULL);
			assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_INCONCLUSIVE);
			assert_int_equal(checkrun_result(&run, IN)->doubt, DOUBT_LOST);
			assert_int_equal(run.report->verdict, VERDICT_INCONCLUSIVE);
			checkrun_release(&run);
		}
	}
}

static void violation_before_a_loss_stays_one(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MIN_DEPTH, "1");
	steady(&run, IN);
	lose(&run, 950, IN);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_VIOLATED);
	checkrun_release(&run);
}

static void violation_after_a_loss_is_none(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MIN_DEPTH, "1");
	lose(&run, 0, IN);
	steady(&run, IN);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_INCONCLUSIVE);
	checkrun_release(&run);
}

static void loss_elsewhere_does_not_matter(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_target(&run, "1:2/0x81");
	checkrun_assert(&run, ASSERT_MAX_GAP, "50ns");
	transfer(&run, 0, 10, 9, OUT, 0);
	lose(&run, 20, OUT);
	steady(&run, IN);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(run.report->cnt, 1);
	assert_int_equal(run.report->verdict, VERDICT_HOLDS);
	checkrun_release(&run);
}

static void half_a_transfer_is_doubt(void **state)
{
	struct urb_event again = submit_event(1000, 1, IN);
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MAX_ERRORS, "0");
	steady(&run, IN);
	checkrun_feed(&run, &again);
	again.time_ns = 1010;
	checkrun_feed(&run, &again); /* the completion in between was missed */
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(checkrun_result(&run, IN)->doubt, DOUBT_UNPAIRED);
	checkrun_release(&run);
}

static void doubts_of_the_source_are_doubts_of_the_check(void **state)
{
	static const struct { struct check_doubts doubts; enum doubt want; } cases[] = {
		{ { .late = 1 }, DOUBT_ORDER },
		{ { .skipped = 1 }, DOUBT_SKIPPED },
		{ { .broken_off = true }, DOUBT_BROKEN_OFF },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct checkrun run;

		checkrun_init(&run);
		checkrun_assert(&run, ASSERT_MAX_GAP, "1s");
		steady(&run, IN);
		checkrun_finish(&run, 2000, &cases[i].doubts);
		assert_int_equal(checkrun_result(&run, IN)->doubt, cases[i].want);
		assert_int_equal(run.report->verdict, VERDICT_INCONCLUSIVE);
		checkrun_release(&run);
	}
}

static void every_selector_must_find_traffic(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_target(&run, "1:2/0x81");
	checkrun_assert(&run, ASSERT_MAX_GAP, "1s");
	checkrun_target(&run, "1:3");
	checkrun_assert(&run, ASSERT_MAX_GAP, "1s");
	steady(&run, IN);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(run.report->holds, 1);
	assert_int_equal(run.report->inconclusive, 1);
	assert_int_equal(run.report->results[1].doubt, DOUBT_NOT_FOUND);
	assert_int_equal(run.report->verdict, VERDICT_INCONCLUSIVE);
	checkrun_release(&run);
}

static void nothing_at_all_is_inconclusive(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MAX_ERRORS, "0");
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(run.report->verdict, VERDICT_INCONCLUSIVE);
	checkrun_release(&run);
}

static void cancelled_transfers_are_no_errors(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MAX_ERRORS, "1");
	transfer(&run, 0, 10, 1, IN, -2);
	transfer(&run, 20, 30, 1, IN, -32);
	transfer(&run, 40, 55, 1, IN, -71);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_VIOLATED);
	assert_int_equal((int)checkrun_result(&run, IN)->measured, 2);
	/* the second one is the one too many */
	assert_int_equal(checkrun_result(&run, IN)->scene.time_ns, 40);
	assert_int_equal(checkrun_result(&run, IN)->scene.length_ns, 15);
	checkrun_release(&run);
}

static void one_status_is_counted_by_name(void **state)
{
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MAX_STATUS, "EPIPE=0");
	transfer(&run, 0, 10, 1, IN, -71);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_HOLDS);
	checkrun_release(&run);
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MAX_STATUS, "EPIPE=0");
	transfer(&run, 0, 10, 1, IN, -32);
	checkrun_finish(&run, 2000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_VIOLATED);
	checkrun_release(&run);
}

/* OUT is in flight from 100 to 500, IN is empty from 50 to 300 and from 350 on. */
static void unposted_counts_while_out_is_pending(void **state)
{
	const struct urb_event events[] = {
		submit_event(0, 1, IN), complete_event(50, 1, IN, 0), submit_event(100, 2, OUT),
		submit_event(300, 1, IN), complete_event(350, 1, IN, 0), complete_event(500, 2, OUT, 0),
	};
	static const struct { const char *limit; enum verdict verdict; } cases[] = {
		{ "200ns", VERDICT_HOLDS }, { "199ns", VERDICT_VIOLATED },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct checkrun run;

		checkrun_init(&run);
		checkrun_target(&run, "*/in");
		checkrun_assert(&run, ASSERT_MAX_UNPOSTED_PENDING, cases[i].limit);
		for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
			checkrun_feed(&run, &events[k]);
		checkrun_finish(&run, 9000, NULL);
		assert_int_equal(checkrun_result(&run, IN)->verdict, cases[i].verdict);
		assert_int_equal((int)checkrun_result(&run, IN)->measured, 200);
		if (cases[i].verdict == VERDICT_VIOLATED)
			assert_int_equal(checkrun_result(&run, IN)->scene.time_ns, 100);
		checkrun_release(&run);
	}
}

/* The device answers nothing until it is read, and the host writes until it is answered. */
static void deadlock_counts_to_the_end_of_the_window(void **state)
{
	const struct urb_event events[] = {
		submit_event(0, 1, IN), complete_event(50, 1, IN, 0), submit_event(100, 2, OUT),
	};
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_target(&run, "*/in");
	checkrun_assert(&run, ASSERT_MAX_UNPOSTED_PENDING, "5us");
	for (size_t k = 0; k < 3; k++)
		checkrun_feed(&run, &events[k]);
	checkrun_finish(&run, 9000, NULL);
	assert_int_equal(checkrun_result(&run, IN)->verdict, VERDICT_VIOLATED);
	assert_int_equal((int)checkrun_result(&run, IN)->measured, 8900);
	checkrun_release(&run);
}

static void scene_shows_the_transfers_around_the_first_violation(void **state)
{
	const struct urb_event events[] = {
		submit_event(0, 1, IN), submit_event(0, 2, IN), complete_event(100, 1, IN, 0),
		submit_event(130, 1, IN), complete_event(200, 2, IN, 0), submit_event(200, 2, IN),
	};
	const struct check_result *r;
	struct checkrun run;

	(void)state;
	checkrun_init(&run);
	checkrun_assert(&run, ASSERT_MIN_DEPTH, "2");
	for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
		checkrun_feed(&run, &events[k]);
	checkrun_finish(&run, 300, NULL);
	r = checkrun_result(&run, IN);
	assert_int_equal(r->verdict, VERDICT_VIOLATED);
	assert_int_equal(r->bad_ns, 30);
	assert_int_equal(r->scene.time_ns, 100);
	assert_int_equal(r->scene.length_ns, 30);
	assert_int_equal(r->scene.depth, 1);
	assert_int_equal(r->scene.before_cnt, 3);
	assert_int_equal(r->scene.cnt, 6);
	assert_int_equal(r->scene.moments[2].kind, MOMENT_COMPLETED);
	assert_int_equal(r->scene.moments[2].urb, r->scene.moments[0].urb);
	assert_int_not_equal(r->scene.moments[1].urb, r->scene.moments[0].urb);
	assert_int_equal(r->scene.moments[2].latency_ns, 100);
	assert_int_equal(r->scene.moments[3].kind, MOMENT_SUBMITTED);
	checkrun_release(&run);
}

static void limits_are_read_in_their_units_only(void **state)
{
	static const struct { enum assertion_kind kind; const char *text; double limit; } good[] = {
		{ ASSERT_MIN_DEPTH, "8", 8 }, { ASSERT_MAX_GAP, "50us", 50000 },
		{ ASSERT_MAX_GAP, "1.5ms", 1500000 }, { ASSERT_MAX_GAP_SHARE, "0.5%", 0.005 },
		{ ASSERT_MIN_THROUGHPUT, "30MB/s", 30e6 }, { ASSERT_MIN_BYTES, "64KiB", 65536 },
		{ ASSERT_MIN_MEAN_DEPTH, "1.5", 1.5 }, { ASSERT_MAX_STATUS, "EPROTO=3", 3 },
	};
	static const struct { enum assertion_kind kind; const char *text; } bad[] = {
		{ ASSERT_MIN_DEPTH, "0" }, { ASSERT_MIN_DEPTH, "1.5" }, { ASSERT_MIN_DEPTH, "-1" },
		{ ASSERT_MIN_DEPTH, "" }, { ASSERT_MIN_DEPTH, "2x" }, { ASSERT_MIN_DEPTH, "0x2" },
		{ ASSERT_MAX_GAP, "50" }, { ASSERT_MAX_GAP, "50%" }, { ASSERT_MAX_GAP, "inf" },
		{ ASSERT_MAX_GAP, "nan" }, { ASSERT_MAX_GAP_SHARE, "0.5" },
		{ ASSERT_MAX_GAP_SHARE, "101%" }, { ASSERT_MIN_THROUGHPUT, "30" },
		{ ASSERT_MAX_STATUS, "3" }, { ASSERT_MAX_STATUS, "ENOSUCH=3" },
		{ ASSERT_MAX_STATUS, "EPIPE=" }, { ASSERT_MIN_BYTES, "1e30" },
	};
	struct assertion a;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fault fault = { "" };

		assert_int_equal(assertion_parse(good[i].kind, good[i].text, &a, &fault), 0);
		assert_true(a.limit == good[i].limit);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fault fault = { "" };

		assert_int_not_equal(assertion_parse(bad[i].kind, bad[i].text, &a, &fault), 0);
		assert_non_null(strstr(fault.text, assertion_info(bad[i].kind)->name));
	}
}

static const struct CMUnitTest tests[] = {
	TEST("limits-hold-up-to-the-value-itself", limits_hold_up_to_the_value_itself),
	TEST("share-of-the-time-is-enough-where-it-is-asked-for",
	     share_of_the_time_is_enough_where_it_is_asked_for),
	TEST("percentile-near-the-limit-is-inconclusive", percentile_near_the_limit_is_inconclusive),
	TEST("nothing-holds-after-a-loss", nothing_holds_after_a_loss),
	TEST("violation-before-a-loss-stays-one", violation_before_a_loss_stays_one),
	TEST("violation-after-a-loss-is-none", violation_after_a_loss_is_none),
	TEST("loss-elsewhere-does-not-matter", loss_elsewhere_does_not_matter),
	TEST("half-a-transfer-is-doubt", half_a_transfer_is_doubt),
	TEST("doubts-of-the-source-are-doubts-of-the-check",
	     doubts_of_the_source_are_doubts_of_the_check),
	TEST("every-selector-must-find-traffic", every_selector_must_find_traffic),
	TEST("nothing-at-all-is-inconclusive", nothing_at_all_is_inconclusive),
	TEST("cancelled-transfers-are-no-errors", cancelled_transfers_are_no_errors),
	TEST("one-status-is-counted-by-name", one_status_is_counted_by_name),
	TEST("unposted-counts-while-out-is-pending", unposted_counts_while_out_is_pending),
	TEST("deadlock-counts-to-the-end-of-the-window", deadlock_counts_to_the_end_of_the_window),
	TEST("scene-shows-the-transfers-around-the-first-violation",
	     scene_shows_the_transfers_around_the_first_violation),
	TEST("limits-are-read-in-their-units-only", limits_are_read_in_their_units_only),
};

TEST_MAIN(tests)
