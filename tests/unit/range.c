// SPDX-License-Identifier: GPL-2.0
/*
 * Parts of a recording. Their figures against those that tests/lib/naive.c has for random lives cut
 * to the part, and, where events are lost, against the difference of two moments of the whole.
 */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/fakesource.h"
#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/naive_assert.h"
#include "../lib/run.h"
#include "cmd/figures.h"
#include "urbscope/trace.h"

#define MAX_EVENTS 160
#define RUNS	   6000
#define EP	   urb_ep(1, 5, 0x81)

/* A part that was read, with its figures. */
struct part {
	struct source *src;
	struct figures figures;
	struct snapshot *snap;
	struct fault fault;
	struct urb_event ev[2 * MAX_EVENTS];
	size_t cnt;
	int end;
};

static void note(void *ctx, const struct urb_event *ev)
{
	struct part *p = ctx;

	assert_true(p->cnt < 2 * MAX_EVENTS);
	p->ev[p->cnt++] = *ev;
	figures_event(&p->figures, ev);
}

static void part_read(struct part *p, const struct fake_recording *r, uint64_t from, uint64_t to)
{
	struct source_range range = { from, to };

	memset(p, 0, sizeof(*p));
	p->src = source_open_range(fake_source(r), &range, &p->fault);
	assert_non_null(p->src);
	figures_init(&p->figures, p->src, LIVES_IDLE_NS);
	while ((p->end = source_read(p->src, note, p, &p->fault)) >= 0)
		;
	p->snap = figures_snapshot(&p->figures);
	assert_non_null(p->snap);
}

static void part_release(struct part *p)
{
	snapshot_free(p->snap);
	figures_release(&p->figures);
	source_close(p->src);
}

static const struct endpoint_figures *of(const struct part *p, uint32_t ep)
{
	for (size_t i = 0; i < p->snap->endpoint_cnt; i++)
		if (p->snap->endpoints[i].ep == ep)
			return &p->snap->endpoints[i];
	fail_msg("no endpoint %x", ep);
	return NULL;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

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
			of(p, s->lives.ep[i]);
	}
}

