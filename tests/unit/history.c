// SPDX-License-Identifier: GPL-2.0
/* The history of a live view: what is taken out is what was put in, in bounded memory. */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/lives.h"
#include "../lib/run.h"
#include "urbscope/history.h"
#include "urbscope/report.h"

#define EVENTS 150
#define PARTS  5
#define RUNS   1000
#define FOREVER UINT64_MAX

static const struct metrics_config config = { .idle_threshold_ns = LIVES_IDLE_NS };

struct story {
	struct snapshot *total[PARTS + 1], *interval[PARTS + 1]; /* [0] is empty */
	struct history *history;
};

static void tell(struct story *s, uint64_t seed, bool inherited)
{
	struct urb_event events[EVENTS];
	struct snapshot_source source = { .kind = "bpf", .sees = 0x1f };
	struct lives lives;
	struct run run;
	size_t next = 0;

	memset(s, 0, sizeof(*s));
	lives_draw(&lives, &seed);
	lives.inherited &= inherited;
	lives_generate(&lives, &seed, events, EVENTS);
	run_init(&run, NULL, &config);
	s->history = history_new(FOREVER, SIZE_MAX);
	assert_non_null(s->history);
	for (size_t p = 1; p <= PARTS; p++) {
		for (; next < EVENTS * p / PARTS; next++)
			run_feed(&run, &events[next]);
		s->total[p] = metrics_snapshot(run.metrics, 0, &source, 0);
		s->interval[p] = snapshot_interval(s->total[p - 1], s->total[p]);
		assert_int_equal(history_add(s->history, s->total[p], s->interval[p]), 0);
	}
	run_release(&run);
}

static void forget(struct story *s)
{
	for (size_t p = 1; p <= PARTS; p++) {
		snapshot_free(s->total[p]);
		snapshot_free(s->interval[p]);
	}
	history_free(s->history);
}

static char *json_of(const struct snapshot *snap)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_int_equal(report_interval_json(snap, out), 0);
	fclose(out);
	return text;
}

static void same_state(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->ep, b->ep);
	assert_int_equal(a->stream, b->stream);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->certain, b->certain);
	assert_int_equal(a->complete, b->complete);
	assert_int_equal(a->gone, b->gone);
	assert_int_equal(a->depth.seen, b->depth.seen);
	assert_int_equal(a->handler.seen, b->handler.seen);
	assert_memory_equal(&a->transfers, &b->transfers, sizeof(a->transfers));
	assert_int_equal(a->errors, b->errors);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->in_flight_now, b->in_flight_now);
	assert_int_equal(a->in_flight_max, b->in_flight_max);
	assert_int_equal(a->status_cnt, b->status_cnt);
	for (size_t i = 0; i < a->status_cnt; i++) {
		assert_int_equal(a->status[i].status, b->status[i].status);
		assert_int_equal(a->status[i].count, b->status[i].count);
	}
	assert_int_equal(a->stream_cnt, b->stream_cnt);
	for (size_t i = 0; i < a->stream_cnt; i++)
		same_state(&a->streams[i], &b->streams[i]);
}

/* Every figure that --json has, of each interval; the state of the run with it. */
static void recalled_is_what_was_added(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct story s;

		tell(&s, seed, true);
		assert_int_equal(history_first(s.history), 1);
		assert_int_equal(history_last(s.history), PARTS);
		for (size_t p = 1; p <= PARTS; p++) {
			struct snapshot *total, *interval;
			char *was, *is;

			assert_int_equal(history_time(s.history, p), s.total[p]->end_ns);
			assert_int_equal(history_recall(s.history, p, s.total[PARTS], &total,
							&interval), 0);
			was = json_of(s.interval[p]);
			is = json_of(interval);
			assert_string_equal(is, was);
			assert_int_equal(total->endpoint_cnt, s.total[p]->endpoint_cnt);
			for (size_t i = 0; i < total->endpoint_cnt; i++)
				same_state(&total->endpoints[i], &s.total[p]->endpoints[i]);
			assert_memory_equal(&total->events, &s.total[p]->events,
					    sizeof(total->events));
			assert_int_equal(total->start_ns, s.total[p]->start_ns);
			free(was);
			free(is);
			snapshot_free(total);
			snapshot_free(interval);
		}
		forget(&s);
	}
}

static uint64_t value(const uint64_t *values, size_t cnt, size_t i)
{
	return i < cnt ? values[i] : 0;
}

static void same_times(const struct time_figures *a, const struct time_figures *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->total_ns, b->total_ns);
	assert_int_equal(a->p50_ns, b->p50_ns);
	for (size_t i = 0; a->count && i < HIST_BUCKETS; i++)
		assert_int_equal(a->hist->bucket[i], b->hist->bucket[i]);
}

