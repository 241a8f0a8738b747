// SPDX-License-Identifier: GPL-2.0
/* urbscope report: the figures of a run. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "command.h"
#include "figures.h"
#include "loop.h"
#include "options.h"
#include "urbscope/report.h"
#include "urbscope/text.h"

#define PIPE_WIDTH 132	/* of a report that goes to no terminal */

struct report_options {
	struct watch_options watch;
	const char *input, *output;
	uint64_t duration_ns;
	bool as_json;
	char **command;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "As JSON (schema urbscope.report/1)", 0 },
	{ "output", 'o', "FILE", 0, "Write the report to FILE", 0 },
	{ "seconds", 't', "N", 0, "Live: watch for N seconds", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->watch;
		return 0;
	case 'j':
		o->as_json = true;
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
	"Tells the figures of a run, by endpoint: how many URBs were in flight, how long the bus waited "
	"for the host, latency, throughput, errors. The run lasts as long as COMMAND, N seconds, or "
	"until it is interrupted; or it is a recording (- is standard input).\v"
	"EXAMPLES\n"
	"  urbscope report -- dd if=/dev/sda of=/dev/null bs=1M count=100\n"
	"  urbscope report -t 10 -s driver=uas --json\n"
	"  urbscope report run.urbs\n"
	"  zcat capture.pcapng.gz | urbscope report -\n\n"
	"Exits with 0, with 2 if it cannot run, with 4 if COMMAND failed.\n";

static const struct argp argp = { options, parse, "[FILE | -- COMMAND...]", doc,
				  watch_argp_children, NULL, NULL };

static int width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return PIPE_WIDTH;
	return size.ws_col < 40 ? 40 : size.ws_col;
}

static int watch(struct loop *loop, const struct report_options *o, struct figures *figures,
		 struct fault *fault)
{
	uint64_t end = o->duration_ns ? loop_clock() + o->duration_ns : 0;
	int why = 0, err;

	while (!(why & (LOOP_STOPPED | LOOP_CHILD | LOOP_ENDED | LOOP_TIME))) {
		why = loop_turn(loop, end, -1, figures_event, figures, fault);
		if (why < 0)
			return why;
	}
	err = source_finish(loop->src, figures_event, figures, fault);
	return err ? err : figures->err;
}

static int print(const struct report_options *o, struct figures *figures, FILE *out,
		 struct fault *fault)
{
	struct snapshot *snap = figures_snapshot(figures);
	int err = -ENOMEM;

	if (snap && o->as_json)
		err = report_json(snap, out);
	else if (snap)
		err = report_text(snap, width_of(out), text_locale_is_utf8(), out);
	snapshot_free(snap);
	if (err)
		fault_set(fault, "%s: %s", o->output ? o->output : "standard output", strerror(-err));
	return err;
}

/* What the figures cannot tell by themselves. */
static void remark(const struct source *src)
{
	const char *missing = source_info(src)->missing;

	if (source_info(src)->broken_off)
		fprintf(stderr, "urbscope: note: the recording broke off%s%s%s; the report ends with its "
				"last whole event\n", missing ? " (" : "", missing ? missing : "",
			missing ? ")" : "");
	if (source_late(src))
		fprintf(stderr, "urbscope: note: %llu events came too late to be put in order; depths at "
				"those moments are not exact\n", (unsigned long long)source_late(src));
}

static int run(const struct report_options *o, FILE *out, struct fault *fault)
{
	struct source *src = watch_open(&o->watch, o->input, fault);
	int code = EXIT_CANNOT_RUN, err;
	struct figures figures;
	struct loop loop;

	if (!src)
		return code;
	figures_init(&figures, src, o->watch.idle_ns);
	loop_init(&loop, src);
	if (o->command && loop_start(&loop, o->command, fault))
		goto out;
	if (!o->command && !o->duration_ns && !o->input && isatty(STDERR_FILENO))
		fprintf(stderr, "Watching; Ctrl-C ends it and prints the report.\n");
	err = watch(&loop, o, &figures, fault);
	if (err)
		fault_set(fault, "%s", strerror(-err));
	else if (!print(o, &figures, out, fault))
		code = EXIT_HOLDS;
	remark(src);
	if (!code && o->command && loop_child_code(&loop)) {
		fprintf(stderr, "urbscope: '%s' ended with status %d\n", o->command[0],
			loop_child_code(&loop));
		code = EXIT_COMMAND_FAILED;
	}
out:
	figures_release(&figures);
	source_close(src);
	return code;
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = { 0 };
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
