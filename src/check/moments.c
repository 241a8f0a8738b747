// SPDX-License-Identifier: GPL-2.0
/*
 * Violations that happen at a moment: a gap that ends, a transfer that took too long or failed, a
 * submission that was refused. How many there were the snapshot knows as well; here is when.
 */
#include "check/check.h"
#include "urbscope/findings.h"

static void violation(struct watch *w, const struct line *line, uint64_t from_ns,
		      uint64_t length_ns)
{
	w->bad_cnt++;
	if (w->scene.begun)
		return;
	scene_begin(&w->scene, &line->trail, from_ns, w->level);
	w->scene.is.length_ns = length_ns;
	w->scene.sure = true;
}

/* Of figures over many gaps, the longest one is what to look at. */
static void look_at(struct watch *w, const struct line *line, uint64_t from_ns, uint64_t length_ns)
{
	if ((double)length_ns <= w->worst)
		return;
	w->worst = (double)length_ns;
	scene_begin(&w->scene, &line->trail, from_ns, 0);
	w->scene.is.length_ns = length_ns;
	w->scene.sure = true;
}

static void gap_step(struct watch *w, const struct line *line, const struct step *step)
{
	bool submit = step->kind == TRACK_SUBMITTED || step->kind == TRACK_INFLIGHT;
	uint64_t now = step->time_ns, gap = now - w->since_ns;

	if (submit && w->some && !w->level && gap && gap < w->idle_threshold_ns) {
		if (w->assertion->kind != ASSERT_MAX_GAP)
			look_at(w, line, w->since_ns, gap);
		else if (gap > w->assertion->limit)
			violation(w, line, w->since_ns, gap);
	}
	w->some |= submit;
	if (w->level && !step->level)
		w->since_ns = now;
	w->level = step->level;
	scene_follow(&w->scene, step);
}

static void no_end(struct watch *w, const struct line *line, uint64_t now)
{
	(void)w;
	(void)line;
	(void)now;
}

const struct watch_ops gap_watch = { .step = gap_step, .end = no_end };

static bool is_bad(const struct watch *w, const struct step *step)
{
	switch (w->assertion->kind) {
	case ASSERT_MAX_LATENCY:
		return step->latency_ns > w->assertion->limit;
	case ASSERT_MAX_STATUS:
		return step->status == w->assertion->status;
	default:
		return step->status && !status_is_cancel(step->status);
	}
}

static void completion_step(struct watch *w, const struct line *line, const struct step *step)
{
	bool ended = step->kind == TRACK_COMPLETED || step->kind == TRACK_INHERITED;
	bool counted = w->assertion->kind != ASSERT_MAX_LATENCY;

	scene_follow(&w->scene, step);
	w->level = step->level;
	if (!ended || !is_bad(w, step))
		return;
	w->worst += 1;
	if (counted && w->worst <= w->assertion->limit)
		return;
	violation(w, line, step->time_ns - step->latency_ns, step->latency_ns);
	if (w->bad_cnt == 1)
		scene_follow(&w->scene, step);
}

const struct watch_ops completion_watch = { .step = completion_step, .end = no_end };

static void refused_step(struct watch *w, const struct line *line, const struct step *step)
{
	scene_follow(&w->scene, step);
	w->level = step->level;
	if (step->kind != TRACK_FAILED && step->kind != TRACK_FAILED_OPEN)
		return;
	w->worst += 1;
	if (w->worst <= w->assertion->limit)
		return;
	violation(w, line, step->time_ns, 0);
	if (w->bad_cnt == 1)
		scene_follow(&w->scene, step);
}

const struct watch_ops refused_watch = { .step = refused_step, .end = no_end };
