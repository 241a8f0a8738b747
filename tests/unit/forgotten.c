// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that come and go: the last unplugged ones stay, the others make room, and what was
 * counted on them is in the sum, exactly. SEED and RUNS in the environment choose other lives.
 */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/naive_assert.h"
#include "../lib/run.h"
#include "../lib/seeded.h"

#define DEVICES	 8
#define EACH	 30
#define MAX_EPS	 (DEVICES * LIVES_MAX_EPS)
#define MAX_EVENTS (DEVICES * (EACH + LIVES_MAX_EPS + 1))
#define RUNS	 1500
#define STAY	 3
#define AT(n)	 urb_ep(1, n, 0x81)

static const struct metrics_config config = { .idle_threshold_ns = LIVES_IDLE_NS };
static const struct track_config few = { .max_gone = STAY };

struct storm {
	struct urb_event event[MAX_EVENTS];
	size_t cnt;
	uint32_t ep[MAX_EPS];
	size_t ep_cnt;
};

/* A handler's beginning or a SYNC alone tell of nothing that is known. */
static bool shows(const struct storm *s, uint32_t ep)
{
	for (size_t i = 0; i < s->cnt; i++)
		if (s->event[i].ep == ep && s->event[i].kind != URB_EV_HANDLER &&
		    s->event[i].kind != URB_EV_SYNC)
			return true;
	return false;
}

/* A device's lives are over, most of the time: SYNC ends what is in flight. Then it is unplugged. */
static void unplug(struct storm *s, const struct lives *lives, uint64_t now, bool drains)
{
	for (unsigned int e = 0; drains && e < lives->eps; e++)
		s->event[s->cnt++] = plain_event(URB_EV_SYNC, now, 0, lives->ep[e]);
	s->event[s->cnt++] = plain_event(URB_EV_GONE, now + 1, 0, lives->ep[0] & ~0xffu);
}

static void make_storm(struct storm *s, uint64_t *seed)
{
	uint64_t base = 0;

	s->cnt = s->ep_cnt = 0;
	for (unsigned int d = 0; d < DEVICES; d++) {
		struct urb_event *first = &s->event[s->cnt];
		struct lives lives;

		lives_draw(&lives, seed);
		lives.inherited = false;
		for (unsigned int e = 0; e < lives.eps; e++)
			lives.ep[e] = urb_ep(1, 2 + d, (e % 2 ? 0x81 : 1) + e / 2);
		lives_generate(&lives, seed, first, EACH);
		for (size_t i = 0; i < EACH; i++) {
			first[i].time_ns += base;
			if (first[i].kind == URB_EV_SUBMIT)
				first[i].submit.submit_ns += base;
			if (first[i].kind == URB_EV_RETURNED)
				first[i].returned.handler_ns += base;
		}
		s->cnt += EACH;
		for (unsigned int e = 0; e < lives.eps; e++)
			if (shows(s, lives.ep[e]))
				s->ep[s->ep_cnt++] = lives.ep[e];
		base = first[EACH - 1].time_ns + 1000;
		unplug(s, &lives, base, random_below(seed, 4));
		base += 1000;
	}
}

static const struct endpoint_figures *at(const struct snapshot *snap, uint32_t ep)
{
	for (size_t i = 0; i < snap->endpoint_cnt; i++)
		if (snap->endpoints[i].ep == ep)
			return &snap->endpoints[i];
	return NULL;
}

static void add_times(struct naive_times *sum, const struct naive_times *t)
{
	sum->count += t->count;
	sum->total += t->total;
	sum->max = t->max > sum->max ? t->max : sum->max;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		sum->bucket[i] += t->bucket[i];
}

static void add_statuses(struct naive_figures *sum, const struct naive_figures *f)
{
	for (int i = 0; i < NAIVE_STATUSES && f->status[i].count; i++) {
		int k = 0;

		while (sum->status[k].count && sum->status[k].status != f->status[i].status)
			k++;
		sum->status[k].status = f->status[i].status;
		sum->status[k].count += f->status[i].count;
	}
}

