// SPDX-License-Identifier: GPL-2.0
/* The rules for bulk streams: each is broken by what breaks it, and by nothing else. */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/checkrun.h"
#include "urbscope/verdict.h"

#define IN     0x20282	/* bus 2, address 2, endpoint 0x82 */
#define EVENTS 24
#define RUNS   20000

/* What became of the rules: bit n is rule n. */
struct became {
	unsigned int violated, inconclusive, holds;
};

static void begin(struct checkrun *run)
{
	checkrun_init(run);
	checkrun_assert(run, ASSERT_MIN_BYTES, "0")->kind = ASSERT_RULES;
}

static struct urb_event streams_event(enum urb_streams_what what, uint32_t asked, int32_t result)
{
	struct urb_event ev = plain_event(URB_EV_STREAMS, 0, 0, IN);

	ev.type = URB_TYPE_BULK;
	ev.streams.what = what;
	ev.streams.asked = asked;
	ev.streams.result = result;
	return ev;
}

static struct urb_event are(int32_t cnt)
{
	return streams_event(URB_STREAMS_ARE, 0, cnt);
}

static struct urb_event alloc(uint32_t asked, int32_t result)
{
	return streams_event(URB_STREAMS_ALLOC, asked, result);
}

static struct urb_event give_back(int32_t result)
{
	return streams_event(URB_STREAMS_FREE, 0, result);
}

static struct urb_event queued(struct urb_event ev)
{
	ev.streams.queued = true;
	return ev;
}

static struct urb_event use(uint16_t stream)
{
	struct urb_event ev = submit_event(0, 0, IN);

	ev.seen |= URB_QUEUED;
	ev.stream = stream;
	ev.flags = URB_F_CALLER | URB_F_CONTEXT;
	return ev;
}

static struct urb_event refused(uint16_t stream, int error)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, 0, 0, IN);

	ev.type = URB_TYPE_BULK;
	ev.stream = stream;
	ev.submit_error.error = error;
	return ev;
}

static struct urb_event other(enum urb_event_kind kind)
{
	return plain_event(kind, 0, 0, IN);
}

/* Each at a time and of a URB of its own; what is accepted completes at once. */
static void feed_all(struct checkrun *run, const struct urb_event *events, size_t cnt, uint64_t *now)
{
	for (size_t i = 0; i < cnt; i++) {
		struct urb_event ev = events[i];

		ev.time_ns = *now += 10;
		ev.id = ev.kind == URB_EV_STREAMS ? 0 : *now;
		if (ev.kind == URB_EV_LOST) {
			ev.lost.count = 1;
			ev.lost.until_ns = ev.time_ns;
		}
		checkrun_feed(run, &ev);
		if (ev.kind != URB_EV_SUBMIT && ev.kind != URB_EV_INFLIGHT)
			continue;
		ev = complete_event(*now + 5, ev.id, IN, 0);
		ev.stream = events[i].stream;
		checkrun_feed(run, &ev);
	}
}

static struct became end(struct checkrun *run, uint64_t now)
{
	struct became became = { 0 };

	checkrun_finish(run, now + 10, NULL);
	for (size_t i = 0; i < run->report->cnt; i++) {
		const struct check_result *r = &run->report->results[i];
		unsigned int *to[] = {
			[VERDICT_VIOLATED] = &became.violated,
			[VERDICT_INCONCLUSIVE] = &became.inconclusive,
			[VERDICT_HOLDS] = &became.holds,
		};

		*to[r->verdict] |= 1u << r->rule;
	}
	checkrun_release(run);
	return became;
}

static struct became run_of(const struct urb_event *events, size_t cnt)
{
	struct checkrun run;
	uint64_t now = 0;

	begin(&run);
	feed_all(&run, events, cnt, &now);
	return end(&run, now);
}

#define RUN(...)                                                                       \
	run_of((const struct urb_event[]){ __VA_ARGS__ },                              \
	       sizeof((const struct urb_event[]){ __VA_ARGS__ }) / sizeof(struct urb_event))

#define VIOLATED(rule, ...) assert_int_equal(RUN(__VA_ARGS__).violated, 1u << (rule))
#define KEPT(...)                                                                      \
	do {                                                                           \
		struct became became = RUN(__VA_ARGS__);                               \
                                                                                       \
		assert_int_equal(became.violated, 0);                                  \
		assert_int_equal(became.inconclusive, 0);                              \
	} while (0)

