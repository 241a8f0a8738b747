// SPDX-License-Identifier: GPL-2.0
/* Runs compared: which endpoint is which, what is said of it, and how often it is said wrongly. */
#include "../lib/testmain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../lib/batchrun.h"
#include "../lib/run.h"

#define BPF (URB_QUEUED | URB_DONE)

/* An endpoint that is used in a run: a queue, as steady as it is told to be. */
struct load {
	unsigned int bus, address, endpoint;
	const char *path;	/* NULL: no facts */
	uint16_t pid;		/* of vendor 17e9; 0: not known */
	unsigned int depth, urbs;
	double device_us, noise; /* time of a transfer: times e^(noise * normal) */
	double host_us;		/* before a URB is submitted again, times as well */
	unsigned int errors;	/* of 1000 completions, at random */
	bool loses;		/* an event, in the middle */
};

#define QUEUE .depth = 4, .urbs = 1500, .device_us = 200, .noise = 0.5, .host_us = 5
static const struct load plain = { 1, 2, 0x81, "1-1", 0x6006, QUEUE };

static double normal(uint64_t *seed)
{
	double a = ((double)(random_next(seed) >> 11) + 0.5) / 9007199254740992.;
	double b = ((double)(random_next(seed) >> 11) + 0.5) / 9007199254740992.;

	return sqrt(-2 * log(a)) * cos(2 * M_PI * b);
}

static uint64_t spread(uint64_t *seed, double us, double noise)
{
	return (uint64_t)(us * 1000 * exp(noise * normal(seed)));
}

static void feed_facts(struct batchrun *run, const struct load *l, uint32_t ep)
{
	struct urb_facts facts = { .has_ids = l->pid, .vid = 0x17e9, .pid = l->pid,
				   .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, 0, 0, ep);

	if (!l->path)
		return;
	snprintf(facts.path, sizeof(facts.path), "%s", l->path);
	ev.facts = &facts;
	batchrun_feed(run, &ev);
}

/* One after the other on the device, from *clock on; a URB is submitted again as it is given back, a bit later. */
static void feed(struct batchrun *run, const struct load *l, uint64_t *clock, uint64_t *seed)
{
	uint32_t ep = urb_ep(l->bus, l->address, l->endpoint);
	uint64_t now = *clock, ready[16] = { 0 };

	feed_facts(run, l, ep);
	for (unsigned int i = 0; i < l->urbs; i++) {
		unsigned int slot = i % l->depth;
		struct urb_event submit, complete;

		/* what its host has submitted by now */
		for (unsigned int k = 0; k < l->depth; k++) {
			unsigned int next = (i + k) % l->depth;

			if (ready[next] == UINT64_MAX || (ready[next] > now && next != slot))
				continue;
			now = ready[next] > now ? ready[next] : now;
			submit = queued_event(now, now, next + 1, ep);
			batchrun_feed(run, &submit);
			ready[next] = UINT64_MAX;
		}
		now += spread(seed, l->device_us, l->noise);
		complete = done_event(now, slot + 1, ep);
		complete.complete.length = 512;
		complete.complete.status = random_below(seed, 1000) < l->errors ? -71 : 0;
		batchrun_feed(run, &complete);
		ready[slot] = now + spread(seed, l->host_us, l->noise);
		if (l->loses && i == l->urbs / 2) {
			struct urb_event lost = plain_event(URB_EV_LOST, now, 0, ep);

			lost.lost.count = 1;
			batchrun_feed(run, &lost);
		}
	}
	*clock = now;
}

static void make(struct batchrun *run, const struct load *loads, size_t cnt, uint64_t seed)
{
	uint64_t clock = 1000;

	batchrun_init(run);
	for (size_t i = 0; i < cnt; i++)
		feed(run, &loads[i], &clock, &seed);
	batchrun_finish(run, 0, BPF);
}

struct pair_of_runs {
	struct batchrun run[2];
	struct compare_run compared[2];
	struct comparison *c;
};

