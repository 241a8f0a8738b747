/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A terminal that shows a canvas. There is one at a time.
 *
 * Before screen_open(): setlocale(LC_CTYPE, ""), and handlers for SIGINT, SIGTERM and SIGHUP that
 * set a flag (ncurses leaves those alone, and would put exiting ones in place of the default).
 * Keep those and SIGWINCH blocked but in ppoll(), else one that comes just before the wait is
 * served only after it. The loop polls screen_fd() for POLLIN beside its source and calls
 * screen_key() after every wait, whatever ended it: a resize is a key.
 */
#ifndef URBSCOPE_SCREEN_H
#define URBSCOPE_SCREEN_H

#include "urbscope/canvas.h"

struct screen;

/*
 * Takes over the terminal on stdout. Keys are read from stdin, or from /dev/tty if stdin is no
 * terminal (a trace in a pipe). With `mouse`, what it does is a key as well (and the terminal selects
 * text only with Shift). 0 or -errno: -ENOTTY if there is no terminal to show it on, -ENODEV if the
 * terminal's type (TERM) is unknown or has no cursor to place, -ENOMEM, -EAGAIN if there can be no thread.
 */
int screen_open(struct screen **screen, bool mouse);

/* To wait for keys; -1 while they wait themselves, because the terminal takes nothing. */
int screen_fd(struct screen *screen);

/* The canvas fits the terminal after this: call it before each drawing. 0 or -ENOMEM. */
int screen_fit(struct screen *screen, struct canvas *c);

/*
 * Shows a frame, and does not wait for the terminal: one that is slow, or stopped with Ctrl-S, is
 * written to by a thread, and a frame that comes while it is busy is left out, as is one that is
 * not the newest when it is done. It counts as done when the terminal answers a question that was
 * sent behind it (most do), so that no more than a frame is ever on a slow line, and what a key does
 * is seen after that. Keys wait only while not even that can be written.
 */
void screen_show(struct screen *screen, const struct canvas *c);

/* Frames that were left out so far. */
uint64_t screen_shed(struct screen *screen);

/*
 * Also where Ctrl-Z (SIGTSTP) takes effect: the terminal is given back until the program goes on.
 *
 * The next key, enum top_key or a character, without waiting; TOP_KEY_NONE if there is none, so
 * call it until then. TOP_KEY_QUIT for ever once the terminal is gone.
 */
int screen_key(struct screen *screen);

/*
 * Restores the terminal and frees. NULL and a second call through the same variable are fine. It
 * is also done at exit(), should anybody leave without it, and by a deadly signal (SIGSEGV).
 */
void screen_close(struct screen **screen);

#endif
