// SPDX-License-Identifier: GPL-2.0
/* urbscope export: events as NDJSON. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "loop.h"
#include "options.h"
#include "urbscope/event_json.h"

struct export_options {
	struct watch_options watch;
	const char *input, *output;
	uint64_t duration_ns;
	char **command;
};

static const struct argp_option options[] = {
	{ "to", 'T', "FORMAT", 0, "ndjson: one object a line (the only format so far)", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE instead of standard output", 0 },
	{ "seconds", 't', "N", 0, "Live: stop after N seconds", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->watch;
		return 0;
	case 'T':
		if (strcmp(arg, "ndjson"))
			argp_failure(state, 2, 0, "--to %s: this version writes ndjson", arg);
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case 't':
		if (parse_duration(arg, &o->duration_ns) || !o->duration_ns)
			argp_failure(state, 2, 0, "--seconds %s: write a time such as 10 or 500ms", arg);
		return 0;
	case ARGP_KEY_ARG:
		take_operand(state, &o->input, &o->command);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Writes every event as a line of JSON: of the running kernel as long as COMMAND runs, N "
	"seconds, or until it is interrupted; or of a recording (- is standard input).\v"
	"EXAMPLES\n"
	"  urbscope export --level full -s driver=uas -- dd if=/dev/sda of=/dev/null count=1\n"
	"  urbscope export run.urbs -o run.ndjson\n";

static const struct argp argp = { options, parse, "[FILE | -- COMMAND...]", doc,
				  watch_argp_children, NULL, NULL };

static void on_event(void *ctx, const struct urb_event *ev)
{
	event_json_write(ctx, ev);
}

static const char *symbol(void *ctx, uint64_t address)
{
	return source_symbol(ctx, address);
}

static int export(struct loop *loop, const struct export_options *o, struct event_json *writer,
		  struct fault *fault)
{
	uint64_t end = o->duration_ns ? loop_clock() + o->duration_ns : 0;
	int why = 0, err = 0;

	while (!err && !(why & (LOOP_STOPPED | LOOP_CHILD | LOOP_ENDED | LOOP_TIME))) {
		why = loop_turn(loop, end, -1, on_event, writer, fault);
		if (why < 0)
			return why;
		err = event_json_flush(writer);
	}
	if (!err)
		err = source_finish(loop->src, on_event, writer, fault);
	return err ? err : event_json_flush(writer);
}

static int run(const struct export_options *o, FILE *out, struct fault *fault)
{
	struct source_symbols *symbols = o->watch.full && !o->input ? source_symbols_new() : NULL;
	struct source *src = watch_open(&o->watch, o->input, fault);
	struct event_json *writer = event_json_new(out, symbol, symbols);
	int code = EXIT_CANNOT_RUN, err;
	struct loop loop;

	if (!src || !writer)
		goto out;
	loop_init(&loop, src);
	if (o->command && loop_start(&loop, o->command, fault))
		goto out;
	err = export(&loop, o, writer, fault);
	if (err && err != -EPIPE)
		fault_set(fault, "%s: %s", o->output ? o->output : "standard output", strerror(-err));
	code = !o->command || !loop_child_code(&loop) ? EXIT_HOLDS : EXIT_COMMAND_FAILED;
out:
	event_json_free(writer);
	source_close(src);
	source_symbols_free(symbols);
	return code;
}

int cmd_export(int argc, char **argv)
{
	struct export_options o = { 0 };
	struct fault fault = { "" };
	FILE *out = stdout;
	int code;

	watch_options_init(&o.watch);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &o);
	if (o.output)
		out = fopen(o.output, "we");
	if (!out) {
		fault_set(&fault, "%s: %s", o.output, strerror(errno));
		return cannot_run(&fault);
	}
	code = run(&o, out, &fault);
	if (out != stdout && fclose(out))
		fault_set(&fault, "%s: %s", o.output, strerror(errno));
	return fault.text[0] ? cannot_run(&fault) : code;
}