static void compare(struct pair_of_runs *p, const struct load *before, size_t before_cnt,
		    const struct load *after, size_t after_cnt, uint64_t seed)
{
	make(&p->run[0], before, before_cnt, seed);
	make(&p->run[1], after, after_cnt, seed + 1000000);
	for (int i = 0; i < 2; i++)
		p->compared[i] = batchrun_compared(&p->run[i]);
	p->c = compare_new(&p->compared[0], 1, &p->compared[1], 1);
	assert_non_null(p->c);
}

static void release(struct pair_of_runs *p)
{
	compare_free(p->c);
	batchrun_release(&p->run[0]);
	batchrun_release(&p->run[1]);
}

static bool holds(const struct compare_result *r, enum compare_verdict verdict)
{
	return r->verdict == verdict;
}

/* The whole way from events on; all figures of two endpoints together count as one occasion. */
static void same_driver_is_rarely_told_to_differ(void **state)
{
	struct load loads[2] = { plain, plain };
	int alarms = 0, trials = 200, answers = 0;

	(void)state;
	loads[1].endpoint = 0x02;
	loads[1].depth = 1;
	loads[0].errors = loads[1].errors = 10;
	for (int i = 0; i < trials; i++) {
		struct pair_of_runs p;

		compare(&p, loads, 2, loads, 2, 1 + i);
		alarms += p.c->differences > 0;
		answers += (int)p.c->comparisons;
		release(&p);
	}
	assert_true(alarms <= 0.05 * trials + 3.3 * sqrt(0.05 * 0.95 * trials));
	/* most of twelve are answered: depth and throughput, gaps, latency, errors */
	assert_true(answers > 6 * trials);
}

/* 1.1 times as long on the device, of which the throughput is the inverse; then back again. */
static void slower_device_is_found(void **state)
{
	struct load slower = plain;
	int trials = 30, found = 0, covered = 0, worse = 0;

	(void)state;
	slower.device_us *= 1.2;
	for (int i = 0; i < trials; i++) {
		const struct compare_result *r;
		struct pair_of_runs p;

		compare(&p, &plain, 1, &slower, 1, 1 + i);
		r = &p.c->endpoint[0].result[COMPARE_THROUGHPUT];
		found += holds(r, COMPARE_LOWER);
		worse += compare_is_worse(COMPARE_THROUGHPUT, r->verdict);
		covered += r->low <= 1 / 1.2 - 1 && r->high >= 1 / 1.2 - 1;
		assert_false(holds(r, COMPARE_HIGHER));
		release(&p);
	}
	assert_true(found >= 25);
	assert_int_equal(worse, found);
	assert_true(covered >= 24);
}

static void deeper_queue_is_found(void **state)
{
	struct load before = plain;
	const struct compare_result *r;
	struct pair_of_runs p;

	(void)state;
	before.depth = 1;
	before.host_us = 100;
	compare(&p, &before, 1, &plain, 1, 7);
	r = p.c->endpoint[0].result;
	assert_true(holds(&r[COMPARE_DEPTH], COMPARE_HIGHER));
	assert_true(holds(&r[COMPARE_GAP_SHARE], COMPARE_LOWER));
	assert_true(holds(&r[COMPARE_GAPS], COMPARE_LOWER));
	assert_true(holds(&r[COMPARE_LATENCY], COMPARE_HIGHER));
	assert_true(holds(&r[COMPARE_THROUGHPUT], COMPARE_HIGHER));
	assert_true(holds(&r[COMPARE_ERRORS], COMPARE_NO_DIFFERENCE));
	/* nobody knows whether a deeper queue was wanted */
	assert_false(compare_is_worse(COMPARE_LATENCY, COMPARE_HIGHER));
	assert_false(compare_is_worse(COMPARE_DEPTH, COMPARE_HIGHER));
	/* the snapshot's figures */
	assert_float_equal(r[COMPARE_DEPTH].side[1].value,
			   p.run[1].snap->endpoints[0].depth.mean, 1e-9);
	assert_float_equal(r[COMPARE_GAP_SHARE].side[0].value,
			   p.run[0].snap->endpoints[0].gaps.share, 1e-9);
	assert_float_equal(r[COMPARE_LATENCY].side[0].value,
			   p.run[0].snap->endpoints[0].latency.mean_ns, 1e-3);
	release(&p);
}

