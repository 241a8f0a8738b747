/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live view: what is drawn, and what keys do to it. It knows neither terminal nor clock; a
 * loop feeds it two snapshots and keys, and shows the canvas (screen.h) or prints it.
 *
 * A row shows the figures of the last interval; the highest in flight and the errors are those of
 * the whole run. Findings of the interval give each row its word.
 */
#ifndef URBSCOPE_TOP_H
#define URBSCOPE_TOP_H

#include <stdbool.h>
#include <stdio.h>

#include "urbscope/canvas.h"
#include "urbscope/snapshot.h"

enum top_sort {
	TOP_BY_DEVICE,		/* as in the snapshot: rows keep their places */
	TOP_BY_RATE,		/* MB/s */
	TOP_BY_GAPS,		/* gap share */
	TOP_BY_ERRORS,		/* of the run */
};

/* Keys that are no characters; a character is its code point. */
enum top_key {
	TOP_KEY_NONE = -1,
	TOP_KEY_UP = 0x110000,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_QUIT,		/* F10; also when the terminal is gone */
	TOP_KEY_REDRAW,		/* another size, or Ctrl-L */
};

struct row;

/* Of a recording that is played: what stands in the head beside the figures. */
struct top_replay {
	bool on;
	bool ended;
	uint64_t at_ns, length_ns; /* since its window began; length_ns 0: not known */
	char speed[16];
	char note[48];
};

struct top_view {
	enum top_sort sort;
	bool streams;		/* a row a stream, too */
	bool hide_idle;
	bool paused;		/* the loop goes on drawing the snapshots that it has */
	bool help;
	struct top_replay replay;
	bool quit;		/* the loop ends */
	int scroll;		/* the first row shown */

	/* Of the last drawing. */
	int row_cnt, page;	/* rows there are, rows that fit */
	struct row *rows;
	size_t room;
};

/* All zero is the default view; this frees what drawing has allocated. */
void top_view_release(struct top_view *view);

/*
 * Draws a whole frame. `interval` NULL, before the first interval has passed: the run itself is
 * taken for it. 0 or -ENOMEM.
 */
int top_draw(struct canvas *c, struct top_view *view, const struct snapshot *total,
	     const struct snapshot *interval);

/* What a key does; true if the frame must be drawn anew. */
bool top_key(struct top_view *view, int key);

/*
 * --batch: the same table as lines of plain text, all rows, and an empty line. 0, or -errno if
 * the file cannot be written. Hidden idle rows, streams and order as the view says.
 */
int top_batch(struct top_view *view, const struct snapshot *total,
	      const struct snapshot *interval, int width, bool utf8, FILE *out);

#endif
