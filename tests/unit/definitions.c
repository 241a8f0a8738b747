// SPDX-License-Identifier: GPL-2.0
/*
 * Tracker and metrics against tests/lib/naive.c, which reckons every figure from the definitions
 * for random lives of URBs. SEED and RUNS in the environment choose others.
 */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/naive_assert.h"
#include "../lib/run.h"
#include "../lib/seeded.h"

#define MAX_EVENTS 160
#define RUNS	   20000

static void assert_same(const struct urb_event *events, size_t cnt, const struct snapshot *snap)
{
	struct naive_figures want;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];

		naive_compute(events, cnt, e->ep, 0, snap->end_ns, LIVES_IDLE_NS, &want);
		naive_assert(&want, e);
		assert_int_equal(e->complete, want.submission_seen && !want.unpaired);
		for (size_t s = 0; s < e->stream_cnt; s++) {
			naive_compute(events, cnt, e->ep, e->streams[s].stream, snap->end_ns,
				      LIVES_IDLE_NS, &want);
			naive_assert(&want, &e->streams[s]);
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

		seed_begins(state, r);
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

static const struct CMUnitTest tests[] = {
	SEEDED("figures-are-those-of-the-definitions", test_figures),
};

TEST_MAIN(tests)
