// SPDX-License-Identifier: GPL-2.0
/*
 * min-depth and max-depth against their definition, reckoned ns by ns: n(t) for every ns of the run,
 * bursts by its zero intervals, ramp-up until the limit is first reached, drain after the last
 * submission.
 */
#include "../lib/testmain.h"

#include <stdio.h>
#include <string.h>

#include "../lib/checkrun.h"

#define IN	0x10281	/* bus 1, address 2, endpoint 0x81 */
#define IDLE	1000
#define RUN_NS	9000
#define LIVES	24
#define RUNS	4000

struct life {
	uint64_t start, end;	/* in flight: start <= t < end */
	bool inherited;		/* no submission was seen */
};

struct naive {
	uint32_t level[RUN_NS];
	bool submit[RUN_NS + 1];
	uint64_t counted, bad, never;
};

static void reckon_levels(struct naive *n, const struct life *lives, size_t cnt)
{
	memset(n, 0, sizeof(*n));
	for (size_t i = 0; i < cnt; i++) {
		n->submit[lives[i].start] = true;
		for (uint64_t t = lives[i].start; t < lives[i].end && t < RUN_NS; t++)
			n->level[t]++;
	}
}

/* The end of the burst that begins at t: where it falls to 0 for good, or for as long as idle is. */
static uint64_t burst_end(const struct naive *n, uint64_t t, bool *cut)
{
	for (;;) {
		uint64_t zero;

		while (t < RUN_NS && n->level[t])
			t++;
		for (zero = t + (t < RUN_NS && n->submit[t]); zero < RUN_NS; zero++) {
			if (n->level[zero] || n->submit[zero])
				break;
		}
		*cut = zero - t < IDLE;
		if (zero >= RUN_NS || !*cut)
			return t;
		t = zero;
	}
}

static void reckon_burst(struct naive *n, uint64_t from, uint64_t to, bool cut, uint32_t limit,
			 size_t submits)
{
	uint64_t reached = from, last = to;

	while (reached < to && n->level[reached] < limit)
		reached++;
	if (reached == to) {
		if (cut && submits < limit)
			return;
		n->never++;
		n->counted += to - from;
		n->bad += to - from;
		return;
	}
	while (!n->submit[last])
		last--;
	for (uint64_t t = reached; t < last; t++) {
		n->counted++;
		n->bad += n->level[t] < limit;
	}
}

static void reckon_min(struct naive *n, const struct life *lives, size_t cnt, uint32_t limit)
{
	uint64_t t = 0;

	while (t < RUN_NS) {
		uint64_t end;
		size_t submits = 0;
		bool cut;

		while (t < RUN_NS && !n->submit[t])
			t++;
		if (t == RUN_NS)
			return;
		end = burst_end(n, t, &cut);
		for (size_t i = 0; i < cnt; i++)
			submits += lives[i].start >= t && lives[i].start <= end;
		reckon_burst(n, t, end, cut, limit, submits);
		t = end + !n->level[end < RUN_NS ? end : RUN_NS - 1];
	}
}

/* What was in flight before must show before anything is paired: all of it ends first. */
static size_t draw(struct life *lives, uint64_t *seed)
{
	size_t cnt = 1 + random_below(seed, LIVES), inherited = random_below(seed, 4);
	uint64_t first = RUN_NS;

	for (size_t i = 0; i < cnt; i++) {
		uint64_t pause = random_below(seed, 3) ? 400 : 4000;

		lives[i].start = i ? lives[i - 1].start + random_below(seed, pause) : random_below(seed, 900);
		lives[i].start %= RUN_NS - 1;
		lives[i].end = lives[i].start + random_below(seed, 1500);
		lives[i].inherited = false;
		first = lives[i].end < first ? lives[i].end : first;
	}
	for (size_t i = 0; first > 1 && i < inherited && i < cnt; i++)
		lives[i] = (struct life){ 0, 1 + random_below(seed, first - 1), true };
	return cnt;
}

static void feed(struct checkrun *run, const struct life *lives, size_t cnt)
{
	struct urb_event ev;

	for (uint64_t t = 0; t < RUN_NS; t++) {
		for (size_t i = 0; i < cnt; i++) {
			if (lives[i].start != t || lives[i].inherited)
				continue;
			ev = submit_event(t, i + 1, IN);
			checkrun_feed(run, &ev);
		}
		for (size_t i = 0; i < cnt; i++) {
			if (lives[i].end != t)
				continue;
			ev = complete_event(t, i + 1, IN, 0);
			checkrun_feed(run, &ev);
		}
	}
}

static void min_depth_is_what_its_definition_says(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		uint32_t limit = 1 + random_below(&seed, 4);
		struct life lives[LIVES];
		size_t cnt = draw(lives, &seed);
		const struct check_result *r;
		static struct naive naive;
		struct checkrun run;
		char text[16];

		reckon_levels(&naive, lives, cnt);
		reckon_min(&naive, lives, cnt, limit);
		snprintf(text, sizeof(text), "%u", limit);
		checkrun_init(&run);
		checkrun_assert(&run, ASSERT_MIN_DEPTH, text);
		feed(&run, lives, cnt);
		checkrun_finish(&run, RUN_NS, NULL);
		r = checkrun_result(&run, IN);
		if (r->doubt == DOUBT_NONE) {
			assert_int_equal(r->counted_ns, naive.counted);
			assert_int_equal(r->bad_ns, naive.bad);
			assert_int_equal(r->never_cnt, naive.never);
			assert_int_equal(r->verdict, naive.bad || naive.never ? VERDICT_VIOLATED
									      : VERDICT_HOLDS);
		} else if (r->doubt == DOUBT_UNSEEN) {
			for (size_t k = 0; k < cnt; k++)
				assert_true(lives[k].inherited);
		} else {
			assert_false(naive.counted || naive.never);
		}
		checkrun_release(&run);
	}
}

static void max_depth_is_what_its_definition_says(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		uint32_t limit = 1 + random_below(&seed, 4);
		uint64_t over = 0;
		struct life lives[LIVES];
		size_t cnt = draw(lives, &seed);
		const struct check_result *r;
		static struct naive naive;
		struct checkrun run;
		char text[16];

		reckon_levels(&naive, lives, cnt);
		for (uint64_t t = 0; t < RUN_NS; t++)
			over += naive.level[t] > limit;
		snprintf(text, sizeof(text), "%u", limit);
		checkrun_init(&run);
		checkrun_assert(&run, ASSERT_MAX_DEPTH, text);
		feed(&run, lives, cnt);
		checkrun_finish(&run, RUN_NS, NULL);
		r = checkrun_result(&run, IN);
		if (r->doubt == DOUBT_NONE) {
			assert_int_equal(r->bad_ns, over);
			assert_int_equal(r->verdict, over ? VERDICT_VIOLATED : VERDICT_HOLDS);
			assert_int_equal(r->has_scene, over > 0);
		}
		checkrun_release(&run);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("min-depth-is-what-its-definition-says", min_depth_is_what_its_definition_says),
	TEST("max-depth-is-what-its-definition-says", max_depth_is_what_its_definition_says),
};

TEST_MAIN(tests)
