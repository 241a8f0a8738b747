// SPDX-License-Identifier: GPL-2.0
/*
 * Bits that flipped, pieces that are missing, blocks out of order: what is read is part of what was
 * written, what is not read is counted, and what was in flight is known again where the trace tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/lives.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"

#define SLOWER 100000 /* lives are of milliseconds; here they take minutes */

static struct got whole, got;

/* Random lives of URBs, with nothing but what URBs do. */
static void make_events(uint64_t seed, struct urb_event *events, size_t cnt)
{
	struct lives lives = { 0 };

	lives_draw(&lives, &seed);
	lives.losses = lives.inherited = false;
	lives_generate(&lives, &seed, events, cnt);
	for (size_t i = 0; i < cnt; i++) {
		/* in order: nothing here is about late events */
		if (i && events[i].time_ns * SLOWER < events[i - 1].time_ns)
			events[i].time_ns = events[i - 1].time_ns;
		else
			events[i].time_ns *= SLOWER;
	}
}

static uint8_t *make_trace(uint64_t seed, size_t cnt, size_t block, size_t *size)
{
	struct urb_event *events = calloc(cnt, sizeof(*events));
	struct trace_run run = trace_run_example();
	uint8_t *bytes;

	make_events(seed, events, cnt);
	bytes = trace_bytes(trace_written(&run, events, cnt, block, true), size);
	free(events);
	trace_read_all(trace_of_bytes(bytes, *size), NULL, &whole);
	assert_int_equal(whole.end, -ENODATA);
	assert_int_equal(whole.info.damaged, 0);
	assert_false(whole.info.broken_off);
	assert_int_equal(whole.cnt, cnt);
	return bytes;
}

static bool same(const struct urb_event *a, const struct urb_event *b)
{
	return a->kind == b->kind && a->time_ns == b->time_ns && a->id == b->id && a->ep == b->ep &&
	       a->stream == b->stream && a->seen == b->seen && a->flags == b->flags &&
	       (a->kind != URB_EV_COMPLETE || (a->complete.length == b->complete.length &&
					       a->complete.status == b->complete.status));
}

/* The reader's own words about a gap. */
static bool is_about_a_gap(const struct urb_event *ev)
{
	return ev->kind == URB_EV_LOST || ev->kind == URB_EV_INFLIGHT || ev->kind == URB_EV_SYNC ||
	       ev->kind == URB_EV_FACTS || ev->kind == URB_EV_GONE;
}

/* What was read is `whole` with pieces missing; if its end was read, they are counted. */
static void assert_part_of_whole(const char *what, size_t at)
{
	uint64_t lost = 0, read = 0;
	size_t next = 0;

	for (size_t i = 0; i < got.cnt; i++) {
		const struct urb_event *ev = &got.ev[i];

		if (ev->kind == URB_EV_LOST)
			lost += ev->lost.count;
		if (is_about_a_gap(ev))
			continue;
		while (next < whole.cnt && !same(&whole.ev[next], ev))
			next++;
		if (next++ == whole.cnt)
			fail_msg("%s %zu: event %zu was never written", what, at, i);
		read++;
	}
	if (got.end == -EINVAL) {
		if (!got.fault.text[0])
			fail_msg("%s %zu: refused without a word", what, at);
		return;
	}
	assert_int_equal(got.end, -ENODATA);
	if (!got.info.broken_off && read + lost != whole.cnt)
		fail_msg("%s %zu: %zu written, %zu read, %zu lost", what, at, whole.cnt, (size_t)read,
			 (size_t)lost);
	if (read < whole.cnt && !lost && !got.info.broken_off)
		fail_msg("%s %zu: events are missing, and nothing says so", what, at);
}

/* Does anything say that it is not as it was written? */
static bool is_told(void)
{
	return got.end == -EINVAL || got.info.damaged || got.info.broken_off;
}

static void test_flips_at_every_byte(void **state)
{
	size_t size;
	uint8_t *bytes = make_trace(3, 120, 40, &size);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		bytes[at] ^= 1u << at % 8;
		trace_read_all(trace_of_bytes(bytes, size), NULL, &got);
		assert_part_of_whole("flip at", at);
		if (!is_told())
			fail_msg("flip at %zu: nothing says so", at);
		bytes[at] ^= 1u << at % 8;
	}
	free(bytes);
}

static void test_cuts_at_every_byte(void **state)
{
	size_t size;
	uint8_t *bytes = make_trace(4, 120, 40, &size);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		trace_read_all(trace_of_bytes(bytes, cut), NULL, &got);
		assert_part_of_whole("cut at", cut);
		if (!is_told() && cut < size - TRACE_TRAILER_BYTES)
			fail_msg("cut at %zu: nothing says so", cut);
	}
	free(bytes);
}

