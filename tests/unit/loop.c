// SPDX-License-Identifier: GPL-2.0
/* The loop: a trace on a pipe beside a wrapped command, time, keys and signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "cmd/loop.h"
#include "urbscope/trace_writer.h"

#define SECOND UINT64_C(1000000000)
#define LONG   (10 * SECOND) /* nothing here takes as long, unless it hangs */

struct stage {
	struct loop loop;
	struct source *src;
	int in, out;		/* the pipe's ends */
	FILE *to;
	struct trace_writer *writer;
	size_t seen;
};

static void count(void *ctx, const struct urb_event *ev)
{
	(void)ev;
	++*(size_t *)ctx;
}

static int set_stage(void **state)
{
	static const struct trace_run origin = { .kind = "bpf", .clock = "monotonic" };
	static struct stage s;
	struct source_config config = { 0 };
	struct fault fault = { "" };
	static char path[64]; /* a source keeps the pointer */
	int fds[2];

	memset(&s, 0, sizeof(s));
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	s.in = fds[0];
	s.out = fds[1];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s.in);
	s.src = source_open_trace(path, &config, &fault);
	s.to = fdopen(s.out, "w");
	s.writer = trace_writer_new(s.out, &origin, 1);
	loop_init(&s.loop, s.src);
	*state = &s;
	return s.src && s.writer ? 0 : -1;
}

static int clear_stage(void **state)
{
	struct stage *s = *state;

	trace_writer_free(s->writer);
	if (s->to)
		fclose(s->to);
	close(s->in);
	source_close(s->src);
	return 0;
}

/* Turns until one of `what` comes; all that came on the way. */
static int turn_until(struct stage *s, int what)
{
	uint64_t end = loop_clock() + LONG;
	struct fault fault = { "" };
	int came = 0, why;

	while (!(came & what)) {
		why = loop_turn(&s->loop, end, -1, count, &s->seen, &fault);
		assert_true(why >= 0);
		came |= why;
		if (why & LOOP_TIME)
			fail_msg("nothing came");
	}
	return came;
}

static void start(struct stage *s, const char *script)
{
	char *command[] = { "sh", "-c", (char *)script, NULL };
	struct fault fault = { "" };

	assert_int_equal(loop_start(&s->loop, command, &fault), 0);
}

static void test_status_of_command(void **state)
{
	struct stage *s = *state;

	start(s, "exit 7");
	turn_until(s, LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 7);
	start(s, "kill -9 $$");
	turn_until(s, LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 128 + SIGKILL);
	start(s, "true");
	turn_until(s, LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 0);
}

static void test_command_not_found(void **state)
{
	char *command[] = { "/nonexistent/command", NULL };
	struct fault fault = { "" };
	struct stage *s = *state;

	assert_int_equal(loop_start(&s->loop, command, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "/nonexistent/command"));
	assert_int_equal(s->loop.child, 0);
}

/* What a command inherits is what our caller had, not what we have made of it. */
static void test_command_gets_default_signals(void **state)
{
	struct stage *s = *state;

	start(s, "kill -TERM $$; exit 9");
	turn_until(s, LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 128 + SIGTERM);
	start(s, "kill -PIPE $$; exit 9");
	turn_until(s, LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 128 + SIGPIPE);
}

static void test_signal_stops(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct stage *s = *state;

	for (size_t i = 0; i < 3; i++) {
		s->loop.stop_signal = 0;
		kill(getpid(), signals[i]);
		assert_true(turn_until(s, LOOP_STOPPED) & LOOP_STOPPED);
		assert_int_equal(s->loop.stop_signal, signals[i]);
	}
}

/* The command is stopped first; the loop goes on until it has ended. */
static void test_signal_stops_the_command(void **state)
{
	struct stage *s = *state;

	start(s, "trap 'exit 3' TERM; kill -TERM $PPID; while :; do sleep 0.05; done");
	assert_true(turn_until(s, LOOP_CHILD | LOOP_STOPPED) & LOOP_CHILD);
	assert_int_equal(loop_child_code(&s->loop), 3);
}

static void test_stubborn_command_is_left_behind(void **state)
{
	struct stage *s = *state;
	uint64_t began = loop_clock();
	pid_t child;

	start(s, "trap '' TERM; kill -TERM $PPID; while :; do sleep 0.05; done");
	child = s->loop.child;
	assert_false(turn_until(s, LOOP_STOPPED) & LOOP_CHILD);
	assert_in_range(loop_clock() - began, SECOND, 5 * SECOND);
	kill(child, SIGKILL);
}

static void test_second_signal_is_enough(void **state)
{
	struct stage *s = *state;
	uint64_t began = loop_clock();
	pid_t child;

	start(s, "trap '' TERM; kill -TERM $PPID; sleep 0.3; kill -TERM $PPID; sleep 100");
	child = s->loop.child;
	turn_until(s, LOOP_STOPPED);
	assert_in_range(loop_clock() - began, 0, 3 * SECOND / 2);
	kill(child, SIGKILL);
}

static void test_time_comes(void **state)
{
	struct stage *s = *state;
	uint64_t began = loop_clock(), end = began + SECOND / 5;
	struct fault fault = { "" };
	int why = 0;

	while (!(why & LOOP_TIME))
		why = loop_turn(&s->loop, end, -1, count, &s->seen, &fault);
	assert_in_range(loop_clock() - began, SECOND / 5, SECOND);
}

static void test_stream_ends(void **state)
{
	struct stage *s = *state;
	struct urb_event ev = submit_event(5, 1, urb_ep(1, 2, 0x81));

	for (int i = 0; i < 3; i++)
		trace_writer_event(s->writer, &ev);
	trace_writer_end(s->writer, 9);
	fclose(s->to);
	s->to = NULL;
	turn_until(s, LOOP_ENDED);
	assert_int_equal(s->seen, 3);
}

static void test_keys_and_resizing(void **state)
{
	struct stage *s = *state;
	struct fault fault = { "" };
	int keys[2], why;

	assert_int_equal(pipe(keys), 0);
	why = loop_turn(&s->loop, loop_clock() + SECOND / 20, keys[0], count, &s->seen, &fault);
	assert_false(why & LOOP_KEYS);
	assert_int_equal(write(keys[1], "q", 1), 1);
	why = loop_turn(&s->loop, loop_clock() + LONG, keys[0], count, &s->seen, &fault);
	assert_int_equal(why, LOOP_KEYS);
	kill(getpid(), SIGWINCH);
	why = loop_turn(&s->loop, loop_clock() + LONG, -1, count, &s->seen, &fault);
	assert_int_equal(why, LOOP_RESIZED);
	close(keys[0]);
	close(keys[1]);
}

#define STAGED(title, function) { title, function, set_stage, clear_stage, NULL }

static const struct CMUnitTest tests[] = {
	STAGED("loop-passes-the-commands-status", test_status_of_command),
	STAGED("loop-names-a-command-it-cannot-run", test_command_not_found),
	STAGED("command-gets-default-signals", test_command_gets_default_signals),
	STAGED("signal-stops-the-loop", test_signal_stops),
	STAGED("signal-stops-the-command-first", test_signal_stops_the_command),
	STAGED("stubborn-command-is-left-behind", test_stubborn_command_is_left_behind),
	STAGED("second-signal-ends-the-patience", test_second_signal_is_enough),
	STAGED("loop-wakes-in-time", test_time_comes),
	STAGED("loop-tells-the-end-of-a-stream", test_stream_ends),
	STAGED("loop-tells-keys-and-resizing", test_keys_and_resizing),
};

TEST_MAIN(tests)
