// SPDX-License-Identifier: GPL-2.0
/*
 * Assertions that are judged window by window: by runs whose verdicts are plain, and random lives against
 * a check of the same part of a recording.
 */
#include "../lib/testmain.h"

#include <string.h>

#include "../../src/cmd/serve_checks.h"
#include "../lib/checkrun.h"
#include "../lib/fakesource.h"
#include "../lib/lives.h"
#include "../lib/part.h"
#include "../lib/run.h"
#include "../lib/seeded.h"
#include "urbscope/verdict.h"

#define EP     urb_ep(1, 5, 0x81)
#define START  UINT64_C(1000)
#define WINDOW UINT64_C(10000)

static struct check_spec spec;
static struct source *src;
static struct checks *checks;

static void assert_that(enum assertion_kind kind, const char *limit)
{
	struct check_target *t = spec.target_cnt ? spec.targets : check_spec_target(&spec);
	struct assertion *a = check_target_assertion(t);
	struct fault fault = { "" };

	if (!t->selector_cnt) {
		snprintf(t->name, sizeof(t->name), "*");
		assert_int_equal(selector_parse("*", &t->selectors[t->selector_cnt++], &fault), 0);
	}
	if (kind == ASSERT_RULES)
		*a = (struct assertion){ .kind = ASSERT_RULES, .share = 1 };
	else
		assert_int_equal(assertion_parse(kind, limit, a, &fault), 0);
}

static void begin(const struct fake_recording *recording, uint64_t window_ns)
{
	src = fake_source(recording);
	checks = checks_new(&spec, src, LIVES_IDLE_NS, window_ns);
	assert_non_null(checks);
}

static int release(void **state)
{
	(void)state;
	checks_free(checks);
	check_spec_release(&spec);
	if (src)
		source_close(src);
	checks = NULL;
	src = NULL;
	spec = (struct check_spec){ 0 };
	return 0;
}

static void begin_at_start(void)
{
	static const struct fake_recording empty = { .start_ns = START, .walks = true };

	begin(&empty, WINDOW);
}

static void feed(struct urb_event ev)
{
	ev.time_ns += START;
	checks_event(checks, &ev);
}

/* The first assertion, at that time since the start. */
static void is(uint64_t at, enum verdict verdict, uint64_t violations)
{
	const struct expose_assertion *a;
	size_t cnt;

	assert_int_equal(checks_turn(checks, START + at), 0);
	a = checks_assertions(checks, &cnt);
	assert_true(cnt > 0);
	if (a->verdict != verdict || a->violations != violations)
		fail_msg("%s at %llu: %s, %llu violations", a->name, (unsigned long long)at,
			 verdict_name(a->verdict), (unsigned long long)a->violations);
}

static void transfer(uint64_t at, int status)
{
	feed(submit_event(at, 1, EP));
	feed(complete_event(at + 100, 1, EP, status));
}

/* One window violates it: the ones before and after do not. */
static void verdict_follows_the_window(void **state)
{
	(void)state;
	assert_that(ASSERT_MAX_ERRORS, "0");
	begin_at_start();
	is(0, VERDICT_INCONCLUSIVE, 0);
	transfer(1000, 0);
	is(9999, VERDICT_INCONCLUSIVE, 0);
	is(10000, VERDICT_HOLDS, 0);
	transfer(11000, -71);
	transfer(12000, 0);
	is(19999, VERDICT_HOLDS, 0);
	is(20000, VERDICT_VIOLATED, 1);
	transfer(21000, 0);
	is(29999, VERDICT_VIOLATED, 1);
	is(30000, VERDICT_HOLDS, 1);
	/* an event turns the window over as well */
	transfer(31000, -71);
	transfer(40000, 0);
	is(40100, VERDICT_VIOLATED, 2);
}

/* Nothing is known of a window that lost something, and all of the next one. */
static void loss_leaves_the_next_window_alone(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 5000, 0, EP);

	(void)state;
	assert_that(ASSERT_MAX_ERRORS, "0");
	begin_at_start();
	transfer(1000, 0);
	lost.lost.count = 3;
	lost.lost.until_ns = START + 5000;
	lost.flags |= URB_F_SYNC_FOLLOWS;
	feed(lost);
	feed(plain_event(URB_EV_SYNC, 6000, 0, EP));
	transfer(7000, 0);
	is(10000, VERDICT_INCONCLUSIVE, 0);
	transfer(11000, 0);
	is(20000, VERDICT_HOLDS, 0);
}

