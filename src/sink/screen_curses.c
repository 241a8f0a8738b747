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
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "urbscope/top.h"

enum { PAIR_ALERT = 1, PAIR_WARN, PAIR_ACCENT };

/* A terminal that is not slow has taken a frame by then, and nobody notices that there is a thread. */
#define PROMPT_NS 20000000
/* At the end a stopped terminal has this long to go on before what it should still get is dropped. */
#define PATIENCE_NS 1000000000
#define DOUBLE_CLICK_NS 400000000

struct screen {
	SCREEN *curses;
	FILE *out, *in;
	int fd;		  /* keys */
	cchar_t *line;	  /* one row, for the library */
	int line_room;
	bool colours, gone;
	uint64_t click_ns;
	int click_y;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	struct canvas next;	/* the newest frame that the thread has not begun with */
	bool has_next, busy, ending;
	bool resized;		/* the library has cut its rows, or added some */
	uint64_t shed;

	/* The thread's: the frame, and what the library holds. */
	struct canvas drawn, held;
};

/* ncurses has one current terminal; exit() must find it to restore it. */
static struct screen *current;

static void close_current(void)
{
	screen_close(&current);
}

static void set_up(struct screen *s, bool mouse)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
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

static void draw(struct screen *s, const struct canvas *c, bool all);

static void *drawing(void *arg)
{
	struct screen *s = arg;
	struct canvas frame;
	bool resized;

	pthread_mutex_lock(&s->lock);
	while (!s->ending) {
		if (!s->has_next) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		frame = s->next;
		s->next = s->drawn;
		s->drawn = frame;
		s->has_next = false;
		s->busy = true;
		resized = s->resized;
		s->resized = false;
		pthread_mutex_unlock(&s->lock);
		draw(s, &s->drawn, resized);
		pthread_mutex_lock(&s->lock);
		s->busy = false;
		pthread_cond_broadcast(&s->changed);
	}
	s->ending = false;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int start_thread(struct screen *s)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int err;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&s->lock, NULL);
	/* signals are for who waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&s->thread, NULL, drawing, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->has_thread = !err;
	return -err;
}

/* With the lock held: until `*flag` is false, but no longer than that. */
static bool wait_while(struct screen *s, const bool *flag, const bool *other, uint64_t ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (*flag || *other)
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
			break;
	return !*flag && !*other;
}

/* Only who draws hands frames over, so what is idle stays idle. */
static bool is_idle(struct screen *s)
{
	bool idle;

	pthread_mutex_lock(&s->lock);
	idle = !s->busy && !s->has_next;
	pthread_mutex_unlock(&s->lock);
	return idle;
}

/* What a terminal that is stopped has not taken is dropped, and then it takes the rest. */
static void stop_thread(struct screen *s)
{
	bool done;

	if (!s->has_thread)
		return;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	s->has_next = false;
	pthread_cond_broadcast(&s->changed);
	done = wait_while(s, &s->ending, &s->busy, PATIENCE_NS);
	pthread_mutex_unlock(&s->lock);
	if (!done) /* it waits in write() */
		pthread_cancel(s->thread);
	pthread_join(s->thread, NULL);
	if (!done) {
		tcflush(fileno(s->out), TCOFLUSH);
		tcflow(fileno(s->out), TCOON);
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
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
	if (err)
		goto fail;
	s->curses = newterm(NULL, s->out, s->in);
	if (!s->curses) {
		err = -ENODEV;
		goto fail;
	}
	set_term(s->curses);
	set_up(s, mouse);
	err = start_thread(s);
	if (err)
		goto fail;
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
	stop_thread(s);
	if (s->curses) {
		endwin();
		delscreen(s->curses);
	}
	if (s->out)
		fclose(s->out);
	if (s->in)
		fclose(s->in);
	canvas_release(&s->next);
	canvas_release(&s->drawn);
	canvas_release(&s->held);
	free(s->line);
	free(s);
}

int screen_fd(struct screen *s)
{
	return is_idle(s) ? s->fd : -1;
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
	pthread_mutex_lock(&s->lock);
	s->resized = true;
	pthread_mutex_unlock(&s->lock);
}

int screen_fit(struct screen *s, struct canvas *c)
{
	int width, height;
	cchar_t *line;

	if (!is_idle(s)) { /* whatever is drawn will not be shown as it is */
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
static void draw(struct screen *s, const struct canvas *c, bool all)
{
	size_t size = (size_t)c->width * sizeof(*c->cells);
	bool holds;
	int y;

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
	refresh();
}

void screen_show(struct screen *s, const struct canvas *c)
{
	size_t cells = (size_t)c->width * (size_t)c->height;

	pthread_mutex_lock(&s->lock);
	if (!canvas_resize(&s->next, c->width, c->height) && cells) {
		memcpy(s->next.cells, c->cells, cells * sizeof(*c->cells));
		s->shed += s->has_next;
		s->has_next = true;
		pthread_cond_broadcast(&s->changed);
		wait_while(s, &s->has_next, &s->busy, PROMPT_NS);
	}
	pthread_mutex_unlock(&s->lock);
}

uint64_t screen_shed(struct screen *s)
{
	uint64_t shed;

	pthread_mutex_lock(&s->lock);
	shed = s->shed;
	pthread_mutex_unlock(&s->lock);
	return shed;
}

/* getch() cannot tell "no key yet" from "no terminal any more". */
static bool hung_up(const struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int mouse_key(struct screen *s)
{
	struct timespec now;
	uint64_t now_ns;
	MEVENT event;
	bool twice;

	if (getmouse(&event) != OK)
		return TOP_KEY_REDRAW;
	if (event.bstate & BUTTON4_PRESSED)
		return top_mouse(TOP_WHEEL_UP, event.y, event.x);
	if (event.bstate & BUTTON5_PRESSED)
		return top_mouse(TOP_WHEEL_DOWN, event.y, event.x);
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
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

int screen_key(struct screen *s)
{
	wint_t key;
	int kind;

	if (s->gone)
		return TOP_KEY_QUIT;
	if (!is_idle(s)) {
		s->gone = hung_up(s);
		return s->gone ? TOP_KEY_QUIT : TOP_KEY_NONE;
	}
	kind = get_wch(&key);
	if (kind == KEY_CODE_YES)
		return key_code(s, key);
	if (kind == ERR) {
		s->gone = hung_up(s);
		return s->gone ? TOP_KEY_QUIT : TOP_KEY_NONE;
	}
	if (key == ('L' & 0x1f)) {
		clearok(stdscr, TRUE);
		return TOP_KEY_REDRAW;
	}
	return key == 0x7f ? TOP_KEY_BACKSPACE : (int)key;
}
