// SPDX-License-Identifier: GPL-2.0
/*
 * The only file that knows ncurses. The library writes to the terminal and waits for it; so a
 * thread calls it to draw, and nobody else does while that is busy.
 */
#include "urbscope/screen.h"

#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <fcntl.h>
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sink/crash_guard.h"
#include "sink/painter.h"
#include "urbscope/top.h"

enum { PAIR_ALERT = 1, PAIR_WARN, PAIR_ACCENT, PAIR_ALERT_BADGE, PAIR_WARN_BADGE };

/* A terminal that is stopped has this long to go on before what it should still get is dropped. */
#define PATIENCE_NS	1000000000
#define DOUBLE_CLICK_NS 400000000

/*
 * "Device status report": a terminal answers when it has come there. So frames do not pile up on a
 * slow line, whose buffers hold more than what can be seen in time.
 */
#define QUESTION "\033[5n"
#define ANSWER	 "\033[0n"
#define KEY_ANSWER (KEY_MAX + 1)
/* The first answer comes within this, or none is counted on. */
#define FIRST_NS  UINT64_C(500000000)
/* A frame on a slow line takes no longer. */
#define ANSWER_NS UINT64_C(3000000000)

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

/* ncurses has one current terminal; exit() must find it to restore it. */
static struct screen *current;

static void close_current(void)
{
	screen_close(&current);
}

static volatile sig_atomic_t suspended;

static void on_suspend(int sig)
{
	suspended = sig;
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void set_up(struct screen *s, bool mouse)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	if (mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0); /* else the library waits to see whether a click becomes two */
	}
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

/* Only a terminal that understands such sequences is asked. */
static void ask_first(struct screen *s)
{
	const char *cup = tigetstr("cup");

	if (!cup || strncmp(cup, "\033[", 2) || define_key(ANSWER, KEY_ANSWER) != OK)
		return;
	fputs(QUESTION, s->out);
	fflush(s->out);
	s->asked_ns = clock_ns();
}

/* What takes the screen away again, as the terminal has it. */
static struct {
	char bytes[200];
	size_t size;
} ending;

static int keep_byte(int c)
{
	if (ending.size < sizeof(ending.bytes))
		ending.bytes[ending.size++] = (char)c;
	return c;
}

static void guard_against_crash(const struct screen *s, const struct termios *modes, bool mouse)
{
	static const char *const names[] = { "rmkx", "sgr0", "cnorm", "rmcup"};
	size_t i;

	ending.size = 0;
	if (mouse)
		tputs("\033[?1006l\033[?1000l", 1, keep_byte);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = tigetstr(names[i]);

		if (text && text != (const char *)-1)
			tputs(text, 1, keep_byte);
	}
	crash_guard_on(fileno(s->out), modes, ending.bytes, ending.size);
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

static bool draw(void *ctx, const struct canvas *c);

static int open_terminal(struct screen *s, bool mouse)
{
	struct sigaction suspend = {.sa_handler = on_suspend, .sa_flags = SA_RESTART}, before;
	struct termios modes;

	if (tcgetattr(fileno(s->out), &modes))
		return -ENOTTY;
	/* the library's own would draw beside the thread */
	sigaction(SIGTSTP, NULL, &before);
	if (before.sa_handler == SIG_DFL)
		sigaction(SIGTSTP, &suspend, NULL);
	s->curses = newterm(NULL, s->out, s->in);
	if (!s->curses)
		return -ENODEV;
	set_term(s->curses);
	if (!tigetstr("cup"))
		return -ENODEV;
	set_up(s, mouse);
	guard_against_crash(s, &modes, mouse);
	ask_first(s);
	return painter_start(&s->painter, draw, s);
}

int screen_open(struct screen **screen, bool mouse)
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
	if (!err)
		err = open_terminal(s, mouse);
	if (err) {
		screen_close(&s);
		return err;
	}
	current = s;
	if (!registered)
		registered = !atexit(close_current);
	*screen = s;
	return 0;
}

static bool is_owed(struct screen *s)
{
	if (s->answers)
		return painter_is_owed(&s->painter);
	return s->asked_ns && clock_ns() < s->asked_ns + FIRST_NS;
}

/* An answer that comes when nobody reads any more would be typed into the shell. */
static bool await_answer(struct screen *s)
{
	uint64_t end_ns = clock_ns() + ANSWER_NS;
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	while (!s->gone && is_owed(s) && clock_ns() < end_ns)
		if (poll(&p, 1, 50) > 0 && screen_key(s) == TOP_KEY_QUIT && s->gone)
			break;
	return !is_owed(s);
}

/* What Ctrl-S has stopped, TCOON alone does not start: only what TCOOFF has. */
static void restart(int fd)
{
	tcflow(fd, TCOOFF);
	tcflow(fd, TCOON);
}

/* True if the terminal can be written to without waiting for somebody who has stopped it. */
static bool settle(struct screen *s)
{
	return painter_settle(&s->painter, PATIENCE_NS) && await_answer(s);
}

