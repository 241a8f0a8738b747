// SPDX-License-Identifier: GPL-2.0
/* Events that come nearly in order leave in order, and a refused submission leaves no trace. */
#include <string.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "source/reorder.h"

#define EP urb_ep(1, 2, 0x81)
#define MAX 4096

struct seen {
	struct urb_event ev[MAX];
	char driver[32];	/* of the last facts */
	size_t cnt;
};

static void note(void *ctx, const struct urb_event *ev)
{
	struct seen *seen = ctx;

	assert_true(seen->cnt < MAX);
	if (ev->kind == URB_EV_FACTS)
		strcpy(seen->driver, ev->facts->driver);
	seen->ev[seen->cnt++] = *ev;
}

static void add(struct reorder *r, struct urb_event ev)
{
	assert_int_equal(reorder_add(r, &ev), 0);
}

/* Any arrival, any points of release behind which nothing older comes. */
static void test_order(void **state)
{
	static struct seen seen;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		uint64_t rnd = seed, t = 100;
		struct reorder r;
		int emitted = 0;

		reorder_init(&r);
		seen.cnt = 0;
		for (uint64_t id = 1; id <= 2000; id++) {
			t += random_below(&rnd, 4);
			add(&r, submit_event(t - random_below(&rnd, 50), id, EP));
			if (!random_below(&rnd, 40))
				emitted += reorder_emit(&r, t - 50, note, &seen);
		}
		emitted += reorder_emit(&r, UINT64_MAX, note, &seen);
		assert_int_equal(seen.cnt, 2000);
		assert_int_equal(emitted, 2000);
		assert_int_equal(r.late, 0);
		for (size_t i = 1; i < seen.cnt; i++) {
			const struct urb_event *a = &seen.ev[i - 1], *b = &seen.ev[i];

			assert_true(a->time_ns < b->time_ns ||
				    (a->time_ns == b->time_ns && a->id < b->id));
		}
		reorder_release(&r);
	}
}

/* One stretch: a loss told as moments would leave what lies between them certain. */
static void test_loss_lasts_from_the_last_release_to_now(void **state)
{
	static struct seen seen;
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	reorder_emit(&r, 10, note, &seen);
	assert_int_equal(reorder_lost(&r, 0, 15), 0);
	assert_int_equal(reorder_lost(&r, 7, 20), 0);
	add(&r, submit_event(12, 1, EP));
	assert_int_equal(reorder_emit(&r, 30, note, &seen), 2);
	assert_int_equal(seen.ev[0].kind, URB_EV_LOST);
	assert_int_equal(seen.ev[0].ep, URB_EP_ANY);
	assert_int_equal(seen.ev[0].time_ns, 10);
	assert_int_equal(seen.ev[0].lost.until_ns, 20);
	assert_int_equal(seen.ev[0].lost.count, 7);
	reorder_release(&r);
}

static void test_release_is_inclusive(void **state)
{
	static struct seen seen;
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	add(&r, submit_event(10, 1, EP));
	add(&r, submit_event(11, 2, EP));
	assert_int_equal(reorder_emit(&r, 10, note, &seen), 1);
	assert_int_equal(reorder_emit(&r, 10, note, &seen), 0);
	assert_int_equal(r.released_ns, 10);
	assert_int_equal(reorder_emit(&r, 11, note, &seen), 1);
	reorder_release(&r);
}

static void test_late_events_are_counted(void **state)
{
	static struct seen seen;
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	reorder_emit(&r, 100, note, &seen);
	add(&r, submit_event(100, 1, EP));
	assert_int_equal(r.late, 0);
	add(&r, submit_event(99, 2, EP));
	assert_int_equal(r.late, 1);
	/* a loss comes when it is found out, and says so */
	add(&r, plain_event(URB_EV_LOST, 50, 0, EP));
	assert_int_equal(r.late, 1);
	assert_int_equal(reorder_emit(&r, 100, note, &seen), 3);
	reorder_release(&r);
}