/* A piece is missing, doubled, filled with noise, or exchanged for another piece. */
static void test_damage_at_random(void **state)
{
	size_t size, extra;
	uint8_t *bytes = make_trace(5, 6000, 70, &size), *other, *copy = malloc(3 * size);
	uint64_t seed = 99;

	(void)state;
	other = malloc(size);
	for (size_t round = 0; round < 400; round++) {
		size_t at = random_below(&seed, size), cnt = random_below(&seed, size - at);
		size_t to = random_below(&seed, size);

		cnt = random_below(&seed, 2) ? cnt : cnt % 300;
		extra = 0;
		memcpy(copy, bytes, size);
		switch (random_below(&seed, 4)) {
		case 0: /* missing */
			memmove(copy + at, copy + at + cnt, size - at - cnt);
			extra = -cnt;
			break;
		case 1: /* noise */
			for (size_t i = 0; i < cnt; i++)
				copy[at + i] = random_next(&seed);
			break;
		case 2: /* doubled */
			memmove(copy + at + cnt, bytes + at, size - at);
			extra = cnt;
			break;
		case 3: /* a piece of elsewhere comes between */
			cnt = cnt > size - to ? size - to : cnt;
			memcpy(copy + at + cnt, bytes + at, size - at);
			memcpy(copy + at, bytes + to, cnt);
			extra = cnt;
			break;
		}
		trace_read_all(trace_of_bytes(copy, size + extra), NULL, &got);
		assert_part_of_whole("round", round);
	}
	free(copy);
	free(other);
	free(bytes);
}

struct place {
	size_t at, size;
	struct trace_block block;
};

/* The blocks of a trace, its END included. */
static size_t find_blocks(const uint8_t *bytes, size_t size, struct place *places, size_t max)
{
	size_t cnt = 0;

	for (size_t at = TRACE_HEAD_BYTES; at < size - TRACE_TRAILER_BYTES; cnt++) {
		struct trace_block block;

		assert_true(cnt < max);
		assert_int_equal(trace_block_unpack(&block, bytes + at), 0);
		places[cnt] = (struct place){ at, TRACE_BLOCK_BYTES + block.size, block };
		at += places[cnt].size;
	}
	return cnt;
}

enum { BLOCKS = 1024 };

/* Blocks in any order: one that comes after a later one is not told any more. */
static void test_blocks_out_of_order(void **state)
{
	struct place places[BLOCKS];
	size_t size, cnt;
	uint8_t *bytes = make_trace(6, 6000, 70, &size), *copy = malloc(size);
	uint64_t seed = 7;

	(void)state;
	cnt = find_blocks(bytes, size, places, BLOCKS);
	assert_in_range(cnt, 80, BLOCKS);
	for (size_t round = 0; round < 200; round++) {
		size_t at = TRACE_HEAD_BYTES;

		for (size_t swaps = 1 + random_below(&seed, 3); swaps; swaps--) {
			size_t a = random_below(&seed, cnt), b = random_below(&seed, cnt);
			struct place place = places[a];

			places[a] = places[b];
			places[b] = place;
		}
		memcpy(copy, bytes, size);
		for (size_t i = 0; i < cnt; i++) {
			memcpy(copy + at, bytes + places[i].at, places[i].size);
			at += places[i].size;
		}
		trace_read_all(trace_of_bytes(copy, size), NULL, &got);
		assert_part_of_whole("round", round);
		assert_true(is_told());
	}
	free(copy);
	free(bytes);
}

/* A block of another recording is no block of this one. */
static void test_blocks_of_another_recording(void **state)
{
	struct place places[BLOCKS], others[BLOCKS];
	struct trace_run run = trace_run_example();
	struct urb_event *events = calloc(6000, sizeof(*events));
	size_t size, cnt, other_size;
	uint8_t *bytes, *other;
	struct trace_writer *writer;
	int fd;

	(void)state;
	bytes = make_trace(6, 6000, 70, &size);
	cnt = find_blocks(bytes, size, places, BLOCKS);
	fd = trace_of_bytes("", 0);
	writer = trace_writer_new(fd, &run, 0x99);
	make_events(6, events, 6000);
	for (size_t i = 0; i < 6000; i++) {
		events[i].stream = 9;
		trace_writer_event(writer, &events[i]);
		if (i % 70 == 69)
			trace_writer_tick(writer, events[i].time_ns);
	}
	assert_int_equal(trace_writer_end(writer, events[5999].time_ns), 0);
	trace_writer_free(writer);
	other = trace_bytes(fd, &other_size);
	assert_in_range(find_blocks(other, other_size, others, BLOCKS), cnt, cnt);
	for (size_t i = 0; i < cnt; i++) {
		uint8_t *copy = malloc(size + others[i].size);

		memcpy(copy, bytes, places[i].at);
		memcpy(copy + places[i].at, other + others[i].at, others[i].size);
		memcpy(copy + places[i].at + others[i].size, bytes + places[i].at + places[i].size,
		       size - places[i].at - places[i].size);
		trace_read_all(trace_of_bytes(copy, size - places[i].size + others[i].size), NULL, &got);
		assert_part_of_whole("block", i);
		assert_true(is_told());
		free(copy);
	}
	free(events);
	free(other);
	free(bytes);
}

