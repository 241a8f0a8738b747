/* SPDX-License-Identifier: GPL-2.0 */
/* Inside urbtop: what its two ways of running share, as it happens (top_watch.c) and played (top_play.c). */
#ifndef URBSCOPE_CMD_TOP_MODES_H
#define URBSCOPE_CMD_TOP_MODES_H

#include "feed.h"
#include "options.h"
#include "urbscope/screen.h"
#include "urbscope/top.h"

enum top_mode { MODE_SCREEN, MODE_BATCH, MODE_JSON };

struct top_options {
	struct watch_options watch;
	const char *input;
	enum top_mode mode;
	uint64_t interval_ns, duration_ns;
	double speed;		/* 0: not asked for */
	bool once, streams, all;
};

struct top {
	const struct top_options *o;
	struct top_view *view;
	struct feed feed;
	struct canvas canvas;
	struct screen *screen;
	bool record;		/* a key asks to begin a recording, or to end it */
	const struct snapshot *total, *interval; /* shown; NULL: nothing yet */
};

/* Opens the screen, if there is to be one; signals are taken over before. 0 or -errno. */
int top_open_screen(struct top *top, struct fault *fault);

/* Shows what there is: a frame, a table or a line. draw: on the screen, which there must be. 0 or -errno. */
int top_show(struct top *top);
int top_draw_frame(struct top *top);

/* The next key, after what it asks for besides a frame was done; TOP_KEY_NONE if there is none. */
int top_next_key(struct top *top);
bool top_take_key(struct top *top, int key);

/* As it happens: the running kernel, or a recording as fast as it comes. 0, or -errno with or without a fault. */
int top_watch(struct top *top, struct fault *fault);

/* A recording at a pace. */
int top_play(struct top *top, struct fault *fault);

#endif
