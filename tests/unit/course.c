// SPDX-License-Identifier: GPL-2.0
/* The course of an endpoint: against tests/lib/naive_course.c, and one rule a test. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive_course.h"
#include "../lib/run.h"
#include "../lib/seeded.h"
#include "urbscope/findings.h"

#define MAX_EVENTS 120
#define RUNS	   1500
#define IN	   urb_ep(1, 5, 0x81)
#define MS	   UINT64_C(1000000)

static void assert_same_transfer(const struct course_transfer *got,
				 const struct course_transfer *want)
{
	assert_int_equal(got->number, want->number);
	assert_int_equal(got->seen, want->seen);
	assert_int_equal(got->inherited, want->inherited);
	assert_int_equal(got->depth, want->depth);
	assert_int_equal(got->length, want->length);
	assert_int_equal(got->status, want->status);
	if (got->seen & URB_SUBMIT)
		assert_int_equal(got->submit_ns, want->submit_ns);
	if (got->seen & URB_QUEUED)
		assert_int_equal(got->queued_ns, want->queued_ns);
	if (got->seen & URB_DONE)
		assert_int_equal(got->done_ns, want->done_ns);
	if (got->seen & URB_HANDLER)
		assert_int_equal(got->handler_ns, want->handler_ns);
}

static void assert_same_moments(const struct course *got, const struct course_moment *want,
				size_t cnt)
{
	assert_int_equal(got->moment_cnt, cnt);
	for (size_t i = 0; i < cnt; i++) {
		assert_int_equal(got->moments[i].kind, want[i].kind);
		assert_int_equal(got->moments[i].start_ns, want[i].start_ns);
		assert_int_equal(got->moments[i].length_ns, want[i].length_ns);
		assert_int_equal(got->moments[i].before, want[i].before);
		assert_int_equal(got->moments[i].cnt, want[i].cnt);
		for (size_t k = 0; k < want[i].cnt; k++)
			assert_same_transfer(&got->moments[i].transfer[k], &want[i].transfer[k]);
	}
}

/* The sums are the figures. */
static void assert_sums(const struct endpoint_figures *e)
{
	uint64_t level = 0, sizes = 0, max = 0;
	struct course_bin sum = { .min = UINT32_MAX };

	for (size_t i = 0; i < e->course->bin_cnt; i++)
		course_bin_merge(&sum, &e->course->bins[i]);
	for (size_t i = 0; i < e->depth.time_cnt; i++) {
		level += i * e->depth.time_ns[i];
		max = e->depth.time_ns[i] && i ? i : max;
	}
	for (size_t i = 0; i < COURSE_SIZES; i++)
		sizes += e->course->size[i];
	assert_int_equal(sum.level_ns, level);
	assert_int_equal(sum.gap_ns, e->gaps.total_ns);
	assert_int_equal(sum.active_ns + sum.gap_ns, e->busy_ns);
	assert_int_equal(sum.bytes, e->bytes);
	assert_int_equal(sum.failed, endpoint_failures(e));
	assert_int_equal(sum.max, max);
	assert_int_equal(sum.completed, sizes);
	assert_int_equal(sum.completed, e->transfers.completed + e->transfers.unpaired -
					e->transfers.missed);
}

static void assert_same(const struct lives *lives, const struct naive_run *run,
			const struct snapshot *snap)
{
	static struct course_bin bins[COURSE_BINS];
	struct course_moment moments[NAIVE_MOMENTS];
	uint64_t size[COURSE_SIZES], length = snap->end_ns - snap->start_ns;
	size_t cnt;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];
		const struct course *c = e->course;

		if (!c) {
			assert_false(endpoint_had_traffic(e));
			continue;
		}
		assert_int_equal(c->bin_cnt, length / c->bin_ns + 1);
		assert_true(c->bin_cnt <= COURSE_BINS);
		assert_true(c->bin_ns == 1 || length / (c->bin_ns / 2) >= COURSE_BINS);
		naive_bins(run, e->ep, c->bin_ns, c->bin_cnt, bins);
		assert_memory_equal(c->bins, bins, c->bin_cnt * sizeof(*bins));
		naive_sizes(run, e->ep, size);
		assert_memory_equal(c->size, size, sizeof(size));
		cnt = naive_moments(run, e->ep, lives->ep, lives->eps, moments);
		assert_same_moments(c, moments, cnt);
		assert_sums(e);
	}
}

static const struct metrics_config config = {
	.idle_threshold_ns = LIVES_IDLE_NS, .with_course = true,
};

