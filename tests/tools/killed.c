// SPDX-License-Identifier: GPL-2.0
/*
 * killed URBSCOPE TRIES FOLDER: has URBSCOPE write a trace of what comes through a pipe, kills it with
 * SIGKILL at a random moment, and reads what is there: events from the first one on without a gap, and
 * none missing that was a second old. TRIES times, several at once; exit 1 if one is not so.
 *
 * A second is long for what takes a tenth; where this machine did not run us for that long, it did not
 * run the other either, and the try is made again.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#include "../lib/run.h"
#include "../lib/traces.h"

#define AT_ONCE 20
#define EACH_NS 10000000ULL	/* events come that often, */
#define EVENTS	20		/* so many */
#define MAX	(EVENTS * 1000)
#define STALL_NS 300000000ULL
#define EP	urb_ep(1, 5, 0x81)

enum { GOOD, BAD, AGAIN };

static uint64_t handed_ns[MAX]; /* when an event had been handed on */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static pid_t start(const char *urbscope, const char *file, int *to)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		abort();
	pid = fork();
	if (!pid) {
		dup2(fds[0], STDIN_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(urbscope, urbscope, "export", "--to", "urb", "-o", file, "-", NULL);
		_exit(127);
	}
	close(fds[0]);
	*to = fds[1];
	return pid;
}

static uint64_t time_of(size_t event)
{
	return 2000 + event * 1000;
}

/* Hands events on for so long. How many; *stall is the longest time between two turns. */
static size_t feed(int to, uint64_t for_ns, uint64_t *stall)
{
	struct trace_run run = trace_run_example();
	struct trace_writer *writer = trace_writer_new(to, &run, 1);
	uint64_t began = now_ns(), last = began;
	size_t cnt = 0;

	*stall = 0;
	while (last - began < for_ns && cnt + EVENTS <= MAX) {
		for (size_t i = 0; i < EVENTS; i++, cnt++) {
			struct urb_event ev = cnt & 1 ? complete_event(time_of(cnt), 1 + cnt / 2, EP, 0)
						      : submit_event(time_of(cnt), 1 + cnt / 2, EP);

			trace_writer_event(writer, &ev);
		}
		if (trace_writer_tick(writer, time_of(cnt)))
			abort();
		for (size_t i = cnt - EVENTS; i < cnt; i++)
			handed_ns[i] = now_ns();
		nanosleep(&(struct timespec){ .tv_nsec = EACH_NS }, NULL);
		*stall = now_ns() - last > *stall ? now_ns() - last : *stall;
		last = now_ns();
	}
	trace_writer_free(writer);
	return cnt;
}

/* How many events the file has, each as it was; -1: it is not so. */
static long read_back(const char *file, long try)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };
	struct source *src = source_open_trace(file, &config, &fault);
	struct got got = { 0 };
	int err;

	if (!src)
		return -1;
	do
		err = source_read(src, got_event, &got, &fault);
	while (err >= 0);
	if (err != -ENODATA || !source_info(src)->broken_off || source_info(src)->damaged) {
		printf("try %ld: %s\n", try, fault.text[0] ? fault.text : "read as if nothing had happened");
		return -1;
	}
	for (size_t i = 0; i < got.cnt; i++) {
		if (got.ev[i].time_ns != time_of(i)) {
			printf("try %ld: event %zu is another\n", try, i);
			return -1;
		}
	}
	source_close(src);
	err = got.cnt;
	got_release(&got);
	return err;
}

static int attempt(const char *urbscope, const char *folder, long try, uint64_t seed)
{
	uint64_t for_ns = 300000000 + random_below(&seed, 1500000000), stall, killed, missing = 0;
	char file[256];
	long cnt, read;
	pid_t pid;
	int to;

	snprintf(file, sizeof(file), "%s/killed-%ld.urb", folder, try);
	pid = start(urbscope, file, &to);
	cnt = feed(to, for_ns, &stall);
	killed = now_ns();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(to);
	if (stall > STALL_NS)
		return AGAIN;
	read = read_back(file, try);
	if (read < 0)
		return BAD;
	if (read < cnt)
		missing = killed - handed_ns[read];
	printf("try %ld: %ld of %ld events, %.0f ms missing\n", try, read, cnt, missing / 1e6);
	fflush(stdout);
	unlink(file);
	return missing > 1000000000 || read > cnt ? BAD : GOOD;
}

int main(int argc, char **argv)
{
	long tries = argc == 4 ? strtol(argv[2], NULL, 10) : 0, good = 0, again = 0, next = 0;

	if (tries <= 0) {
		fprintf(stderr, "usage: killed URBSCOPE TRIES FOLDER\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	while (good < tries && again < tries) {
		int running = 0, status;

		for (; running < AT_ONCE && good + running < tries; running++, next++) {
			if (!fork())
				exit(attempt(argv[1], argv[3], next, next * 1000003 + 7));
		}
		for (; running; running--) {
			wait(&status);
			if (!WIFEXITED(status) || WEXITSTATUS(status) == BAD)
				return 1;
			good += WEXITSTATUS(status) == GOOD;
			again += WEXITSTATUS(status) == AGAIN;
		}
	}
	printf("%ld killed, %ld tries made again\n", good, again);
	return good < tries;
}
