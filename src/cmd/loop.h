/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The loop of every command that watches or reads: waits for the source, for time, for keys, for
 * a wrapped command and for signals, and reads the source.
 */
#ifndef URBSCOPE_CMD_LOOP_H
#define URBSCOPE_CMD_LOOP_H

#include <signal.h>
#include <sys/types.h>

#include "urbscope/source.h"

/* Why loop_turn() returned; several at once. */
enum loop_why {
	LOOP_KEYS = 1 << 0,	/* key_fd is readable */
	LOOP_TIME = 1 << 1,	/* until_ns has come */
	LOOP_ENDED = 1 << 2,	/* the recording is at its end */
	LOOP_STOPPED = 1 << 3,	/* SIGINT, SIGTERM or SIGHUP */
	LOOP_CHILD = 1 << 4,	/* the wrapped command is over: child_status */
	LOOP_RESIZED = 1 << 5,	/* SIGWINCH */
};

struct loop {
	struct source *src;
	sigset_t waiting;	/* the signal mask while it waits */
	bool ended;		/* the recording is at its end: it is not read any more */
	pid_t child;		/* the wrapped command, 0: none */
	int child_status;	/* as of waitpid() */
	int stop_signal;	/* the one that stopped it, 0: none */
	uint64_t give_up_ns;	/* a stopped command has until then to end */
};

/* CLOCK_MONOTONIC in ns. */
uint64_t loop_clock(void);

/* Takes the signals over: they are delivered only while loop_turn() waits. */
void loop_init(struct loop *loop, struct source *src);

/* Starts the wrapped command. 0, or -errno with the fault filled in if it cannot be executed. */
int loop_start(struct loop *loop, char *const *command, struct fault *fault);

/*
 * One turn: waits for something to do, at most until `until_ns` (of loop_clock(); 0: no limit),
 * then reads the source. `key_fd` may be -1. Returns what came (enum loop_why, 0: just events),
 * or -errno with the fault filled in.
 */
int loop_turn(struct loop *loop, uint64_t until_ns, int key_fd, source_emit emit, void *ctx,
	      struct fault *fault);

/* The exit status of the wrapped command as a shell has it: 128 + signal. */
int loop_child_code(const struct loop *loop);

#endif