void screen_close(struct screen **screen)
{
	struct screen *s = *screen;
	bool settled;

	*screen = NULL;
	if (!s)
		return;
	if (s == current)
		current = NULL;
	settled = !s->painter.has_thread || settle(s);
	settled &= painter_stop(&s->painter, 0);
	if (s->curses) {
		if (!settled) { /* what it has not taken is dropped, and then it takes the rest */
			tcflush(fileno(s->out), TCOFLUSH);
			restart(fileno(s->out));
		}
		endwin();
		if (!settled)
			tcflush(s->fd, TCIFLUSH);
		delscreen(s->curses);
	}
	crash_guard_off();
	if (s->out)
		fclose(s->out);
	if (s->in)
		fclose(s->in);
	painter_release(&s->painter);
	canvas_release(&s->held);
	free(s->line);
	free(s);
}

/* Ctrl-Z: the shell has the terminal until it says to go on. */
static int give_back(void)
{
	struct sigaction stop = {.sa_handler = SIG_DFL}, ours;

	suspended = 0;
	endwin();
	sigaction(SIGTSTP, &stop, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	clearok(curscr, TRUE);
	return TOP_KEY_REDRAW;
}

int screen_fd(struct screen *s)
{
	return painter_is_idle(&s->painter) ? s->fd : -1;
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

static bool draw(void *ctx, const struct canvas *c)
{
	struct screen *s = ctx;

	draw_rows(s, c);
	refresh();
	if (!s->answers)
		return false;
	fputs(QUESTION, s->out);
	fflush(s->out);
	return true;
}

void screen_show(struct screen *s, const struct canvas *c)
{
	if (!suspended)
		painter_show(&s->painter, c);
}

uint64_t screen_shed(struct screen *s)
{
	return painter_shed(&s->painter);
}

/* getch() cannot tell "no key yet" from "no terminal any more". */
static bool hung_up(const struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int mouse_key(struct screen *s)
{
	uint64_t now_ns = clock_ns();
	MEVENT event;
	bool twice;

	if (getmouse(&event) != OK)
		return TOP_KEY_REDRAW;
	if (event.bstate & BUTTON4_PRESSED)
		return top_mouse(TOP_WHEEL_UP, event.y, event.x);
	if (event.bstate & BUTTON5_PRESSED)
		return top_mouse(TOP_WHEEL_DOWN, event.y, event.x);
	twice = s->click_ns && event.y == s->click_y && now_ns - s->click_ns < DOUBLE_CLICK_NS;
	s->click_ns = twice ? 0 : now_ns;
	s->click_y = event.y;
	return top_mouse(twice ? TOP_DOUBLE_CLICK : TOP_CLICK, event.y, event.x);
}

static int key_code(struct screen *s, wint_t key)
{
	static const struct {
		int from, to;
	} keys[] = {
		{KEY_UP, TOP_KEY_UP}, {KEY_DOWN, TOP_KEY_DOWN}, {KEY_LEFT, TOP_KEY_LEFT},
		{KEY_RIGHT, TOP_KEY_RIGHT}, {KEY_PPAGE, TOP_KEY_PAGE_UP},
		{KEY_NPAGE, TOP_KEY_PAGE_DOWN}, {KEY_HOME, TOP_KEY_HOME}, {KEY_END, TOP_KEY_END},
		{KEY_BACKSPACE, TOP_KEY_BACKSPACE}, {KEY_ENTER, TOP_KEY_ENTER},
		{KEY_F(10), TOP_KEY_QUIT},
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].from == (int)key)
			return keys[i].to;
	for (i = 1; i < 10; i++)
		if (key == (wint_t)KEY_F((int)i))
			return TOP_KEY_F + (int)i;
	if (key == KEY_MOUSE)
		return mouse_key(s);
	if (key != KEY_RESIZE)
		return 0;
	clearok(stdscr, TRUE);
	return TOP_KEY_REDRAW;
}

static bool is_gone(struct screen *s)
{
	s->gone = s->gone || hung_up(s);
	return s->gone;
}

int screen_key(struct screen *s)
{
	wint_t key;
	int kind;

	if (s->gone)
		return TOP_KEY_QUIT;
	if (!painter_is_idle(&s->painter))
		return is_gone(s) ? TOP_KEY_QUIT : TOP_KEY_NONE;
	if (suspended && !is_owed(s))
		return give_back();
	while ((kind = get_wch(&key)) == KEY_CODE_YES && key == KEY_ANSWER) {
		s->answers = true;
		painter_answered(&s->painter);
		if (!painter_is_idle(&s->painter)) /* a frame has waited for this */
			return TOP_KEY_NONE;
	}
	if (kind == KEY_CODE_YES)
		return key_code(s, key);
	if (kind == ERR)
		return is_gone(s) ? TOP_KEY_QUIT : TOP_KEY_NONE;
	if (key == ('L' & 0x1f)) {
		clearok(stdscr, TRUE);
		return TOP_KEY_REDRAW;
	}
	return key == 0x7f ? TOP_KEY_BACKSPACE : (int)key;
}
