// SPDX-License-Identifier: GPL-2.0
/* Garbage in any order: nothing crashes, and what is counted stays possible. Run it with ASan. */
#include "../lib/testmain.h"

#include "../lib/run.h"
#include "urbscope/perfetto.h"
#include "urbscope/transfer_rows.h"
#include "urbscope/transfers.h"

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
	*ev = (struct urb_event){ .kind = random_below(seed, 14) };
	if (ev->kind > URB_EV_STREAMS + 1)
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

/* --- transfers ----------------------------------------------------------------------------------- */

struct told {
	uint64_t cnt[TRANSFER_ENDS], inherited;
	struct transfer_rows *csv, *json;
	struct perfetto *trace;
};

static void take_transfer(void *ctx, const struct transfer *t)
{
	struct told *told = ctx;

	assert_in_range(t->end, 0, TRANSFER_ENDS - 1);
	assert_true(t->end_ns >= t->start_ns);
	told->cnt[t->end]++;
	told->inherited += t->inherited && t->end != TRANSFER_REFUSED;
	transfer_rows_write(told->csv, t);
	transfer_rows_write(told->json, t);
	perfetto_transfer(told->trace, t);
}

static void take_level(void *ctx, const struct transfer_level *level)
{
	perfetto_level(((struct told *)ctx)->trace, level);
}

/* As the report counts them, endpoint by endpoint; of those that had no room it knows nothing, either. */
static void assert_as_reported(const struct told *told, const struct snapshot *snap)
{
	uint64_t completed = 0, open = 0, missed = 0, refused = 0, unpaired = 0, inherited = 0;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];

		completed += e->transfers.completed;
		open += e->transfers.open;
		missed += e->transfers.missed;
		refused += e->transfers.failed_submit;
		unpaired += e->transfers.unpaired - e->transfers.missed;
		inherited += e->transfers.inherited;
	}
	assert_int_equal(told->cnt[TRANSFER_COMPLETED], completed);
	assert_int_equal(told->cnt[TRANSFER_OPEN], open);
	assert_int_equal(told->cnt[TRANSFER_MISSED], missed);
	assert_int_equal(told->cnt[TRANSFER_REFUSED], refused);
	assert_int_equal(told->cnt[TRANSFER_UNPAIRED], unpaired);
	assert_int_equal(told->inherited, inherited);
}

static void garbage_in_rows(uint64_t seed, FILE *nowhere)
{
	const struct transfer_rows_config csv = { .form = TRANSFER_ROWS_CSV };
	const struct transfer_rows_config json = { .form = TRANSFER_ROWS_NDJSON };
	const struct perfetto_config trace = { .wall_ns = UINT64_MAX };
	struct urb_facts facts = { .type = 77, .speed = 99, .name = "=\"\n\x9b\xff" };
	struct told told = { .csv = transfer_rows_new(nowhere, &csv) };
	struct transfers_config config = {
		.returns = seed % 2, .transfer = take_transfer, .level = take_level, .ctx = &told
	};
	struct transfers *transfers;
	struct snapshot *snap;
	struct run run;
	uint64_t now = 0;

	told.json = transfer_rows_new(nowhere, &json);
	told.trace = perfetto_new(nowhere, &trace);
	/* as many endpoints as come: of those that make room for others a snapshot tells no more */
	run_init(&run, NULL, NULL);
	config.metrics = run.metrics;
	transfers = transfers_new(&config);
	for (int i = 0; i < EVENTS; i++) {
		struct track_step step;
		struct urb_event ev;

		draw(&ev, &facts, &seed, &now);
		perfetto_event(told.trace, &ev);
		tracker_feed(run.tracker, &ev, &step);
		do {
			metrics_apply(run.metrics, &step);
			assert_int_equal(transfers_apply(transfers, &step), 0);
		} while (tracker_next(run.tracker, &step));
	}
	assert_int_equal(transfers_end(transfers, now), 0);
	snap = metrics_snapshot(run.metrics, now, NULL, 0);
	assert_as_reported(&told, snap);
	assert_int_equal(transfer_rows_flush(told.csv), 0);
	assert_int_equal(transfer_rows_flush(told.json), 0);
	assert_int_equal(perfetto_flush(told.trace), 0);
	transfer_rows_free(told.csv);
	transfer_rows_free(told.json);
	perfetto_free(told.trace);
	transfers_free(transfers);
	snapshot_free(snap);
	run_release(&run);
}

static void garbage_is_told_once(void **state)
{
	FILE *nowhere = fopen("/dev/null", "w");

	(void)state;
	for (uint64_t r = 1; r <= RUNS / 10; r++)
		garbage_in_rows(r, nowhere);
	fclose(nowhere);
}

static const struct CMUnitTest tests[] = {
	TEST("garbage-leaves-figures-possible", garbage_leaves_figures_possible),
	TEST("garbage-is-told-once-as-transfers", garbage_is_told_once),
};

TEST_MAIN(tests)
