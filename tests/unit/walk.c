// SPDX-License-Identifier: GPL-2.0
/*
 * What was in flight at a moment: random lives of URBs, queues listed while URBs come and go, and
 * the records of it, against the lives themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "source/walk.h"

#define IDS   12
#define LIVES 40	/* of each id, at most */
#define SPAN  400	/* ns: so short that equal times are frequent */
#define LAG   3	/* ns, at most, from list to record */

/* One transfer of a URB as it truly was. */
struct life {
	uint64_t id;
	uint64_t linked, queued;	/* on the list; its SUBMIT record */
	uint64_t unlinked, done;	/* off the list; its COMPLETE record */
	bool refused;			/* accepted, then given up: SUBMIT_ERROR in place of COMPLETE */
};

struct world {
	struct life lives[IDS * LIVES];
	size_t cnt;
	uint64_t attached, began, ended; /* the probes, the walk */
	uint64_t read;		/* the ring is read a little after the walk */
	struct reorder held;
	struct walk walk;
};

static void make_lives(struct world *w, uint64_t *seed)
{
	w->cnt = 0;
	for (uint64_t id = 1; id <= IDS; id++) {
		uint64_t t = random_below(seed, 60);

		for (int i = 0; i < LIVES && t < SPAN; i++) {
			struct life *life = &w->lives[w->cnt++];

			life->id = id << 12 | 0xffff000000000000;
			life->linked = t;
			life->queued = t + random_below(seed, LAG);
			life->unlinked = life->queued + 1 + random_below(seed, 80);
			life->done = life->unlinked + random_below(seed, LAG);
			life->refused = !random_below(seed, 8);
			t = life->done + 1 + random_below(seed, 30);
		}
	}
}

static struct urb_event record_of(const struct life *life, enum urb_event_kind kind)
{
	return plain_event(kind, kind == URB_EV_SUBMIT ? life->queued : life->done, life->id,
			   urb_ep(1, 2, 0x80 | (life->id >> 12 & 0xf)));
}

/* Records come in the order of their time, or nearly: each a little late. */
static void feed_records(struct world *w, uint64_t *seed)
{
	for (uint64_t t = w->attached; t <= w->read; t++) {
		size_t first = random_below(seed, w->cnt);

		for (size_t i = 0; i < w->cnt; i++) {
			const struct life *life = &w->lives[(first + i) % w->cnt];
			struct urb_event ev;

			if (life->queued == t) {
				ev = record_of(life, URB_EV_SUBMIT);
				assert_int_equal(reorder_add(&w->held, &ev), 0);
			}
			if (life->done == t) {
				ev = record_of(life, life->refused ? URB_EV_SUBMIT_ERROR
								   : URB_EV_COMPLETE);
				assert_int_equal(reorder_add(&w->held, &ev), 0);
			}
		}
	}
}

/* Each URB is looked at once a walk, at some moment of the walk; it is found if it is on its list. */
static void walk_queues(struct world *w, uint64_t *seed)
{
	for (uint64_t id = 1; id <= IDS; id++) {
		uint64_t at = w->began + random_below(seed, w->ended - w->began + 1);

		for (size_t i = 0; i < w->cnt; i++) {
			const struct life *life = &w->lives[i];
			struct urb_event ev = record_of(life, URB_EV_SUBMIT);

			if ((life->id >> 12 & 0xf) != id || life->linked > at || at >= life->unlinked)
				continue;
			ev.kind = URB_EV_INFLIGHT;
			ev.time_ns = at;
			assert_int_equal(walk_add(&w->walk, &ev), 0);
		}
	}
}

static bool truly_in_flight(const struct world *w, uint64_t id)
{
	for (size_t i = 0; i < w->cnt; i++) {
		const struct life *life = &w->lives[i];

		if (life->id == id && !life->refused && life->queued <= w->began &&
		    w->began < life->done)
			return true;
	}
	return false;
}

/* A submission that ends up refused, and is neither yet when the walk is over, looks accepted. */
static bool still_undecided(const struct world *w, uint64_t id)
{
	for (size_t i = 0; i < w->cnt; i++) {
		const struct life *life = &w->lives[i];

		if (life->id == id && life->refused && life->queued <= w->read &&
		    w->read < life->done)
			return true;
	}
	return false;
}