static void add_figures(struct naive_figures *sum, const struct naive_figures *f)
{
#define ADD(field) (sum->field += f->field)
	ADD(submitted);
	ADD(completed);
	ADD(inherited);
	ADD(inherited_late);
	ADD(open);
	ADD(missed);
	ADD(failed_submit);
	ADD(unpaired);
	ADD(bytes);
	ADD(now);
	ADD(busy);
	ADD(bursts);
	ADD(idle);
#undef ADD
	for (size_t i = 0; i < NAIVE_LEVELS; i++) {
		sum->time_ns[i] += f->time_ns[i];
		sum->at_submit[i] += f->at_submit[i];
	}
	sum->max = f->max > sum->max ? f->max : sum->max;
	sum->submission_seen |= f->submission_seen;
	add_statuses(sum, f);
	for (int i = 0; i < GAP_PARTS; i++)
		sum->part[i] += f->part[i];
	add_times(&sum->gaps, &f->gaps);
	add_times(&sum->turnaround, &f->turnaround);
	add_times(&sum->latency, &f->latency);
	add_times(&sum->service, &f->service);
	add_times(&sum->giveback, &f->giveback);
	add_times(&sum->handler, &f->handler);
}

/* How many made room; the figures of the definitions, of those and of the others. */
static size_t assert_same(const struct storm *s, const struct snapshot *snap)
{
	struct naive_figures sum, one;
	uint64_t unposted = 0;
	size_t gone = 0;

	memset(&sum, 0, sizeof(sum));
	for (size_t i = 0; i < s->ep_cnt; i++) {
		const struct endpoint_figures *e = at(snap, s->ep[i]);

		naive_compute(s->event, s->cnt, s->ep[i], 0, snap->end_ns, LIVES_IDLE_NS, &one);
		if (e) {
			naive_assert(&one, e);
			continue;
		}
		assert_int_equal(one.now, 0);	/* what is in flight stays */
		add_figures(&sum, &one);
		unposted += urb_ep_is_in(s->ep[i]) ? one.gaps.total + one.idle : 0;
		gone++;
	}
	assert_int_equal(snap->endpoints_forgotten, gone);
	assert_int_equal(!snap->forgotten, !gone);
	if (!gone)
		return 0;
	naive_assert(&sum, snap->forgotten);
	assert_int_equal(snap->forgotten->unposted_ns, unposted);
	assert_int_equal(snap->forgotten->complete, sum.submission_seen && !sum.unpaired);
	assert_true(snap->forgotten->certain);
	return gone;
}

/* What has made room between two snapshots is the difference of the sums. */
static void assert_interval(const struct snapshot *from, const struct snapshot *to)
{
	struct snapshot *diff = snapshot_interval(from, to);
	const struct endpoint_figures *a = from ? from->forgotten : NULL, *b = to->forgotten;
	const struct endpoint_figures *d = diff->forgotten;

	assert_int_equal(diff->endpoints_forgotten,
			 to->endpoints_forgotten - (from ? from->endpoints_forgotten : 0));
	for (size_t i = 0; b && i < b->depth.time_cnt; i++) {
		uint64_t before = a && i < a->depth.time_cnt ? a->depth.time_ns[i] : 0;

		assert_int_equal(i < d->depth.time_cnt ? d->depth.time_ns[i] : 0,
				 b->depth.time_ns[i] - before);
	}
	if (b) {
		assert_int_equal(d->transfers.submitted,
				 b->transfers.submitted - (a ? a->transfers.submitted : 0));
		assert_int_equal(d->transfers.inherited_late,
				 b->transfers.inherited_late - (a ? a->transfers.inherited_late : 0));
		assert_int_equal(d->latency.count, b->latency.count - (a ? a->latency.count : 0));
		assert_int_equal(d->gaps.total_ns, b->gaps.total_ns - (a ? a->gaps.total_ns : 0));
	}
	snapshot_free(diff);
}

