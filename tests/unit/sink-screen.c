// SPDX-License-Identifier: GPL-2.0
/* However the screen ends, the terminal is as it was before. Runs on a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include "urbscope/screen.h"
#include "urbscope/top.h"

#define WAIT_MS 10000

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = sig;
}

/* A loop as a program has it; the exit status says how it ended. */
static int child(bool stdin_is_pipe, bool leave_by_exit)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t block, before;
	struct canvas c;
	struct screen *s;
	int key, err;
	char size[32];

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* only ppoll() lets them in: none is missed between the look at the flag and the wait */
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigaddset(&block, SIGWINCH);
	sigprocmask(SIG_BLOCK, &block, &before);
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TERM", "xterm", 1);
	if (stdin_is_pipe)
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	err = screen_open(&s, false);
	if (err)
		return 100 - err;
	canvas_init(&c, 0, 0, true);
	for (;;) {
		struct pollfd p = {.fd = screen_fd(s), .events = POLLIN};
		/* keys may have to wait for the terminal, and then nothing tells of them */
		struct timespec wait = {.tv_nsec = 50000000};

		if (screen_fit(s, &c))
			break;
		snprintf(size, sizeof(size), "size %dx%d.", c.width, c.height);
		canvas_text(&c, 0, 0, c.width, CANVAS_ALERT, size);
		screen_show(s, &c);
		ppoll(&p, 1, &wait, &before);
		for (key = screen_key(s); key != TOP_KEY_NONE && key != TOP_KEY_QUIT && key != 'q';)
			key = screen_key(s);
		if (stopped || key != TOP_KEY_NONE)
			break;
	}
	if (leave_by_exit)
		exit(7);
	canvas_release(&c);
	screen_close(&s);
	screen_close(&s);
	return stopped ? 8 : 9;
}

/* Many frames, each all different, for a terminal that takes none of them. */
static int talk_to_the_wall(void)
{
	struct canvas c;
	struct screen *s;
	uint64_t shed;
	int i, x, y;

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TERM", "xterm", 1);
	if (screen_open(&s, true))
		return 100;
	canvas_init(&c, 0, 0, true);
	for (i = 0; i < 100; i++) {
		if (screen_fit(s, &c))
			return 101;
		for (y = 0; y < c.height; y++)
			for (x = 0; x < c.width; x++)
				canvas_put(&c, y, x, 0, (uint32_t)('!' + (i * 31 + y * 7 + x) % 90));
		screen_show(s, &c);
		if (screen_key(s) != TOP_KEY_NONE)
			return 102;
	}
	shed = screen_shed(s);
	canvas_release(&c);
	screen_close(&s);
	return shed ? 10 : 103;
}

struct terminal {
	int fd, slave;
	pid_t pid;
	struct termios before;
	char shown[65536];
	size_t n;
};