static void errors_are_told_by_their_number(void **state)
{
	static const struct { unsigned int before, after; enum compare_verdict want; } cases[] = {
		{ 0, 30, COMPARE_HIGHER }, { 30, 0, COMPARE_LOWER }, { 20, 20, COMPARE_NO_DIFFERENCE },
		{ 0, 1, COMPARE_NO_DIFFERENCE },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct load before = plain, after = plain;
		const struct compare_result *r;
		struct pair_of_runs p;

		before.errors = cases[i].before;
		after.errors = cases[i].after;
		compare(&p, &before, 1, &after, 1, 11);
		r = &p.c->endpoint[0].result[COMPARE_ERRORS];
		assert_true(holds(r, cases[i].want));
		assert_int_equal(r->side[1].of, 1500);
		release(&p);
	}
}

/* None of 1500 before, a few of 1500 after: as a coin that falls on one side every time, or rarer. */
static void few_errors_are_compared_exactly(void **state)
{
	int few = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct load after = plain;
		const struct compare_result *r;
		struct pair_of_runs p;

		after.errors = 3;
		compare(&p, &plain, 1, &after, 1, 50 + i);
		r = &p.c->endpoint[0].result[COMPARE_ERRORS];
		if (holds(r, COMPARE_NO_DIFFERENCE) && r->side[1].count) {
			assert_true(r->p >= 0.999 * fmin(1, 2 * pow(0.5, (double)r->side[1].count)));
			few++;
		}
		release(&p);
	}
	assert_true(few > 10);
}

static void doubt_is_never_a_difference(void **state)
{
	struct load lossy = plain, deep = plain;

	(void)state;
	lossy.loses = true;
	deep.depth = 1;
	for (int side = 0; side < 2; side++) {
		struct pair_of_runs p;

		compare(&p, side ? &deep : &lossy, 1, side ? &lossy : &deep, 1, 3);
		for (int f = 0; f < COMPARE_REFUSED; f++)
			assert_true(holds(&p.c->endpoint[0].result[f], COMPARE_IN_DOUBT));
		assert_true(p.c->endpoint[0].in_doubt[side]);
		assert_int_equal(p.c->endpoint[0].lost[side], 1);
		assert_false(p.c->endpoint[0].in_doubt[!side]);
		assert_int_equal(p.c->comparisons, 0);
		release(&p);
	}
}

static void short_run_is_never_a_difference(void **state)
{
	struct load brief = plain;
	struct pair_of_runs p;

	(void)state;
	brief.urbs = 100;	/* 20 ms */
	brief.depth = 1;
	compare(&p, &plain, 1, &brief, 1, 3);
	for (int f = 0; f < COMPARE_REFUSED; f++)
		assert_true(holds(&p.c->endpoint[0].result[f], COMPARE_TOO_SHORT));
	release(&p);
}

static void other_moments_are_not_compared(void **state)
{
	struct pair_of_runs p;

	(void)state;
	make(&p.run[0], &plain, 1, 1);
	make(&p.run[1], &plain, 1, 2);
	p.run[1].snap->source.sees = URB_SUBMIT | URB_HANDLER; /* usbmon's */
	for (int i = 0; i < 2; i++)
		p.compared[i] = batchrun_compared(&p.run[i]);
	p.c = compare_new(&p.compared[0], 1, &p.compared[1], 1);
	assert_true(p.c->unlike_sources);
	assert_true(holds(&p.c->endpoint[0].result[COMPARE_DEPTH], COMPARE_UNLIKE));
	assert_true(holds(&p.c->endpoint[0].result[COMPARE_LATENCY], COMPARE_UNLIKE));
	assert_true(holds(&p.c->endpoint[0].result[COMPARE_ERRORS], COMPARE_NO_DIFFERENCE));
	compare_free(p.c);
	/* the levels of BPF have the same time in flight, and another latency */
	p.run[1].snap->source.sees = BPF | URB_SUBMIT | URB_HANDLER | URB_RETURNED;
	p.c = compare_new(&p.compared[0], 1, &p.compared[1], 1);
	assert_false(holds(&p.c->endpoint[0].result[COMPARE_DEPTH], COMPARE_UNLIKE));
	assert_true(holds(&p.c->endpoint[0].result[COMPARE_LATENCY], COMPARE_UNLIKE));
	release(&p);
}

