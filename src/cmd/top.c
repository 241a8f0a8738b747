// SPDX-License-Identifier: GPL-2.0
/* urbtop: the live view. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "choices.h"
#include "command.h"
#include "extent.h"
#include "player.h"
#include "top_modes.h"
#include "urbscope/report.h"
#include "urbscope/text.h"

#define BATCH_WIDTH 132
#define INTERVAL_DEFAULT_NS 1000000000ULL
#define INTERVAL_MIN_NS	    50000000ULL

enum { KEY_STREAMS = 0x100, KEY_ALL, KEY_SPEED };

static const struct argp_option options[] = {
	{ "batch", 'b', NULL, 0, "Print a table each interval, without a terminal", 0 },
	{ "json", 'j', NULL, 0, "Print a line of JSON each interval (schema urbscope.top/1)", 0 },
	{ "interval", 'd', "DUR", 0, "Time between updates (default 1s, at least 50ms)", 0 },
	{ "seconds", 't', "N", 0, "End after N seconds", 0 },
	{ "once", '1', NULL, 0, "One interval only, then end", 0 },
	{ "streams", KEY_STREAMS, NULL, 0, "Show each bulk stream", 0 },
	{ "speed", KEY_SPEED, "SPEED", 0,
	  "Play a recording that many times as fast as it was. 1 (the default on a screen), 1/8, 64, or max, "
	  "as fast as it can be read; a frame each interval of its own time", 0 },
	{ "all", KEY_ALL, NULL, 0, "With --batch, endpoints where nothing happens, too", 0 },
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
	case KEY_SPEED:
		if (player_parse_speed(arg, &o->speed))
			refuse(state, "--speed %s: write 1, 0.5, 1/8, 64 or max", arg);
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
	"host, latency, throughput and errors: of the running kernel, or of a recording (- is standard "
	"input), which it plays. The key h shows all keys.\v"
	"EXAMPLES\n"
	"  urbtop\n"
	"  urbtop -s 17e9:6006/bulk-in -s driver=uas\n"
	"  urbtop --batch --seconds 5\n"
	"  ssh board urbscope record -o - | urbtop -\n"
	"  urbtop bug.pcapng\n"
	"  urbtop --json --speed max --interval 100ms --from 2s --until 3s bug.pcapng\n\n"
	"EXIT STATUS\n"
	"  0  it was quit, or there is no more to show\n"
	"  2  it cannot run: usage, permission, no terminal, nothing to read\n";

static const struct argp argp = { options, parse, "[FILE]", doc, watch_argp_children, NULL, NULL };

const struct argp *top_argp(void)
{
	return &argp;
}

int top_draw_frame(struct top *top)
{
	int err = screen_fit(top->screen, &top->canvas);
	struct top_data data;

	canvas_clear(&top->canvas);
	if (!err && !top->total) {
		canvas_text(&top->canvas, 0, 0, top->canvas.width, 0,
			    "urbscope: waiting for the first events; q quits");
	} else if (!err) {
		err = feed_look(&top->feed, top->view, top->total, top->interval, &data);
		if (!err)
			err = top_draw(&top->canvas, top->view, &data);
	}
	if (!err)
		screen_show(top->screen, &top->canvas);
	return err;
}

/* True if the frame must be drawn anew. */
bool top_take_key(struct top *top, int key)
{
	bool changed = top_key(top->view, key);

	switch (top_request(top->view)) {
	case TOP_SAVE_SCREEN:
		save_screen(&top->canvas, top->view);
		break;
	case TOP_RECORD:
		top->record = true;
		break;
	default:
		break;
	}
	return changed;
}

/* A terminal that is gone says quit for ever. */
int top_next_key(struct top *top)
{
	return top->screen && !top_quit(top->view) ? screen_key(top->screen) : TOP_KEY_NONE;
}

int top_show(struct top *top)
{
	const struct top_data data = { .total = top->total, .interval = top->interval };

	switch (top->o->mode) {
	case MODE_JSON:
		return report_interval_json(top->interval, stdout);
	case MODE_BATCH:
		return top_batch(top->view, &data, BATCH_WIDTH, text_locale_is_utf8(), stdout);
	default:
		return top_draw_frame(top);
	}
}

int top_open_screen(struct top *top, struct fault *fault)
{
	int err = 0;

	if (top->o->mode != MODE_SCREEN)
		return 0;
	err = canvas_init(&top->canvas, 80, 24, text_locale_is_utf8());
	if (!err)
		err = screen_open(&top->screen, top_wants_mouse(top->view));
	if (err == -ENOTTY)
		fault_set(fault, "no terminal to draw on: --batch prints tables, --json lines of JSON");
	else if (err == -ENODEV)
		fault_set(fault, "terminal type '%s' is unknown: set TERM (TERM=xterm), or use --batch",
			  getenv("TERM") ? getenv("TERM") : "");
	else if (err)
		fault_set(fault, "opening the terminal: %s", strerror(-err));
	return err;
}

static int make_view(struct top *top)
{
	bool screen = top->o->mode == MODE_SCREEN;

	top->view = top_view_new();
	if (!top->view || (screen && (feed_init(&top->feed) || read_choices(top->view))))
		return -ENOMEM;
	if (!screen)
		top_view_list(top->view, top->o->mode == MODE_BATCH && !top->o->all);
	if (top->o->streams)
		top_view_streams(top->view, true);
	return 0;
}

/* A pipe is shown as it comes, unless a pace is asked for: who writes it may be live. */
static bool plays(const struct top_options *o)
{
	return o->input && (o->speed > 0 || (o->mode == MODE_SCREEN && extent_is_file(o->input)));
}

int cmd_top(int argc, char **argv)
{
	struct top_options o = { .interval_ns = INTERVAL_DEFAULT_NS };
	struct fault fault = { "" };
	struct top top = { .o = &o };
	int err;

	watch_options_init(&o.watch);
	arguments_parse(&argp, argc, argv, 0, &o);
	/* nobody waits for probes to attach only to hear that there is no terminal */
	if (o.mode == MODE_SCREEN && !isatty(STDOUT_FILENO))
		fault_set(&fault, "no terminal to draw on: --batch prints tables, --json lines of JSON");
	else if (o.speed > 0 && !o.input)
		fault_set(&fault, "--speed is for a recording: a live run has the pace that it has");
	if (fault.text[0])
		return cannot_run(&fault);
	err = make_view(&top);
	if (!err)
		err = plays(&o) ? top_play(&top, &fault) : top_watch(&top, &fault);
	if (o.mode == MODE_SCREEN && top.view)
		write_choices(top.view);
	if (err && err != -EPIPE)
		fault_set(&fault, "%s", strerror(-err));
	canvas_release(&top.canvas);
	top_view_free(top.view);
	feed_release(&top.feed);
	return fault.text[0] ? cannot_run(&fault) : EXIT_HOLDS;
}
