// SPDX-License-Identifier: GPL-2.0
/* Garbage in any order: nothing crashes, and what is counted stays possible. Run it with ASan. */
#include "../lib/testmain.h"

#include "../lib/run.h"

#define RUNS   300
#define EVENTS 3000

static uint64_t odd_number(uint64_t *seed)
{
	static const uint64_t odd[] = { 0, 1, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, UINT32_MAX };

	if (random_below(seed, 3))
		return random_below(seed, 8);
	return random_below(seed, 2) ? odd[random_below(seed, 6)] : random_next(seed);
}

static void draw(struct urb_event *ev, const struct urb_facts *facts, uint64_t *seed,
		 uint64_t *now)
{
	*ev = (struct urb_event){ .kind = random_below(seed, 13) };
	if (ev->kind > URB_EV_GONE + 1)
		ev->kind = 1 + random_below(seed, 2);
	*now += random_below(seed, 1000);
	ev->time_ns = random_below(seed, 2000) ? *now : odd_number(seed);
	ev->id = odd_number(seed);
	ev->ep = random_below(seed, 10) ? urb_ep(1, random_below(seed, 3), random_below(seed, 3)) :
					  (uint32_t)odd_number(seed);
	ev->stream = random_below(seed, 2) ? 0 : odd_number(seed);
	ev->type = random_next(seed);
	ev->seen = random_next(seed);
	ev->flags = random_next(seed);
	if (ev->kind == URB_EV_FACTS) {
		ev->facts = random_below(seed, 5) ? facts : NULL;
	} else {
		ev->submit.submit_ns = odd_number(seed);
		ev->complete.length = random_next(seed);
		if (ev->kind == URB_EV_COMPLETE)
			ev->complete.status = random_next(seed) >> random_below(seed, 64);
		if (ev->kind == URB_EV_LOST) {
			ev->lost.until_ns = odd_number(seed);
			ev->lost.count = random_below(seed, 5);
		}
	}
}

static void assert_possible(const struct endpoint_figures *e, uint64_t window_ns)
{
	uint64_t statuses = 0, time_ns = 0;

	assert_int_equal(e->transfers.submitted + e->transfers.inherited,
			 e->transfers.completed + e->transfers.open + e->transfers.missed);
	assert_int_equal(e->in_flight_now, e->transfers.open);
	/* while it is uncertain the level counts for nothing */
	assert_true(!e->certain || e->in_flight_max >= e->in_flight_now);
	assert_true(e->busy_ns + e->idle_ns <= window_ns);
	assert_true(e->errors <= e->transfers.completed + e->transfers.unpaired);
	for (size_t i = 0; i < e->status_cnt; i++)
		statuses += e->status[i].count;
	assert_true(statuses <= e->transfers.completed + e->transfers.unpaired);
	for (size_t i = 0; i < e->depth.time_cnt; i++)
		time_ns += e->depth.time_ns[i];
	assert_int_equal(time_ns, e->busy_ns);
}

/* What the course adds up to is what the figures say, whatever came. */
static void assert_course_adds_up(const struct endpoint_figures *e, uint64_t window_ns)
{
	struct course_bin sum = { .min = UINT32_MAX };

	if (!e->course)
		return;
	for (size_t i = 0; i < e->course->bin_cnt; i++)
		course_bin_merge(&sum, &e->course->bins[i]);
	/* what was inherited after a loss, no source can tell from what was lost */
	if (!e->transfers.inherited_late || !e->transfers.lost)
		assert_int_equal(sum.active_ns + sum.gap_ns, e->busy_ns);
	assert_int_equal(sum.gap_ns, e->gaps.total_ns);
	assert_int_equal(sum.bytes, e->bytes);
	assert_true(sum.failed <= e->errors);
	assert_true(sum.active_ns + sum.gap_ns + sum.doubt_ns <= window_ns);
	for (size_t i = 0; i < e->course->moment_cnt; i++)
		assert_true(e->course->moments[i].cnt <= 2 * COURSE_AROUND + 1);
}

static void assert_all_possible(const struct snapshot *snap, uint32_t in_flight)
{
	uint64_t window_ns = snap->end_ns - snap->start_ns, open = 0;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];
		uint64_t in_streams = 0;

		assert_possible(e, window_ns);
		assert_course_adds_up(e, window_ns);
		for (size_t s = 0; s < e->stream_cnt; s++) {
			assert_possible(&e->streams[s], window_ns);
			in_streams += e->streams[s].in_flight_now;
		}
		assert_true(in_streams <= e->in_flight_now);
		open += e->transfers.open;
	}
	assert_int_equal(open, in_flight);
}

static void garbage_leaves_figures_possible(void **state)
{
	struct urb_facts facts = { .type = 77, .speed = 99 };

	(void)state;
	for (uint64_t r = 1; r <= RUNS; r++) {
		uint64_t seed = r, now = 0;
		struct track_config config = { .max_endpoints = r % 2 ? 6 : 0,
					       .max_streams = r % 3 ? 4 : 0,
					       .max_in_flight = r % 5 ? 0 : 7 };
		struct snapshot *from = NULL, *to, *diff;
		struct metrics_config metrics = { .with_course = r % 2 };
		struct run run;

		run_init(&run, &config, &metrics);
		for (int i = 0; i < EVENTS; i++) {
			struct urb_event ev;

			draw(&ev, &facts, &seed, &now);
			run_feed(&run, &ev);
			if (random_below(&seed, 500))
				continue;
			to = metrics_snapshot(run.metrics, odd_number(&seed), NULL, 0);
			assert_all_possible(to, tracker_in_flight(run.tracker));
			diff = snapshot_interval(from, to);
			assert_non_null(diff);
			snapshot_free(diff);
			snapshot_free(from);
			from = to;
		}
		snapshot_free(from);
		run_release(&run);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("garbage-leaves-figures-possible", garbage_leaves_figures_possible),
};

TEST_MAIN(tests)
