// SPDX-License-Identifier: GPL-2.0
/* When a recording is to be shown at which of its moments. The wall's clock is ours. */
#include "../lib/testmain.h"

#include <errno.h>

#include "../lib/run.h"
#include "cmd/player.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define WALL   (1000 * SECOND)	/* when it begins */

/* Lets the wall's clock run until a frame is wanted, which must be by `by`; shows it. */
static uint64_t next_frame(struct player *p, uint64_t *wall, uint64_t by)
{
	uint64_t wake = player_wake_ns(p);

	if (wake > *wall)
		*wall = wake;
	assert_true(*wall <= by);
	assert_true(player_wants(p, *wall));
	player_reached(p, *wall);
	return p->at_ns;
}

/* At its own pace there is a frame a second, by the wall's clock and by the recording's. */
static void test_own_pace(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 1, true, WALL);
	player_set_length(&p, 3500 * MS);
	assert_int_equal(next_frame(&p, &wall, WALL), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_false(player_wants(&p, WALL + i * SECOND - 1));
		assert_int_equal(next_frame(&p, &wall, WALL + i * SECOND + 1), i * SECOND);
		assert_int_equal(player_base_ns(&p, p.at_ns), (i - 1) * SECOND);
	}
	assert_int_equal(next_frame(&p, &wall, WALL + 3500 * MS + 1), 3500 * MS);
	assert_int_equal(player_base_ns(&p, p.at_ns), 3 * SECOND);
	assert_true(player_ended(&p));
	assert_false(player_wants(&p, WALL + 9 * SECOND));
	assert_int_equal(player_wake_ns(&p), UINT64_MAX);
}

/* Faster: frames come no faster than anybody sees, on multiples of the interval, and the clock is kept. */
static void test_fast(void **state)
{
	struct player p;
	uint64_t wall = WALL, last = 0, frames = 0;

	(void)state;
	player_init(&p, SECOND, 64, true, WALL);
	player_set_length(&p, 640 * SECOND);
	next_frame(&p, &wall, WALL);
	while (!player_ended(&p)) {
		uint64_t before = wall, at;

		assert_false(player_wants(&p, wall + PLAYER_FRAME_NS - 1));
		at = next_frame(&p, &wall, wall + 2 * PLAYER_FRAME_NS);
		assert_true(at > last && at % SECOND == 0);
		assert_true(wall - before >= PLAYER_FRAME_NS);
		assert_in_range(at, ((wall - WALL) / 1000 * 64 * 1000) - 2 * SECOND, (wall - WALL) * 64);
		last = at;
		frames++;
	}
	assert_in_range(wall - WALL, 10 * SECOND - 1, 10 * SECOND + PLAYER_FRAME_NS);
	assert_in_range(frames, 90, 100);
}

static void test_slow(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 0.125, false, WALL);
	player_set_length(&p, 2 * SECOND);
	for (uint64_t i = 1; i <= 16; i++) {
		assert_int_equal(next_frame(&p, &wall, WALL + i * SECOND + 100), i * 125 * MS);
		assert_int_equal(player_base_ns(&p, p.at_ns), i <= 8 ? 0 : SECOND);
	}
	assert_true(player_ended(&p));
}

/* Where all frames are asked for, or the end is not known, they come one by one. */
static void test_one_by_one(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	for (int known = 0; known < 2; known++) {
		player_init(&p, SECOND, PLAYER_FLAT_OUT, false, WALL);
		p.every_frame = known;
		if (known)
			player_set_length(&p, 100 * SECOND);
		for (uint64_t i = 1; i <= 100; i++) {
			wall++;
			assert_int_equal(next_frame(&p, &wall, wall), i * SECOND);
		}
		assert_int_equal(player_ended(&p), known);
	}
}

/* Who reads slowly is not sent after the time that was lost. */
static void test_slow_reader(void **state)
{
	struct player p;
	uint64_t wall = WALL, before;

	(void)state;
	player_init(&p, SECOND, 8, true, WALL);
	player_set_length(&p, 1000 * SECOND);
	next_frame(&p, &wall, WALL);
	wall += 125 * MS;
	assert_true(player_wants(&p, wall));
	assert_int_equal(p.goal_ns, SECOND);
	wall += 10 * SECOND; /* that is how long it takes */
	player_reached(&p, wall);
	before = wall;
	assert_false(player_wants(&p, wall + 120 * MS));
	assert_int_equal(next_frame(&p, &wall, before + 126 * MS), 2 * SECOND);
}

