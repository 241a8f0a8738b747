// SPDX-License-Identifier: GPL-2.0
/* urbscope check: assertions over a run. */
#include <errno.h>
#include <string.h>

#include "arguments.h"
#include "check_options.h"
#include "command.h"
#include "figures.h"
#include "run.h"
#include "urbscope/spec.h"
#include "urbscope/text.h"
#include "urbscope/verdict.h"

enum form { FORM_TEXT, FORM_TAP, FORM_KTAP, FORM_JSON };

struct check {
	struct run_options options;
	struct check_spec spec;
	enum form form;
	const char *junit;	/* a file, or NULL */
	bool annotate;
	struct figures figures;
	struct checker *checker;
	enum verdict verdict;
};

enum { KEY_TAP = 0x300, KEY_KTAP, KEY_JUNIT, KEY_ANNOTATE };

static const struct argp_option options[] = {
	{ "spec", 'f', "FILE", 0, "What must hold stands in FILE (YAML), too; - is standard input", 0 },
	{ "json", 'j', NULL, 0, "Verdicts as JSON (schema urbscope.check/1)", 5 },
	{ "tap", KEY_TAP, NULL, 0, "Verdicts as TAP", 5 },
	{ "ktap", KEY_KTAP, NULL, 0, "Verdicts as KTAP", 5 },
	{ "junit", KEY_JUNIT, "FILE", 0, "Write them to FILE as JUnit XML, too", 5 },
	{ "annotate", KEY_ANNOTATE, NULL, 0,
	  "Tell hosted CI what does not hold, too. It is written to standard error as ::error and ::warning "
	  "lines", 5 },
	{ 0 },
};

static void read_spec(struct check *c, const char *path, struct argp_state *state)
{
	struct fault fault = { "" };

	if (spec_read(path, &c->spec, &fault))
		refuse(state, "%s", fault.text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct check *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->spec;
		state->child_inputs[1] = &c->options;
		return 0;
	case 'f':
		read_spec(c, arg, state);
		return 0;
	case 'j':
		c->form = FORM_JSON;
		return 0;
	case KEY_TAP:
		c->form = FORM_TAP;
		return 0;
	case KEY_KTAP:
		c->form = FORM_KTAP;
		return 0;
	case KEY_JUNIT:
		c->junit = arg;
		return 0;
	case KEY_ANNOTATE:
		c->annotate = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Tells whether assertions hold on a run: around COMMAND, for N seconds, or of a recording. "
	"--endpoint selects, and what follows it must hold there.\v"
	"A burst ramps up until min-depth is first reached, and drains after its last submission; that "
	"time does not count unless it is included. A burst that never reaches it counts whole.\n\n"
	"EXAMPLES\n"
	"  urbscope check -e driver=udl/bulk-out --min-depth 2 -- ./paint-test\n"
	"  urbscope check -e 17e9:6006/0x81 --min-depth 7 --max-unposted 0ms -t 10\n"
	"  urbscope check -f queue.yaml --junit check.xml -- ./paint-test\n"
	"  urbscope check -e 1-1.2/bulk --max-gap-share 1% capture.pcapng\n\n"
	"EXIT STATUS\n"
	"  0  everything holds\n"
	"  1  something is violated\n"
	"  2  it cannot run: usage, permission, nothing to read\n"
	"  3  it cannot be known: events lost, no traffic, not seen by the source\n"
	"  4  COMMAND failed\n";

const struct argp *check_argp(void)
{
	static struct argp_child children[3];
	static const struct argp argp = { options, parse, "[FILE | -- COMMAND...]", doc, children, NULL, NULL };

	children[0] = check_argp_children()[0];
	children[1] = run_argp_children[0];
	return &argp;
}

/* The run is all there is to say about once it is over. */
static int observe(void *ctx, const struct track_step *step)
{
	return checker_apply(((struct check *)ctx)->checker, step);
}

static int make_checker(struct check *c, const struct run *run)
{
	uint64_t start = source_info(run->src)->start_ns;
	struct checker_config config = {
		.spec = &c->spec,
		.idle_threshold_ns = run->options->watch.idle_ns,
		.has_start = start,
		.start_ns = start,
	};

	c->checker = checker_new(&config);
	return c->checker ? 0 : -ENOMEM;
}

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	struct check *c = ctx;

	(void)fault;
	figures_init(&c->figures, run->src, run->options->watch.idle_ns);
	c->figures.observe = observe;
	c->figures.observe_ctx = c;
	return make_checker(c, run);
}

static void event(void *ctx, const struct urb_event *ev)
{
	figures_event(&((struct check *)ctx)->figures, ev);
}

static int write_junit(const struct check *c, const struct check_report *report,
		       struct fault *fault)
{
	FILE *out = fopen(c->junit, "we");
	int err = out ? verdict_junit(report, out) : -errno;

	if (out && fclose(out) && !err)
		err = -errno;
	if (err)
		fault_set(fault, "%s: %s", c->junit, strerror(-err));
	return err;
}

static int write_all(const struct check *c, const struct check_report *report, FILE *out,
		     struct fault *fault)
{
	int err = c->junit ? write_junit(c, report, fault) : 0;

	if (!err && c->annotate)
		err = verdict_annotations(report, stderr);
	if (err)
		return err;
	switch (c->form) {
	case FORM_JSON:
		return verdict_json(report, out);
	case FORM_TAP:
	case FORM_KTAP:
		return verdict_tap(report, c->form == FORM_KTAP, out);
	default:
		return verdict_text(report, text_locale_is_utf8(), out);
	}
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct check *c = ctx;
	struct check_doubts doubts = {
		.late = source_late(run->src),
		.skipped = source_skipped(run->src),
		.broken_off = source_info(run->src)->broken_off,
	};
	struct snapshot *snap = figures_snapshot(&c->figures);
	struct check_report *report = snap ? checker_finish(c->checker, snap, &doubts) : NULL;
	int err = report ? write_all(c, report, run->out, fault) : -errno;

	if (report)
		c->verdict = report->verdict;
	check_report_free(report);
	snapshot_free(snap);
	return err;
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.end = end,
	.opens_files = true, /* --junit */
};

static int code_of(const struct check *c)
{
	static const int codes[] = {
		[VERDICT_HOLDS] = EXIT_HOLDS,
		[VERDICT_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
		[VERDICT_VIOLATED] = EXIT_VIOLATED,
	};

	return codes[c->verdict];
}

int cmd_check(int argc, char **argv)
{
	struct check c = { .verdict = VERDICT_INCONCLUSIVE };
	struct fault fault = { "" };
	int code;

	run_options_init(&c.options);
	arguments_parse(check_argp(), argc, argv, ARGP_IN_ORDER, &c);
	if (!c.spec.target_cnt)
		fault_set(&fault, "nothing to check: --endpoint SEL and an assertion, such as "
				  "--min-depth 2");
	check_spec_must_assert(&c.spec, &fault);
	check_spec_watch(&c.spec, &c.options.watch);
	if (fault.text[0]) {
		code = cannot_run(&fault);
	} else {
		code = run_execute(&c.options, &job, &c);
		if (!code)
			code = code_of(&c);
	}
	figures_release(&c.figures);
	checker_free(c.checker);
	check_spec_release(&c.spec);
	return code;
}
