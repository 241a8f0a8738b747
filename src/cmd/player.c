// SPDX-License-Identifier: GPL-2.0
#include "player.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ULL
#define SPEED_MIN (1.0 / 1024)
#define SPEED_MAX 1e6

/* What the keys go through; PLAYER_FLAT_OUT is beyond the last. */
static const double ladder[] = { 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, PLAYER_FLAT_OUT };

enum { RUNGS = sizeof(ladder) / sizeof(ladder[0]) };

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t to_ns(double ns)
{
	return ns >= 1e18 ? 1000000000000000000ULL : ns < 0 ? 0 : (uint64_t)ns;
}

static void anchor(struct player *p, uint64_t at_ns, uint64_t wall_ns)
{
	p->anchor_ns = at_ns;
	p->wall_ns = wall_ns;
}

void player_init(struct player *p, uint64_t interval_ns, double speed, bool at_once, uint64_t wall_ns)
{
	*p = (struct player){ .interval_ns = interval_ns, .speed = speed };
	p->wanted = p->jumping = at_once;
	anchor(p, 0, wall_ns);
}

/* Of the recording: between two frames. */
static uint64_t frame_step(const struct player *p)
{
	uint64_t step = p->speed < 1 ? to_ns(p->interval_ns * p->speed) : p->interval_ns;

	return step ? step : 1;
}

/* Where the recording would stand, if it could be read in no time. */
static uint64_t clock_at(const struct player *p, uint64_t wall_ns)
{
	if (p->paused)
		return p->anchor_ns;
	return add(p->anchor_ns, to_ns(minus(wall_ns, p->wall_ns) * p->speed));
}

bool player_ended(const struct player *p)
{
	return p->length_known && p->at_ns >= p->length_ns;
}

static void want(struct player *p, uint64_t goal_ns, bool jump)
{
	if (p->length_known && goal_ns > p->length_ns)
		goal_ns = p->length_ns;
	p->goal_ns = goal_ns;
	p->wanted = true;
	p->jumping = jump;
}

static uint64_t next_frame(const struct player *p)
{
	uint64_t step = frame_step(p), next = (p->at_ns / step + 1) * step;

	return p->length_known && next > p->length_ns ? p->length_ns : next;
}

bool player_wants(struct player *p, uint64_t wall_ns)
{
	uint64_t now, next, step = frame_step(p);

	if (p->wanted)
		return true;
	if (p->paused || player_ended(p))
		return false;
	now = clock_at(p, wall_ns);
	next = next_frame(p);
	if (now < next || (!p->every_frame && p->speed < PLAYER_FLAT_OUT &&
			   wall_ns < p->frame_wall_ns + PLAYER_FRAME_NS))
		return false;
	/* where the end may come at any time, or all are to be seen, they come one by one */
	if (p->every_frame || !p->length_known || p->speed >= PLAYER_FLAT_OUT)
		want(p, next, false);
	else
		want(p, now < p->length_ns ? now / step * step : now, false);
	return true;
}

uint64_t player_wake_ns(const struct player *p)
{
	uint64_t wake, frame = p->frame_wall_ns + PLAYER_FRAME_NS;

	if (p->wanted)
		return 0;
	if (p->paused || player_ended(p))
		return UINT64_MAX;
	if (p->speed >= PLAYER_FLAT_OUT)
		return 0;
	/* one more, for what rounding takes away */
	wake = add(p->wall_ns, to_ns(minus(next_frame(p), p->anchor_ns) / p->speed) + 1);
	return p->every_frame || wake > frame ? wake : frame;
}

void player_reached(struct player *p, uint64_t wall_ns)
{
	uint64_t now;

	p->at_ns = p->goal_ns;
	/* a jump moves the clock; who reads too slowly is not to catch up all the time that was lost */
	now = clock_at(p, wall_ns);
	if (p->jumping || now > add(p->at_ns, frame_step(p)))
		anchor(p, p->at_ns, wall_ns);
	p->wanted = p->jumping = false;
	p->frame_wall_ns = wall_ns;
}