#define OF_STREAMS                                                                     \
	(1u << RULE_STREAM | 1u << RULE_ALLOCATED | 1u << RULE_TWICE | 1u << RULE_DRAINED | \
	 1u << RULE_TWO)

static void drivers_that_keep_the_rules_pass(void **state)
{
	(void)state;
	KEPT(are(0), alloc(4, 4), use(1), use(4), give_back(0), use(0));
	assert_int_equal(RUN(are(0), alloc(4, 4), use(1)).holds & OF_STREAMS, OF_STREAMS);
	/* fewer than asked for is nobody's mistake, and to be refused is none */
	KEPT(are(0), alloc(256, 16), use(16));
	KEPT(are(0), alloc(4, -ENOMEM), use(0), alloc(2, 2), use(2), give_back(-ENODEV));
	KEPT(alloc(4, 4), give_back(0), alloc(2, 2), use(2));
}

static void streams_that_were_not_granted_are_found(void **state)
{
	(void)state;
	VIOLATED(RULE_STREAM, alloc(4, 4), use(1), use(5));
	VIOLATED(RULE_STREAM, alloc(64, 16), use(17));
	VIOLATED(RULE_STREAM, alloc(4, 4), use(0));
	VIOLATED(RULE_STREAM, are(4), use(5));
	VIOLATED(RULE_STREAM, alloc(4, 4), give_back(0), alloc(4, 2), use(3));
	/* the host controller's driver may have refused it */
	VIOLATED(RULE_STREAM, alloc(4, 4), use(1), refused(5, -EINVAL));
	VIOLATED(RULE_STREAM, alloc(4, 4), use(1), refused(0, -EINVAL));
	/* this was for something else */
	VIOLATED(RULE_ACCEPTED, alloc(4, 4), use(1), refused(4, -EINVAL));
	VIOLATED(RULE_ACCEPTED, alloc(4, 4), use(1), refused(5, -ENOMEM));
}

static void use_without_allocation_is_found(void **state)
{
	(void)state;
	VIOLATED(RULE_ALLOCATED, are(0), use(1));
	VIOLATED(RULE_ALLOCATED, are(0), use(0), refused(1, -EINVAL));
	VIOLATED(RULE_ALLOCATED, are(0), refused(1, -EINVAL));
	VIOLATED(RULE_ALLOCATED, alloc(4, 4), use(1), give_back(0), use(1));
	/* an altsetting was set */
	VIOLATED(RULE_ALLOCATED, alloc(4, 4), use(1), are(0), use(1));
	VIOLATED(RULE_ALLOCATED, are(0), alloc(4, -EINVAL), use(1));
	/* it was refused, and they are on */
	KEPT(alloc(4, 4), use(1), give_back(-EINVAL), use(1));
}

static void second_calls_are_found(void **state)
{
	(void)state;
	VIOLATED(RULE_TWICE, alloc(4, 4), alloc(4, -EINVAL), use(4));
	VIOLATED(RULE_TWICE, are(4), alloc(4, -EINVAL), use(4));
	VIOLATED(RULE_TWICE, alloc(4, 4), use(1), give_back(0), give_back(-EINVAL));
	/* usbcore would have refused it: something has turned them off unseen */
	KEPT(alloc(4, 4), alloc(4, 4), use(1));
	/* nobody knows */
	KEPT(alloc(4, -EINVAL), use(0));
	KEPT(use(0), give_back(-EINVAL));
}

static void calls_with_urbs_queued_are_found(void **state)
{
	(void)state;
	VIOLATED(RULE_DRAINED, are(0), use(0), queued(alloc(4, -EINVAL)));
	VIOLATED(RULE_DRAINED, are(0), use(0), queued(alloc(4, 4)));
	VIOLATED(RULE_DRAINED, alloc(4, 4), use(1), queued(give_back(0)));
	VIOLATED(RULE_DRAINED, alloc(4, 4), use(1), queued(give_back(-EINVAL)));
}

static void single_streams_are_not_asked_for(void **state)
{
	(void)state;
	VIOLATED(RULE_TWO, alloc(1, 1), use(1));
	VIOLATED(RULE_TWO, are(0), alloc(0, -EINVAL), use(0));
	KEPT(alloc(2, 1), use(1));
}

