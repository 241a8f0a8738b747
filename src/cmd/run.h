/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run: something is watched, or a recording read, from its beginning to its end, and the
 * outcome written to one file. report, record and export differ in what they do with the events.
 */
#ifndef URBSCOPE_CMD_RUN_H
#define URBSCOPE_CMD_RUN_H

#include <stdio.h>

#include "loop.h"
#include "options.h"

struct run_options {
	struct watch_options watch;
	const char *input;	/* the recording; NULL: the running kernel */
	const char *folder;	/* live: files are made in it all along; NULL: in none */
	bool several;		/* the command takes more of them: */
	const char *more[WATCH_MORE];
	size_t more_cnt;
	const char *output;	/* NULL or "-": standard output */
	uint64_t duration_ns;	/* 0: until something else ends it */
	char **command;		/* to wrap, or NULL */
};

struct run {
	const struct run_options *options;
	struct source *src;
	FILE *out;
	struct loop loop;
};

/* All but `event` may be NULL. The functions return 0 or -errno, with or without a fault. */
struct run_job {
	/* The source is open, and so is the output: what was there before has been cut. */
	int (*begin)(void *ctx, struct run *run, struct fault *fault);
	source_emit event;
	int (*turn)(void *ctx, struct run *run);
	/* Nothing more comes. */
	int (*end)(void *ctx, struct run *run, struct fault *fault);
	uint64_t turn_ns;	/* a turn comes at least that often; 0: as it comes */
	bool reader_may_go;	/* `| head` is no failure */
	bool passes_status;	/* exits with the status of the command, not with 4 if that failed */
	bool opens_files;	/* after `begin`, wherever the user says: it keeps its privileges */
};

/*
 * The child parsers for a command's argp: --output, --seconds and operands, and those of
 * watch_argp_children. Its input is a struct run_options. Needs ARGP_IN_ORDER.
 */
extern const struct argp_child run_argp_children[];

void run_options_init(struct run_options *o);

/* The name of the output, for messages. */
const char *run_output_name(const struct run_options *o);

/* The whole run; prints the fault if there is one. Returns what the command exits with. */
int run_execute(const struct run_options *o, const struct run_job *job, void *ctx);

#endif
