// SPDX-License-Identifier: GPL-2.0
/* A source that is held at a moment: what has come by then is what comes before it, and in order. */
#include "../lib/testmain.h"

#include <errno.h>
#include <string.h>

#include "../lib/fakesource.h"
#include "../lib/lives.h"
#include "../lib/run.h"

#define MAX_EVENTS 200
#define EP	   urb_ep(1, 5, 0x81)

struct got {
	struct urb_event ev[MAX_EVENTS];
	struct urb_facts facts[MAX_EVENTS];
	size_t cnt;
};

static struct got got;
static struct fault fault;

static void note(void *ctx, const struct urb_event *ev)
{
	struct got *g = ctx;

	assert_true(g->cnt < MAX_EVENTS);
	g->ev[g->cnt] = *ev;
	if (ev->kind == URB_EV_FACTS)
		g->facts[g->cnt] = *ev->facts;
	g->cnt++;
}

static struct source *paced(const struct fake_recording *r)
{
	struct source *src = source_open_paced(fake_source(r), &fault);

	assert_non_null(src);
	memset(&got, 0, sizeof(got));
	return src;
}

/* Until it is held, or at its end (-ENODATA). */
static int read_until(struct source *src, uint64_t until)
{
	int err = 0;

	source_paced_until(src, until);
	for (int i = 0; err >= 0 && !source_paced_held(src); i++) {
		assert_true(i < 1000);
		err = source_read(src, note, &got, &fault);
	}
	return err;
}

static void test_random_moments(void **state)
{
	static struct urb_event events[MAX_EVENTS];

	(void)state;
	for (uint64_t r = 1; r <= 3000; r++) {
		uint64_t seed = r, until = 0, now = 0, start;
		struct fake_recording recording = { .events = events };
		struct lives lives;
		struct source *src;
		size_t due = 0;
		int err = 0;

		lives_draw(&lives, &seed);
		recording.cnt = 1 + random_below(&seed, MAX_EVENTS);
		recording.at_once = random_below(&seed, 30);
		recording.ends_at_once = random_below(&seed, 2);
		lives_generate(&lives, &seed, events, recording.cnt);
		start = events[0].time_ns;
		src = paced(&recording);
		while (err != -ENODATA) {
			until += 1 + random_below(&seed, 3000);
			err = read_until(src, until);
			/* in order; time that runs back counts as the time before */
			for (; due < recording.cnt; due++) {
				now = events[due].time_ns > now ? events[due].time_ns : now;
				if (now - start >= until)
					break;
			}
			assert_int_equal(got.cnt, due);
			assert_memory_equal(got.ev, events, due * sizeof(events[0]));
			if (err != -ENODATA)
				assert_int_equal(source_paced_position(src), until);
		}
		assert_int_equal(got.cnt, recording.cnt);
		assert_int_equal(source_paced_position(src), now - start);
		source_close(src);
	}
}

/* Facts are the caller's during the call only, and wait longer. */
static void test_facts_wait(void **state)
{
	struct urb_facts facts = { .name = "Dock" };
	struct urb_event events[] = {
		submit_event(1000, 1, EP), plain_event(URB_EV_FACTS, 2000, 0, EP), submit_event(2000, 2, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 3 };
	struct source *src;

	(void)state;
	events[1].facts = &facts;
	src = paced(&r);
	read_until(src, 1000);
	assert_int_equal(got.cnt, 1);
	memset(&facts, 0, sizeof(facts));
	read_until(src, 1001);
	assert_int_equal(got.cnt, 3);
	assert_string_equal(got.facts[1].name, "Dock");
	source_close(src);
	/* nobody comes for these */
	src = paced(&r);
	read_until(src, 1000);
	source_close(src);
	assert_int_equal(fake_sources_open(), 0);
}

/* The end is told when it has been reached, not when it has been read. */
static void test_end_is_told_at_the_end(void **state)
{
	struct urb_event events[] = { submit_event(1000, 1, EP), complete_event(2000, 1, EP, 0) };
	struct fake_recording r = { .events = events, .cnt = 2, .start_ns = 500, .end_ns = 4000 };
	struct source *src = paced(&r);

	(void)state;
	assert_true(read_until(src, 1500) >= 0);
	assert_int_equal(got.cnt, 1);
	assert_int_equal(source_now(src), 2000);
	assert_true(read_until(src, 3000) >= 0);
	assert_int_equal(got.cnt, 2);
	assert_int_equal(source_now(src), 3500);
	assert_int_equal(read_until(src, UINT64_MAX), -ENODATA);
	assert_int_equal(source_now(src), 4000);
	source_close(src);
}

static const struct CMUnitTest tests[] = {
	TEST("held-source-emits-what-comes-before", test_random_moments),
	TEST("facts-wait-with-their-event", test_facts_wait),
	TEST("end-is-told-when-it-is-reached", test_end_is_told_at_the_end),
};

TEST_MAIN(tests)
