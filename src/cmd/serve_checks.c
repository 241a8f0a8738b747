// SPDX-License-Identifier: GPL-2.0
#include "serve_checks.h"

#include <errno.h>
#include <stdlib.h>

#include "source/standing.h"
#include "urbscope/metrics.h"
#include "urbscope/verdict.h"

#define NAME_SIZE 256

struct window {
	struct tracker *tracker;
	struct metrics *metrics;
	struct checker *checker;
	uint64_t late, skipped;	/* of the source, before it */
};

struct checks {
	const struct check_spec *spec;
	struct source *src;
	uint64_t idle_ns, window_ns;
	struct expose_assertion *assertions;
	size_t cnt;
	struct standing *standing;
	struct window window;
	bool begun;		/* there is a window */
	bool later;		/* it is not the first */
	bool over;		/* nothing more comes */
	uint64_t end_ns;	/* of it; 0: no event has come yet */
	uint64_t clock_ns;	/* never runs backwards */
	int err;
};

/* --- assertions ------------------------------------------------------------------------------ */

static int name_assertions(struct checks *self)
{
	size_t n = 0;

	for (size_t i = 0; i < self->spec->target_cnt; i++)
		self->cnt += self->spec->targets[i].assertion_cnt;
	self->assertions = calloc(self->cnt + 1, sizeof(*self->assertions));
	if (!self->assertions)
		return -ENOMEM;
	for (size_t i = 0; i < self->spec->target_cnt; i++) {
		const struct check_target *t = &self->spec->targets[i];

		for (size_t k = 0; k < t->assertion_cnt; k++, n++) {
			char *name = malloc(NAME_SIZE);

			if (!name)
				return -ENOMEM;
			verdict_assertion(t, &t->assertions[k], name, NAME_SIZE);
			self->assertions[n].name = name;
			self->assertions[n].verdict = VERDICT_INCONCLUSIVE;
		}
	}
	return 0;
}

/* Of all that it selects; nothing at all is no proof. What a target lacks is doubt about all of it. */
static enum verdict worst(const struct check_report *report, const struct check_target *target,
			  const struct assertion *assertion)
{
	enum verdict verdict = VERDICT_HOLDS;
	bool any = false;

	for (size_t i = 0; i < report->cnt; i++) {
		const struct check_result *r = &report->results[i];

		if (r->target != target || (r->assertion && r->assertion != assertion))
			continue;
		any = true;
		if (r->verdict > verdict)
			verdict = r->verdict;
	}
	return any ? verdict : VERDICT_INCONCLUSIVE;
}

static void take_verdicts(struct checks *self, const struct check_report *report)
{
	struct expose_assertion *out = self->assertions;

	for (size_t i = 0; i < self->spec->target_cnt; i++) {
		const struct check_target *t = &self->spec->targets[i];

		for (size_t k = 0; k < t->assertion_cnt; k++, out++) {
			out->verdict = worst(report, t, &t->assertions[k]);
			out->violations += out->verdict == VERDICT_VIOLATED;
		}
	}
}

/* --- windows --------------------------------------------------------------------------------- */

static void window_release(struct window *w)
{
	checker_free(w->checker);
	metrics_free(w->metrics);
	tracker_free(w->tracker);
	*w = (struct window){ 0 };
}

static void count(struct checks *self, const struct urb_event *ev)
{
	struct window *w = &self->window;
	struct track_step step;

	tracker_feed(w->tracker, ev, &step);
	do {
		int err = metrics_apply(w->metrics, &step);

		if (!err)
			err = checker_apply(w->checker, &step);
		if (err && !self->err)
			self->err = err;
	} while (tracker_next(w->tracker, &step));
}

static void count_standing(void *ctx, const struct urb_event *ev)
{
	count(ctx, ev);
}

/* `start_ns` 0: with its first event. */
static int window_begin(struct checks *self, uint64_t start_ns)
{
	const struct track_config track = { .has_start = start_ns, .start_ns = start_ns };
	const struct metrics_config metrics = {
		.idle_threshold_ns = self->idle_ns, .has_start = start_ns, .start_ns = start_ns,
	};
	const struct checker_config check = {
		.spec = self->spec, .idle_threshold_ns = self->idle_ns, .has_start = start_ns,
		.start_ns = start_ns,
	};
	struct window *w = &self->window;

	w->tracker = tracker_new(&track);
	w->metrics = metrics_new(&metrics);
	w->checker = checker_new(&check);
	if (!w->tracker || !w->metrics || !w->checker)
		return -ENOMEM;
	w->late = source_late(self->src);
	w->skipped = source_skipped(self->src);
	if (self->later)
		standing_tell(self->standing, start_ns, source_info(self->src)->walks, count_standing, self);
	self->begun = true;
	return 0;
}

