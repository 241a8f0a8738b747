// SPDX-License-Identifier: GPL-2.0
/* urbscope export: events as NDJSON. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "run.h"
#include "urbscope/event_json.h"

struct export {
	struct run_options options;
	struct event_json *writer;
	struct source_symbols *symbols;
};

static const struct argp_option options[] = {
	{ "to", 'T', "FORMAT", 0, "ndjson: one object a line (the only format so far)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export *e = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &e->options;
		return 0;
	case 'T':
		if (strcmp(arg, "ndjson"))
			refuse(state, "--to %s: this version writes ndjson", arg);
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
	"  urbscope export run.urb -o run.ndjson\n";

static const struct argp argp = { options, parse, "[FILE | -- COMMAND...]", doc,
				  run_argp_children, NULL, NULL };

static const char *symbol(void *ctx, uint64_t address)
{
	return source_symbol(ctx, address);
}

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	struct export *e = ctx;

	(void)fault;
	if (run->options->watch.full && !run->options->input)
		e->symbols = source_symbols_new();
	e->writer = event_json_new(run->out, symbol, e->symbols);
	return e->writer ? 0 : -ENOMEM;
}

static void event(void *ctx, const struct urb_event *ev)
{
	event_json_write(((struct export *)ctx)->writer, ev);
}

static int turn(void *ctx, struct run *run)
{
	(void)run;
	return event_json_flush(((struct export *)ctx)->writer);
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	(void)fault;
	return turn(ctx, run);
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.turn = turn,
	.end = end,
	.reader_may_go = true,
};

int cmd_export(int argc, char **argv)
{
	struct export e = { 0 };
	int code;

	run_options_init(&e.options);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &e);
	code = run_execute(&e.options, &job, &e);
	event_json_free(e.writer);
	source_symbols_free(e.symbols);
	return code;
}