/* Of each run a part and the whole: a snapshot must not disturb what follows. */
static void course_is_that_of_the_definitions(void **state)
{
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", RUNS);
	struct urb_event events[MAX_EVENTS];

	for (uint64_t r = first; r < first + runs; r++) {
		uint64_t seed = r;
		struct naive_run part = { .events = events, .idle_threshold_ns = LIVES_IDLE_NS };
		struct snapshot *snap;
		struct lives lives;
		struct run run;
		size_t cnt;

		seed_begins(state, r);
		lives_draw(&lives, &seed);
		cnt = 2 + random_below(&seed, MAX_EVENTS - 1);
		lives_generate(&lives, &seed, events, cnt);
		part.cnt = 1 + random_below(&seed, cnt);
		part.end_ns = random_below(&seed, 2) ? events[part.cnt - 1].time_ns + 777 : 0;
		run_init(&run, NULL, &config);
		for (size_t i = 0; i < cnt; i++) {
			run_feed(&run, &events[i]);
			if (i + 1 != part.cnt && i + 1 != cnt)
				continue;
			part.cnt = i + 1;
			snap = metrics_snapshot(run.metrics, part.end_ns, NULL, 0);
			part.end_ns = snap->end_ns;
			assert_same(&lives, &part, snap);
			snapshot_free(snap);
			part.cnt = cnt;
			part.end_ns = 0;
		}
		run_release(&run);
	}
}

static void nothing_is_kept_unless_asked_for(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 100, 1, IN);
	assert_null(run_endpoint(&run, IN, 0)->course);
	run_release(&run);
}

/* A day at one transfer a millisecond takes what a second takes; and all of it is there. */
static void memory_is_constant(void **state)
{
	const struct endpoint_figures *e;
	struct run run;

	(void)state;
	run_init(&run, NULL, &config);
	for (uint64_t i = 0; i < 2000; i++) {
		run_submit(&run, i * i * MS, 1, IN);
		run_complete(&run, i * i * MS + 300, 1, IN);
	}
	e = run_endpoint(&run, IN, 86400000 * MS);
	assert_true(e->course->bin_cnt > COURSE_BINS / 2);
	assert_true(e->course->bin_cnt <= COURSE_BINS);
	assert_sums(e);
	run_release(&run);
}

/* From the loss until it has drained nothing is booked but doubt, and the gap before it is none. */
static void doubt_is_booked_as_doubt(void **state)
{
	struct course_bin sum = { .min = UINT32_MAX };
	const struct endpoint_figures *e;
	struct run run;

	(void)state;
	run_init(&run, NULL, &config);
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 100, 1, IN);
	run_lost(&run, 150, IN, 1);
	run_submit(&run, 200, 2, IN);
	run_complete(&run, 300, 2, IN);
	run_submit(&run, 310, 3, IN);
	run_complete(&run, 400, 3, IN);
	e = run_endpoint(&run, IN, 0);
	for (size_t i = 0; i < e->course->bin_cnt; i++)
		course_bin_merge(&sum, &e->course->bins[i]);
	assert_int_equal(sum.active_ns, 100 + 90);
	assert_int_equal(sum.gap_ns, 10);
	assert_int_equal(sum.doubt_ns, 300 - 150);
	assert_int_equal(sum.min, 0);
	assert_true(e->course->bins[200].min > e->course->bins[200].max);
	assert_int_equal(e->course->bins[200].doubt_ns, 1);
	assert_sums(e);
	/* and the transfer within has no latency, nor a depth */
	assert_int_equal(e->course->moments[0].kind, COURSE_GAP);
	assert_int_equal(e->course->moments[0].start_ns, 300);
	assert_int_equal(e->course->moments[0].before, 2);
	assert_int_equal(e->course->moments[0].transfer[1].number, 2);
	assert_int_equal(e->course->moments[0].transfer[1].depth, 0);
	assert_int_equal(e->course->moments[0].transfer[1].seen, URB_HANDLER);
	assert_int_equal(e->latency.count, 2);
	assert_int_equal(e->course->moment_cnt, 1 + 2);
	run_release(&run);
}

static void sizes_end_at_powers_of_two(void **state)
{
	(void)state;
	assert_int_equal(course_size_class(0), 0);
	assert_int_equal(course_size_class(1), 1);
	assert_int_equal(course_size_class(2), 2);
	assert_int_equal(course_size_class(3), 3);
	assert_int_equal(course_size_class(512), 10);
	assert_int_equal(course_size_class(513), 11);
	assert_int_equal(course_size_class(UINT32_MAX), COURSE_SIZES - 1);
	assert_int_equal(course_size_class(UINT32_MAX / 2 + 1), COURSE_SIZES - 2);
}

static const struct CMUnitTest tests[] = {
	SEEDED("course-is-that-of-the-definitions", course_is_that_of_the_definitions),
	TEST("course-is-not-kept-unless-asked-for", nothing_is_kept_unless_asked_for),
	TEST("course-of-a-day-takes-the-memory-of-a-minute", memory_is_constant),
	TEST("course-books-doubt-as-doubt", doubt_is_booked_as_doubt),
	TEST("course-sizes-end-at-powers-of-two", sizes_end_at_powers_of_two),
};

TEST_MAIN(tests)
