// SPDX-License-Identifier: GPL-2.0
/* snapshot_interval(): parts add up to the whole, and each part is right by itself. */
#include "../lib/testmain.h"

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/run.h"

#define EVENTS 150
#define PARTS  4
#define RUNS   3000
#define EP     urb_ep(1, 5, 0x81)

static const struct metrics_config config = { .idle_threshold_ns = LIVES_IDLE_NS };

static uint64_t time_at(const struct endpoint_figures *e, size_t level)
{
	return level < e->depth.time_cnt ? e->depth.time_ns[level] : 0;
}

static const struct endpoint_figures *same_in(const struct snapshot *snap,
					      const struct endpoint_figures *e)
{
	for (size_t i = 0; i < snap->endpoint_cnt; i++)
		if (snap->endpoints[i].serial == e->serial)
			return &snap->endpoints[i];
	return NULL;
}

/* Feeds a random run in parts; parts[0] is NULL, for the start. Returns its events. */
static size_t feed_parts(uint64_t seed, struct urb_event *events, struct snapshot **parts)
{
	struct lives lives;
	struct run run;
	size_t next = 0;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, EVENTS);
	run_init(&run, NULL, &config);
	parts[0] = NULL;
	for (size_t p = 1; p <= PARTS; p++) {
		for (; next < EVENTS * p / PARTS; next++)
			run_feed(&run, &events[next]);
		parts[p] = metrics_snapshot(run.metrics, 0, NULL, 0);
	}
	run_release(&run);
	return next;
}

static void assert_sum(struct snapshot *const *diff, const struct endpoint_figures *whole)
{
	uint64_t busy = 0, submitted = 0, completed = 0, gaps = 0, gap_ns = 0, latency = 0;
	uint64_t latency_ns = 0, bytes = 0, bursts = 0, at_1 = 0, time_ns[20] = { 0 };
	uint64_t errors = 0, in_bucket = 0, whole_bucket = 0;
	uint32_t max = 0;

	for (size_t p = 0; p < PARTS; p++) {
		const struct endpoint_figures *e = same_in(diff[p], whole);

		if (!e)
			continue;
		busy += e->busy_ns;
		bursts += e->bursts;
		submitted += e->transfers.submitted;
		completed += e->transfers.completed;
		gaps += e->gaps.count;
		gap_ns += e->gaps.total_ns;
		latency += e->latency.count;
		latency_ns += e->latency.total_ns;
		bytes += e->bytes;
		errors += e->errors;
		at_1 += e->depth.at_submit_cnt > 1 ? e->depth.at_submit[1] : 0;
		for (size_t i = 0; i < 20; i++)
			time_ns[i] += time_at(e, i);
		for (size_t i = 0; e->latency.hist && i < 64; i++)
			in_bucket += e->latency.hist->bucket[i];
		max = e->in_flight_max > max ? e->in_flight_max : max;
	}
	for (size_t i = 0; whole->latency.hist && i < 64; i++)
		whole_bucket += whole->latency.hist->bucket[i];
	assert_int_equal(busy, whole->busy_ns);
	assert_int_equal(bursts, whole->bursts);
	assert_true(submitted >= whole->transfers.submitted);
	assert_int_equal(completed, whole->transfers.completed);
	assert_int_equal(gaps, whole->gaps.count);
	assert_int_equal(gap_ns, whole->gaps.total_ns);
	assert_int_equal(latency, whole->latency.count);
	assert_int_equal(latency_ns, whole->latency.total_ns);
	assert_int_equal(bytes, whole->bytes);
	assert_int_equal(errors, whole->errors);
	assert_int_equal(in_bucket, whole_bucket);
	assert_int_equal(at_1, whole->depth.at_submit_cnt > 1 ? whole->depth.at_submit[1] : 0);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(time_ns[i], time_at(whole, i));
	assert_true(max >= whole->in_flight_max);
}

static void sum_of_intervals_is_the_whole(void **state)
{
	struct urb_event events[EVENTS];
	struct snapshot *parts[PARTS + 1], *diff[PARTS];

	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		feed_parts(seed, events, parts);
		for (size_t p = 0; p < PARTS; p++)
			diff[p] = snapshot_interval(parts[p], parts[p + 1]);
		for (size_t i = 0; i < parts[PARTS]->endpoint_cnt; i++) {
			const struct endpoint_figures *e = &parts[PARTS]->endpoints[i];

			/* What came to light late changes the past: the next test. */
			if (!e->transfers.inherited_late)
				assert_sum(diff, e);
		}
		for (size_t p = 0; p < PARTS; p++) {
			snapshot_free(diff[p]);
			snapshot_free(parts[p + 1]);
		}
	}
}

