// SPDX-License-Identifier: GPL-2.0
/*
 * Tracker and metrics against tests/lib/naive.c, which reckons every figure from the definitions
 * for random lives of URBs. SEED and RUNS in the environment choose others.
 */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/run.h"

#define MAX_EVENTS 160
#define RUNS	   20000

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void assert_times(const struct naive_times *want, uint64_t count, uint64_t total,
			 uint64_t max)
{
	assert_int_equal(count, want->count);
	assert_int_equal(total, want->total);
	assert_int_equal(max, want->max);
}

static void assert_distribution(const struct naive_times *want, const struct time_figures *got)
{
	assert_times(want, got->count, got->total_ns, got->max_ns);
	assert_int_equal(got->count != 0, got->hist != NULL);
	if (got->hist)
		assert_memory_equal(got->hist->bucket, want->bucket, sizeof(want->bucket));
}

static void assert_levels(const struct naive_figures *want, const struct endpoint_figures *got)
{
	assert_int_equal(got->in_flight_now, want->now);
	assert_int_equal(got->in_flight_max, want->max);
	assert_int_equal(got->busy_ns, want->busy);
	assert_int_equal(got->bursts, want->bursts);
	assert_int_equal(got->idle_ns, want->idle);
	assert_int_equal(got->depth.seen, want->submission_seen);
	if (!got->depth.seen)
		return;
	for (size_t i = 0; i < NAIVE_LEVELS; i++) {
		assert_int_equal(i < got->depth.time_cnt ? got->depth.time_ns[i] : 0,
				 want->time_ns[i]);
		assert_int_equal(i < got->depth.at_submit_cnt ? got->depth.at_submit[i] : 0,
				 want->at_submit[i]);
	}
	assert_true(got->depth.time_cnt == 1 || got->depth.time_ns[got->depth.time_cnt - 1]);
}

static void assert_figures(const struct naive_figures *want, const struct endpoint_figures *got)
{
	size_t statuses = 0;

	assert_int_equal(got->transfers.submitted, want->submitted);
	assert_int_equal(got->transfers.completed, want->completed);
	assert_int_equal(got->transfers.inherited, want->inherited);
	assert_int_equal(got->transfers.inherited_late, want->inherited_late);
	assert_int_equal(got->transfers.open, want->open);
	assert_int_equal(got->transfers.missed, want->missed);
	assert_int_equal(got->transfers.failed_submit, want->failed_submit);
	assert_int_equal(got->transfers.unpaired, want->unpaired);
	assert_int_equal(got->bytes, want->bytes);
	for (; statuses < NAIVE_STATUSES && want->status[statuses].count; statuses++)
		for (size_t j = 0; j < got->status_cnt; j++)
			if (got->status[j].status == want->status[statuses].status)
				assert_int_equal(got->status[j].count,
						 want->status[statuses].count);
	assert_int_equal(got->status_cnt, statuses);
	assert_levels(want, got);
	assert_times(&want->gaps, got->gaps.count, got->gaps.total_ns, got->gaps.max_ns);
	assert_distribution(&want->turnaround, &got->turnaround);
	assert_distribution(&want->latency, &got->latency);
	assert_distribution(&want->service, &got->service);
	assert_distribution(&want->giveback, &got->giveback_delay);
	assert_distribution(&want->handler, &got->handler);
}

static void assert_same(const struct urb_event *events, size_t cnt, const struct snapshot *snap)
{
	struct naive_figures want;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];

		naive_compute(events, cnt, e->ep, 0, snap->end_ns, LIVES_IDLE_NS, &want);
		assert_figures(&want, e);
		assert_int_equal(e->complete, want.submission_seen && !want.unpaired);
		for (size_t s = 0; s < e->stream_cnt; s++) {
			naive_compute(events, cnt, e->ep, e->streams[s].stream, snap->end_ns,
				      LIVES_IDLE_NS, &want);
			assert_figures(&want, &e->streams[s]);
		}
	}
}

static const struct metrics_config config = { .idle_threshold_ns = LIVES_IDLE_NS };

/* The whole of each run, and a snapshot somewhere on the way, which must not disturb it. */
static void test_figures(void **state)
{
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", RUNS);
	struct urb_event events[MAX_EVENTS];

	for (uint64_t r = first; r < first + runs; r++) {
		uint64_t seed = r, now;
		size_t cnt, stop;
		struct lives lives;
		struct run run;
		struct snapshot *snap;

		*(uint64_t *)*state = r;
		lives_draw(&lives, &seed);
		cnt = 2 + random_below(&seed, MAX_EVENTS - 1);
		lives_generate(&lives, &seed, events, cnt);
		stop = 1 + random_below(&seed, cnt);
		now = random_below(&seed, 2) ? events[stop - 1].time_ns + 777 : 0;
		run_init(&run, NULL, &config);
		for (size_t i = 0; i < cnt; i++) {
			run_feed(&run, &events[i]);
			if (i + 1 != stop)
				continue;
			snap = metrics_snapshot(run.metrics, now, NULL, 0);
			assert_same(events, stop, snap);
			snapshot_free(snap);
		}
		snap = metrics_snapshot(run.metrics, 0, NULL, 0);
		assert_same(events, cnt, snap);
		snapshot_free(snap);
		run_release(&run);
	}
}

static uint64_t running_seed;

static int set_up(void **state)
{
	*state = &running_seed;
	return 0;
}

static int tell_seed(void **state)
{
	print_message("# last SEED=%llu\n", (unsigned long long)*(uint64_t *)*state);
	return 0;
}

static const struct CMUnitTest tests[] = {
	{ "figures-are-those-of-the-definitions", test_figures, set_up, tell_seed, NULL },
};

TEST_MAIN(tests)
