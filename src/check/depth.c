// SPDX-License-Identifier: GPL-2.0
/*
 * Depths over time. Time is booked when it is over; what was held since the last submission stays
 * open until the next one shows that the burst went on: else it was the drain.
 */
#include "check/check.h"

static bool is_min(const struct watch *w)
{
	return w->assertion->kind == ASSERT_MIN_DEPTH;
}

static bool beyond(const struct watch *w, uint32_t level)
{
	return is_min(w) ? level < w->assertion->limit : level > w->assertion->limit;
}

/* The violation that began earlier goes on no more. */
static void leave(struct watch *w, uint64_t now)
{
	if (w->bad && w->scene.begun && !w->scene.is.length_ns)
		w->scene.is.length_ns = now - w->scene.is.time_ns;
	w->bad = false;
}

static void sure(struct watch *w)
{
	w->counted_ns += w->open_ns;
	w->bad_ns += w->open_bad_ns;
	w->bad_cnt += w->open_bad_cnt;
	if (w->open_bad_ns)
		w->scene.sure = true;
	w->open_ns = w->open_bad_ns = w->open_bad_cnt = 0;
}

static void not_sure(struct watch *w)
{
	if (!w->scene.sure)
		scene_drop(&w->scene);
	w->open_ns = w->open_bad_ns = w->open_bad_cnt = 0;
	w->bad = false;
}

/* What is held at a level, up to now. */
static void book(struct watch *w, const struct line *line, uint64_t now)
{
	uint64_t held = now - w->since_ns;
	bool bad = beyond(w, w->level);

	if (bad && !w->bad && !w->scene.begun)
		scene_begin(&w->scene, &line->trail, w->since_ns, w->level);
	if (is_min(w) && !w->reached) {
		w->burst_ns += held;
		w->reached = !bad;
		if (!w->target->include_ramp) {
			if (bad)
				return;
			not_sure(w); /* it was the ramp */
		}
	}
	w->open_ns += held;
	if (!bad) {
		leave(w, w->since_ns);
		return;
	}
	w->open_bad_ns += held;
	w->open_bad_cnt += !w->bad;
	w->bad = true;
}

/* It never reached the limit, so all of it is beyond. */
static void count_whole(struct watch *w)
{
	w->never_cnt++;
	if (!w->target->include_ramp) {
		w->open_ns = w->open_bad_ns = w->burst_ns;
		w->open_bad_cnt = 1;
	}
	sure(w);
	w->scene.sure = w->scene.begun;
	if (!w->scene.is.length_ns)
		w->scene.is.length_ns = w->burst_ns;
}

/* `cut`: the window ends in it; it may not have had the time. */
static void end_burst(struct watch *w, bool cut)
{
	leave(w, w->since_ns);
	if (w->some && is_min(w) && !w->reached &&
	    (!cut || w->burst_submits >= w->assertion->limit))
		count_whole(w);
	else if (w->target->include_drain || !is_min(w))
		sure(w);
	not_sure(w);
	w->reached = false;
	w->burst_ns = 0;
	w->burst_submits = 0;
}

static void depth_step(struct watch *w, const struct line *line, const struct step *step)
{
	bool submit = step->kind == TRACK_SUBMITTED || step->kind == TRACK_INFLIGHT;
	uint64_t now = step->time_ns;

	if (w->some && now > w->since_ns && (w->level || submit)) {
		if (!w->level && now - w->since_ns >= w->idle_threshold_ns)
			end_burst(w, false);
		else
			book(w, line, now);
		w->since_ns = now;
	}
	if (submit) {
		sure(w);
		w->burst_submits++;
		if (!w->some)
			w->since_ns = now;
		w->some = true;
	}
	w->level = step->level;
	scene_follow(&w->scene, step);
}

static void depth_end(struct watch *w, const struct line *line, uint64_t now)
{
	bool cut = w->level || (w->some && now - w->since_ns < w->idle_threshold_ns);

	if (w->some && w->level && now > w->since_ns) {
		book(w, line, now);
		w->since_ns = now;
	}
	end_burst(w, cut);
}

const struct watch_ops depth_watch = { .step = depth_step, .end = depth_end };
