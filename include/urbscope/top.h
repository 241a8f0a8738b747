/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live view: what is drawn, and what keys and the mouse do to it. It knows neither terminal
 * nor clock nor file; a loop feeds it snapshots and keys, and shows the canvas (screen.h) or
 * prints it.
 *
 *	top_draw(canvas, view, &data);		each interval, and when top_key() says so
 *	if (top_key(view, key)) ...
 *	switch (top_request(view)) ...		what a key asks of the loop
 *
 * A row shows the figures of the last interval; the highest in flight and the errors are those of
 * the whole run. Findings of the interval give each row its words.
 */
#ifndef URBSCOPE_TOP_H
#define URBSCOPE_TOP_H

#include <stdbool.h>
#include <stdio.h>

#include "urbscope/canvas.h"
#include "urbscope/history.h"
#include "urbscope/recent.h"
#include "urbscope/snapshot.h"

/* Keys that are no characters; a character is its code point. */
enum top_key {
	TOP_KEY_NONE = -1,
	TOP_KEY_UP = 0x110000,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_BACKSPACE,
	TOP_KEY_QUIT,		/* F10; also when the terminal is gone */
	TOP_KEY_REDRAW,		/* another size, or Ctrl-L */
	TOP_KEY_F,		/* F1 is TOP_KEY_F + 1, up to F9 */
	TOP_KEY_MOUSE = 0x1000000, /* and up: top_mouse() */
};

#define TOP_KEY_ENTER  '\r'
#define TOP_KEY_ESCAPE 0x1b

enum top_mouse { TOP_CLICK, TOP_DOUBLE_CLICK, TOP_WHEEL_UP, TOP_WHEEL_DOWN };

/* The key for what the mouse did at a cell; outside of 4096 x 2048 cells: none. */
static inline int top_mouse(enum top_mouse what, int y, int x)
{
	if (y < 0 || x < 0 || y >= 2048 || x >= 4096)
		return TOP_KEY_NONE;
	return TOP_KEY_MOUSE + ((int)what << 23 | y << 12 | x);
}

/* What a key asks of the loop. */
enum top_request {
	TOP_NOTHING,
	TOP_SAVE_SCREEN,	/* write the canvas, as text, to a file; top_say() where */
	TOP_RECORD,		/* begin a recording, or end it; top_recording(), top_say() */
};

/* What a key does to the time of a recording that is played. */
enum top_time {
	TOP_TIME_NONE,
	TOP_PAUSE,		/* or go on */
	TOP_FASTER,
	TOP_SLOWER,
	TOP_STEP,		/* an interval on, and pause there */
	TOP_STEP_BACK,
	TOP_ON_1S,
	TOP_BACK_1S,
	TOP_ON_10S,
	TOP_BACK_10S,
	TOP_START,
	TOP_END,
};

/* Of a recording that is played: what stands in the head beside the figures. */
struct top_replay {
	bool on;
	bool paused, ended;
	uint64_t at_ns, length_ns; /* since its window began; length_ns 0: not known */
	char speed[16];
	char note[48];
};

/* What is to be drawn. */
struct top_data {
	const struct snapshot *total;
	const struct snapshot *interval; /* NULL, before the first has passed: the run itself */
	const struct history *history;	/* NULL: no trends, and no way back */
	const struct recent_view *recent; /* of top_endpoint(); NULL: nothing is known */
	/* The name of a kernel function; NULL or returning NULL where it is not known. */
	const char *(*symbol)(void *ctx, uint64_t address);
	void *symbol_ctx;
};

struct top_view;

/* NULL with errno ENOMEM. */
struct top_view *top_view_new(void);
void top_view_free(struct top_view *view);

/* Of the command line: --streams; for a list without its terminal: flat, idle rows hidden or not. */
void top_view_streams(struct top_view *view, bool streams);
void top_view_list(struct top_view *view, bool hide_idle);

/* From the next frame on. While one is on, keys of time are for who plays it: top_time_key(). */
void top_set_replay(struct top_view *view, const struct top_replay *replay);

/* Who plays asks this of each key before top_key(): nothing while something is typed, for instance. */
enum top_time top_time_key(const struct top_view *view, int key);

/* Of a stream that is shown as it comes: it is over, or nothing has come for so long. */
void top_set_stream(struct top_view *view, bool ended, uint64_t silent_ns);

/* Draws a whole frame. 0 or -ENOMEM. */
int top_draw(struct canvas *c, struct top_view *view, const struct top_data *data);

/* What a key does; true if the frame must be drawn anew. */
bool top_key(struct top_view *view, int key);

/* What the keys since the last call ask for. */
enum top_request top_request(struct top_view *view);

/* A line at the foot of the screen, until the next key. */
void top_say(struct top_view *view, const char *message);

/* The head says that this is being recorded; NULL: nothing is. */
void top_recording(struct top_view *view, const char *name);

bool top_quit(const struct top_view *view);

/*
 * The moment of the history that is to be shown, 0: the newest. While one is shown the loop goes
 * on taking snapshots, and keeps them in the history.
 */
uint64_t top_moment(const struct top_view *view);

/* The endpoint whose page is open: its serial, 0: none. For recent_of(). */
uint32_t top_endpoint(const struct top_view *view);

/*
 * What people choose is remembered: `key = value`, a line each. What is not understood is passed
 * over, kept for the next writing, and told through top_say(). Neither fails but for memory
 * (-ENOMEM) and the file (-errno).
 */
int top_config_read(struct top_view *view, FILE *in);
int top_config_write(const struct top_view *view, FILE *out);

/* Has anything been chosen since it was read? */
bool top_config_changed(const struct top_view *view);

bool top_wants_mouse(const struct top_view *view);

/*
 * --batch: the same table as lines of plain text, all rows, and an empty line. 0, or -errno if
 * the file cannot be written.
 */
int top_batch(struct top_view *view, const struct top_data *data, int width, bool utf8, FILE *out);

#endif