/* Runs of 4 % more or less each, as machines are; a real difference is four times that. */
static void with_repeats_noise_is_between_runs(void **state)
{
	static const double machine[6] = { 1, 1.04, 0.97, 1.02, 0.98, 1.03 };
	struct compare_run compared[6];
	struct batchrun run[6];
	struct comparison *c;

	(void)state;
	for (int faster = 0; faster < 2; faster++) {
		for (int i = 0; i < 6; i++) {
			struct load load = plain;

			load.noise = 0.02;
			load.host_us = 1;
			load.device_us *= machine[i] * (faster && i >= 3 ? 0.6 : 1);
			make(&run[i], &load, 1, 100 + i);
			compared[i] = batchrun_compared(&run[i]);
		}
		c = compare_new(compared, 3, compared + 3, 3);
		assert_true(c->between_runs);
		assert_true(holds(&c->endpoint[0].result[COMPARE_THROUGHPUT],
				  faster ? COMPARE_HIGHER : COMPARE_NO_DIFFERENCE));
		compare_free(c);
		/* one of each would have been told to differ: their own noise is small */
		c = compare_new(compared, 1, compared + 4, 1);
		assert_false(holds(&c->endpoint[0].result[COMPARE_THROUGHPUT],
				   COMPARE_NO_DIFFERENCE));
		compare_free(c);
		for (int i = 0; i < 6; i++)
			batchrun_release(&run[i]);
	}
}

#define USED .depth = 1, .urbs = 3, .device_us = 100, .host_us = 5

