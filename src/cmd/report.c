// SPDX-License-Identifier: GPL-2.0
/* urbscope report: the figures of a run. */
#include <errno.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "arguments.h"
#include "command.h"
#include "figures.h"
#include "run.h"
#include "urbscope/report.h"
#include "urbscope/text.h"

#define PIPE_WIDTH 132	/* of a report that goes to no terminal */

struct report {
	struct run_options options;
	bool as_json, as_html;
	struct figures figures;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "As JSON (schema urbscope.report/1)", 0 },
	{ "html", 'H', NULL, 0, "As a page, one file: with what happened when", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report *r = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->options;
		return 0;
	case 'j':
		r->as_json = true;
		return 0;
	case 'H':
		r->as_html = true;
		return 0;
	case ARGP_KEY_END:
		if (r->as_json && r->as_html)
			refuse(state, "--json and --html are two reports: ask for one");
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
	"  urbscope report run.urb\n"
	"  urbscope report --html -o run.html run.urb\n"
	"  zcat capture.pcapng.gz | urbscope report -\n"
	"  urbscope report mail-with-a-usbmon-log.txt\n\n"
	"EXIT STATUS\n"
	"  0  reported\n"
	"  2  it cannot run: usage, permission, nothing to read\n"
	"  4  COMMAND failed; the report is there all the same\n";

static const struct argp argp = { options, parse, "[FILE | -- COMMAND...]", doc,
				  run_argp_children, NULL, NULL };

const struct argp *report_argp(void)
{
	return &argp;
}

static int width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return PIPE_WIDTH;
	return size.ws_col < 40 ? 40 : size.ws_col;
}

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	const struct run_options *o = run->options;
	struct report *r = ctx;

	(void)fault;
	figures_init(&r->figures, run->src, o->watch.idle_ns);
	r->figures.with_course = r->as_html;
	if (!o->command && !o->duration_ns && !o->input && isatty(STDERR_FILENO))
		fprintf(stderr, "Watching; Ctrl-C ends it and prints the report.\n");
	return 0;
}

static void event(void *ctx, const struct urb_event *ev)
{
	figures_event(&((struct report *)ctx)->figures, ev);
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct report *r = ctx;
	struct snapshot *snap = figures_snapshot(&r->figures);
	int err = snap ? 0 : -errno;

	(void)fault;
	if (snap && r->as_json)
		err = report_json(snap, run->out);
	else if (snap && r->as_html)
		err = report_html(snap, run->out);
	else if (snap)
		err = report_text(snap, width_of(run->out), text_locale_is_utf8(), run->out);
	snapshot_free(snap);
	return err;
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.end = end,
	.reader_may_go = true,
};

int cmd_report(int argc, char **argv)
{
	struct report r = { 0 };
	int code;

	run_options_init(&r.options);
	arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &r);
	if (r.as_html && !r.options.output && isatty(STDOUT_FILENO)) {
		struct fault fault = { "" };

		fault_set(&fault, "a page is not for a terminal: add -o report.html");
		return cannot_run(&fault);
	}
	code = run_execute(&r.options, &job, &r);
	figures_release(&r.figures);
	return code;
}