static void test_pause(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 1, true, WALL);
	next_frame(&p, &wall, WALL);
	next_frame(&p, &wall, WALL + 2 * SECOND);
	player_press(&p, PLAYER_PAUSE, wall + 500 * MS);
	assert_true(p.paused);
	assert_int_equal(player_wake_ns(&p), UINT64_MAX);
	assert_false(player_wants(&p, wall + 100 * SECOND));
	/* it goes on where it stood */
	wall += 100 * SECOND;
	player_press(&p, PLAYER_PAUSE, wall);
	assert_false(player_wants(&p, wall + 999 * MS));
	assert_int_equal(next_frame(&p, &wall, wall + SECOND + 1), 2 * SECOND);
}

static void test_steps(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, 300 * MS, 1, true, WALL);
	next_frame(&p, &wall, WALL);
	player_press(&p, PLAYER_STEP, wall);
	assert_true(p.paused);
	assert_int_equal(next_frame(&p, &wall, wall), 300 * MS);
	player_press(&p, PLAYER_STEP, wall);
	player_press(&p, PLAYER_STEP, wall); /* before the first is there */
	assert_int_equal(next_frame(&p, &wall, wall), 900 * MS);
	assert_false(player_wants(&p, wall + SECOND));
	player_press(&p, PLAYER_ON_1S, wall);
	assert_int_equal(next_frame(&p, &wall, wall), 1900 * MS);
	assert_int_equal(player_base_ns(&p, p.at_ns), 1800 * MS);
	player_press(&p, PLAYER_STEP_BACK, wall);
	assert_int_equal(next_frame(&p, &wall, wall), 1800 * MS);
	player_press(&p, PLAYER_STEP_BACK, wall);
	assert_int_equal(next_frame(&p, &wall, wall), 1500 * MS);
	player_press(&p, PLAYER_START, wall);
	next_frame(&p, &wall, wall);
	player_press(&p, PLAYER_STEP_BACK, wall);
	assert_int_equal(next_frame(&p, &wall, wall), 0);
}

static void test_jumps(void **state)
{
	static const struct { enum player_key key; uint64_t to; } jumps[] = {
		{ PLAYER_ON_10S, 10 * SECOND }, { PLAYER_ON_1S, 11 * SECOND }, { PLAYER_BACK_10S, SECOND },
		{ PLAYER_BACK_1S, 0 }, { PLAYER_BACK_1S, 0 }, { PLAYER_ON_10S, 10 * SECOND },
		{ PLAYER_END, 12500 * MS }, { PLAYER_ON_1S, 12500 * MS }, { PLAYER_BACK_1S, 11500 * MS },
		{ PLAYER_START, 0 },
	};
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 1, true, WALL);
	player_set_length(&p, 12500 * MS);
	next_frame(&p, &wall, WALL);
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		player_press(&p, jumps[i].key, wall);
		assert_int_equal(next_frame(&p, &wall, wall), jumps[i].to);
	}
	/* and on from there */
	player_press(&p, PLAYER_ON_1S, wall);
	next_frame(&p, &wall, wall);
	assert_false(player_wants(&p, wall + 999 * MS));
	assert_int_equal(next_frame(&p, &wall, wall + SECOND + 1), 2 * SECOND);
}

/* A goal behind the end is found out when the end is. */
static void test_length_found_on_the_way(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 1, true, WALL);
	next_frame(&p, &wall, WALL);
	player_press(&p, PLAYER_END, wall);
	assert_true(player_wants(&p, wall));
	assert_false(player_ended(&p));
	player_set_length(&p, 4200 * MS);
	assert_int_equal(p.goal_ns, 4200 * MS);
	player_reached(&p, wall);
	assert_true(player_ended(&p));
}