/* Events of any endpoint were lost: one that shows up only now may have had some of them. */
static void loss_may_be_of_who_comes_later(void **state)
{
	struct urb_event lost = plain_event(URB_EV_LOST, 5000, 0, URB_EP_ANY);

	(void)state;
	assert_that(ASSERT_MAX_ERRORS, "0");
	begin_at_start();
	lost.lost.count = 1;
	lost.lost.until_ns = START + 5000;
	feed(lost);
	transfer(11000, 0);
	is(20000, VERDICT_INCONCLUSIVE, 0);
	transfer(21000, 0);
	is(30000, VERDICT_HOLDS, 0);
}

/* Two URBs are in flight all the time; in the third window one alone is. */
static void what_is_in_flight_is_known_at_the_beginning(void **state)
{
	(void)state;
	assert_that(ASSERT_MIN_DEPTH, "2");
	begin_at_start();
	feed(submit_event(0, 1, EP));
	feed(submit_event(0, 2, EP));
	feed(submit_event(9000, 3, EP));
	feed(complete_event(9500, 1, EP, 0));
	feed(submit_event(19000, 4, EP));
	feed(complete_event(19500, 2, EP, 0));
	is(20000, VERDICT_HOLDS, 0);
	feed(complete_event(21000, 3, EP, 0));
	feed(submit_event(22000, 5, EP));
	feed(submit_event(29000, 6, EP));
	is(30000, VERDICT_VIOLATED, 1);
}

/* Silence is no proof; it does not count as many violations, however long it is. */
static void silence_is_inconclusive(void **state)
{
	(void)state;
	assert_that(ASSERT_MIN_TRANSFERS, "1");
	begin_at_start();
	transfer(1000, 0);
	is(10000, VERDICT_HOLDS, 0);
	is(20000, VERDICT_INCONCLUSIVE, 0);
	is(UINT64_C(3600000000000), VERDICT_INCONCLUSIVE, 0);
	transfer(UINT64_C(3600000001000), 0);
	is(UINT64_C(3600000010000), VERDICT_HOLDS, 0);
}

/* --- random lives ---------------------------------------------------------------------------- */

#define MAX_EVENTS (PART_EVENTS / 2)

static const struct { enum assertion_kind kind; const char *limit; } asserted[] = {
	{ ASSERT_MAX_DEPTH, "2" }, { ASSERT_MIN_DEPTH, "2" }, { ASSERT_MAX_GAP, "100ns" },
	{ ASSERT_MAX_ERRORS, "0" }, { ASSERT_MIN_TRANSFERS, "3" }, { ASSERT_MAX_LATENCY, "300ns" },
	{ ASSERT_MIN_MEAN_DEPTH, "1.2" }, { ASSERT_RULES, NULL },
};

/* What a check of the part says of each assertion. */
static void judge_part(const struct fake_recording *r, uint64_t start, uint64_t from, uint64_t to,
		       enum verdict *verdicts)
{
	const struct track_config track = { .has_start = true, .start_ns = start + from };
	const struct metrics_config metrics = {
		.idle_threshold_ns = LIVES_IDLE_NS, .has_start = true, .start_ns = start + from,
	};
	const struct checker_config config = {
		.spec = &spec, .idle_threshold_ns = LIVES_IDLE_NS, .has_start = true,
		.start_ns = start + from,
	};
	struct tracker *tracker = tracker_new(&track);
	struct metrics *m = metrics_new(&metrics);
	struct checker *checker = checker_new(&config);
	struct check_doubts doubts = { 0 };
	struct check_report *report;
	struct snapshot *snap;
	struct track_step step;
	struct part p;