static void same_interval(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	size_t levels = a->depth.time_cnt > b->depth.time_cnt ? a->depth.time_cnt
							       : b->depth.time_cnt;

	assert_int_equal(a->busy_ns, b->busy_ns);
	assert_int_equal(a->gaps.count, b->gaps.count);
	assert_int_equal(a->gaps.total_ns, b->gaps.total_ns);
	assert_int_equal(a->transfers.completed, b->transfers.completed);
	assert_int_equal(a->bytes, b->bytes);
	for (size_t i = 0; i < levels; i++)
		assert_int_equal(value(a->depth.time_ns, a->depth.time_cnt, i),
				 value(b->depth.time_ns, b->depth.time_cnt, i));
	if (a->depth.seen && a->busy_ns) {
		assert_int_equal(a->depth.p50, b->depth.p50);
		assert_true(a->depth.mean == b->depth.mean);
	}
	same_times(&a->latency, &b->latency);
	same_times(&a->handler, &b->handler);
}

/* What came to light later changed the past, so that intervals do not add up. */
static bool revised(const struct snapshot *snap, uint32_t serial)
{
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		if (snap->endpoints[i].serial == serial)
			return snap->endpoints[i].transfers.failed_submit ||
			       snap->endpoints[i].transfers.inherited_late;
	}
	return false;
}

/* A sum of intervals is the interval between the first and the last of their snapshots. */
static void sum_is_the_longer_interval(void **state)
{
	unsigned int compared = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct story s;
		struct snapshot *whole;
		uint64_t from, to;

		tell(&s, seed, false);
		whole = snapshot_interval(s.total[2], s.total[4]);
		from = s.total[2]->end_ns;
		to = s.total[4]->end_ns;
		for (size_t i = 0; i < whole->endpoint_cnt; i++) {
			const struct endpoint_figures *e = &whole->endpoints[i];
			struct snapshot *sum;

			/* moments that end at one time cannot be told apart by it */
			if (revised(s.total[4], e->serial) || s.total[5]->end_ns == to ||
			    s.total[3]->end_ns == from)
				continue;
			sum = history_sum(s.history, s.total[5], e->serial, 0, to, to - from);
			assert_non_null(sum);
			compared++;
			assert_int_equal(sum->endpoint_cnt, 1);
			same_interval(&sum->endpoints[0], e);
			assert_int_equal(sum->endpoints[0].ep, e->ep);
			assert_int_equal(sum->start_ns, from);
			snapshot_free(sum);
		}
		snapshot_free(whole);
		forget(&s);
	}
	assert_true(compared > RUNS / 2);
}

struct tally {
	uint32_t serial;
	uint64_t depth_ns, busy_ns, gap_ns, bytes, completed, points;
};

static void count_point(void *ctx, uint32_t serial, const struct history_point *point)
{
	struct tally *t = ctx;

	if (serial != t->serial)
		return;
	assert_true(point->end_ns >= point->start_ns);
	t->depth_ns += point->depth_ns;
	t->busy_ns += point->busy_ns;
	t->gap_ns += point->gap_ns;
	t->bytes += point->bytes;
	t->completed += point->completed;
	t->points++;
}

static void trend_adds_up(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct story s;

		tell(&s, seed, false);
		for (size_t i = 0; i < s.total[PARTS]->endpoint_cnt; i++) {
			const struct endpoint_figures *e = &s.total[PARTS]->endpoints[i];
			struct tally t = { .serial = e->serial };
			uint64_t depth_ns = 0;

			if (revised(s.total[PARTS], e->serial))
				continue;
			for (size_t k = 1; k < e->depth.time_cnt; k++)
				depth_ns += k * e->depth.time_ns[k];
			history_trend(s.history, s.total[PARTS]->end_ns, FOREVER, count_point, &t);
			assert_int_equal(t.depth_ns, depth_ns);
			assert_int_equal(t.busy_ns, e->busy_ns);
			assert_int_equal(t.gap_ns, e->gaps.total_ns);
			assert_int_equal(t.bytes, e->bytes);
			assert_int_equal(t.completed, e->transfers.completed);
		}
		forget(&s);
	}
}

/* An hour of a second each: what is kept is ten minutes, and in bytes no more than was allowed. */
static void memory_is_bounded(void **state)
{
	static const struct {
		size_t budget;
		uint64_t span_ns;
	} cases[] = { { SIZE_MAX, 600000000000 }, { 20000, FOREVER } };

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct history *h = history_new(cases[c].span_ns, cases[c].budget);
		struct snapshot *last = NULL;
		struct run run;

		run_init(&run, NULL, NULL);
		for (uint64_t second = 1; second <= 3600; second++) {
			struct snapshot *total, *interval;
			uint64_t now = second * 1000000000;

			for (uint64_t i = 0; i < 10; i++) {
				run_submit(&run, now - 900000 + i * 10, i, urb_ep(1, 2, 0x81));
				run_complete(&run, now - 800000 + i * 10, i, urb_ep(1, 2, 0x81));
			}
			total = metrics_snapshot(run.metrics, now, NULL, 0);
			interval = snapshot_interval(last, total);
			assert_int_equal(history_add(h, total, interval), 0);
			snapshot_free(interval);
			snapshot_free(last);
			last = total;
			assert_true(history_bytes(h) <= cases[c].budget);
		}
		assert_int_equal(history_last(h), 3600);
		if (!c)
			assert_int_equal(history_first(h), 3001);
		else
			assert_in_range(history_last(h) - history_first(h), 20, 200);
		assert_int_equal(history_time(h, 1), 0);
		snapshot_free(last);
		history_free(h);
		run_release(&run);
	}
}