static void test_speed_keys(void **state)
{
	static const char *const up[] = { "x4", "x8", "x16", "x32", "x64", "flat out", "flat out" };
	static const char *const down[] = { "x64", "x32", "x16", "x8", "x4", "x2", "x1", "x1/2", "x1/4",
					    "x1/8", "x1/8" };
	char text[PLAYER_SPEED_LEN];
	struct player p;

	(void)state;
	player_init(&p, SECOND, 3, true, WALL);
	player_speed_text(&p, text);
	assert_string_equal(text, "x3");
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		player_press(&p, PLAYER_FASTER, WALL);
		player_speed_text(&p, text);
		assert_string_equal(text, up[i]);
	}
	for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++) {
		player_press(&p, PLAYER_SLOWER, WALL);
		player_speed_text(&p, text);
		assert_string_equal(text, down[i]);
	}
}

/* Another speed counts from now on. */
static void test_speed_changes_on_the_way(void **state)
{
	struct player p;
	uint64_t wall = WALL;

	(void)state;
	player_init(&p, SECOND, 1, true, WALL);
	next_frame(&p, &wall, WALL);
	next_frame(&p, &wall, WALL + SECOND + 1);
	player_press(&p, PLAYER_FASTER, wall);
	assert_false(player_wants(&p, wall + 499 * MS));
	assert_int_equal(next_frame(&p, &wall, wall + 501 * MS), 2 * SECOND);
}

static void test_parse_speed(void **state)
{
	static const char *const bad[] = { "", "x", "0", "-1", "1/0", "1/", "2y", "nan", "inf", "1e9", "fast" };
	double speed;

	(void)state;
	assert_int_equal(player_parse_speed("1/8", &speed), 0);
	assert_true(speed == 0.125);
	assert_int_equal(player_parse_speed("2.5", &speed), 0);
	assert_true(speed == 2.5);
	assert_int_equal(player_parse_speed("64x", &speed), 0);
	assert_true(speed == 64);
	assert_int_equal(player_parse_speed("max", &speed), 0);
	assert_true(speed == PLAYER_FLAT_OUT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(player_parse_speed(bad[i], &speed), -EINVAL);
}

/* Any keys at any time: never behind the end, and after them it plays on to its end. */
static void test_random_keys(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		uint64_t s = seed, wall = WALL, length = random_below(&s, 100 * SECOND), turns = 0;
		struct player p;

		player_init(&p, 50 * MS + random_below(&s, 2 * SECOND), 1, true, wall);
		if (random_below(&s, 2))
			player_set_length(&p, length);
		for (int i = 0; i < 60; i++) {
			player_press(&p, random_below(&s, PLAYER_END + 1), wall);
			wall += random_below(&s, 300 * MS);
			if (player_wants(&p, wall) && random_below(&s, 4)) {
				player_set_length(&p, length);
				assert_true(p.goal_ns <= length);
				assert_true(player_base_ns(&p, p.goal_ns) <= p.goal_ns);
				player_reached(&p, wall);
			}
		}
		player_set_length(&p, length);
		if (p.paused)
			player_press(&p, PLAYER_PAUSE, wall);
		while (!player_ended(&p) || p.wanted) {
			uint64_t wake = player_wake_ns(&p);

			assert_true(wake != UINT64_MAX && ++turns < 1000000);
			wall = wake > wall ? wake : wall + 1;
			if (player_wants(&p, wall))
				player_reached(&p, wall);
		}
		assert_int_equal(p.at_ns, length);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("recording-plays-at-its-own-pace", test_own_pace),
	TEST("fast-play-leaves-frames-out", test_fast),
	TEST("slow-play-shows-frames-between", test_slow),
	TEST("frames-come-one-by-one-where-the-end-may-come", test_one_by_one),
	TEST("slow-reader-is-not-sent-after-lost-time", test_slow_reader),
	TEST("pause-stops-the-recordings-clock", test_pause),
	TEST("steps-go-from-interval-to-interval", test_steps),
	TEST("jumps-stay-within-the-recording", test_jumps),
	TEST("end-is-found-on-the-way", test_length_found_on_the_way),
	TEST("speed-keys-go-through-a-ladder", test_speed_keys),
	TEST("speed-changes-count-from-now-on", test_speed_changes_on_the_way),
	TEST("speeds-are-parsed", test_parse_speed),
	TEST("any-keys-lead-to-the-end", test_random_keys),
};

TEST_MAIN(tests)
