// SPDX-License-Identifier: GPL-2.0
/* urbtop as it happens: the running kernel, or a recording as fast as it comes. */
#include <errno.h>

#include "figures.h"
#include "keep.h"
#include "loop.h"
#include "top_modes.h"

struct watching {
	struct top *top;
	struct loop loop;
	struct figures figures;
	struct keep keep;
	struct snapshot *total, *interval; /* the newest */
	uint64_t next_ns;
};

/* Takes the next snapshot; what is shown from now on is the time since the last one. */
static int advance(struct watching *w)
{
	struct snapshot *total = figures_snapshot(&w->figures), *interval;

	if (!total)
		return -ENOMEM;
	interval = snapshot_interval(w->total, total);
	if (!interval) {
		snapshot_free(total);
		return -ENOMEM;
	}
	snapshot_free(w->total);
	snapshot_free(w->interval);
	w->top->total = w->total = total;
	w->top->interval = w->interval = interval;
	return feed_add(&w->top->feed, total, interval);
}

/* The other side of a pipe may take a while: a board that boots, a password that is typed. */
static bool has_begun(const struct watching *w)
{
	return source_now(w->loop.src);
}

static void take_event(void *ctx, const struct urb_event *ev)
{
	struct watching *w = ctx;

	figures_event(&w->figures, ev);
	keep_event(&w->keep, ev);
}

/* A recording begins with a snapshot of what there is. */
static int toggle_recording(struct watching *w)
{
	int err = 0;

	if (!has_begun(w)) {
		top_say(w->top->view, "Nothing to record yet.");
		return 0;
	}
	err = advance(w);
	if (!err)
		keep_toggle(&w->keep, &w->figures, w->total, w->top->view);
	return err;
}

/* True if the frame must be drawn anew. */
static bool take_keys(struct watching *w, int *err)
{
	struct top *top = w->top;
	bool changed = false;
	int key;

	while ((key = top_next_key(top)) != TOP_KEY_NONE) {
		changed |= top_take_key(top, key);
		if (top->record && !*err)
			*err = toggle_recording(w);
		top->record = false;
	}
	return changed;
}

static int update(struct watching *w, int why)
{
	struct top *top = w->top;
	bool last = why & (LOOP_ENDED | LOOP_STOPPED);
	bool due = loop_clock() >= w->next_ns || last;
	bool fresh = due && has_begun(w);
	bool asked = due || why & LOOP_KEYS; /* to ask the terminal takes longer than to count what came */
	int err = w->figures.err;

	keep_tick(&w->keep, w->loop.src, top->view);
	if (!err && fresh)
		err = advance(w);
	if (!err && (fresh || (due && top->screen)))
		err = top_show(top);
	if (due)
		w->next_ns = loop_clock() + top->o->interval_ns;
	/* the end of a recording stays on the screen until the user quits */
	if (((asked && take_keys(w, &err)) || why & LOOP_RESIZED) && !err && top->screen)
		err = top_draw_frame(top);
	return err;
}

/* After the end of a recording only keys matter; what was seen last stays on the screen. */
static int linger(struct watching *w, struct fault *fault)
{
	struct top *top = w->top;
	int why = 0, err = 0;

	while (!err && !top_quit(top->view) && !(why & LOOP_STOPPED)) {
		why = loop_turn(&w->loop, loop_clock() + 200000000, screen_fd(top->screen),
				take_event, w, fault);
		if (why < 0)
			return why;
		if ((take_keys(w, &err) || why & LOOP_RESIZED) && !err)
			err = top_draw_frame(top);
	}
	return err;
}

static int watch(struct watching *w, struct fault *fault)
{
	const struct top_options *o = w->top->o;
	uint64_t end = o->duration_ns ? loop_clock() + o->duration_ns : 0;
	struct top *top = w->top;
	int why = 0, err = 0;

	w->next_ns = loop_clock() + (o->mode == MODE_SCREEN ? 0 : o->interval_ns);
	while (!err && !top_quit(top->view) && !(why & (LOOP_STOPPED | LOOP_ENDED))) {
		uint64_t until = end && end < w->next_ns ? end : w->next_ns;
		bool shown;

		why = loop_turn(&w->loop, until, top->screen ? screen_fd(top->screen) : -1,
				take_event, w, fault);
		if (why < 0)
			return why;
		if (end && loop_clock() >= end)
			why |= LOOP_STOPPED;
		shown = loop_clock() >= w->next_ns;
		err = update(w, why);
		if (o->once && shown)
			break;
	}
	if (!err && (why & LOOP_ENDED) && !(why & LOOP_STOPPED) && top->screen)
		err = linger(w, fault);
	return err;
}

int top_watch(struct top *top, struct fault *fault)
{
	struct source *src = watch_open(&top->o->watch, top->o->input, fault);
	struct watching w = { .top = top };
	int err;

	if (!src)
		return -EINVAL;
	figures_init(&w.figures, src, top->o->watch.idle_ns);
	w.figures.max_gone = FIGURES_MAX_GONE;
	loop_init(&w.loop, src);
	err = feed_begin(&top->feed, &w.figures);
	if (!err)
		err = top_open_screen(top, fault);
	if (!err)
		err = watch(&w, fault);
	screen_close(&top->screen);
	if (!err)
		watch_remark(src);
	top->total = top->interval = NULL;
	keep_release(&w.keep, src);
	snapshot_free(w.total);
	snapshot_free(w.interval);
	figures_release(&w.figures);
	source_close(src);
	return err;
}
