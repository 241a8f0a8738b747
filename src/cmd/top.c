// SPDX-License-Identifier: GPL-2.0
/* urbtop: the live view. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "figures.h"
#include "loop.h"
#include "options.h"
#include "urbscope/report.h"
#include "urbscope/screen.h"
#include "urbscope/text.h"
#include "urbscope/top.h"

#define BATCH_WIDTH 132
#define INTERVAL_DEFAULT_NS 1000000000ULL
#define INTERVAL_MIN_NS	    50000000ULL

enum top_mode { MODE_SCREEN, MODE_BATCH, MODE_JSON };

struct top_options {
	struct watch_options watch;
	const char *input;
	enum top_mode mode;
	uint64_t interval_ns, duration_ns;
	bool once, streams, all;
};

struct top {
	const struct top_options *o;
	struct loop loop;
	struct figures figures;
	struct top_view view;
	struct canvas canvas;
	struct screen *screen;
	struct snapshot *total, *interval; /* shown; stay while it is paused */
	uint64_t next_ns;
};

enum { KEY_STREAMS = 0x100, KEY_ALL };

static const struct argp_option options[] = {
	{ "batch", 'b', NULL, 0, "Print a table each interval, without a terminal", 0 },
	{ "json", 'j', NULL, 0, "Print a line of JSON each interval (schema urbscope.top/1)", 0 },
	{ "interval", 'd', "DUR", 0, "Time between updates (default 1s, at least 50ms)", 0 },
	{ "seconds", 't', "N", 0, "End after N seconds", 0 },
	{ "once", '1', NULL, 0, "One interval only, then end", 0 },
	{ "streams", KEY_STREAMS, NULL, 0, "Show each bulk stream", 0 },
	{ "all", KEY_ALL, NULL, 0, "--batch: also endpoints where nothing happens", 0 },
	{ 0 },
};

static void take_duration(struct argp_state *state, const char *option, const char *arg,
			  uint64_t min_ns, uint64_t *ns)
{
	if (parse_duration(arg, ns) || *ns < min_ns)
		refuse(state, "--%s %s: write a time such as 1, 2s or 500ms%s", option, arg,
			     min_ns > 1 ? ", at least 50ms" : "");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->watch;
		return 0;
	case 'b':
		o->mode = MODE_BATCH;
		return 0;
	case 'j':
		o->mode = MODE_JSON;
		return 0;
	case 'd':
		take_duration(state, "interval", arg, INTERVAL_MIN_NS, &o->interval_ns);
		return 0;
	case 't':
		take_duration(state, "seconds", arg, 1, &o->duration_ns);
		return 0;
	case '1':
		o->once = true;
		return 0;
	case KEY_STREAMS:
		o->streams = true;
		return 0;
	case KEY_ALL:
		o->all = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->input)
			refuse(state, "one recording at a time");
		o->input = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Shows, for each USB endpoint, how many URBs are in flight, how long the bus waits for the "
	"host, latency, throughput and errors: of the running kernel, or of what another urbscope "
	"writes (- is standard input).\v"
	"EXAMPLES\n"
	"  urbtop\n"
	"  urbtop -s 17e9:6006/bulk-in -s driver=uas\n"
	"  urbtop --batch --seconds 5\n"
	"  ssh board urbscope record -o - | urbtop -\n";

static const struct argp argp = { options, parse, "[FILE]", doc, watch_argp_children, NULL, NULL };

/* Takes the next snapshot; what is shown from now on is the time since the last one. */
static int advance(struct top *top)
{
	struct snapshot *total = figures_snapshot(&top->figures), *interval;

	if (!total)
		return -ENOMEM;
	interval = snapshot_interval(top->total, total);
	if (!interval) {
		snapshot_free(total);
		return -ENOMEM;
	}
	snapshot_free(top->total);
	snapshot_free(top->interval);
	top->total = total;
	top->interval = interval;
	return 0;
}

/* The other side of a pipe may take a while: a board that boots, a password that is typed. */
static bool has_begun(const struct top *top)
{
	return source_now(top->loop.src);
}

static int draw(struct top *top)
{
	int err = screen_fit(top->screen, &top->canvas);

	canvas_clear(&top->canvas);
	if (!err && !top->total)
		canvas_text(&top->canvas, 0, 0, top->canvas.width, 0,
			    "urbscope: waiting for the first events; q quits");
	else if (!err)
		err = top_draw(&top->canvas, &top->view, top->total, top->interval);
	if (!err)
		screen_show(top->screen, &top->canvas);
	return err;
}

static int show(struct top *top)
{
	switch (top->o->mode) {
	case MODE_JSON:
		return report_interval_json(top->interval, stdout);
	case MODE_BATCH:
		return top_batch(&top->view, top->total, top->interval, BATCH_WIDTH,
				 text_locale_is_utf8(), stdout);
	default:
		return draw(top);
	}
}

