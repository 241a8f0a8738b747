// SPDX-License-Identifier: GPL-2.0
#include "sink/screen_curses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { PAIR_ALERT = 1, PAIR_WARN, PAIR_ACCENT, PAIR_ALERT_BADGE, PAIR_WARN_BADGE };

void screen_set_up_colours(struct screen *s)
{
	s->colours = has_colors() && start_color() == OK;
	if (!s->colours)
		return;
	use_default_colors();
	init_pair(PAIR_ALERT, COLOR_RED, -1);
	init_pair(PAIR_WARN, COLOR_YELLOW, -1);
	init_pair(PAIR_ACCENT, COLOR_CYAN, -1);
	init_pair(PAIR_ALERT_BADGE, COLOR_WHITE, COLOR_RED);
	init_pair(PAIR_WARN_BADGE, COLOR_BLACK, COLOR_YELLOW);
}

/* Who has a handler for SIGWINCH keeps the library from having one. */
static void follow_size(struct screen *s)
{
	struct winsize size;

	if (ioctl(fileno(s->out), TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col ||
	    (size.ws_row == getmaxy(stdscr) && size.ws_col == getmaxx(stdscr)))
		return;
	resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
	s->resized = true;
}

int screen_fit(struct screen *s, struct canvas *c)
{
	int width, height;
	cchar_t *line;

	if (!painter_is_idle(&s->painter)) { /* whatever is drawn will not be shown as it is */
		canvas_clear(c);
		return 0;
	}
	follow_size(s);
	width = getmaxx(stdscr);
	height = getmaxy(stdscr);
	if (width > s->line_room) {
		line = realloc(s->line, (size_t)width * sizeof(*line));
		if (!line)
			return -ENOMEM;
		s->line = line;
		s->line_room = width;
	}
	return canvas_resize(c, width, height);
}

static attr_t look(const struct screen *s, unsigned int attr, short *pair)
{
	attr_t a = A_NORMAL;

	*pair = 0;
	if (attr & CANVAS_BOLD)
		a |= A_BOLD;
	if (attr & CANVAS_DIM)
		a |= A_DIM;
	if (attr & CANVAS_REVERSE)
		a |= A_REVERSE;
	if (!s->colours) {
		a |= attr & CANVAS_ALERT ? A_BOLD : A_NORMAL;
		return attr & CANVAS_BADGE ? a ^ A_REVERSE : a;
	}
	if (attr & CANVAS_BADGE)
		a &= ~A_REVERSE; /* its colours are its own, in a row that is reversed too */
	if (attr & CANVAS_ALERT)
		*pair = attr & CANVAS_BADGE ? PAIR_ALERT_BADGE : PAIR_ALERT;
	else if (attr & CANVAS_WARN)
		*pair = attr & CANVAS_BADGE ? PAIR_WARN_BADGE : PAIR_WARN;
	else if (attr & CANVAS_ACCENT)
		*pair = PAIR_ACCENT;
	return a;
}

static void draw_row(struct screen *s, int y, const struct cell *row, int width)
{
	int x, n = 0;
	short pair;

	for (x = 0; x < width && n < s->line_room; x++) {
		wchar_t ch[2] = {(wchar_t)row[x].ch, 0};
		attr_t a = look(s, row[x].attr, &pair);

		if (row[x].ch) /* a wide one brings its right half along */
			setcchar(&s->line[n++], ch, a, pair, NULL);
	}
	mvadd_wchnstr(y, 0, s->line, n);
}

/* Most rows are what they were, and the library takes its time for each. */
static void draw_rows(struct screen *s, const struct canvas *c)
{
	size_t size = (size_t)c->width * sizeof(*c->cells);
	bool all = s->resized, holds;
	int y;

	s->resized = false;
	if (c->width != s->held.width || c->height != s->held.height) {
		canvas_resize(&s->held, c->width, c->height);
		all = true;
	}
	holds = s->held.cells;
	for (y = 0; y < c->height; y++) {
		const struct cell *row = &c->cells[(size_t)y * (size_t)c->width];
		struct cell *held = holds ? &s->held.cells[(size_t)y * (size_t)c->width] : NULL;

		if (held && !all && !memcmp(held, row, size))
			continue;
		draw_row(s, y, row, c->width);
		if (held)
			memcpy(held, row, size);
	}
}

bool screen_paint(void *screen, const struct canvas *c)
{
	struct screen *s = screen;

	draw_rows(s, c);
	refresh();
	return screen_ask(s);
}

void screen_show(struct screen *s, const struct canvas *c)
{
	if (!screen_is_suspended())
		painter_show(&s->painter, c);
}

uint64_t screen_shed(struct screen *s)
{
	return painter_shed(&s->painter);
}
