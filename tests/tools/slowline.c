// SPDX-License-Identifier: GPL-2.0
/*
 * slowline BYTES LOG COMMAND...: runs a command on a terminal of its own behind a line that carries so
 * many bytes a second to the terminal we run on, whatever is written to it: a line takes all that it is
 * given, as ssh and its sockets do, and delivers it later. Keys go the other way at once.
 *
 * At the end LOG has "sent N questions N backlog N": bytes, status requests (ESC [ 5 n) among them, and
 * the most that was ever on its way. The exit status is the command's.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define QUESTION "\033[5n"
#define STEP_MS	 10

static struct {
	char *bytes;
	size_t begin, end, room;
	size_t sent, questions, backlog;
} line;

static volatile sig_atomic_t resized;

static void on_resize(int sig)
{
	resized = sig;
}

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + ts.tv_nsec / 1e9;
}

/* False at the end. */
static int take(int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n <= 0)
		return 0;
	if (line.end + (size_t)n > line.room) {
		line.room = 2 * line.room + sizeof(buf);
		line.bytes = realloc(line.bytes, line.room);
		if (!line.bytes)
			die("realloc");
	}
	memcpy(line.bytes + line.end, buf, (size_t)n);
	line.end += (size_t)n;
	if (line.end - line.begin > line.backlog)
		line.backlog = line.end - line.begin;
	return 1;
}

static void deliver(size_t most)
{
	size_t n = line.end - line.begin < most ? line.end - line.begin : most;

	while (n) {
		ssize_t put = write(STDOUT_FILENO, line.bytes + line.begin, n);

		if (put < 0)
			die("write");
		line.begin += (size_t)put;
		line.sent += (size_t)put;
		n -= (size_t)put;
	}
}

static void pass_key(int fd)
{
	char buf[256];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n > 0 && write(fd, buf, (size_t)n) < 0 && errno != EIO)
		die("write");
}

static void carry(int fd, double rate)
{
	double last = seconds(), credit = 0;
	int open = 1;

	while (open || line.begin < line.end) {
		struct pollfd fds[2] = {{.fd = open ? fd : -1, .events = POLLIN},
					{.fd = STDIN_FILENO, .events = POLLIN}};
		struct winsize size;
		double now;

		poll(fds, 2, STEP_MS);
		if (resized) {
			resized = 0;
			if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
				ioctl(fd, TIOCSWINSZ, &size);
		}
		if (fds[0].revents)
			open = take(fd);
		if (fds[1].revents)
			pass_key(fd);
		now = seconds();
		credit += (now - last) * rate;
		credit = credit < rate ? credit : rate; /* what was not used is gone */
		last = now;
		if (line.begin == line.end)
			credit = credit < 1 ? credit : 1;
		if (credit >= 1) {
			size_t before = line.sent;

			deliver((size_t)credit);
			credit -= (double)(line.sent - before);
		}
	}
}

static void count_questions(void)
{
	const char *at = line.bytes, *end = line.bytes + line.end;

	while (at && (at = memmem(at, (size_t)(end - at), QUESTION, strlen(QUESTION)))) {
		line.questions++;
		at += strlen(QUESTION);
	}
}

int main(int argc, char **argv)
{
	struct termios before, raw;
	struct winsize size;
	int fd, status;
	FILE *log;
	pid_t pid;

	if (argc < 4 || !strtoul(argv[1], NULL, 10)) {
		fprintf(stderr, "usage: slowline BYTES LOG COMMAND...\n");
		return 125;
	}
	if (tcgetattr(STDIN_FILENO, &before) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		die("terminal");
	signal(SIGWINCH, on_resize);
	pid = forkpty(&fd, NULL, &before, &size);
	if (pid < 0)
		die("forkpty");
	if (!pid) {
		execvp(argv[3], argv + 3);
		die(argv[3]);
	}
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	carry(fd, strtod(argv[1], NULL));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	count_questions();
	log = fopen(argv[2], "w");
	if (!log)
		die(argv[2]);
	fprintf(log, "sent %zu questions %zu backlog %zu\n", line.sent, line.questions, line.backlog);
	fclose(log);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