	part_read(&p, r, from, to);
	for (size_t i = 0; i < p.cnt; i++) {
		tracker_feed(tracker, &p.ev[i], &step);
		do {
			assert_int_equal(metrics_apply(m, &step), 0);
			assert_int_equal(checker_apply(checker, &step), 0);
		} while (tracker_next(tracker, &step));
	}
	snap = metrics_snapshot(m, start + to, &p.snap->source, 0);
	report = checker_finish(checker, snap, &doubts);
	for (size_t i = 0; i < spec.targets->assertion_cnt; i++) {
		int worst = -1;

		for (size_t k = 0; k < report->cnt; k++) {
			const struct check_result *res = &report->results[k];

			if ((!res->assertion || res->assertion == &spec.targets->assertions[i]) &&
			    (int)res->verdict > worst)
				worst = res->verdict;
		}
		verdicts[i] = worst < 0 ? VERDICT_INCONCLUSIVE : (enum verdict)worst;
	}
	check_report_free(report);
	snapshot_free(snap);
	checker_free(checker);
	metrics_free(m);
	tracker_free(tracker);
	part_release(&p);
}

static void compare(const struct fake_recording *r, uint64_t start, uint64_t from, uint64_t to,
		    uint64_t *seen)
{
	const struct expose_assertion *got;
	enum verdict want[8];
	size_t cnt;

	assert_int_equal(checks_turn(checks, start + to), 0);
	got = checks_assertions(checks, &cnt);
	judge_part(r, start, from, to, want);
	for (size_t i = 0; i < cnt; i++) {
		if (got[i].verdict != want[i])
			fail_msg("%s, %llu to %llu: %s, but check says %s", got[i].name,
				 (unsigned long long)from, (unsigned long long)to,
				 verdict_name(got[i].verdict), verdict_name(want[i]));
		seen[want[i]]++;
	}
}

static void each_window_is_judged_as_a_part_is(void **state)
{
	static struct urb_event events[MAX_EVENTS];
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", 1500);
	uint64_t seen[3] = { 0 };

	for (uint64_t r = first; r < first + runs; r++) {
		struct fake_recording recording = { .events = events, .at_once = 3, .walks = true };
		uint64_t seed = r, start, end = 0, window, from = 0;
		struct lives lives;

		seed_begins(state, r);
		for (size_t i = 0; i < sizeof(asserted) / sizeof(asserted[0]); i++)
			assert_that(asserted[i].kind, asserted[i].limit);
		lives_draw(&lives, &seed);
		recording.cnt = 2 + random_below(&seed, MAX_EVENTS - 1);
		lives_generate(&lives, &seed, events, recording.cnt);
		start = events[0].time_ns;
		for (size_t i = 0; i < recording.cnt; i++) {
			end = events[i].time_ns > end ? events[i].time_ns : end;
			/* a walk that is told late is of the time before, and ends what is inherited now */
			if (events[i].kind == URB_EV_SYNC)
				events[i].time_ns = end;
		}
		window = 1 + (end - start) / (1 + random_below(&seed, 6));
		begin(&recording, window);
		for (size_t i = 0; i < recording.cnt; i++) {
			while (events[i].kind != URB_EV_FACTS && events[i].time_ns >= start + from + window) {
				compare(&recording, start, from, from + window, seen);
				from += window;
			}
			checks_event(checks, &events[i]);
		}
		release(NULL);
	}
	/* there was something of everything to compare */
	assert_true(seen[VERDICT_HOLDS] && seen[VERDICT_INCONCLUSIVE] && seen[VERDICT_VIOLATED]);
}

#define CASE(title, function) { title, function, NULL, release, NULL }

static const struct CMUnitTest tests[] = {
	CASE("verdict-follows-the-window", verdict_follows_the_window),
	CASE("loss-leaves-the-next-window-alone", loss_leaves_the_next_window_alone),
	CASE("loss-may-be-of-who-comes-later", loss_may_be_of_who_comes_later),
	CASE("what-is-in-flight-is-known-at-the-beginning", what_is_in_flight_is_known_at_the_beginning),
	CASE("silence-is-inconclusive", silence_is_inconclusive),
	SEEDED("each-window-is-judged-as-a-part-is", each_window_is_judged_as_a_part_is),
};

TEST_MAIN(tests)
