// SPDX-License-Identifier: GPL-2.0
/* urbscope record: keeps the events of this machine, or hands them to another urbscope. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "run.h"
#include "trace_run.h"
#include "urbscope/trace_writer.h"

#define FLUSH_NS 100000000ULL

struct record {
	struct run_options options;
	struct trace_writer *writer;
	uint64_t flush_ns; /* of loop_clock() */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct record *r = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->options;
		return 0;
	case ARGP_KEY_END:
		if (r->options.input)
			refuse(state, "a command to run stands behind --: -- %s",
				     r->options.input);
		if (!r->options.output)
			refuse(state, "where to? -o FILE, or -o - for a pipe to `urbtop -`");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Watches URBs and writes their events, for another urbscope to show: as long as COMMAND "
	"runs, N seconds, or until it is interrupted. Ends with the status of COMMAND.\v"
	"EXAMPLES\n"
	"  ssh board urbscope record -o - | urbtop -\n"
	"  urbscope record -o run.urb -- dd if=/dev/sda of=/dev/null bs=1M count=100\n"
	"  urbscope report run.urb\n";

static const struct argp argp = { NULL, parse, "[-- COMMAND...]", doc, run_argp_children,
				  NULL, NULL };

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	struct record *r = ctx;
	struct trace_run head;

	(void)fault;
	trace_run_of(run->src, run->options->command, &head);
	r->writer = trace_writer_new(fileno(run->out), &head, 0);
	return r->writer ? 0 : -errno;
}

static void event(void *ctx, const struct urb_event *ev)
{
	trace_writer_event(((struct record *)ctx)->writer, ev);
}

static void note_source(struct record *r, const struct source *src)
{
	trace_writer_wall(r->writer, trace_wall_of(src));
	trace_writer_counts(r->writer, source_late(src), source_skipped(src));
}

static int turn(void *ctx, struct run *run)
{
	struct record *r = ctx;
	int err;

	if (loop_clock() < r->flush_ns)
		return 0;
	r->flush_ns = loop_clock() + FLUSH_NS;
	note_source(r, run->src);
	err = trace_writer_tick(r->writer, source_now(run->src));
	/* what is there can be read, and there may be room for saying that it ends */
	return err ? trace_writer_end(r->writer, source_now(run->src)) : 0;
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct record *r = ctx;

	(void)fault;
	note_source(r, run->src);
	return trace_writer_end(r->writer, source_now(run->src));
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.turn = turn,
	.end = end,
	.turn_ns = FLUSH_NS,
	.passes_status = true,
};

int cmd_record(int argc, char **argv)
{
	struct fault fault = { "" };
	struct record r = { 0 };
	int code;

	run_options_init(&r.options);
	r.options.watch.slots = true; /* for models to check */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &r);
	if (!strcmp(r.options.output, "-") && isatty(STDOUT_FILENO)) {
		fault_set(&fault, "events on a terminal help nobody: pipe them into `urbtop -`, or -o FILE");
		return cannot_run(&fault);
	}
	code = run_execute(&r.options, &job, &r);
	trace_writer_free(r.writer);
	return code;
}