/* Which endpoints are compared ("="), on one side only ("<", ">"), or ambiguous ("?"). */
static void device_is_known_by_ids_and_port(void **state)
{
	static const struct {
		struct load before[3], after[3];
		const char *want;
		bool moved;
	} cases[] = {
		/* the same, at another address */
		{ { { 1, 2, 0x81, "1-1", 1, USED } }, { { 1, 9, 0x81, "1-1", 1, USED } }, "=", false },
		/* on another port, or another bus */
		{ { { 1, 2, 0x81, "1-1", 1, USED } }, { { 3, 2, 0x81, "3-4", 1, USED } }, "=", true },
		/* another device on the port */
		{ { { 1, 2, 0x81, "1-1", 1, USED } }, { { 1, 2, 0x81, "1-1", 2, USED } }, "<>", false },
		/* another endpoint of it */
		{ { { 1, 2, 0x81, "1-1", 1, USED } }, { { 1, 2, 0x02, "1-1", 1, USED } }, "<>", false },
		/* twins, by their ports */
		{ { { 1, 2, 0x81, "1-1", 1, USED }, { 1, 3, 0x81, "1-2", 1, USED } },
		  { { 1, 2, 0x81, "1-2", 1, USED }, { 1, 3, 0x81, "1-1", 1, USED } }, "==", false },
		/* one of them moved */
		{ { { 1, 2, 0x81, "1-1", 1, USED }, { 1, 3, 0x81, "1-2", 1, USED } },
		  { { 1, 2, 0x81, "1-1", 1, USED }, { 1, 3, 0x81, "1-3", 1, USED } }, "==", true },
		/* both moved: nobody knows which is which */
		{ { { 1, 2, 0x81, "1-1", 1, USED }, { 1, 3, 0x81, "1-2", 1, USED } },
		  { { 1, 2, 0x81, "1-3", 1, USED }, { 1, 3, 0x81, "1-4", 1, USED } }, "????", false },
		/* one of two */
		{ { { 1, 2, 0x81, "1-1", 1, USED } },
		  { { 1, 2, 0x81, "1-3", 1, USED }, { 1, 3, 0x81, "1-4", 1, USED } }, "???", false },
		/* a capture without descriptors */
		{ { { 1, 2, 0x81, NULL, 0, USED } }, { { 1, 2, 0x81, NULL, 0, USED } }, "=", true },
		{ { { 1, 2, 0x81, "1-1", 1, USED } }, { { 1, 2, 0x81, NULL, 0, USED } }, "=", true },
		{ { { 1, 2, 0x81, NULL, 0, USED } }, { { 1, 3, 0x81, NULL, 0, USED } }, "<>", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t before = 0, after = 0;
		struct pair_of_runs p;
		char got[8] = "";
		bool moved = false;

		while (before < 3 && cases[i].before[before].urbs)
			before++;
		while (after < 3 && cases[i].after[after].urbs)
			after++;
		compare(&p, cases[i].before, before, cases[i].after, after, 1);
		for (size_t k = 0; k < p.c->endpoint_cnt; k++) {
			const struct compare_endpoint *ep = &p.c->endpoint[k];

			got[k] = ep->ambiguous ? '?' : compare_is_compared(ep) ? '=' :
				 ep->runs[COMPARE_BEFORE] ? '<' : '>';
			moved |= ep->moved;
		}
		if (strcmp(got, cases[i].want) || moved != cases[i].moved)
			fail_msg("case %zu: %s, moved %d", i, got, moved);
		release(&p);
	}
}

/* Two lives of one device in a run are one endpoint of it. */
static void device_that_was_plugged_in_again_is_one(void **state)
{
	struct load load = plain;
	struct pair_of_runs p;
	uint64_t seed = 1;

	(void)state;
	load.urbs = 1000;
	for (int i = 0; i < 2; i++) {
		struct urb_event gone = plain_event(URB_EV_GONE, 0, 0, urb_ep(1, 2, 0));
		uint64_t clock = 1000;

		batchrun_init(&p.run[i]);
		feed(&p.run[i], &load, &clock, &seed);
		gone.time_ns = clock;
		batchrun_feed(&p.run[i], &gone);
		load.address = 3;
		feed(&p.run[i], &load, &clock, &seed);
		load.address = 2;
		batchrun_finish(&p.run[i], 0, BPF);
		assert_int_equal(p.run[i].snap->endpoint_cnt, 2);
		p.compared[i] = batchrun_compared(&p.run[i]);
	}
	p.c = compare_new(&p.compared[0], 1, &p.compared[1], 1);
	assert_int_equal(p.c->endpoint_cnt, 1);
	assert_int_equal(p.c->endpoint[0].result[COMPARE_ERRORS].side[0].of, 2000);
	release(&p);
}

static void nothing_at_all_is_no_comparison(void **state)
{
	struct pair_of_runs p;

	(void)state;
	compare(&p, NULL, 0, NULL, 0, 1);
	assert_int_equal(p.c->endpoint_cnt, 0);
	assert_int_equal(p.c->comparisons, 0);
	release(&p);
}

static const struct CMUnitTest tests[] = {
	TEST("same-driver-is-rarely-told-to-differ", same_driver_is_rarely_told_to_differ),
	TEST("slower-device-is-found", slower_device_is_found),
	TEST("deeper-queue-is-found", deeper_queue_is_found),
	TEST("errors-are-told-by-their-number", errors_are_told_by_their_number),
	TEST("few-errors-are-compared-exactly", few_errors_are_compared_exactly),
	TEST("doubt-is-never-a-difference", doubt_is_never_a_difference),
	TEST("short-run-is-never-a-difference", short_run_is_never_a_difference),
	TEST("other-moments-are-not-compared", other_moments_are_not_compared),
	TEST("with-repeats-noise-is-between-runs", with_repeats_noise_is_between_runs),
	TEST("device-is-known-by-ids-and-port", device_is_known_by_ids_and_port),
	TEST("device-that-was-plugged-in-again-is-one", device_that_was_plugged_in_again_is_one),
	TEST("nothing-at-all-is-no-comparison", nothing_at_all_is_no_comparison),
};

TEST_MAIN(tests)
