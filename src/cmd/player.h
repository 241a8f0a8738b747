/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a recording is to be shown at which of its moments: its speed, its pauses, its jumps. It
 * knows times only: those of the wall's clock as arguments, those of the recording since its
 * beginning, all in ns.
 *
 * A frame shows the recording at a moment, and with it the interval that ends there: from the last
 * multiple of `interval_ns` before it. So a frame depends on its moment alone, however one got
 * there. At speeds below 1 there are frames between the multiples, else on multiples only, and some
 * are left out where they would follow each other faster than anybody sees.
 */
#ifndef URBSCOPE_CMD_PLAYER_H
#define URBSCOPE_CMD_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAYER_FLAT_OUT  1e12	/* speed: as fast as it can be read */
#define PLAYER_FRAME_NS  100000000ULL
#define PLAYER_SPEED_LEN 16

enum player_key {
	PLAYER_FASTER,
	PLAYER_SLOWER,
	PLAYER_PAUSE,		/* or go on */
	PLAYER_STEP,		/* an interval on, and stop there */
	PLAYER_STEP_BACK,
	PLAYER_ON_1S,
	PLAYER_ON_10S,
	PLAYER_BACK_1S,
	PLAYER_BACK_10S,
	PLAYER_START,
	PLAYER_END,
};

struct player {
	uint64_t interval_ns;
	double speed;
	bool every_frame;	/* leave none out */
	bool paused;
	bool length_known;
	uint64_t length_ns;
	uint64_t at_ns;		/* the frame that is shown; nothing before the first */
	uint64_t goal_ns;	/* the frame that is wanted, if .wanted */
	bool wanted;
	bool jumping;		/* it was asked for, whatever the clock says */
	uint64_t wall_ns, anchor_ns; /* at wall_ns the recording stood at anchor_ns */
	uint64_t frame_wall_ns;	/* when the last frame was shown */
};

/* Begins at 0; with `at_once` the frame there is wanted, too. */
void player_init(struct player *p, uint64_t interval_ns, double speed, bool at_once, uint64_t wall_ns);

/* A key; those of jumps are for who can jump. */
void player_press(struct player *p, enum player_key key, uint64_t wall_ns);

/* Is a frame wanted by now? Stays so until player_reached(). */
bool player_wants(struct player *p, uint64_t wall_ns);

/* When the next frame will be wanted; UINT64_MAX: when a key says so. */
uint64_t player_wake_ns(const struct player *p);

/* The frame that was wanted is there. */
void player_reached(struct player *p, uint64_t wall_ns);

/* The recording is so long: a goal behind its end becomes its end. */
void player_set_length(struct player *p, uint64_t length_ns);

/* Where the interval of a frame begins. */
uint64_t player_base_ns(const struct player *p, uint64_t frame_ns);

/* Is its last frame shown? */
bool player_ended(const struct player *p);

/* "x1", "x1/8", "x2.5", "flat out". */
void player_speed_text(const struct player *p, char text[PLAYER_SPEED_LEN]);

/* "2", "0.5", "1/8", "8x", "max". 0 or -EINVAL. */
int player_parse_speed(const char *text, double *speed);

/* Those that the keys go through; NULL behind the last. */
const char *player_speed_name(size_t i);

#endif
