/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the screen: the only files that know ncurses include this. The library writes to the
 * terminal and waits for it; so the painter's thread calls it to draw, and nobody else calls it while
 * that is busy.
 */
#ifndef URBSCOPE_SINK_SCREEN_CURSES_H
#define URBSCOPE_SINK_SCREEN_CURSES_H

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdio.h>
#include <time.h>

#include "sink/painter.h"
#include "urbscope/screen.h"

/* What the library takes an answer for. */
#define KEY_ANSWER (KEY_MAX + 1)

struct screen {
	SCREEN *curses;
	FILE *out, *in;
	int fd;		  /* keys */
	cchar_t *line;	  /* one row, for the library */
	int line_room;
	bool colours, gone;
	uint64_t click_ns;
	int click_y;
	uint64_t asked_ns;	/* the first question; 0: none */
	bool answers;
	struct painter painter;
	bool resized;		/* the library has cut its rows, or added some */
	struct canvas held;	/* what the library holds; the painter's thread's */
};

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* screen_curses.c: takes the terminal and gives it back. */

/* Ctrl-Z (SIGTSTP) has come, and had no effect yet. */
bool screen_is_suspended(void);

/* The shell has the terminal until it says to go on. */
void screen_give_back(void);

/* screen_curses_draw.c: frames. */

void screen_set_up_colours(struct screen *s);

/* Of a painter: on its thread. */
bool screen_paint(void *screen, const struct canvas *c);

/*
 * screen_curses_question.c: "device status report", which a terminal answers when it has come there.
 * So frames do not pile up on a slow line, whose buffers hold more than what can be seen in time.
 */

/* Only a terminal that understands such sequences is asked. */
void screen_ask_first(struct screen *s);

/* Behind a frame. False: it does not answer, and is not asked. */
bool screen_ask(struct screen *s);

/* KEY_ANSWER has come. */
void screen_answered(struct screen *s);

bool screen_is_owed(struct screen *s);

/* One that comes when nobody reads any more would be typed into the shell. False: it is owed still. */
bool screen_await_answer(struct screen *s);

#endif
