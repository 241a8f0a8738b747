// SPDX-License-Identifier: GPL-2.0
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "command.h"
#include "privileges.h"
#include "progress.h"

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE; - is standard output", 1 },
	{ "seconds", 't', "N", 0, "Live: stop after N seconds", 1 },
	{ 0 },
};

static void add_input(struct run_options *o, const char *path, const struct argp_state *state)
{
	if (o->more_cnt == WATCH_MORE)
		refuse(state, "more than %d recordings: put some together first", WATCH_MORE + 1);
	else
		o->more[o->more_cnt++] = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->watch;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case 't':
		if (parse_duration(arg, &o->duration_ns) || !o->duration_ns)
			refuse(state, "--seconds %s: write a time such as 10 or 500ms", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (o->several && o->input && !state->quoted)
			add_input(o, arg, state);
		else
			take_operand(state, &o->input, &o->command);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp run_argp = { options, parse, NULL, NULL, watch_argp_children, NULL, NULL };

const struct argp_child run_argp_children[] = {
	{ &run_argp, 0, NULL, 0 },
	{ 0 },
};

void run_options_init(struct run_options *o)
{
	memset(o, 0, sizeof(*o));
	watch_options_init(&o->watch);
}

static bool to_stdout(const struct run_options *o)
{
	return !o->output || !strcmp(o->output, "-");
}

const char *run_output_name(const struct run_options *o)
{
	return to_stdout(o) ? "standard output" : o->output;
}

/* Nothing of an older file is lost yet: there may be nothing to watch. */
static int open_output(struct run *run, struct fault *fault)
{
	int fd;

	if (to_stdout(run->options)) {
		run->out = stdout;
		return 0;
	}
	fd = open(run->options->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	run->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (run->out)
		return 0;
	fault_set(fault, "%s: %s", run->options->output, strerror(errno));
	return -errno;
}

/* Devices and pipes have no length to cut. */
static int cut_output(const struct run *run)
{
	struct stat stat;

	if (run->out == stdout || fstat(fileno(run->out), &stat) || !S_ISREG(stat.st_mode))
		return 0;
	return ftruncate(fileno(run->out), 0) ? -errno : 0;
}

static void close_output(struct run *run, struct fault *fault)
{
	if (run->out && run->out != stdout && fclose(run->out))
		fault_set(fault, "%s: %s", run->options->output, strerror(errno));
}

static int watch_on(struct run *run, const struct run_job *job, void *ctx, struct progress *progress,
		    struct fault *fault)
{
	source_emit emit = progress->src ? progress_event : job->event;
	void *emit_ctx = progress->src ? progress : ctx;
	const uint64_t duration_ns = run->options->duration_ns;
	uint64_t end = duration_ns ? loop_clock() + duration_ns : UINT64_MAX;
	int why = 0, err = 0;

	while (!err && !(why & (LOOP_STOPPED | LOOP_CHILD | LOOP_ENDED))) {
		uint64_t now = loop_clock(), until = job->turn_ns ? now + job->turn_ns : UINT64_MAX;

		if (now >= end)
			break;
		until = end < until ? end : until;
		why = loop_turn(&run->loop, until == UINT64_MAX ? 0 : until, -1, emit, emit_ctx,
				fault);
		if (why < 0)
			return why;
		err = job->turn ? job->turn(ctx, run) : 0;
		progress_turn(progress, loop_clock());
	}
	return err ? err : source_finish(run->src, emit, emit_ctx, fault);
}

/* From the first event to the last. */
static int watch(struct run *run, const struct run_job *job, void *ctx, struct fault *fault)
{
	/* what is written to a terminal while it is read would stand between the lines */
	bool writes = job->turn && isatty(fileno(run->out));
	struct progress progress;
	int err;

	progress_begin(&progress, run->src, run->options->input && !writes, job->event, ctx, loop_clock());
	err = watch_on(run, job, ctx, &progress, fault);
	progress_end(&progress);
	return err;
}

static int code_of_command(const struct run *run, const struct run_job *job)
{
	int status = run->options->command ? loop_child_code(&run->loop) : 0;

	if (job->passes_status || !status)
		return status;
	tell("'%s' ended with status %d", run->options->command[0], status);
	return EXIT_COMMAND_FAILED;
}

/* The source is attached, the output open, the command under way. A recording needed none. */
static int drop_privileges(const struct run *run, const struct run_job *job, struct fault *fault)
{
	const struct privileges privileges = {
		.folder = run->options->folder,
		.command = run->options->command,
	};

	if (job->opens_files || !source_info(run->src)->live)
		return 0;
	return privileges_drop(&privileges, run->src, fault);
}

static int go(struct run *run, const struct run_job *job, void *ctx, struct fault *fault)
{
	char **command = run->options->command;
	int err = cut_output(run);

	if (!err && job->begin)
		err = job->begin(ctx, run, fault);
	if (!err && command)
		err = loop_start(&run->loop, command, fault);
	if (!err)
		err = drop_privileges(run, job, fault);
	if (err)
		return err;
	err = watch(run, job, ctx, fault);
	if (!err && job->end)
		err = job->end(ctx, run, fault);
	if (!err)
		watch_remark(run->src);
	if (err == -EPIPE && job->reader_may_go)
		return 0;
	if (err == -EPIPE)
		fault_set(fault, "%s: the reader has gone; the recording ends here",
			  run_output_name(run->options));
	else if (err)
		fault_set(fault, "%s: %s", run_output_name(run->options), strerror(-err));
	return err;
}

int run_execute(const struct run_options *o, const struct run_job *job, void *ctx)
{
	struct run run = { .options = o };
	struct fault fault = { "" };
	int code = EXIT_CANNOT_RUN;

	if (!open_output(&run, &fault))
		run.src = o->more_cnt ? watch_open_several(&o->watch, o->input, o->more, o->more_cnt, &fault)
				      : watch_open(&o->watch, o->input, &fault);
	if (run.src) {
		loop_init(&run.loop, run.src);
		if (!go(&run, job, ctx, &fault))
			code = code_of_command(&run, job);
	}
	close_output(&run, &fault);
	source_close(run.src);
	return fault.text[0] ? cannot_run(&fault) : code;
}
