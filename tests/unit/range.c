// SPDX-License-Identifier: GPL-2.0
/*
 * Parts of a recording. Their figures against those that tests/lib/naive.c has for random lives cut
 * to the part, and, where events are lost, against the difference of two moments of the whole.
 */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/naive_assert.h"
#include "../lib/part.h"
#include "../lib/run.h"
#include "../lib/seeded.h"

#define MAX_EVENTS (PART_EVENTS / 2)
#define RUNS	   6000

/* Random lives, and a random part of their time. */
struct scene {
	struct lives lives;
	struct urb_event events[MAX_EVENTS];
	struct fake_recording recording;
	uint64_t start, end, from, to; /* from and to since start */
};

static void scene_draw(struct scene *s, uint64_t seed)
{
	size_t cnt;

	lives_draw(&s->lives, &seed);
	cnt = 2 + random_below(&seed, MAX_EVENTS - 1);
	lives_generate(&s->lives, &seed, s->events, cnt);
	s->start = s->end = s->events[0].time_ns;
	for (size_t i = 0; i < cnt; i++) {
		s->end = s->events[i].time_ns > s->end ? s->events[i].time_ns : s->end;
		/* a walk that is told late is of the time before the part, and ends what is inherited now */
		if (s->events[i].kind == URB_EV_SYNC)
			s->events[i].time_ns = s->end;
	}
	s->from = random_below(&seed, s->end - s->start + 1);
	/* the moments of events are the interesting ones */
	if (random_below(&seed, 2)) {
		uint64_t t = s->events[random_below(&seed, cnt)].time_ns;

		s->from = t > s->start ? t - s->start : 0;
	}
	s->to = s->from + 1 + random_below(&seed, s->end - s->start + 1);
	s->recording = (struct fake_recording){
		.events = s->events, .cnt = cnt, .at_once = 1 + random_below(&seed, 9), .walks = true,
		.ends_at_once = random_below(&seed, 2),
	};
}

static void assert_part(const struct scene *s, const struct part *p)
{
	const struct fake_recording *r = &s->recording;
	struct naive_figures want;
	uint64_t to = s->start + s->to;

	assert_int_equal(p->end, -ENODATA);
	assert_int_equal(p->snap->start_ns, s->start + s->from);
	assert_int_equal(p->snap->end_ns, to < s->end ? to : s->end);
	for (size_t i = 0; i < p->snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &p->snap->endpoints[i];

		naive_compute_part(r->events, r->cnt, e->ep, 0, s->start + s->from, to, LIVES_IDLE_NS,
				   &want);
		naive_assert(&want, e);
		for (size_t k = 0; k < e->stream_cnt; k++) {
			naive_compute_part(r->events, r->cnt, e->ep, e->streams[k].stream,
					   s->start + s->from, to, LIVES_IDLE_NS, &want);
			naive_assert(&want, &e->streams[k]);
		}
	}
	/* none is missing that has traffic */
	for (unsigned int i = 0; i < s->lives.eps; i++) {
		naive_compute_part(r->events, r->cnt, s->lives.ep[i], 0, s->start + s->from, to,
				   LIVES_IDLE_NS, &want);
		if (want.submitted + want.inherited + want.completed + want.failed_submit + want.unpaired)
			part_endpoint(p, s->lives.ep[i]);
	}
}

static void test_figures_of_a_part(void **state)
{
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", RUNS);
	static struct scene s;
	static struct part p;

	for (uint64_t r = first; r < first + runs; r++) {
		seed_begins(state, r);
		scene_draw(&s, r);
		part_read(&p, &s.recording, s.from, s.to);
		assert_part(&s, &p);
		part_release(&p);
	}
}

/* Each event belongs to one of two parts that meet, and so does each moment with URBs in flight. */
static void test_parts_add_up(void **state)
{
	static struct part whole, a, b;
	static struct scene s;

	for (uint64_t r = 1; r <= RUNS / 3; r++) {
		seed_begins(state, r);
		scene_draw(&s, r);
		if (s.from == 0)
			continue;
		part_read(&whole, &s.recording, 0, UINT64_MAX);
		part_read(&a, &s.recording, 0, s.from);
		part_read(&b, &s.recording, s.from, UINT64_MAX);
		assert_int_equal(a.snap->events.submit + b.snap->events.submit,
				 whole.snap->events.submit);
		assert_int_equal(a.snap->events.complete + b.snap->events.complete,
				 whole.snap->events.complete);
		for (size_t i = 0; i < b.snap->endpoint_cnt; i++) {
			const struct endpoint_figures *w = part_endpoint(&whole, b.snap->endpoints[i].ep);
			const struct endpoint_figures *e = &b.snap->endpoints[i], *before = NULL;
			uint64_t active = e->busy_ns - e->gaps.total_ns;

			for (size_t k = 0; k < a.snap->endpoint_cnt; k++)
				if (a.snap->endpoints[k].ep == e->ep)
					before = &a.snap->endpoints[k];
			/* what only a completion tells of was in flight in both parts, and is not in the first */
			if (!before || e->transfers.inherited_late)
				continue;
			active += before->busy_ns - before->gaps.total_ns;
			assert_int_equal(active, w->busy_ns - w->gaps.total_ns);
			assert_int_equal(before->bytes + e->bytes, w->bytes);
			/* one that came to be refused was no transfer */
			if (!e->transfers.failed_submit)
				assert_int_equal(before->transfers.inherited + e->transfers.inherited,
						 w->transfers.inherited + before->transfers.open);
			assert_true(before->gaps.total_ns + e->gaps.total_ns <=
				    w->gaps.total_ns + w->idle_ns);
		}
		part_release(&whole);
		part_release(&a);
		part_release(&b);
	}
}

