// SPDX-License-Identifier: GPL-2.0
/* Levels, gaps and bursts: one rule of the definitions a test. */
#include "../lib/one_run.h"

#define MS  UINT64_C(1000000)

static void gap_closes_at_submit(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 100, 1, IN);
	assert_int_equal(run_endpoint(&run, IN, 500)->gaps.count, 0);
	run_submit(&run, 130, 1, IN);
	e = run_endpoint(&run, IN, 200);
	assert_int_equal(e->gaps.count, 1);
	assert_int_equal(e->gaps.total_ns, 30);
	assert_int_equal(e->depth.time_ns[0], 30);
	assert_int_equal(e->busy_ns, 200);
	assert_int_equal(e->unposted_ns, 30);
}

static void gap_at_threshold_is_idle(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, OUT);
	run_complete(&run, 100, 1, OUT);
	run_submit(&run, 100 + 10 * MS - 1, 1, OUT);
	run_complete(&run, 200 + 10 * MS, 1, OUT);
	run_submit(&run, 200 + 20 * MS, 1, OUT);
	e = run_endpoint(&run, OUT, 0);
	assert_int_equal(e->gaps.count, 1);
	assert_int_equal(e->gaps.max_ns, 10 * MS - 1);
	assert_int_equal(e->bursts, 2);
	assert_int_equal(e->idle_ns, 10 * MS);
	assert_int_equal(e->unposted_ns, 0);
}

static void gap_is_split_by_zero_length_transfer(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 2, 1, IN);
	run_submit(&run, 5, 2, IN);
	run_complete(&run, 5, 2, IN);
	run_submit(&run, 9, 3, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->gaps.count, 2);
	assert_int_equal(e->gaps.max_ns, 4);
}

static void spike_within_a_time_stamp_is_not_held(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 10, 2, IN);
	run_submit(&run, 10, 3, IN);
	run_complete(&run, 10, 2, IN);
	run_complete(&run, 10, 3, IN);
	run_complete(&run, 20, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_max, 1);
	assert_int_equal(e->depth.max, 1);
	assert_int_equal(e->depth.at_submit[3], 1);
}

static void level_at_end_of_window_counts_into_max(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 10, 2, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_max, 2);
	assert_int_equal(e->depth.max, 1);
}

static void open_transfers_count_to_the_end(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	assert_int_equal(run_endpoint(&run, IN, 70)->busy_ns, 70);
	assert_int_equal(run_endpoint(&run, IN, 50)->busy_ns, 50);
	assert_int_equal(run_endpoint(&run, IN, 50)->depth.time_ns[1], 50);
}

static void time_that_runs_back_is_clamped(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 100, 1, IN);
	run_complete(&run, 90, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->busy_ns, 0);
	assert_int_equal(e->latency.max_ns, 0);
	assert_int_equal(run.snap->end_ns, 100);
}

static void turnaround_starts_at_done_and_ends_at_the_call(void **state)
{
	struct urb_event ev = queued_event(130, 150, 1, IN);

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 100, 1, IN);
	run_feed(&run, &ev);
	assert_int_equal(run_endpoint(&run, IN, 0)->gaps.total_ns, 50);
	assert_int_equal(run_endpoint(&run, IN, 0)->turnaround.total_ns, 30);
}

static void inherited_completion_lifts_the_past(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, OUT);		/* the window begins here */
	run_submit(&run, 10, 7, IN);
	run_plain(&run, URB_EV_SUBMIT_ERROR, 30, 7, IN);
	run_submit(&run, 40, 8, IN);		/* a gap of 10, for now */
	run_complete(&run, 60, 9, IN);
	run_complete(&run, 70, 8, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->transfers.inherited, 1);
	assert_int_equal(e->gaps.count, 0);
	assert_int_equal(e->turnaround.count, 0);
	assert_int_equal(e->busy_ns, 70);
	assert_int_equal(e->depth.time_ns[1], 10 + 10 + 10);
	assert_int_equal(e->depth.time_ns[2], 20 + 20);
	assert_int_equal(e->in_flight_max, 2);
	assert_int_equal(e->depth.at_submit[2], 2);
	assert_true(e->complete);
}

static void inherited_ends_with_first_paired_completion(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 10, 1, IN);
	run_complete(&run, 20, 2, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->transfers.inherited, 0);
	assert_int_equal(e->transfers.unpaired, 1);
	assert_int_equal(e->status[0].count, 2);
	assert_int_equal(e->bytes, 1024);
	assert_false(e->complete);
}

static void inherited_needs_an_id_never_seen_there(void **state)
{
	(void)state;
	run_complete(&run, 10, 1, IN);
	run_complete(&run, 20, 1, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.inherited, 1);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.unpaired, 1);
}

static void inherited_and_named_counts_from_its_time(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_plain(&run, URB_EV_INFLIGHT, 0, 1, IN);
	run_complete(&run, 50, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->transfers.inherited, 1);
	assert_int_equal(e->transfers.inherited_late, 0);
	assert_int_equal(e->depth.time_ns[1], 50);
	assert_int_equal(e->latency.count, 0);
	assert_true(e->complete);
}

static void completions_alone_have_no_depth(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, OUT);
	run_complete(&run, 50, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_false(e->complete);
	assert_false(e->depth.seen);
	assert_int_equal(e->in_flight_max, 1);
}

static void percentiles_are_the_smallest_sufficient_depth(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 1, 2, IN);
	run_submit(&run, 50, 3, IN);
	run_complete(&run, 99, 3, IN);
	run_complete(&run, 100, 2, IN);
	run_complete(&run, 100, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->depth.min, 1);
	assert_int_equal(e->depth.p1, 1);	/* 1 of 100 at depth 1, 50 at 2, 49 at 3 */
	assert_int_equal(e->depth.p50, 2);
	assert_int_equal(e->depth.p99, 3);
	assert_true(e->depth.mean == (1 * 1 + 2 * 50 + 3 * 49) / 100.0);
}

static const struct CMUnitTest tests[] = {
	RUN_TEST("gap-closes-at-submit", gap_closes_at_submit),
	RUN_TEST("gap-at-threshold-is-idle", gap_at_threshold_is_idle),
	RUN_TEST("gap-is-split-by-zero-length-transfer", gap_is_split_by_zero_length_transfer),
	RUN_TEST("spike-within-a-time-stamp-is-not-held", spike_within_a_time_stamp_is_not_held),
	RUN_TEST("level-at-end-of-window-counts-into-max",
		   level_at_end_of_window_counts_into_max),
	RUN_TEST("open-transfers-count-to-the-end", open_transfers_count_to_the_end),
	RUN_TEST("time-that-runs-back-is-clamped", time_that_runs_back_is_clamped),
	RUN_TEST("turnaround-starts-at-done-and-ends-at-the-call",
		   turnaround_starts_at_done_and_ends_at_the_call),
	RUN_TEST("inherited-completion-lifts-the-past", inherited_completion_lifts_the_past),
	RUN_TEST("inherited-ends-with-first-paired-completion",
		   inherited_ends_with_first_paired_completion),
	RUN_TEST("inherited-needs-an-id-never-seen-there",
		   inherited_needs_an_id_never_seen_there),
	RUN_TEST("inherited-and-named-counts-from-its-time",
		   inherited_and_named_counts_from_its_time),
	RUN_TEST("completions-alone-have-no-depth", completions_alone_have_no_depth),
	RUN_TEST("percentiles-are-the-smallest-sufficient-depth",
		   percentiles_are_the_smallest_sufficient_depth),
};

TEST_MAIN(tests)
