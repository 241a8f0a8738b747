// SPDX-License-Identifier: GPL-2.0
/* urbscope diff: what changed from some runs to others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "command.h"
#include "figures.h"
#include "loop.h"
#include "options.h"
#include "urbscope/batcher.h"
#include "urbscope/diff.h"

/* A recording that was read. Its source stays open: the snapshot has its strings. */
struct reading {
	struct source *src;
	struct figures figures;
	struct batcher *batcher;
	struct snapshot *snap;
	struct batches *batches;
};

struct side {
	const char *path[COMPARE_MAX_RUNS];
	struct reading reading[COMPARE_MAX_RUNS];
	struct compare_run run[COMPARE_MAX_RUNS];
	size_t cnt;
};

struct diff {
	struct watch_options watch;
	bool as_json, as_html, fail_on_regression;
	bool parted;		/* --vs was given */
	struct side side[COMPARE_SIDES];
};

enum { KEY_VS = 0x400, KEY_FAIL };

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "As JSON (schema urbscope.diff/1)", 0 },
	{ "html", 'H', NULL, 0, "As a page: one file that fetches nothing", 0 },
	{ "vs", KEY_VS, NULL, 0, "Behind the last run of before, in front of the first of after", 0 },
	{ "fail-on-regression", KEY_FAIL, NULL, 0,
	  "Exit with 1 if something got worse. That is: throughput fell, or gaps, errors or refusals rose; "
	  "with 3 if events were lost", 0 },
	{ 0 },
};

static void add_run(struct diff *d, const char *path, struct argp_state *state)
{
	struct side *side = &d->side[d->parted ? COMPARE_AFTER : COMPARE_BEFORE];

	if (side->cnt == COMPARE_MAX_RUNS)
		refuse(state, "more than %d runs on one side", COMPARE_MAX_RUNS);
	else
		side->path[side->cnt++] = path;
}

static bool reads_stdin_twice(const struct diff *d)
{
	int cnt = 0;

	for (int i = 0; i < COMPARE_SIDES; i++)
		for (size_t k = 0; k < d->side[i].cnt; k++)
			cnt += !strcmp(d->side[i].path[k], "-");
	return cnt > 1;
}