static void start_at(struct terminal *t, struct winsize size, int (*program)(void))
{

	t->n = 0;
	assert_int_equal(openpty(&t->fd, &t->slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(t->slave, &t->before), 0);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (!t->pid) {
		close(t->fd);
		login_tty(t->slave);
		_exit(program());
	}
}

static int plain(void)
{
	return child(false, false);
}

static int by_exit(void)
{
	return child(false, true);
}

static int with_pipe(void)
{
	return child(true, false);
}

static void start(struct terminal *t, bool stdin_is_pipe, bool leave_by_exit)
{
	start_at(t, (struct winsize){.ws_row = 24, .ws_col = 80},
		 stdin_is_pipe ? with_pipe : leave_by_exit ? by_exit : plain);
}

/* Reads until `text` was shown, or the time is over. */
static bool shows(struct terminal *t, const char *text)
{
	struct pollfd p = {.fd = t->fd, .events = POLLIN};
	ssize_t got;

	while (!memmem(t->shown, t->n, text, strlen(text))) {
		if (poll(&p, 1, WAIT_MS) <= 0 || t->n == sizeof(t->shown))
			return false;
		got = read(t->fd, t->shown + t->n, sizeof(t->shown) - t->n);
		if (got <= 0)
			return false;
		t->n += (size_t)got;
	}
	return true;
}

static int ends_with(struct terminal *t)
{
	int status;

	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* The modes of the line, the alternate screen left, the cursor visible. */
static void is_restored(struct terminal *t)
{
	struct termios now;

	assert_true(shows(t, "\x1b[?1049l"));
	assert_int_equal(tcgetattr(t->slave, &now), 0);
	assert_int_equal(now.c_lflag, t->before.c_lflag);
	assert_int_equal(now.c_iflag, t->before.c_iflag);
	assert_int_equal(now.c_oflag, t->before.c_oflag);
	close(t->fd);
	close(t->slave);
}

static void a_key_ends_it(void **state)
{
	struct terminal t;

	(void)state;
	start(&t, false, false);
	assert_true(shows(&t, "size 80x24."));
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_true(shows(&t, "\x1b[?1049l"));
	assert_int_equal(ends_with(&t), 9);
	is_restored(&t);
}

static void a_signal_ends_it(void **state)
{
	struct terminal t;

	(void)state;
	start(&t, false, false);
	assert_true(shows(&t, "size 80x24."));
	kill(t.pid, SIGTERM);
	assert_true(shows(&t, "\x1b[?1049l"));
	assert_int_equal(ends_with(&t), 8);
	is_restored(&t);
}

static void exit_restores_too(void **state)
{
	struct terminal t;

	(void)state;
	start(&t, false, true);
	assert_true(shows(&t, "size 80x24."));
	assert_int_equal(write(t.fd, "\x1b[21~", 5), 5); /* F10 */
	assert_true(shows(&t, "\x1b[?1049l"));
	assert_int_equal(ends_with(&t), 7);
	is_restored(&t);
}

static void keys_come_from_the_terminal_if_stdin_is_a_pipe(void **state)
{
	struct terminal t;

	(void)state;
	start(&t, true, false);
	assert_true(shows(&t, "size 80x24."));
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_true(shows(&t, "\x1b[?1049l"));
	assert_int_equal(ends_with(&t), 9);
	is_restored(&t);
}

static void it_follows_the_size_of_the_terminal(void **state)
{
	struct winsize size = {.ws_row = 50, .ws_col = 200};
	struct terminal t;

	(void)state;
	start(&t, false, false);
	assert_true(shows(&t, "size 80x24."));
	assert_int_equal(ioctl(t.fd, TIOCSWINSZ, &size), 0);
	assert_true(shows(&t, "200x50."));
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_true(shows(&t, "\x1b[?1049l"));
	assert_int_equal(ends_with(&t), 9);
	is_restored(&t);
}

static void it_ends_when_the_terminal_goes(void **state)
{
	struct terminal t;
	int code;

	(void)state;
	start(&t, false, false);
	assert_true(shows(&t, "size 80x24."));
	close(t.slave);
	close(t.fd);
	code = ends_with(&t);
	assert_true(code == 8 || code == 9);
}

/* Nobody reads: that would hold up who reads events for ever. */
static void a_terminal_that_stands_still_holds_nobody_up(void **state)
{
	struct terminal t;

	(void)state;
	start_at(&t, (struct winsize){.ws_row = 200, .ws_col = 400}, talk_to_the_wall);
	assert_int_equal(ends_with(&t), 10);
	is_restored(&t);
}

static void the_mouse_is_a_key(void **state)
{
	(void)state;
	assert_int_equal(top_mouse(TOP_CLICK, -1, 0), TOP_KEY_NONE);
	assert_int_equal(top_mouse(TOP_CLICK, 0, 4096), TOP_KEY_NONE);
	assert_true(top_mouse(TOP_WHEEL_DOWN, 2047, 4095) > TOP_KEY_MOUSE);
	assert_true(top_mouse(TOP_CLICK, 0, 0) == TOP_KEY_MOUSE);
	assert_true(top_mouse(TOP_CLICK, 1, 0) != top_mouse(TOP_CLICK, 0, 1));
}

static void without_a_terminal_it_says_so(void **state)
{
	struct screen *s = (struct screen *)&s;
	int saved = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY), err;

	(void)state;
	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	err = screen_open(&s, false);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(null);
	assert_int_equal(err, -ENOTTY);
	assert_null(s);
	screen_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"a-key-ends-it", a_key_ends_it, NULL, NULL, NULL},
		{"a-signal-ends-it", a_signal_ends_it, NULL, NULL, NULL},
		{"exit-restores-too", exit_restores_too, NULL, NULL, NULL},
		{"keys-come-from-the-terminal-if-stdin-is-a-pipe",
		 keys_come_from_the_terminal_if_stdin_is_a_pipe, NULL, NULL, NULL},
		{"it-follows-the-size-of-the-terminal", it_follows_the_size_of_the_terminal, NULL,
		 NULL, NULL},
		{"it-ends-when-the-terminal-goes", it_ends_when_the_terminal_goes, NULL, NULL,
		 NULL},
		{"a-terminal-that-stands-still-holds-nobody-up",
		 a_terminal_that_stands_still_holds_nobody_up, NULL, NULL, NULL},
		{"the-mouse-is-a-key", the_mouse_is_a_key, NULL, NULL, NULL},
		{"without-a-terminal-it-says-so", without_a_terminal_it_says_so, NULL, NULL, NULL},
	};

	if (getenv("T"))
		cmocka_set_test_filter(getenv("T"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