/* Behind what is not younger, before the rest, in the order given; whatever room there was. */
static void test_several_go_in_at_once(void **state)
{
	static struct seen seen;
	static struct urb_event many[3000];

	(void)state;
	for (size_t cnt = 1; cnt <= 3000; cnt = cnt * 5 + 7) {
		struct reorder r;

		seen.cnt = 0;
		reorder_init(&r);
		for (uint64_t id = 1; id <= 900; id++)
			add(&r, submit_event(id, id, EP));
		reorder_emit(&r, 600, note, &seen);
		for (size_t i = 0; i < cnt; i++)
			many[i] = plain_event(URB_EV_INFLIGHT, 700, 1000 + i, EP);
		assert_int_equal(reorder_add_all(&r, many, cnt), 0);
		assert_int_equal(reorder_add_all(&r, many, 0), 0);
		assert_int_equal(r.late, 0);
		assert_int_equal(reorder_emit(&r, UINT64_MAX, note, &seen), 300 + cnt);
		for (size_t i = 0; i < seen.cnt; i++)
			assert_int_equal(seen.ev[i].id, i < 700 ? i + 1
						      : i < 700 + cnt ? 300 + i : i + 1 - cnt);
		reorder_release(&r);
	}
}

static void refuse(struct reorder *r, uint64_t time_ns, uint64_t id, uint8_t flags)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, time_ns, id, EP);

	ev.flags = flags;
	add(r, ev);
}

static void test_refused_submission_is_taken_out(void **state)
{
	static struct seen seen;
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	add(&r, submit_event(10, 1, EP));
	add(&r, submit_event(11, 2, EP));
	refuse(&r, 12, 1, 0);
	assert_int_equal(reorder_emit(&r, 100, note, &seen), 2);
	assert_int_equal(seen.ev[0].id, 2);
	assert_int_equal(seen.ev[1].kind, URB_EV_SUBMIT_ERROR);
	reorder_release(&r);
}

/* Only the youngest event of the URB, and only if it is a submission. */
static void test_other_submissions_stay(void **state)
{
	static struct seen seen;
	struct urb_event elsewhere = submit_event(12, 1, urb_ep(1, 2, 0x02));
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	add(&r, submit_event(10, 1, EP));
	add(&r, complete_event(11, 1, EP, 0));
	add(&r, elsewhere);
	refuse(&r, 13, 1, 0);			/* refused before it was accepted */
	add(&r, submit_event(14, 1, EP));
	refuse(&r, 15, 1, URB_F_ACTIVE);	/* refused because it is in flight */
	refuse(&r, 16, 3, 0);			/* another URB */
	assert_int_equal(reorder_emit(&r, 100, note, &seen), 7);
	reorder_release(&r);
}

static void test_facts_are_copied(void **state)
{
	static struct seen seen;
	struct urb_facts facts = { .driver = "uas" };
	struct urb_event ev = plain_event(URB_EV_FACTS, 10, 0, EP);
	struct reorder r;

	(void)state;
	seen.cnt = 0;
	reorder_init(&r);
	ev.facts = &facts;
	add(&r, ev);
	strcpy(facts.driver, "overwritten");
	assert_int_equal(reorder_emit(&r, 10, note, &seen), 1);
	assert_string_equal(seen.driver, "uas");
	/* one that is never handed on must not leak: the sanitizers tell */
	add(&r, ev);
	reorder_release(&r);
}

static const struct CMUnitTest tests[] = {
	TEST("reorder-restores-order-and-keeps-it-of-equal-times", test_order),
	TEST("loss-lasts-from-the-last-release-to-now", test_loss_lasts_from_the_last_release_to_now),
	TEST("reorder-releases-up-to-and-including", test_release_is_inclusive),
	TEST("reorder-counts-late-events", test_late_events_are_counted),
	TEST("reorder-takes-several-at-once", test_several_go_in_at_once),
	TEST("refused-submission-is-taken-out", test_refused_submission_is_taken_out),
	TEST("refusal-leaves-other-submissions", test_other_submissions_stay),
	TEST("reorder-copies-facts", test_facts_are_copied),
};

TEST_MAIN(tests)