void player_set_length(struct player *p, uint64_t length_ns)
{
	p->length_known = true;
	p->length_ns = length_ns;
	if (p->wanted && p->goal_ns > length_ns)
		p->goal_ns = length_ns;
}

uint64_t player_base_ns(const struct player *p, uint64_t frame_ns)
{
	return frame_ns ? (frame_ns - 1) / p->interval_ns * p->interval_ns : 0;
}

static void set_speed(struct player *p, int direction, uint64_t wall_ns)
{
	int i = direction > 0 ? 0 : RUNGS - 1;

	while (i >= 0 && i < RUNGS && (direction > 0 ? ladder[i] <= p->speed : ladder[i] >= p->speed))
		i += direction;
	if (i < 0 || i >= RUNGS)
		return;
	anchor(p, p->at_ns, wall_ns);
	p->speed = ladder[i];
}

static void step(struct player *p, bool back, uint64_t from_ns)
{
	uint64_t to = (from_ns / p->interval_ns + 1) * p->interval_ns;

	p->paused = true;
	want(p, back ? player_base_ns(p, from_ns) : to, true);
}

void player_press(struct player *p, enum player_key key, uint64_t wall_ns)
{
	uint64_t from = p->wanted ? p->goal_ns : p->at_ns;

	switch (key) {
	case PLAYER_FASTER:
		set_speed(p, 1, wall_ns);
		return;
	case PLAYER_SLOWER:
		set_speed(p, -1, wall_ns);
		return;
	case PLAYER_PAUSE:
		p->paused = !p->paused;
		anchor(p, p->at_ns, wall_ns);
		return;
	case PLAYER_STEP:
	case PLAYER_STEP_BACK:
		step(p, key == PLAYER_STEP_BACK, from);
		return;
	case PLAYER_ON_1S:
		want(p, add(from, SECOND), true);
		return;
	case PLAYER_ON_10S:
		want(p, add(from, 10 * SECOND), true);
		return;
	case PLAYER_BACK_1S:
		want(p, minus(from, SECOND), true);
		return;
	case PLAYER_BACK_10S:
		want(p, minus(from, 10 * SECOND), true);
		return;
	case PLAYER_START:
		want(p, 0, true);
		return;
	case PLAYER_END:
		want(p, UINT64_MAX, true);
		return;
	}
}

void player_speed_text(const struct player *p, char text[PLAYER_SPEED_LEN])
{
	double inverse = 1 / p->speed;

	if (p->speed >= PLAYER_FLAT_OUT)
		snprintf(text, PLAYER_SPEED_LEN, "flat out");
	else if (p->speed < 1 && inverse == floor(inverse))
		snprintf(text, PLAYER_SPEED_LEN, "x1/%.0f", inverse);
	else
		snprintf(text, PLAYER_SPEED_LEN, "x%.3g", p->speed);
}

const char *player_speed_name(size_t i)
{
	static const char *const names[RUNGS] = {
		"1/8", "1/4", "1/2", "1", "2", "4", "8", "16", "32", "64", "max",
	};

	return i < RUNGS ? names[i] : NULL;
}

int player_parse_speed(const char *text, double *speed)
{
	char *end;
	double value = strtod(text, &end), divisor;

	if (!strcmp(text, "max")) {
		*speed = PLAYER_FLAT_OUT;
		return 0;
	}
	if (end == text)
		return -EINVAL;
	if (*end == '/') {
		text = end + 1;
		divisor = strtod(text, &end);
		if (end == text || !(divisor > 0))
			return -EINVAL;
		value /= divisor;
	}
	if (*end == 'x')
		end++;
	if (*end || !(value >= SPEED_MIN && value <= SPEED_MAX))
		return -EINVAL;
	*speed = value;
	return 0;
}