/* A source that has not told yet what is on blames nobody, and is sure of nothing. */
static void unknown_streams_are_inconclusive(void **state)
{
	const unsigned int both = 1u << RULE_STREAM | 1u << RULE_ALLOCATED;
	struct urb_event early = use(3);
	struct became became;

	(void)state;
	became = RUN(use(3));
	assert_int_equal(became.violated, 0);
	assert_int_equal(became.inconclusive, both);
	/* told at last: so it was, or it was not enough */
	KEPT(use(3), use(2), are(3));
	assert_int_equal(RUN(use(3), are(2)).inconclusive, both);
	assert_int_equal(RUN(use(3), are(0)).inconclusive, both);
	/* turned on, or off, since */
	assert_int_equal(RUN(use(3), alloc(4, 4), are(4)).inconclusive, both);
	assert_int_equal(RUN(use(3), give_back(0), are(0)).inconclusive, both);
	/* what a walk has found was submitted before */
	early.kind = URB_EV_INFLIGHT;
	KEPT(early, are(0), use(0));
	KEPT(are(0), early, use(0));
}

/* After a loss only what a call says by itself; streams may have gone on or off. */
static void calls_are_judged_after_a_loss(void **state)
{
	const unsigned int calls = 1u << RULE_DRAINED | 1u << RULE_TWO;

	(void)state;
	assert_int_equal(RUN(are(0), use(0), other(URB_EV_LOST), use(1), alloc(4, 4), alloc(4, -EINVAL),
			     use(9), queued(alloc(1, -EINVAL))).violated, calls);
	assert_int_equal(RUN(alloc(4, 4), use(1), other(URB_EV_LOST), refused(0, -EINVAL)).violated,
			 1u << RULE_ACCEPTED);
	/* how many are on says nothing of a call */
	assert_int_equal(RUN(use(0), other(URB_EV_LOST), are(4)).inconclusive & OF_STREAMS,
			 1u << RULE_STREAM);
}

static void what_comes_after_an_unplugging_is_another_device(void **state)
{
	struct urb_facts facts = { .speed = URB_SPEED_SUPER, .type = URB_TYPE_BULK };
	struct urb_event news = other(URB_EV_FACTS);

	(void)state;
	news.facts = &facts;
	news.type = facts.type;
	/* streams were on, and nothing has been told of the new one */
	KEPT(alloc(4, 4), use(1), other(URB_EV_GONE), news, use(0));
	VIOLATED(RULE_ALLOCATED, alloc(4, 4), use(1), other(URB_EV_GONE), news, are(0), use(1));
	VIOLATED(RULE_STREAM, are(0), use(0), other(URB_EV_GONE), news, are(4), use(5));
}

/* The result of the rule of stream numbers; the caller releases the run. */
static const struct check_result *result_of(struct checkrun *run, const struct urb_event *events,
					    size_t cnt)
{
	const struct check_result *r = NULL;
	uint64_t now = 0;

	begin(run);
	feed_all(run, events, cnt, &now);
	checkrun_finish(run, 1000, NULL);
	for (size_t i = 0; i < run->report->cnt; i++) {
		if (run->report->results[i].rule == RULE_STREAM)
			r = &run->report->results[i];
	}
	assert_non_null(r);
	return r;
}

static void fewer_than_asked_for_is_noted(void **state)
{
	static const struct { uint32_t asked; int32_t granted; uint32_t told_asked, told_granted; } cases[] = {
		{ 256, 16, 256, 16 }, { 4, 4, 0, 0 }, { 4, -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct urb_event events[] = {
			alloc(cases[i].asked, cases[i].granted), use(0), give_back(0),
		};
		struct checkrun run;
		const struct check_result *r = result_of(&run, events, 3);

		assert_int_equal(r->streams_asked, cases[i].told_asked);
		assert_int_equal(r->streams_granted, cases[i].told_granted);
		checkrun_release(&run);
	}
}

static void first_violation_is_shown(void **state)
{
	const struct urb_event events[] = { are(0), alloc(64, 16), use(1), use(17) };
	struct checkrun run;
	const struct check_result *r = result_of(&run, events, 4);

	(void)state;
	assert_true(r->has_scene);
	assert_int_equal(r->scene.time_ns, 40);
	assert_int_equal(r->scene.before_cnt, 5);
	assert_int_equal(r->scene.moments[0].kind, MOMENT_STREAMS_ARE);
	assert_int_equal(r->scene.moments[0].length, 0);
	assert_int_equal(r->scene.moments[1].kind, MOMENT_STREAMS_ASKED);
	assert_int_equal(r->scene.moments[1].length, 16);
	assert_int_equal(r->scene.moments[4].kind, MOMENT_SUBMITTED);
	checkrun_release(&run);
}

static void assert_says(const struct check_report *report, bool json, const char *const *words)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(json ? verdict_json(report, out) : verdict_text(report, false, out), 0);
	fclose(out);
	for (; *words; words++) {
		if (!strstr(text, *words))
			fail_msg("%s does not say %s", text, *words);
	}
	free(text);
}