static void forgotten_is_the_sum_of_what_made_room(void **state)
{
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", RUNS);
	size_t forgotten = 0;

	for (uint64_t r = first; r < first + runs; r++) {
		struct snapshot *from = NULL, *to;
		struct storm storm;
		uint64_t seed = r;
		struct run run;

		seed_begins(state, r);
		make_storm(&storm, &seed);
		run_init(&run, &few, &config);
		for (size_t i = 0; i < storm.cnt; i++) {
			run_feed(&run, &storm.event[i]);
			if (i + 1 < storm.cnt && random_below(&seed, 60))
				continue;
			to = metrics_snapshot(run.metrics, 0, NULL, 0);
			assert_interval(from, to);
			snapshot_free(from);
			from = to;
		}
		forgotten += assert_same(&storm, from);
		snapshot_free(from);
		run_release(&run);
	}
	assert_true(forgotten > runs * DEVICES / 2);
}

/* A device that had a transfer each, and went. */
static void come_and_go(struct run *run, uint64_t now, unsigned int n)
{
	run_submit(run, now, 1, AT(n));
	run_complete(run, now + 10, 1, AT(n));
	run_plain(run, URB_EV_GONE, now + 20, 0, AT(n));
}

static void last_unplugged_ones_stay(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, &few, NULL);
	run_submit(&run, 0, 1, AT(100));
	for (unsigned int n = 1; n <= STAY + 1; n++)
		come_and_go(&run, n * 100, n);
	/* none goes while none comes */
	assert_non_null(run_endpoint(&run, AT(1), 1000000));
	assert_int_equal(run_endpoint(&run, AT(1), 0)->gone_ns, 120);
	assert_null(run.snap->forgotten);
	run_submit(&run, 5000, 1, AT(50));
	assert_null(run_endpoint(&run, AT(1), 0));
	assert_non_null(run_endpoint(&run, AT(2), 0));
	assert_non_null(run_endpoint(&run, AT(100), 0));
	assert_int_equal(run.snap->endpoints_forgotten, 1);
	assert_int_equal(run.snap->forgotten->ep, URB_EP_ANY);
	assert_int_equal(run.snap->forgotten->gone_ns, 120);
	assert_int_equal(run.snap->endpoints_dropped, 0);
	assert_int_equal(run_endpoint(&run, AT(100), 0)->gone_ns, 0);
	run_release(&run);
}

static void table_is_bounded(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, &few, NULL);
	for (unsigned int i = 0; i < 10000; i++) {
		come_and_go(&run, i * 100, 1 + i % 120);
		if (i % 100)
			continue;
		run_endpoint(&run, AT(1), 0);
		assert_true(run.snap->endpoint_cnt <= STAY + 1);
		assert_int_equal(run.snap->endpoint_cnt + run.snap->endpoints_forgotten, i + 1);
	}
	run_release(&run);
}

static void doubt_is_in_the_sum(void **state)
{
	struct run run;

	(void)state;
	run_init(&run, &few, NULL);
	run_submit(&run, 0, 1, AT(1));
	run_lost(&run, 5, AT(1), 7);
	run_complete(&run, 10, 1, AT(1));
	run_plain(&run, URB_EV_GONE, 20, 0, AT(1));
	for (unsigned int n = 2; n <= STAY + 3; n++)
		come_and_go(&run, n * 100, n);
	run_endpoint(&run, AT(2), 0);
	assert_int_equal(run.snap->endpoints_forgotten, 2);
	assert_false(run.snap->forgotten->certain);
	assert_false(run.snap->forgotten->complete);
	assert_int_equal(run.snap->forgotten->transfers.lost, 7);
	assert_int_equal(run.snap->forgotten->busy_ns, 5 + 10);
	run_release(&run);
}

static const struct CMUnitTest tests[] = {
	SEEDED("forgotten-is-the-sum-of-what-made-room", forgotten_is_the_sum_of_what_made_room),
	TEST("last-unplugged-ones-stay", last_unplugged_ones_stay),
	TEST("table-of-endpoints-is-bounded", table_is_bounded),
	TEST("doubt-is-in-the-sum", doubt_is_in_the_sum),
};

TEST_MAIN(tests)
