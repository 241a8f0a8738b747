// SPDX-License-Identifier: GPL-2.0
/* Batches: cut by busy time, and all of them together are the figures of the run. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/batchrun.h"
#include "../lib/lives.h"
#include "../lib/run.h"
#include "urbscope/findings.h"

#define EP 0x10281
#define MS UINT64_C(1000000)

static struct batch sum_of(const struct batch_list *list)
{
	struct batch sum = { 0 };

	for (size_t i = 0; i < list->cnt; i++)
		batch_add(&sum, &list->batch[i]);
	return sum;
}

/* The snapshot's own figures, one by one. */
static void agrees(const struct batch_list *list, const struct endpoint_figures *ep)
{
	struct batch sum = sum_of(list);
	uint64_t level = 0;

	for (size_t i = 0; i < ep->depth.time_cnt; i++)
		level += i * ep->depth.time_ns[i];
	assert_int_equal(sum.busy_ns, ep->busy_ns);
	assert_int_equal(sum.gap_ns, ep->gaps.total_ns);
	assert_int_equal(sum.gaps, ep->gaps.count);
	assert_int_equal(sum.level_ns, level);
	assert_int_equal(sum.latency_ns, ep->latency.total_ns);
	assert_int_equal(sum.latency_cnt, ep->latency.count);
	assert_int_equal(sum.bytes, ep->bytes);
	assert_int_equal(sum.failures, endpoint_failures(ep));
	assert_int_equal(sum.submissions, ep->transfers.submitted + ep->transfers.failed_submit);
	assert_int_equal(sum.refused, ep->transfers.failed_submit);
}

/* Inherited, refused, cancelled and lost halves of lives are among them. */
static void sum_of_batches_is_the_whole(void **state)
{
	size_t most = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct urb_event events[400];
		uint64_t random = seed;
		struct batchrun run;
		struct lives lives;

		lives_draw(&lives, &random);
		lives_generate(&lives, &random, events, 400);
		batchrun_init(&run);
		for (size_t i = 0; i < 400; i++) {
			/* from ns to what batches are made of */
			events[i].time_ns *= 20000;
			batchrun_feed(&run, &events[i]);
		}
		batchrun_finish(&run, events[399].time_ns + seed % 3 * MS, 0);
		for (size_t i = 0; i < run.snap->endpoint_cnt; i++) {
			const struct endpoint_figures *ep = &run.snap->endpoints[i];
			const struct batch_list *list = batches_find(run.batches, ep->serial);

			assert_non_null(list);
			agrees(list, ep);
			assert_int_equal(sum_of(list).wall_ns, run.snap->end_ns - run.snap->start_ns);
			most = list->cnt > most ? list->cnt : most;
		}
		batchrun_release(&run);
	}
	/* that there was something to sum up */
	assert_true(most > 10);
}

/* One URB of 400 us, then 100 us of nothing: a gap. */
static void steady(struct batchrun *run, uint64_t cnt)
{
	batchrun_init(run);
	for (uint64_t i = 0; i < cnt; i++) {
		struct urb_event submit = submit_event(i * MS / 2, 1, EP);
		struct urb_event complete = complete_event(i * MS / 2 + 400000, 1, EP, 0);

		complete.complete.length = 10;
		batchrun_feed(run, &submit);
		batchrun_feed(run, &complete);
	}
	batchrun_finish(run, 0, 0);
}

static void batch_ends_after_its_unit_of_busy_time(void **state)
{
	const struct batch_list *list;
	struct batchrun run;

	(void)state;
	steady(&run, 100);
	list = batches_find(run.batches, run.snap->endpoints[0].serial);
	/* 0.4 ms, and then 0.5 ms each: three URBs make 1.4 ms, from then on two make 1 ms */
	assert_int_equal(list->batch[0].busy_ns, 1400000);
	assert_int_equal(list->batch[0].gap_ns, 200000);
	assert_int_equal(list->batch[0].completed, 3);
	for (size_t i = 1; i < list->cnt - 1; i++) {
		assert_int_equal(list->batch[i].busy_ns, MS);
		assert_int_equal(list->batch[i].bytes, 20);
	}
	assert_int_equal(list->cnt, 1 + 48 + 1);
	batchrun_release(&run);
}