/* --- losses ---------------------------------------------------------------------------------- */

/* Puts a loss, or a walk over everything, in place of some events. */
static void lose_some(struct scene *s, uint64_t seed)
{
	uint64_t now = s->start;

	for (size_t i = 1; i < s->recording.cnt; i++) {
		struct urb_event *ev = &s->events[i];
		uint64_t what = random_below(&seed, 60);
		bool any = random_below(&seed, 3) == 0;

		now = ev->time_ns > now ? ev->time_ns : now;
		if (what > 1)
			continue;
		*ev = plain_event(what ? URB_EV_LOST : URB_EV_SYNC, now, 0,
				  any ? URB_EP_ANY : ev->ep);
		if (!what)
			continue;
		ev->lost.count = 1 + random_below(&seed, 3);
		ev->lost.until_ns = ev->time_ns + random_below(&seed, 400);
		if (random_below(&seed, 4) == 0)
			ev->flags = URB_F_SYNC_FOLLOWS;
	}
}

/* The whole, up to a moment. */
static struct snapshot *snapshot_at(struct run *run, const struct scene *s, size_t *at, uint64_t time)
{
	uint64_t now = *at ? s->events[*at - 1].time_ns : 0;
	struct snapshot *snap;

	for (; *at < s->recording.cnt; ++*at) {
		now = s->events[*at].time_ns > now ? s->events[*at].time_ns : now;
		if (now >= time)
			break;
		run_feed(run, &s->events[*at]);
	}
	snap = metrics_snapshot(run->metrics, time < s->end ? time : s->end, NULL, 0);
	assert_non_null(snap);
	return snap;
}

static const struct endpoint_figures *find(const struct snapshot *snap, uint32_t ep)
{
	for (size_t i = 0; i < snap->endpoint_cnt; i++)
		if (snap->endpoints[i].ep == ep)
			return &snap->endpoints[i];
	return NULL;
}

static void assert_difference(const struct endpoint_figures *want, const struct endpoint_figures *got)
{
	assert_int_equal(got->certain, want->certain);
	/* one that came to be refused is taken back, wherever it was counted */
	if (!got->transfers.failed_submit)
		assert_int_equal(got->transfers.submitted, want->transfers.submitted);
	assert_int_equal(got->transfers.completed, want->transfers.completed);
	assert_int_equal(got->transfers.missed, want->transfers.missed);
	assert_int_equal(got->transfers.unpaired, want->transfers.unpaired);
	assert_int_equal(got->bytes, want->bytes);
	assert_int_equal(got->in_flight_now, want->in_flight_now);
	for (size_t i = 1; i < got->depth.time_cnt || i < want->depth.time_cnt; i++)
		assert_int_equal(i < got->depth.time_cnt ? got->depth.time_ns[i] : 0,
				 i < want->depth.time_cnt ? want->depth.time_ns[i] : 0);
}

static void test_doubt_of_a_part(void **state)
{
	static struct scene s;
	static struct part p;
	size_t doubtful = 0, again = 0;

	for (uint64_t r = 1; r <= RUNS; r++) {
		const struct metrics_config config = { .idle_threshold_ns = LIVES_IDLE_NS };
		struct snapshot *from, *to, *between;
		struct run run;
		size_t at = 0;

		seed_begins(state, r);
		scene_draw(&s, r);
		lose_some(&s, r);
		if (!s.from)
			continue;
		run_init(&run, NULL, &config);
		from = snapshot_at(&run, &s, &at, s.start + s.from);
		to = snapshot_at(&run, &s, &at, s.start + s.to);
		between = snapshot_interval(from, to);
		part_read(&p, &s.recording, s.from, s.to);
		for (size_t i = 0; i < p.snap->endpoint_cnt; i++) {
			const struct endpoint_figures *got = &p.snap->endpoints[i];
			const struct endpoint_figures *was = find(from, got->ep);
			const struct endpoint_figures *want = find(between, got->ep);

			assert_non_null(want);
			again += was && was->certain && was->transfers.lost && !want->certain;
			doubtful += was && !was->certain;
			/* what is in flight by then proves less in the part */
			if (was && !was->certain && was->in_flight_now)
				assert_true(want->certain || !got->certain);
			else
				assert_difference(want, got);
			/* told: either by the losses of the part, or by one from before */
			if (was && !was->certain)
				assert_false(got->complete);
		}
		part_release(&p);
		snapshot_free(from);
		snapshot_free(to);
		snapshot_free(between);
		run_release(&run);
	}
	assert_true(doubtful > 100 && again > 10);
}

static const struct CMUnitTest tests[] = {
	SEEDED("figures-of-a-part-are-those-of-the-definitions", test_figures_of_a_part),
	SEEDED("parts-that-meet-add-up", test_parts_add_up),
	SEEDED("doubt-of-a-part-is-that-of-the-whole", test_doubt_of_a_part),
};

TEST_MAIN(tests)