/* Of each kind a moment: what was called, and what it returned. */
static void calls_are_told_in_words(void **state)
{
	static const char *const text[] = {
		"  usb_alloc_streams()   16 ", "  usb_free_streams()    EINVAL ", "  streams               3 ",
		"stream 0, or one beyond those granted, on an endpoint that uses streams, 1 time "
		"(16 granted of 64 asked for)", NULL,
	};
	static const char *const json[] = {
		"\"event\": \"usb_alloc_streams\", \"streams\": 16, \"status\": 0,",
		"\"event\": \"usb_free_streams\", \"streams\": 0, \"status\": -22,",
		"\"event\": \"streams\", \"streams\": 3, \"status\": 0,",
		"\"streams_asked\": 64, \"streams_granted\": 16,", NULL,
	};
	static const char *const note[] = {
		"    note: with streams, every URB has one of those that were granted "
		"(16 granted of 64 asked for)\n", NULL,
	};
	const struct urb_event events[] = { alloc(64, 16), give_back(-EINVAL), are(3), use(4) };
	const struct urb_event kept[] = { alloc(64, 16), use(16) };
	struct checkrun run;

	(void)state;
	result_of(&run, events, 4);
	assert_says(run.report, false, text);
	assert_says(run.report, true, json);
	checkrun_release(&run);
	result_of(&run, kept, 2);
	assert_says(run.report, false, note);
	checkrun_release(&run);
}

/*
 * The witness: of each event what was before it is looked up in all of the run. Streams that are on;
 * -1: nothing has told.
 */
static int on_before(const struct urb_event *events, size_t at)
{
	while (at--) {
		const struct urb_event *ev = &events[at];

		if (ev->kind != URB_EV_STREAMS)
			continue;
		if (ev->streams.what == URB_STREAMS_FREE && !ev->streams.result)
			return 0;
		if (ev->streams.what != URB_STREAMS_FREE && ev->streams.result >= 0)
			return ev->streams.result;
	}
	return -1;
}

static bool uses_stream(const struct urb_event *ev)
{
	return ev->kind == URB_EV_SUBMIT && ev->stream;
}

static unsigned int broken_by_urb(const struct urb_event *events, size_t at)
{
	int on = on_before(events, at), stream = events[at].stream;
	bool before = false;

	for (size_t i = 0; i < at; i++)
		before |= uses_stream(&events[i]);
	if (on < 0)
		return before && !stream ? 1u << RULE_STREAM : 0;
	if (!on)
		return stream ? 1u << RULE_ALLOCATED : 0;
	return stream < 1 || stream > on ? 1u << RULE_STREAM : 0;
}

static unsigned int broken_by_call(const struct urb_event *events, size_t at)
{
	const struct urb_event *ev = &events[at];
	int on = on_before(events, at);
	unsigned int broken = 0;

	if (ev->streams.what == URB_STREAMS_ARE)
		return 0;
	if (ev->streams.queued)
		broken |= 1u << RULE_DRAINED;
	if (ev->streams.what == URB_STREAMS_ALLOC) {
		broken |= ev->streams.asked < 2 ? 1u << RULE_TWO : 0;
		broken |= ev->streams.result < 0 && on > 0 ? 1u << RULE_TWICE : 0;
	} else {
		broken |= ev->streams.result < 0 && on == 0 ? 1u << RULE_TWICE : 0;
	}
	return broken;
}

/* Somebody used a stream before anything was told; the first that was told does not cover it. */
static bool is_unjudged(const struct urb_event *events, size_t cnt)
{
	int most = 0;
	size_t i;

	for (i = 0; i < cnt && on_before(events, i + 1) < 0; i++) {
		if (uses_stream(&events[i]) && events[i].stream > most)
			most = events[i].stream;
	}
	return most && (i == cnt || events[i].streams.what != URB_STREAMS_ARE ||
			events[i].streams.result < most);
}