/* True if the frame must be drawn anew. */
static bool take_keys(struct top *top)
{
	bool changed = false;
	int key;

	/* a terminal that is gone says quit for ever */
	while (top->screen && !top->view.quit && (key = screen_key(top->screen)) != TOP_KEY_NONE)
		changed |= top_key(&top->view, key);
	return changed;
}

static int update(struct top *top, int why)
{
	bool last = why & (LOOP_ENDED | LOOP_STOPPED);
	bool due = loop_clock() >= top->next_ns || last;
	bool fresh = due && !top->view.paused && has_begun(top);
	int err = top->figures.err;

	if (!err && fresh)
		err = advance(top);
	if (!err && (fresh || (due && top->screen)))
		err = show(top);
	if (due)
		top->next_ns = loop_clock() + top->o->interval_ns;
	/* the end of a recording stays on the screen until the user quits */
	if (take_keys(top) && !err && top->screen)
		err = draw(top);
	return err;
}

/* After the end of a recording only keys matter; what was seen last stays on the screen. */
static int linger(struct top *top, struct fault *fault)
{
	int why = 0, err = 0;

	while (!err && !top->view.quit && !(why & LOOP_STOPPED)) {
		why = loop_turn(&top->loop, loop_clock() + 200000000, screen_fd(top->screen),
				figures_event, &top->figures, fault);
		if (why < 0)
			return why;
		if (take_keys(top))
			err = draw(top);
	}
	return err;
}

static int watch(struct top *top, struct fault *fault)
{
	uint64_t end = top->o->duration_ns ? loop_clock() + top->o->duration_ns : 0;
	int why = 0, err = 0;

	top->next_ns = loop_clock() + (top->o->mode == MODE_SCREEN ? 0 : top->o->interval_ns);
	while (!err && !top->view.quit && !(why & (LOOP_STOPPED | LOOP_ENDED))) {
		uint64_t until = end && end < top->next_ns ? end : top->next_ns;
		bool shown;

		why = loop_turn(&top->loop, until, top->screen ? screen_fd(top->screen) : -1,
				figures_event, &top->figures, fault);
		if (why < 0)
			return why;
		if (end && loop_clock() >= end)
			why |= LOOP_STOPPED;
		shown = loop_clock() >= top->next_ns;
		err = update(top, why);
		if (top->o->once && shown)
			break;
	}
	if (!err && (why & LOOP_ENDED) && !(why & LOOP_STOPPED) && top->screen)
		err = linger(top, fault);
	return err;
}

static int open_screen(struct top *top, struct fault *fault)
{
	int err = 0;

	if (top->o->mode != MODE_SCREEN)
		return 0;
	err = canvas_init(&top->canvas, 80, 24, text_locale_is_utf8());
	if (!err)
		err = screen_open(&top->screen);
	if (err == -ENOTTY)
		fault_set(fault, "no terminal to draw on: --batch prints tables, --json lines of JSON");
	else if (err == -ENODEV)
		fault_set(fault, "terminal type '%s' is unknown: set TERM (TERM=xterm), or use --batch",
			  getenv("TERM") ? getenv("TERM") : "");
	else if (err)
		fault_set(fault, "opening the terminal: %s", strerror(-err));
	return err;
}

int cmd_top(int argc, char **argv)
{
	struct top_options o = { .interval_ns = INTERVAL_DEFAULT_NS };
	struct fault fault = { "" };
	struct top top = { .o = &o };
	struct source *src;
	int err;

	watch_options_init(&o.watch);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	/* nobody waits for probes to attach only to hear that there is no terminal */
	if (o.mode == MODE_SCREEN && !isatty(STDOUT_FILENO)) {
		fault_set(&fault, "no terminal to draw on: --batch prints tables, --json lines of JSON");
		return cannot_run(&fault);
	}
	src = watch_open(&o.watch, o.input, &fault);
	if (!src)
		return cannot_run(&fault);
	top.view.streams = o.streams;
	top.view.hide_idle = o.mode == MODE_BATCH && !o.all;
	figures_init(&top.figures, src, o.watch.idle_ns);
	loop_init(&top.loop, src);
	err = open_screen(&top, &fault);
	if (!err)
		err = watch(&top, &fault);
	screen_close(&top.screen);
	if (err && err != -EPIPE)
		fault_set(&fault, "%s", strerror(-err));
	if (!err)
		watch_remark(src);
	canvas_release(&top.canvas);
	top_view_release(&top.view);
	snapshot_free(top.total);
	snapshot_free(top.interval);
	figures_release(&top.figures);
	source_close(src);
	return fault.text[0] ? cannot_run(&fault) : EXIT_HOLDS;
}
