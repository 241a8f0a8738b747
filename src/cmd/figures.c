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
	struct track_config track = { .has_start = start, .start_ns = start };
	struct metrics_config metrics = {
		.idle_threshold_ns = f->idle_ns, .has_start = start, .start_ns = start
	};

	if (f->metrics)
		return 0;
	f->tracker = tracker_new(&track);
	f->metrics = f->tracker ? metrics_new(&metrics) : NULL;
	return f->metrics ? 0 : -ENOMEM;
}

void figures_event(void *ctx, const struct urb_event *ev)
{
	struct figures *f = ctx;
	struct track_step step;
	int err = make_tables(f);
	bool more;

	if (!err)
		tracker_feed(f->tracker, ev, &step);
	for (more = !err; more; more = tracker_next(f->tracker, &step)) {
		int failed = metrics_apply(f->metrics, &step);

		err = err ? err : failed;
	}
	if (err && !f->err)
		f->err = err;
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
	};

	if (make_tables(f)) {
		errno = ENOMEM;
		return NULL;
	}
	return metrics_snapshot(f->metrics, source_now(f->src), &source, 0);
}