static int window_end(struct checks *self, uint64_t now_ns)
{
	const struct source_info *info = source_info(self->src);
	const struct snapshot_source source = {
		.kind = info->kind, .path = info->path, .clock = info->clock,
		.resolution_ns = info->resolution_ns, .sees = info->sees, .silent = info->silent,
	};
	struct window *w = &self->window;
	const struct check_doubts doubts = {
		.late = source_late(self->src) - w->late,
		.skipped = source_skipped(self->src) - w->skipped,
		.broken_off = info->broken_off,
	};
	struct snapshot *snap = metrics_snapshot(w->metrics, now_ns, &source, doubts.skipped);
	struct check_report *report = snap ? checker_finish(w->checker, snap, &doubts) : NULL;

	if (report)
		take_verdicts(self, report);
	check_report_free(report);
	snapshot_free(snap);
	window_release(w);
	self->begun = false;
	return report ? 0 : -ENOMEM;
}

/* The window that is on ends at its end, and the next one begins there. */
static void turn_over(struct checks *self)
{
	int err = window_end(self, self->end_ns);

	self->later = true;
	if (!err)
		err = window_begin(self, self->end_ns);
	self->end_ns += self->window_ns;
	if (err && !self->err)
		self->err = err;
}

/* It is that time. A stretch without an event is one window, however long it is. */
static void go_on(struct checks *self, uint64_t now_ns)
{
	if (self->err || !self->end_ns || now_ns < self->end_ns)
		return;
	turn_over(self);
	if (self->err || now_ns < self->end_ns)
		return;
	self->end_ns += (now_ns - self->end_ns) / self->window_ns * self->window_ns;
	turn_over(self);
}

/* --------------------------------------------------------------------------------------------- */

struct checks *checks_new(const struct check_spec *spec, struct source *src, uint64_t idle_ns,
			  uint64_t window_ns)
{
	struct checks *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->spec = spec;
	self->src = src;
	self->idle_ns = idle_ns;
	self->window_ns = window_ns;
	self->standing = standing_new();
	if (self->standing && !name_assertions(self))
		return self;
	checks_free(self);
	errno = ENOMEM;
	return NULL;
}

void checks_free(struct checks *self)
{
	if (!self)
		return;
	window_release(&self->window);
	standing_free(self->standing);
	for (size_t i = 0; self->assertions && i < self->cnt; i++)
		free((char *)self->assertions[i].name);
	free(self->assertions);
	free(self);
}

/* An earlier loss leaves its endpoint in doubt: the window may not have seen it. */
static void count_doubt(struct checks *self, const struct urb_event *by)
{
	struct urb_event lost = {
		.time_ns = self->clock_ns, .ep = by->ep, .kind = URB_EV_LOST, .type = by->type,
		.lost = { .until_ns = self->clock_ns },
	};

	count(self, &lost);
}

void checks_event(struct checks *self, const struct urb_event *ev)
{
	uint64_t start_ns = source_info(self->src)->start_ns;
	bool doubted = false;
	struct urb_event told;

	/* the time of facts counts for nothing */
	if (ev->kind != URB_EV_FACTS) {
		if (ev->time_ns > self->clock_ns)
			self->clock_ns = ev->time_ns;
		if (!self->end_ns)
			self->end_ns = (start_ns ? start_ns : ev->time_ns) + self->window_ns;
		go_on(self, self->clock_ns);
	}
	if (!self->err && !self->begun)
		self->err = window_begin(self, start_ns);
	if (self->err)
		return;
	if (self->later && ev->kind == URB_EV_COMPLETE && standing_told(self->standing, ev)) {
		told = *ev;
		told.flags |= URB_F_TOLD;
		ev = &told;
	}
	self->err = standing_feed(self->standing, ev, self->clock_ns, &doubted);
	if (self->later && doubted)
		count_doubt(self, ev);
	count(self, ev);
}

int checks_turn(struct checks *self, uint64_t now_ns)
{
	uint64_t start_ns = source_info(self->src)->start_ns;

	/* a quiet bus has windows, too */
	if (self->over || self->err)
		return self->err;
	if (!self->begun && start_ns) {
		self->err = window_begin(self, start_ns);
		self->end_ns = start_ns + self->window_ns;
	}
	go_on(self, now_ns);
	return self->err;
}

int checks_end(struct checks *self, uint64_t now_ns)
{
	if (!self->err && self->begun)
		self->err = window_end(self, now_ns);
	self->over = true;
	return self->err;
}

const struct expose_assertion *checks_assertions(const struct checks *self, size_t *cnt)
{
	*cnt = self->cnt;
	return self->assertions;
}
