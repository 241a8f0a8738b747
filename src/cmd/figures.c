// SPDX-License-Identifier: GPL-2.0
#include "figures.h"

#include <errno.h>
#include <string.h>

void figures_init(struct figures *f, struct source *src, uint64_t idle_ns)
{
	*f = (struct figures){ .src = src, .idle_ns = idle_ns };
}

void figures_release(struct figures *f)
{
	metrics_free(f->metrics);
	tracker_free(f->tracker);
}

static int make_tables(struct figures *f)
{
	uint64_t start = source_info(f->src)->start_ns;
	struct track_config track = {
		.has_start = start, .start_ns = start, .max_gone = f->max_gone,
	};
	struct metrics_config metrics = {
		.idle_threshold_ns = f->idle_ns, .has_start = start, .start_ns = start,
		.with_course = f->with_course,
	};

	f->tracker = tracker_new(&track);
	f->metrics = f->tracker ? metrics_new(&metrics) : NULL;
	return f->metrics ? 0 : -ENOMEM;
}

static void count(struct figures *f, const struct urb_event *ev)
{
	struct track_step step;

	tracker_feed(f->tracker, ev, &step);
	do {
		int err = metrics_apply(f->metrics, &step);

		if (!err && f->observe)
			err = f->observe(f->observe_ctx, &step);
		if (err && !f->err)
			f->err = err;
	} while (tracker_next(f->tracker, &step));
}

static void count_waiting(struct figures *f)
{
	uint32_t endpoint[TRACK_AHEAD], cnt;

	cnt = tracker_ahead(f->tracker, f->waiting, f->waiting_cnt, endpoint);
	metrics_ahead(f->metrics, endpoint, cnt);
	for (uint32_t i = 0; i < f->waiting_cnt; i++)
		count(f, &f->waiting[i]);
	f->waiting_cnt = 0;
}

void figures_event(void *ctx, const struct urb_event *ev)
{
	struct figures *f = ctx;
	int err = f->metrics ? 0 : make_tables(f);

	if (err) {
		f->err = f->err ? f->err : err;
		return;
	}
	/* facts cannot wait: they are the caller's */
	if (ev->kind == URB_EV_FACTS || !tracker_ahead_pays(f->tracker)) {
		if (f->waiting_cnt)
			count_waiting(f);
		count(f, ev);
		return;
	}
	f->waiting[f->waiting_cnt++] = *ev;
	if (f->waiting_cnt == TRACK_AHEAD)
		count_waiting(f);
}

int figures_settle(struct figures *f)
{
	if (f->waiting_cnt)
		count_waiting(f);
	return f->err;
}

struct snapshot *figures_snapshot(struct figures *f)
{
	const struct source_info *info = source_info(f->src);
	struct snapshot_source source = {
		.kind = info->kind,
		.path = info->path,
		.clock = info->clock,
		.resolution_ns = info->resolution_ns,
		.sees = info->sees,
		.silent = info->silent,
	};

	if (!f->metrics && make_tables(f)) {
		errno = ENOMEM;
		return NULL;
	}
	if (figures_settle(f)) {
		errno = -f->err;
		return NULL;
	}
	return metrics_snapshot(f->metrics, source_now(f->src), &source,
				source_skipped(f->src));
}