/* A recording goes back: what was later is not in its past. */
static void winding_back_takes_back(void **state)
{
	struct snapshot *total, *interval;
	struct story s;

	(void)state;
	tell(&s, 7, false);
	assert_int_equal(history_last(s.history), PARTS);
	assert_true(s.total[3]->end_ns > s.total[2]->end_ns);
	assert_int_equal(history_add(s.history, s.total[3], s.interval[3]), 0);
	assert_int_equal(history_last(s.history), 3);
	assert_int_equal(history_first(s.history), 1);
	assert_int_equal(history_time(s.history, 3), s.total[3]->end_ns);
	assert_int_equal(history_recall(s.history, 2, s.total[PARTS], &total, &interval), 0);
	assert_int_equal(total->end_ns, s.total[2]->end_ns);
	snapshot_free(total);
	snapshot_free(interval);
	/* to the very beginning */
	assert_int_equal(history_add(s.history, s.total[1], s.interval[1]), 0);
	assert_int_equal(history_last(s.history), 1);
	forget(&s);
}

/* Its numbers are there, but nobody knows any more whose they are. */
static void what_made_room_is_left_out(void **state)
{
	const struct track_config few = { .max_gone = 1 };
	struct history *h = history_new(FOREVER, SIZE_MAX);
	struct snapshot *last = NULL, *total, *interval;
	struct run run;

	(void)state;
	run_init(&run, &few, NULL);
	for (unsigned int n = 1; n <= 5; n++) {
		run_submit(&run, n * 100, 1, urb_ep(1, n, 0x81));
		run_complete(&run, n * 100 + 10, 1, urb_ep(1, n, 0x81));
		run_plain(&run, URB_EV_GONE, n * 100 + 20, 0, urb_ep(1, n, 0));
		total = metrics_snapshot(run.metrics, 0, NULL, 0);
		interval = snapshot_interval(last, total);
		assert_int_equal(history_add(h, total, interval), 0);
		snapshot_free(interval);
		snapshot_free(last);
		last = total;
	}
	assert_int_equal(last->endpoint_cnt, 2);	/* 4 and 5 */
	assert_int_equal(history_recall(h, 4, last, &total, &interval), 0);
	assert_int_equal(total->endpoint_cnt, 1);	/* 3 was there, too */
	assert_int_equal(total->endpoints[0].ep, urb_ep(1, 4, 0x81));
	assert_int_equal(total->endpoints[0].gone_ns, 420);
	assert_int_equal(total->endpoints[0].transfers.completed, 1);
	assert_int_equal(interval->endpoint_cnt, 1);
	assert_int_equal(interval->endpoints[0].ep, urb_ep(1, 4, 0x81));
	assert_int_equal(interval->endpoints[0].latency.count, 1);
	snapshot_free(total);
	snapshot_free(interval);
	snapshot_free(last);
	history_free(h);
	run_release(&run);
}

static void what_is_not_kept_is_refused(void **state)
{
	struct snapshot *total, *interval;
	struct story s;

	(void)state;
	tell(&s, 7, false);
	assert_int_equal(history_recall(s.history, 0, s.total[1], &total, &interval), -ENOENT);
	assert_int_equal(history_recall(s.history, PARTS + 1, s.total[1], &total, &interval),
			 -ENOENT);
	total = history_sum(s.history, s.total[PARTS], 99999, 0, FOREVER, FOREVER);
	assert_int_equal(total->endpoint_cnt, 0);
	snapshot_free(total);
	forget(&s);
}

static const struct CMUnitTest tests[] = {
	TEST("history-recalls-what-was-added", recalled_is_what_was_added),
	TEST("history-sum-is-the-longer-interval", sum_is_the_longer_interval),
	TEST("history-trend-adds-up", trend_adds_up),
	TEST("history-memory-is-bounded", memory_is_bounded),
	TEST("history-winding-back-takes-back", winding_back_takes_back),
	TEST("history-leaves-out-what-made-room", what_made_room_is_left_out),
	TEST("history-refuses-what-is-not-kept", what_is_not_kept_is_refused),
};

TEST_MAIN(tests)