static void test_figures_of_a_part(void **state)
{
	uint64_t first = from_environment("SEED", 1), runs = from_environment("RUNS", RUNS);
	static struct scene s;
	static struct part p;

	for (uint64_t r = first; r < first + runs; r++) {
		*(uint64_t *)*state = r;
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
		*(uint64_t *)*state = r;
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
			const struct endpoint_figures *w = of(&whole, b.snap->endpoints[i].ep);
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

		*(uint64_t *)*state = r;
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

/* --- case by case ---------------------------------------------------------------------------- */

static struct urb_facts facts_of(const char *name)
{
	struct urb_facts facts = { .has_ids = true, .vid = 0x17e9, .type = URB_TYPE_BULK };

	snprintf(facts.name, sizeof(facts.name), "%s", name);
	return facts;
}

static struct urb_event facts_event(uint64_t time_ns, uint32_t ep, const struct urb_facts *facts)
{
	struct urb_event ev = plain_event(URB_EV_FACTS, time_ns, 0, ep);

	ev.type = facts->type;
	ev.facts = facts;
	return ev;
}

/* What the driver's URB is stays known, who submitted it when does not. */
static void test_in_flight_is_inherited(void **state)
{
	struct urb_facts facts = facts_of("Dock");
	struct urb_event events[] = {
		facts_event(1000, EP, &facts),
		queued_event(1100, 1110, 7, EP),
		queued_event(1200, 1210, 8, EP),
		done_event(1300, 7, EP),
		done_event(1700, 8, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .start_ns = 1000 };
	static struct part p;

	(void)state;
	events[2].submit.slot = 99;
	events[2].submit.length = 512;
	events[2].submit.gfp = 0xcc0;
	events[2].stream = 3;
	events[2].flags = URB_F_CALLER | URB_F_IN_IRQ;
	part_read(&p, &r, 500, UINT64_MAX);
	assert_int_equal(p.snap->start_ns, 1500);
	assert_int_equal(p.ev[0].kind, URB_EV_FACTS);
	assert_string_equal(of(&p, EP)->facts.name, "Dock");
	assert_int_equal(p.ev[1].kind, URB_EV_INFLIGHT);
	assert_int_equal(p.ev[1].time_ns, 1500);
	assert_int_equal(p.ev[1].id, 8);
	assert_int_equal(p.ev[1].stream, 3);
	assert_int_equal(p.ev[1].submit.slot, 99);
	assert_int_equal(p.ev[1].submit.length, 512);
	assert_int_equal(p.ev[1].submit.gfp | p.ev[1].submit.submit_ns | p.ev[1].flags, 0);
	assert_int_equal(of(&p, EP)->transfers.inherited, 1);
	assert_int_equal(of(&p, EP)->busy_ns, 200);
	assert_int_equal(of(&p, EP)->latency.count, 0);
	assert_true(of(&p, EP)->complete);
	part_release(&p);
}

/* It means that all is named: known of an endpoint that inherits nothing more, or by a walk. */
static void test_sync_where_all_is_named(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x02);
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(1000, 2, other), complete_event(1000, 2, other, 0),
		submit_event(1000, 3, other), complete_event(2000, 1, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 5 };
	static struct part p;

	(void)state;
	for (int walks = 0; walks < 2; walks++) {
		unsigned int syncs = 0;

		r.walks = walks;
		part_read(&p, &r, 500, UINT64_MAX);
		for (size_t i = 0; i < p.cnt; i++) {
			if (p.ev[i].kind == URB_EV_SYNC)
				assert_true(++syncs && (walks || p.ev[i].ep == other));
		}
		assert_int_equal(syncs, walks ? 2 : 1);
		assert_int_equal(of(&p, EP)->transfers.inherited, 1);
		part_release(&p);
	}
}

static void test_nothing_younger_is_read(void **state)
{
	struct urb_event events[] = {
		submit_event(1000, 1, EP), complete_event(2000, 1, EP, 0), submit_event(3000, 2, EP),
		complete_event(2500, 2, EP, 0), submit_event(4000, 3, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .at_once = 1, .start_ns = 1000 };
	struct source_range range = { 0, 1500 };
	static struct part p;
	int open_before = fake_sources_open();
	struct source *src;

	(void)state;
	src = source_open_range(fake_source(&r), &range, &p.fault);
	figures_init(&p.figures, src, LIVES_IDLE_NS);
	p.cnt = 0;
	while (source_read(src, note, &p, &p.fault) >= 0)
		;
	/* closed, and what it said of itself is still there */
	assert_int_equal(fake_sources_open(), open_before);
	assert_string_equal(source_info(src)->kind, "fake");
	assert_string_equal(source_info(src)->run->host, "host");
	assert_int_equal(p.cnt, 2);
	assert_int_equal(source_now(src), 2500);
	assert_int_equal(source_late(src), 0);
	figures_release(&p.figures);
	source_close(src);
}

static void test_late_and_skipped_are_of_the_part(void **state)
{
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(3000, 2, EP), complete_event(2500, 1, EP, 0),
		submit_event(4000, 3, EP), complete_event(3500, 2, EP, 0), submit_event(5000, 4, EP),
		submit_event(4500, 5, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 7, .at_once = 1, .start_ns = 1000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 2800, 4000);
	assert_int_equal(source_late(p.src), 1);
	part_release(&p);
}

static void test_outside_is_told(void **state)
{
	struct urb_event events[] = { submit_event(1000, 1, EP), complete_event(2000, 1, EP, 0) };
	struct fake_recording r = { .events = events, .cnt = 2 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 1001, UINT64_MAX);
	assert_int_equal(p.end, -EINVAL);
	assert_non_null(strstr(p.fault.text, "--from 1.001e-06s"));
	assert_non_null(strstr(p.fault.text, "ends 1e-06s after"));
	part_release(&p);
	/* its last moment is not */
	part_read(&p, &r, 1000, UINT64_MAX);
	assert_int_equal(p.end, -ENODATA);
	assert_int_equal(of(&p, EP)->transfers.completed, 1);
	part_release(&p);
}

/* A stream that is alive ticks. */
static void test_time_passes_without_events(void **state)
{
	struct urb_event events[] = { submit_event(1000, 1, EP) };
	struct fake_recording r = { .events = events, .cnt = 1, .start_ns = 1000, .end_ns = 9000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 2000, 5000);
	assert_int_equal(p.end, -ENODATA);
	assert_int_equal(p.snap->end_ns - p.snap->start_ns, 3000);
	assert_int_equal(of(&p, EP)->busy_ns, 3000);
	assert_int_equal(of(&p, EP)->transfers.open, 1);
	part_release(&p);
}

/* The first device was unplugged with a URB in flight; the second is another one. */
static void test_unplugged_before(void **state)
{
	struct urb_facts first = facts_of("First"), second = facts_of("Second");
	uint32_t other = urb_ep(1, 6, 0x81);
	struct urb_event events[] = {
		facts_event(1000, EP, &first), submit_event(1000, 1, EP),
		plain_event(URB_EV_GONE, 1100, 0, EP & ~0xffu),
		facts_event(1150, other, &first), submit_event(1150, 5, other),
		complete_event(1160, 5, other, 0), plain_event(URB_EV_GONE, 1170, 0, other & ~0xffu),
		facts_event(1180, other, &second), submit_event(1180, 6, other),
		complete_event(1300, 1, EP, -108), complete_event(1300, 6, other, 0),
		facts_event(1400, EP, &second), submit_event(1400, 2, EP),
		complete_event(1500, 2, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 14, .start_ns = 1000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 200, UINT64_MAX);
	assert_int_equal(p.snap->endpoint_cnt, 3);
	assert_true(of(&p, EP)->gone);
	assert_int_equal(of(&p, EP)->transfers.inherited, 1);
	assert_int_equal(of(&p, EP)->transfers.completed, 1);
	assert_string_equal(of(&p, EP)->facts.name, "First");
	assert_string_equal(p.snap->endpoints[1].facts.name, "Second");
	assert_int_equal(p.snap->endpoints[1].transfers.submitted, 1);
	assert_string_equal(of(&p, other)->facts.name, "Second");
	assert_false(of(&p, other)->gone);
	assert_int_equal(of(&p, other)->transfers.inherited, 1);
	part_release(&p);
}

static struct urb_event streams_event(uint64_t time_ns, uint32_t ep, enum urb_streams_what what, int32_t result)
{
	struct urb_event ev = plain_event(URB_EV_STREAMS, time_ns, 0, ep);

	ev.streams.what = what;
	ev.streams.result = result;
	return ev;
}

/* How many are on is told where it is known: a failed call changes nothing, a loss makes it unknown. */
static void test_streams_before(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x81), lossy = urb_ep(1, 7, 0x81), off = urb_ep(1, 8, 0x81);
	struct urb_event lost = plain_event(URB_EV_LOST, 1030, 0, lossy);
	struct urb_event events[] = {
		streams_event(1000, EP, URB_STREAMS_ALLOC, 4), streams_event(1010, EP, URB_STREAMS_FREE, -22),
		streams_event(1010, other, URB_STREAMS_ALLOC, -22),
		streams_event(1020, lossy, URB_STREAMS_ARE, 7), lost,
		streams_event(1040, off, URB_STREAMS_ALLOC, 5), streams_event(1050, off, URB_STREAMS_FREE, 0),
		submit_event(1400, 2, EP), complete_event(1500, 2, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 9, .start_ns = 1000 };
	static struct part p;
	size_t told = 0;

	(void)state;
	part_read(&p, &r, 200, UINT64_MAX);
	for (size_t i = 0; i < p.cnt; i++) {
		const struct urb_event *ev = &p.ev[i];

		if (ev->kind != URB_EV_STREAMS)
			continue;
		assert_int_equal(ev->time_ns, 1200);
		assert_int_equal(ev->streams.what, URB_STREAMS_ARE);
		assert_true(ev->ep == EP || ev->ep == off);
		assert_int_equal(ev->streams.result, ev->ep == EP ? 4 : 0);
		told++;
	}
	assert_int_equal(told, 2);
	part_release(&p);
}

/* Events lost on any endpoint are counted once, however many they concern. */
static void test_losses_are_counted_once(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x02);
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(1000, 2, other),
		plain_event(URB_EV_LOST, 1100, 0, URB_EP_ANY), complete_event(2000, 1, EP, 0),
		complete_event(2000, 2, other, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .start_ns = 1000 };
	static struct part p;

	(void)state;
	events[2].lost.count = 7;
	events[2].lost.until_ns = 1200;
	part_read(&p, &r, 500, UINT64_MAX);
	assert_int_equal(p.snap->events.lost, 7);
	assert_false(of(&p, EP)->certain);
	assert_false(of(&p, other)->certain);
	assert_false(of(&p, EP)->complete);
	assert_false(of(&p, other)->complete);
	part_release(&p);
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

#define SEEDED(title, function) { title, function, set_up, tell_seed, NULL }

static const struct CMUnitTest tests[] = {
	SEEDED("figures-of-a-part-are-those-of-the-definitions", test_figures_of_a_part),
	SEEDED("parts-that-meet-add-up", test_parts_add_up),
	SEEDED("doubt-of-a-part-is-that-of-the-whole", test_doubt_of_a_part),
	TEST("what-is-in-flight-at-its-beginning-is-inherited", test_in_flight_is_inherited),
	TEST("sync-is-said-where-all-is-named", test_sync_where_all_is_named),
	TEST("nothing-younger-than-a-part-is-read", test_nothing_younger_is_read),
	TEST("late-events-are-those-of-the-part", test_late_and_skipped_are_of_the_part),
	TEST("part-outside-the-recording-is-told", test_outside_is_told),
	TEST("time-of-a-part-passes-without-events", test_time_passes_without_events),
	TEST("part-knows-what-was-unplugged", test_unplugged_before),
	TEST("part-knows-how-many-streams-are-on", test_streams_before),
	TEST("losses-before-a-part-are-counted-once", test_losses_are_counted_once),
};

TEST_MAIN(tests)
