// SPDX-License-Identifier: GPL-2.0
/* urbscope record: hands the events of this machine to another urbscope. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "loop.h"
#include "options.h"
#include "urbscope/stream_writer.h"

#define FLUSH_NS 100000000ULL

struct record_options {
	struct watch_options watch;
	const char *output;
	uint64_t duration_ns;
	char **command;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE; - is standard output", 0 },
	{ "seconds", 't', "N", 0, "Stop after N seconds", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct record_options *o = state->input;
	const char *file = NULL;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->watch;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case 't':
		if (parse_duration(arg, &o->duration_ns) || !o->duration_ns)
			argp_failure(state, 2, 0, "--seconds %s: write a time such as 10 or 500ms", arg);
		return 0;
	case ARGP_KEY_ARG:
		take_operand(state, &file, &o->command);
		if (file)
			argp_failure(state, 2, 0, "a command to run stands behind --: -- %s", file);
		return 0;
	case ARGP_KEY_END:
		if (!o->output)
			argp_failure(state, 2, 0, "where to? -o FILE, or -o - for a pipe to `urbtop -`");
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

static const struct argp argp = { options, parse, "[-- COMMAND...]", doc, watch_argp_children,
				  NULL, NULL };

static void on_event(void *ctx, const struct urb_event *ev)
{
	stream_writer_event(ctx, ev);
}

static int record(struct loop *loop, const struct record_options *o, struct stream_writer *writer,
		  struct fault *fault)
{
	uint64_t end = o->duration_ns ? loop_clock() + o->duration_ns : 0;
	uint64_t flush = loop_clock() + FLUSH_NS;
	int why = 0, err = 0;

	while (!err && !(why & (LOOP_STOPPED | LOOP_CHILD | LOOP_ENDED))) {
		if (end && loop_clock() >= end)
			break;
		why = loop_turn(loop, end && end < flush ? end : flush, -1, on_event, writer, fault);
		if (why < 0)
			return why;
		if (loop_clock() >= flush) {
			stream_writer_tick(writer, source_now(loop->src));
			err = stream_writer_flush(writer);
			flush = loop_clock() + FLUSH_NS;
		}
	}
	if (!err)
		err = source_finish(loop->src, on_event, writer, fault);
	if (!err) {
		stream_writer_end(writer, source_now(loop->src));
		err = stream_writer_flush(writer);
	}
	return err;
}

static const char *name_of(const struct record_options *o)
{
	return strcmp(o->output, "-") ? o->output : "standard output";
}

static int run(const struct record_options *o, FILE *out, struct fault *fault)
{
	struct source *src = watch_open(&o->watch, NULL, fault);
	struct stream_writer *writer = NULL;
	struct snapshot_source head;
	struct loop loop;
	int code = EXIT_CANNOT_RUN, err;

	if (!src)
		return EXIT_CANNOT_RUN;
	head = (struct snapshot_source){
		.kind = source_info(src)->kind,
		.clock = source_info(src)->clock,
		.resolution_ns = source_info(src)->resolution_ns,
		.sees = source_info(src)->sees,
	};
	writer = stream_writer_new(out, &head, source_info(src)->start_ns);
	if (!writer) {
		fault_set(fault, "%s", strerror(errno));
		goto out;
	}
	loop_init(&loop, src);
	if (o->command && loop_start(&loop, o->command, fault))
		goto out;
	err = record(&loop, o, writer, fault);
	if (err == -EPIPE)
		fault_set(fault, "%s: the reader has gone; the recording ends here", name_of(o));
	else if (err)
		fault_set(fault, "%s: %s; the recording ends here", name_of(o), strerror(-err));
	else
		code = o->command ? loop_child_code(&loop) : EXIT_HOLDS;
out:
	stream_writer_free(writer);
	source_close(src);
	return code;
}

int cmd_record(int argc, char **argv)
{
	struct record_options o = { 0 };
	struct fault fault = { "" };
	FILE *out;
	int code;

	watch_options_init(&o.watch);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &o);
	if (!strcmp(o.output, "-") && isatty(STDOUT_FILENO)) {
		fault_set(&fault, "events on a terminal help nobody: pipe them into `urbtop -`, or -o FILE");
		return cannot_run(&fault);
	}
	out = strcmp(o.output, "-") ? fopen(o.output, "we") : stdout;
	if (!out) {
		fault_set(&fault, "%s: %s", o.output, strerror(errno));
		return cannot_run(&fault);
	}
	code = run(&o, out, &fault);
	if (out != stdout && fclose(out))
		fault_set(&fault, "%s: %s", o.output, strerror(errno));
	return fault.text[0] ? cannot_run(&fault) : code;
}
