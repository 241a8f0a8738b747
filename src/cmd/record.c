// SPDX-License-Identifier: GPL-2.0
/* urbscope record: hands the events of this machine to another urbscope. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "run.h"
#include "urbscope/stream_writer.h"

#define FLUSH_NS 100000000ULL

struct record {
	struct run_options options;
	struct stream_writer *writer;
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
	"  urbscope record -o run.urbs -- dd if=/dev/sda of=/dev/null bs=1M count=100\n"
	"  urbscope report run.urbs\n";

static const struct argp argp = { NULL, parse, "[-- COMMAND...]", doc, run_argp_children,
				  NULL, NULL };

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	const struct source_info *info = source_info(run->src);
	const struct snapshot_source head = {
		.kind = info->kind,
		.clock = info->clock,
		.resolution_ns = info->resolution_ns,
		.sees = info->sees,
	};
	struct record *r = ctx;

	(void)fault;
	r->writer = stream_writer_new(run->out, &head, info->start_ns);
	return r->writer ? 0 : -ENOMEM;
}

static void event(void *ctx, const struct urb_event *ev)
{
	stream_writer_event(((struct record *)ctx)->writer, ev);
}

static int turn(void *ctx, struct run *run)
{
	struct record *r = ctx;

	if (loop_clock() < r->flush_ns)
		return 0;
	r->flush_ns = loop_clock() + FLUSH_NS;
	stream_writer_tick(r->writer, source_now(run->src));
	return stream_writer_flush(r->writer);
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct record *r = ctx;

	(void)fault;
	stream_writer_end(r->writer, source_now(run->src));
	return stream_writer_flush(r->writer);
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
	stream_writer_free(r.writer);
	return code;
}