/* Also where an inherited transfer came to light within the interval. */
static void times_of_an_interval_are_those_of_the_definitions(void **state)
{
	struct urb_event events[EVENTS];
	struct snapshot *parts[PARTS + 1], *diff;

	(void)state;
	for (uint64_t seed = 1; seed <= RUNS / 10; seed++) {
		feed_parts(seed, events, parts);
		for (size_t p = 1; p < PARTS; p++) {
			size_t cnt = EVENTS * (p + 1) / PARTS;

			diff = snapshot_interval(parts[p], parts[p + 1]);
			for (size_t i = 0; i < diff->endpoint_cnt; i++) {
				const struct endpoint_figures *e = &diff->endpoints[i];

				for (size_t l = 1; e->depth.seen && l < 20; l++)
					assert_int_equal(time_at(e, l),
							 naive_time_at(events, cnt, e->ep,
								       diff->start_ns,
								       diff->end_ns, l));
			}
			snapshot_free(diff);
		}
		for (size_t p = 1; p <= PARTS; p++)
			snapshot_free(parts[p]);
	}
}

static void interval_maxima_are_those_of_the_interval(void **state)
{
	struct snapshot *before, *after, *diff;
	const struct endpoint_figures *e;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	run_submit(&run, 0, 1, EP);
	run_submit(&run, 0, 2, EP);
	run_complete(&run, 5000, 1, EP);
	run_complete(&run, 5000, 2, EP);
	before = metrics_snapshot(run.metrics, 0, NULL, 0);
	run_submit(&run, 6000, 1, EP);
	run_complete(&run, 6100, 1, EP);
	after = metrics_snapshot(run.metrics, 0, NULL, 0);
	diff = snapshot_interval(before, after);
	e = &diff->endpoints[0];
	assert_int_equal(e->in_flight_max, 1);
	assert_int_equal(e->latency.count, 1);
	assert_int_equal(e->latency.max_ns, hist_upper(hist_bucket(100)));
	assert_int_equal(e->gaps.total_ns, 1000);
	assert_int_equal(diff->start_ns, 5000);
	snapshot_free(diff);
	snapshot_free(before);
	snapshot_free(after);
	run_release(&run);
}

static void level_in_doubt_is_no_maximum(void **state)
{
	struct snapshot *before, *after, *diff;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	run_submit(&run, 0, 1, EP);
	run_lost(&run, 10, EP, 1);		/* the completion of 1 */
	before = metrics_snapshot(run.metrics, 0, NULL, 0);
	run_submit(&run, 20, 2, EP);
	after = metrics_snapshot(run.metrics, 30, NULL, 0);
	diff = snapshot_interval(before, after);
	assert_int_equal(diff->endpoints[0].in_flight_max, 0);
	assert_false(diff->endpoints[0].certain);
	snapshot_free(diff);
	snapshot_free(before);
	snapshot_free(after);
	run_release(&run);
}

static void depth_at_submit_is_that_of_the_interval(void **state)
{
	struct snapshot *before, *after, *diff;
	const struct depth_figures *d;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	run_submit(&run, 0, 1, EP);
	run_submit(&run, 10, 2, EP);
	before = metrics_snapshot(run.metrics, 0, NULL, 0);
	run_submit(&run, 20, 3, EP);
	run_complete(&run, 30, 9, EP);		/* inherited: submissions were at 2, 3, 4 */
	after = metrics_snapshot(run.metrics, 0, NULL, 0);
	diff = snapshot_interval(before, after);
	d = &diff->endpoints[0].depth;
	assert_int_equal(d->at_submit_cnt, 5);
	assert_int_equal(d->at_submit[4], 1);
	assert_int_equal(d->at_submit[2] + d->at_submit[3], 0);
	snapshot_free(diff);
	snapshot_free(before);
	snapshot_free(after);
	run_release(&run);
}

static const struct CMUnitTest tests[] = {
	TEST("sum-of-intervals-is-the-whole", sum_of_intervals_is_the_whole),
	TEST("times-of-an-interval-are-those-of-the-definitions",
	     times_of_an_interval_are_those_of_the_definitions),
	TEST("level-in-doubt-is-no-maximum", level_in_doubt_is_no_maximum),
	TEST("depth-at-submit-is-that-of-the-interval", depth_at_submit_is_that_of_the_interval),
	TEST("interval-maxima-are-those-of-the-interval",
	     interval_maxima_are_those_of_the_interval),
};

TEST_MAIN(tests)
