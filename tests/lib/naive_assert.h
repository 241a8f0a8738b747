/* SPDX-License-Identifier: GPL-2.0 */
/* The figures of an endpoint against those of the definitions: for tests, behind testmain.h. */
#ifndef URBSCOPE_TEST_NAIVE_ASSERT_H
#define URBSCOPE_TEST_NAIVE_ASSERT_H

#include "naive.h"
#include "urbscope/snapshot.h"

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

/* Fails the test that runs if any figure differs. */
static void naive_assert(const struct naive_figures *want, const struct endpoint_figures *got)
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
	for (int i = 0; i < GAP_PARTS; i++)
		assert_int_equal(got->gaps.part_ns[i], want->part[i]);
	assert_distribution(&want->turnaround, &got->turnaround);
	assert_distribution(&want->latency, &got->latency);
	assert_distribution(&want->service, &got->service);
	assert_distribution(&want->giveback, &got->giveback_delay);
	assert_distribution(&want->handler, &got->handler);
}

#endif