static struct became witness(const struct urb_event *events, size_t cnt)
{
	struct became w = { 0 };
	unsigned int there = 1u << RULE_STREAM;

	for (size_t i = 0; i < cnt; i++) {
		const struct urb_event *ev = &events[i];

		if (uses_stream(ev))
			there |= 1u << RULE_ALLOCATED;
		if (ev->kind == URB_EV_STREAMS && ev->streams.what != URB_STREAMS_ARE)
			there |= 1u << RULE_TWICE | 1u << RULE_DRAINED | 1u << RULE_TWO;
		if (ev->kind == URB_EV_STREAMS)
			w.violated |= broken_by_call(events, i);
		else if (ev->kind == URB_EV_SUBMIT)
			w.violated |= broken_by_urb(events, i);
		else
			w.violated |= ev->submit_error.error == -EINVAL ? broken_by_urb(events, i) : 0;
	}
	there |= w.violated;
	if (is_unjudged(events, cnt))
		w.inconclusive = there & (1u << RULE_STREAM | 1u << RULE_ALLOCATED) & ~w.violated;
	w.holds = there & ~w.violated & ~w.inconclusive;
	return w;
}

static struct urb_event draw(uint64_t *seed)
{
	static const int errors[] = { -EINVAL, -ENOMEM };
	int cnt = random_below(seed, 4), error = errors[random_below(seed, 2)];
	struct urb_event ev;

	switch (random_below(seed, 8)) {
	case 0:
		return are(cnt);
	case 1:
		ev = alloc(random_below(seed, 5), random_below(seed, 3) ? cnt : error);
		ev.streams.queued = !random_below(seed, 8);
		return ev;
	case 2:
		ev = give_back(random_below(seed, 3) ? 0 : error);
		ev.streams.queued = !random_below(seed, 8);
		return ev;
	case 3:
		return refused(cnt, error);
	default:
		return use(random_below(seed, 4) ? cnt : 0);
	}
}

static void random_runs_agree_with_the_witness(void **state)
{
	unsigned int seen_violated = 0, seen_inconclusive = 0, seen_holds = 0;
	struct urb_event events[EVENTS];
	uint64_t seed = 7;

	(void)state;
	for (int n = 0; n < RUNS; n++) {
		/* the first URB makes it an endpoint with traffic */
		size_t cnt = 1 + random_below(&seed, EVENTS);
		struct became is, want;

		for (size_t i = 0; i < cnt; i++)
			events[i] = i ? draw(&seed) : use(random_below(&seed, 3));
		is = run_of(events, cnt);
		want = witness(events, cnt);
		assert_int_equal(is.violated & OF_STREAMS, want.violated);
		assert_int_equal(is.inconclusive & OF_STREAMS, want.inconclusive);
		assert_int_equal(is.holds & OF_STREAMS, want.holds);
		seen_violated |= want.violated;
		seen_inconclusive |= want.inconclusive;
		seen_holds |= want.holds;
	}
	assert_int_equal(seen_violated, OF_STREAMS);
	assert_int_equal(seen_inconclusive, 1u << RULE_STREAM | 1u << RULE_ALLOCATED);
	assert_int_equal(seen_holds, OF_STREAMS);
}

static const struct CMUnitTest tests[] = {
	TEST("stream-rules-are-kept-by-good-drivers", drivers_that_keep_the_rules_pass),
	TEST("streams-that-were-not-granted-are-found", streams_that_were_not_granted_are_found),
	TEST("stream-use-without-allocation-is-found", use_without_allocation_is_found),
	TEST("second-allocation-of-streams-is-found", second_calls_are_found),
	TEST("stream-calls-with-urbs-queued-are-found", calls_with_urbs_queued_are_found),
	TEST("single-streams-are-not-asked-for", single_streams_are_not_asked_for),
	TEST("unknown-streams-are-inconclusive", unknown_streams_are_inconclusive),
	TEST("stream-calls-are-judged-after-a-loss", calls_are_judged_after_a_loss),
	TEST("streams-are-not-those-of-the-device-before",
	     what_comes_after_an_unplugging_is_another_device),
	TEST("fewer-streams-than-asked-for-are-noted", fewer_than_asked_for_is_noted),
	TEST("stream-violation-shows-the-call-before-it", first_violation_is_shown),
	TEST("stream-calls-are-told-in-words", calls_are_told_in_words),
	TEST("stream-rules-agree-with-the-witness", random_runs_agree_with_the_witness),
};

TEST_MAIN(tests)
