// SPDX-License-Identifier: GPL-2.0
#include "sink/screen_curses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "sink/crash_guard.h"

/* A terminal that is stopped has this long to go on before what it should still get is dropped. */
#define PATIENCE_NS 1000000000

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

bool screen_is_suspended(void)
{
	return suspended;
}

void screen_give_back(void)
{
	struct sigaction stop = {.sa_handler = SIG_DFL}, ours;

	suspended = 0;
	endwin();
	sigaction(SIGTSTP, &stop, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	clearok(curscr, TRUE);
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
	screen_set_up_colours(s);
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
	screen_ask_first(s);
	return painter_start(&s->painter, screen_paint, s);
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

/* What Ctrl-S has stopped, TCOON alone does not start: only what TCOOFF has. */
static void restart(int fd)
{
	tcflow(fd, TCOOFF);
	tcflow(fd, TCOON);
}

/* True if the terminal can be written to without waiting for somebody who has stopped it. */
static bool settle(struct screen *s)
{
	return painter_settle(&s->painter, PATIENCE_NS) && screen_await_answer(s);
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