/* --- exact again -------------------------------------------------------------------------------- */

static void feed(struct run *run, const struct got *from)
{
	struct track_config track = { .has_start = true, .start_ns = from->info.start_ns };
	struct metrics_config metrics = { .has_start = true, .start_ns = from->info.start_ns };

	run_init(run, &track, &metrics);
	for (size_t i = 0; i < from->cnt; i++)
		run_feed(run, &from->ev[i]);
}

/* With a block gone, what is in flight in the end is what it was, and it is certain. */
static void assert_known_again(const struct got *damaged, size_t lost_block)
{
	struct run before, after;

	feed(&before, &whole);
	feed(&after, damaged);
	assert_int_equal(tracker_in_flight(before.tracker), tracker_in_flight(after.tracker));
	for (unsigned int e = 0; e < LIVES_MAX_EPS; e++) {
		uint32_t ep = urb_ep(1, 2 + e / 2, e % 2 ? 0x81 : 0x02);
		const struct endpoint_figures *a = run_endpoint(&before, ep, whole.now_ns);
		const struct endpoint_figures *b = run_endpoint(&after, ep, whole.now_ns);

		assert_int_equal(!a, !b);
		if (!a)
			continue;
		assert_int_equal(a->in_flight_now, b->in_flight_now);
		assert_true(b->in_flight_max <= a->in_flight_max);
		if (!b->certain)
			fail_msg("block %zu lost, and endpoint %#x is in doubt for good", lost_block, ep);
		assert_false(b->complete);
	}
	run_release(&before);
	run_release(&after);
}

static void test_exact_after_a_gap(void **state)
{
	(void)state;
	for (uint64_t seed = 10; seed < 20; seed++) {
		struct place places[BLOCKS];
		size_t size, cnt, last_key = 0;
		uint8_t *bytes = make_trace(seed, 6000, 70, &size), *copy = malloc(size);

		cnt = find_blocks(bytes, size, places, BLOCKS);
		for (size_t i = 0; i < cnt; i++) {
			if (places[i].block.flags & TRACE_KEY)
				last_key = i;
		}
		assert_in_range(last_key, 5, cnt - 2);
		for (size_t i = 0; i < last_key; i++) {
			size_t end = places[i].at + places[i].size;

			memcpy(copy, bytes, places[i].at);
			memcpy(copy + places[i].at, bytes + end, size - end);
			trace_read_all(trace_of_bytes(copy, size - places[i].size), NULL, &got);
			assert_part_of_whole("block", i);
			assert_int_equal(got.info.damaged, 1);
			assert_known_again(&got, i);
		}
		free(copy);
		free(bytes);
	}
}

/* What was unplugged in the gap and what is there now are two devices. */
static void test_gone_in_a_gap(void **state)
{
	enum { CNT = 900 };
	static struct urb_event events[CNT];
	const uint32_t ep = urb_ep(1, 5, 0x81);
	struct trace_run run = trace_run_example();
	struct place places[BLOCKS];
	size_t size, cnt, gone = 0, end;
	uint8_t *bytes;

	(void)state;
	for (size_t i = 0; i < CNT; i++) {
		uint64_t now = 2000 + i * 10000000;

		events[i] = i % 2 ? complete_event(now, 1, ep, 0) : submit_event(now, 1, ep);
	}
	events[200] = plain_event(URB_EV_GONE, events[200].time_ns, 0, ep);
	events[201] = plain_event(URB_EV_HANDLER, events[201].time_ns, 1, ep);
	bytes = trace_bytes(trace_written(&run, events, CNT, 50, true), &size);
	cnt = find_blocks(bytes, size, places, BLOCKS);
	while (gone + 1 < cnt && places[gone + 1].block.event <= 200)
		gone++;
	end = places[gone].at + places[gone].size;
	memmove(bytes + places[gone].at, bytes + end, size - end);
	trace_read_all(trace_of_bytes(bytes, size - places[gone].size), NULL, &got);
	assert_int_equal(got.info.damaged, 1);
	cnt = 0;
	for (size_t i = 0; i < got.cnt; i++)
		cnt += got.ev[i].kind == URB_EV_GONE;
	assert_int_equal(cnt, 1);
	free(bytes);
}

static const struct CMUnitTest tests[] = {
	TEST("flipped-bits-never-pass", test_flips_at_every_byte),
	TEST("cut-traces-tell-what-is-whole", test_cuts_at_every_byte),
	TEST("damage-at-random-never-passes", test_damage_at_random),
	TEST("blocks-out-of-order-never-pass", test_blocks_out_of_order),
	TEST("blocks-of-another-recording-never-pass", test_blocks_of_another_recording),
	TEST("exact-again-after-a-gap", test_exact_after_a_gap),
	TEST("device-that-left-in-a-gap-has-left", test_gone_in_a_gap),
};

TEST_MAIN(tests)