static void compare(const struct world *w)
{
	for (uint64_t n = 1; n <= IDS; n++) {
		uint64_t id = n << 12 | 0xffff000000000000;
		size_t found = 0;

		if (still_undecided(w, id))
			continue;
		for (size_t i = 0; i < w->walk.found_cnt; i++) {
			assert_int_equal(w->walk.found[i].kind, URB_EV_INFLIGHT);
			assert_int_equal(w->walk.found[i].time_ns, w->began);
			found += w->walk.found[i].id == id;
		}
		assert_int_equal(found, truly_in_flight(w, id));
	}
}

static void run_world(uint64_t seed, struct world *w)
{
	memset(w, 0, sizeof(*w));
	make_lives(w, &seed);
	w->attached = random_below(&seed, SPAN / 4);
	w->began = w->attached + random_below(&seed, SPAN / 2);
	w->ended = w->began + random_below(&seed, 60);
	w->read = w->ended + LAG;
	feed_records(w, &seed);
	/* several walks find more, and nothing wrong */
	for (uint64_t walks = 1 + random_below(&seed, 3); walks; walks--)
		walk_queues(w, &seed);
	assert_int_equal(walk_resolve(&w->walk, &w->held, w->began), 0);
}

static void end_world(struct world *w)
{
	reorder_release(&w->held);
	free(w->walk.found);
}

static void test_resolves_to_the_truth(void **state)
{
	static struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < 5000; seed++) {
		run_world(seed, &w);
		compare(&w);
		end_world(&w);
	}
}

struct level {
	int now[IDS + 1];
	uint64_t last_ns;
};

static void count_level(void *ctx, const struct urb_event *ev)
{
	struct level *level = ctx;

	assert_true(ev->time_ns >= level->last_ns);
	level->last_ns = ev->time_ns;
	if (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_INFLIGHT)
		level->now[ev->id >> 12 & 0xf]++;
	else if (ev->kind == URB_EV_COMPLETE)
		level->now[ev->id >> 12 & 0xf]--;
}

/*
 * What comes out of an attach: INFLIGHT of the resolved, and the records younger than the window.
 * Behind it every URB is in flight that truly is, once.
 */
static void test_window_begins_whole(void **state)
{
	static struct world w;

	(void)state;
	for (uint64_t seed = 0; seed < 5000; seed++) {
		struct level level = { .last_ns = 0 };

		run_world(seed, &w);
		walk_forget(&w.held, w.began);
		assert_int_equal(reorder_add_all(&w.held, w.walk.found, w.walk.found_cnt), 0);
		assert_int_equal(w.held.late, 0);
		reorder_emit(&w.held, w.read, count_level, &level);
		for (uint64_t n = 1; n <= IDS; n++) {
			int truth = 0;

			if (still_undecided(&w, n << 12 | 0xffff000000000000))
				continue;
			for (size_t i = 0; i < w.cnt; i++)
				truth += (w.lives[i].id >> 12 & 0xf) == n && !w.lives[i].refused &&
					 w.lives[i].queued <= w.read && w.read < w.lives[i].done;
			assert_int_equal(level.now[n], truth);
		}
		end_world(&w);
	}
}

static void keep_last(void *ctx, const struct urb_event *ev)
{
	*(struct urb_event *)ctx = *ev;
}

static void test_facts_outlive_the_beginning(void **state)
{
	struct urb_event facts = plain_event(URB_EV_FACTS, 10, 0, urb_ep(1, 2, 0x81)), last;
	struct urb_facts known = { .path = "1-1" };
	struct reorder held;

	(void)state;
	facts.facts = &known;
	reorder_init(&held);
	assert_int_equal(reorder_add(&held, &facts), 0);
	walk_forget(&held, 100);
	assert_int_equal(reorder_emit(&held, 100, keep_last, &last), 1);
	assert_int_equal(last.kind, URB_EV_FACTS);
	assert_int_equal(last.time_ns, 100);
	reorder_release(&held);
}

static const struct CMUnitTest tests[] = {
	TEST("walk-resolves-to-what-was-in-flight", test_resolves_to_the_truth),
	TEST("window-begins-with-what-was-in-flight", test_window_begins_whole),
	TEST("facts-outlive-the-beginning", test_facts_outlive_the_beginning),
};

TEST_MAIN(tests)