/* Two operands need no --vs. */
static void part(struct diff *d, struct argp_state *state)
{
	struct side *before = &d->side[COMPARE_BEFORE], *after = &d->side[COMPARE_AFTER];

	if (!d->parted && before->cnt == 2) {
		after->path[after->cnt++] = before->path[1];
		before->cnt = 1;
	}
	if (!before->cnt || !after->cnt)
		refuse(state, "two recordings are needed, or --vs between several: A1 A2 --vs B1 B2");
	else if ((before->cnt == 1) != (after->cnt == 1))
		refuse(state, "one recording on each side, or at least two on each: a side of one does not "
			      "tell how runs differ");
	else if (d->as_json && d->as_html)
		refuse(state, "--json and --html are two forms: ask for one");
	else if (reads_stdin_twice(d))
		refuse(state, "- is standard input, which can be read once");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct diff *d = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &d->watch;
		return 0;
	case 'j':
		d->as_json = true;
		return 0;
	case 'H':
		d->as_html = true;
		return 0;
	case KEY_VS:
		if (d->parted)
			refuse(state, "--vs parts two sides: write it once");
		d->parted = true;
		return 0;
	case KEY_FAIL:
		d->fail_on_regression = true;
		return 0;
	case ARGP_KEY_ARG:
		add_run(d, arg, state);
		return 0;
	case ARGP_KEY_END:
		part(d, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Tells what changed from one recording to another, by endpoint: throughput, depth, gaps, latency, "
	"errors, and for each whether the difference can be told apart from noise. One of them may be -, "
	"standard input. The text fits into a mail.\v"
	"With one recording a side, noise is what differs from one stretch of a run to the next; with "
	"several, what differs from run to run, which is the better question.\n\n"
	"EXAMPLES\n"
	"  urbscope diff before.urb after.urb\n"
	"  urbscope diff -s 17e9:6006/bulk before?.urb --vs after?.urb\n"
	"  ssh board cat after.urb | urbscope diff --json before.urb -\n"
	"  urbscope diff --html before.urb after.urb > diff.html\n"
	"  urbscope diff --fail-on-regression good.pcapng new.pcapng\n\n"
	"EXIT STATUS\n"
	"  0  something could be compared\n"
	"  1  with --fail-on-regression: something got worse\n"
	"  2  it cannot run: usage, nothing to read\n"
	"  3  nothing can be told: no common endpoint, runs too short, events lost\n";

static const struct argp argp = { options, parse, "BEFORE AFTER\nBEFORE... --vs AFTER...", doc,
				  read_argp_children, NULL, NULL };

const struct argp *diff_argp(void)
{
	return &argp;
}

static int observe(void *ctx, const struct track_step *step)
{
	struct reading *r = ctx;

	return batcher_apply(r->batcher, r->figures.metrics, step);
}

static int read_all(struct reading *r, struct fault *fault)
{
	struct loop loop;
	int why = 0;

	loop_init(&loop, r->src);
	while (!(why & (LOOP_ENDED | LOOP_STOPPED))) {
		why = loop_turn(&loop, 0, -1, figures_event, &r->figures, fault);
		if (why < 0)
			return why;
	}
	if (!(why & LOOP_ENDED)) {
		fault_set(fault, "interrupted: nothing was compared");
		return -EINTR;
	}
	return source_finish(r->src, figures_event, &r->figures, fault);
}

static int read_run(struct reading *r, const struct watch_options *watch, const char *path,
		    struct fault *fault)
{
	int err;

	r->src = watch_open(watch, path, fault);
	if (!r->src)
		return -EINVAL;
	figures_init(&r->figures, r->src, watch->idle_ns);
	r->batcher = batcher_new();
	r->figures.observe = observe;
	r->figures.observe_ctx = r;
	err = r->batcher ? read_all(r, fault) : -ENOMEM;
	if (!err)
		r->snap = figures_snapshot(&r->figures);
	if (r->snap)
		r->batches = batcher_batches(r->batcher, r->figures.metrics, r->snap);
	if (!err && !r->batches)
		err = -errno;
	if (err)
		fault_set(fault, "%s: %s", path, strerror(-err));
	return err;
}

static void reading_release(struct reading *r)
{
	batches_free(r->batches);
	snapshot_free(r->snap);
	batcher_free(r->batcher);
	figures_release(&r->figures);
	source_close(r->src);
}

static int read_sides(struct diff *d, struct fault *fault)
{
	for (int i = 0; i < COMPARE_SIDES; i++) {
		struct side *side = &d->side[i];

		for (size_t k = 0; k < side->cnt; k++) {
			struct reading *r = &side->reading[k];
			int err = read_run(r, &d->watch, side->path[k], fault);

			if (err)
				return err;
			side->run[k] = (struct compare_run){
				.snap = r->snap,
				.batches = r->batches,
				.name = side->path[k],
				.broken_off = source_info(r->src)->broken_off,
				.late = source_late(r->src),
			};
		}
	}
	return 0;
}

static int code_of(const struct diff *d, const struct comparison *c)
{
	bool answered = false, worse = false, doubt = false;

	for (size_t i = 0; i < c->endpoint_cnt; i++) {
		for (int figure = 0; figure < COMPARE_FIGURES; figure++) {
			enum compare_verdict verdict = c->endpoint[i].result[figure].verdict;

			answered |= verdict == COMPARE_NO_DIFFERENCE || verdict == COMPARE_HIGHER ||
				    verdict == COMPARE_LOWER;
			worse |= compare_is_worse(figure, verdict);
			doubt |= verdict == COMPARE_IN_DOUBT;
		}
	}
	if (d->fail_on_regression && worse)
		return EXIT_VIOLATED;
	return answered && !(d->fail_on_regression && doubt) ? 0 : EXIT_INCONCLUSIVE;
}

static int show(const struct diff *d, const struct comparison *c)
{
	if (d->as_json)
		return diff_json(c, stdout);
	return d->as_html ? diff_html(c, stdout) : diff_text(c, stdout);
}

static int compare(struct diff *d, struct fault *fault)
{
	struct side *before = &d->side[COMPARE_BEFORE], *after = &d->side[COMPARE_AFTER];
	struct comparison *c;
	int err, code;

	if (read_sides(d, fault))
		return EXIT_CANNOT_RUN;
	c = compare_new(before->run, before->cnt, after->run, after->cnt);
	err = c ? show(d, c) : -errno;
	code = c ? code_of(d, c) : EXIT_CANNOT_RUN;
	compare_free(c);
	/* `| head` is no failure */
	if (err && err != -EPIPE)
		fault_set(fault, "standard output: %s", strerror(-err));
	return code;
}

int cmd_diff(int argc, char **argv)
{
	struct diff *d = calloc(1, sizeof(*d));
	struct fault fault = { "" };
	int code;

	if (!d) {
		fault_set(&fault, "%s", strerror(ENOMEM));
		return cannot_run(&fault);
	}
	watch_options_init(&d->watch);
	arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, d);
	code = EXIT_CANNOT_RUN;
	if (d->as_html && isatty(STDOUT_FILENO))
		fault_set(&fault, "a page is not for a terminal: add > diff.html");
	else
		code = compare(d, &fault);
	for (int i = 0; i < COMPARE_SIDES; i++)
		for (size_t k = 0; k < d->side[i].cnt; k++)
			reading_release(&d->side[i].reading[k]);
	free(d);
	return fault.text[0] ? cannot_run(&fault) : code;
}
