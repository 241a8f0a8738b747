// SPDX-License-Identifier: GPL-2.0
/* The only file that knows ncurses. */
#include "urbscope/screen.h"

#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <fcntl.h>
#include <curses.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "urbscope/top.h"

enum { PAIR_ALERT = 1, PAIR_WARN, PAIR_ACCENT };

struct screen {
	SCREEN *curses;
	FILE *out, *in;
	int fd;		  /* keys */
	cchar_t *line;	  /* one row, for the library */
	int line_room;
	bool colours, gone;
};

/* ncurses has one current terminal; exit() must find it to restore it. */
static struct screen *current;

static void close_current(void)
{
	screen_close(&current);
}

static void set_up(struct screen *s)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	s->colours = has_colors() && start_color() == OK;
	if (!s->colours)
		return;
	use_default_colors();
	init_pair(PAIR_ALERT, COLOR_RED, -1);
	init_pair(PAIR_WARN, COLOR_YELLOW, -1);
	init_pair(PAIR_ACCENT, COLOR_CYAN, -1);
}

/* Descriptors of our own: stdin and stdout stay what they were for whoever comes after. */
static int open_files(struct screen *s)
{
	int out, in;

	if (!isatty(STDOUT_FILENO))
		return -ENOTTY;
	in = isatty(STDIN_FILENO) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				  : open("/dev/tty", O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -ENOTTY;
	s->in = fdopen(in, "r");
	if (!s->in) {
		close(in);
		return -ENOMEM;
	}
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (out < 0)
		return -errno;
	s->out = fdopen(out, "w");
	if (!s->out) {
		close(out);
		return -ENOMEM;
	}
	s->fd = in;
	return 0;
}

int screen_open(struct screen **screen)
{
	static bool registered;
	struct screen *s;
	int err;

	*screen = NULL;
	if (current)
		return -EBUSY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	err = open_files(s);
	if (err)
		goto fail;
	s->curses = newterm(NULL, s->out, s->in);
	if (!s->curses) {
		err = -ENODEV;
		goto fail;
	}
	set_term(s->curses);
	set_up(s);
	current = s;
	if (!registered)
		registered = !atexit(close_current);
	*screen = s;
	return 0;
fail:
	screen_close(&s);
	return err;
}

void screen_close(struct screen **screen)
{
	struct screen *s = *screen;

	*screen = NULL;
	if (!s)
		return;
	if (s == current)
		current = NULL;
	if (s->curses) {
		endwin();
		delscreen(s->curses);
	}
	if (s->out)
		fclose(s->out);
	if (s->in)
		fclose(s->in);
	free(s->line);
	free(s);
}

int screen_fd(const struct screen *s)
{
	return s->fd;
}

int screen_fit(struct screen *s, struct canvas *c)
{
	int width = getmaxx(stdscr), height = getmaxy(stdscr);
	cchar_t *line;

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
	if (!s->colours)
		return a | (attr & CANVAS_ALERT ? A_BOLD : A_NORMAL);
	if (attr & CANVAS_ALERT)
		*pair = PAIR_ALERT;
	else if (attr & CANVAS_WARN)
		*pair = PAIR_WARN;
	else if (attr & CANVAS_ACCENT)
		*pair = PAIR_ACCENT;
	return a;
}

void screen_show(struct screen *s, const struct canvas *c)
{
	int y, x, n;
	short pair;

	for (y = 0; y < c->height; y++) {
		const struct cell *row = &c->cells[(size_t)y * (size_t)c->width];

		for (x = n = 0; x < c->width && n < s->line_room; x++) {
			wchar_t ch[2] = {(wchar_t)row[x].ch, 0};
			attr_t a = look(s, row[x].attr, &pair);

			if (row[x].ch) /* a wide one brings its right half along */
				setcchar(&s->line[n++], ch, a, pair, NULL);
		}
		mvadd_wchnstr(y, 0, s->line, n);
	}
	refresh();
}

/* getch() cannot tell "no key yet" from "no terminal any more". */
static bool hung_up(const struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int key_code(wint_t key)
{
	switch (key) {
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_F(10):
		return TOP_KEY_QUIT;
	case KEY_RESIZE:
		clearok(stdscr, TRUE);
		return TOP_KEY_REDRAW;
	}
	return 0;
}

int screen_key(struct screen *s)
{
	wint_t key;
	int kind;

	if (s->gone)
		return TOP_KEY_QUIT;
	kind = get_wch(&key);
	if (kind == KEY_CODE_YES)
		return key_code(key);
	if (kind == ERR) {
		s->gone = hung_up(s);
		return s->gone ? TOP_KEY_QUIT : TOP_KEY_NONE;
	}
	if (key == ('L' & 0x1f)) {
		clearok(stdscr, TRUE);
		return TOP_KEY_REDRAW;
	}
	return (int)key;
}