static void number_of_batches_is_bounded(void **state)
{
	(void)state;
	for (uint64_t cnt = 600; cnt < 40000; cnt += 1777) {
		const struct batch_list *list;
		struct batchrun run;

		steady(&run, cnt);
		list = batches_find(run.batches, run.snap->endpoints[0].serial);
		assert_in_range(list->cnt, BATCHES_MAX / 2, BATCHES_MAX);
		assert_int_equal(sum_of(list).completed, cnt);
		/* of one length, but for the first that has the start, and the last */
		for (size_t i = 2; i < list->cnt - 1; i++)
			assert_int_equal(list->batch[i].busy_ns, list->batch[1].busy_ns);
		batchrun_release(&run);
	}
}

static void idle_time_makes_no_batch(void **state)
{
	const struct batch_list *list;
	struct batchrun run;

	(void)state;
	batchrun_init(&run);
	for (uint64_t i = 0; i < 100; i++) {
		struct urb_event submit = submit_event(i * 1000 * MS, 1, EP);
		struct urb_event complete = complete_event(i * 1000 * MS + MS / 10, 1, EP, 0);

		batchrun_feed(&run, &submit);
		batchrun_feed(&run, &complete);
	}
	batchrun_finish(&run, 0, 0);
	list = batches_find(run.batches, run.snap->endpoints[0].serial);
	/* 100 times 0.1 ms */
	assert_int_equal(list->cnt, 10 + 1);
	assert_int_equal(list->batch[10].busy_ns, 0);
	batchrun_release(&run);
}

/* Three were in flight from the beginning, and end at 2, 4 and 6 ms: only then it shows. */
static void inherited_transfer_raises_the_batches_before_it(void **state)
{
	struct urb_event refused = plain_event(URB_EV_SUBMIT_ERROR, 0, 9, EP);
	const struct batch_list *list;
	struct batchrun run;

	(void)state;
	batchrun_init(&run);
	batchrun_feed(&run, &refused); /* the window begins */
	for (uint64_t i = 1; i <= 3; i++) {
		struct urb_event complete = complete_event(2 * i * MS, i, EP, 0);

		batchrun_feed(&run, &complete);
	}
	batchrun_finish(&run, 0, 0);
	list = batches_find(run.batches, run.snap->endpoints[0].serial);
	agrees(list, &run.snap->endpoints[0]);
	assert_int_equal(list->cnt, 3 + 1);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(list->batch[i].busy_ns, 2 * MS);
		assert_int_equal(list->batch[i].level_ns, 2 * MS * (3 - i));
		assert_int_equal(list->batch[i].gap_ns, 0);
	}
	batchrun_release(&run);
}

static void batches_of_an_address_begin_anew_with_a_device(void **state)
{
	struct urb_event gone = plain_event(URB_EV_GONE, 50 * MS, 0, EP & ~0xffU);
	uint64_t completed[2] = { 5, 3 };
	struct batchrun run;

	(void)state;
	batchrun_init(&run);
	for (uint64_t life = 0; life < 2; life++) {
		for (uint64_t i = 0; i < completed[life]; i++) {
			struct urb_event submit = submit_event((life * 60 + i * 2) * MS, 1, EP);
			struct urb_event complete =
				complete_event((life * 60 + i * 2 + 1) * MS, 1, EP, 0);

			batchrun_feed(&run, &submit);
			batchrun_feed(&run, &complete);
		}
		if (!life)
			batchrun_feed(&run, &gone);
	}
	batchrun_finish(&run, 0, 0);
	assert_int_equal(run.snap->endpoint_cnt, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct endpoint_figures *ep = &run.snap->endpoints[i];

		agrees(batches_find(run.batches, ep->serial), ep);
		assert_int_equal(ep->transfers.completed, completed[i]);
	}
	batchrun_release(&run);
}

static const struct CMUnitTest tests[] = {
	TEST("sum-of-batches-is-the-whole", sum_of_batches_is_the_whole),
	TEST("batch-ends-after-its-unit-of-busy-time", batch_ends_after_its_unit_of_busy_time),
	TEST("number-of-batches-is-bounded", number_of_batches_is_bounded),
	TEST("idle-time-makes-no-batch", idle_time_makes_no_batch),
	TEST("inherited-transfer-raises-the-batches-before-it",
	     inherited_transfer_raises_the_batches_before_it),
	TEST("batches-of-an-address-begin-anew-with-a-device",
	     batches_of_an_address_begin_anew_with_a_device),
};

TEST_MAIN(tests)
