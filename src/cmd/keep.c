// SPDX-License-Identifier: GPL-2.0
#include "keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choices.h"
#include "loop.h"
#include "trace_run.h"

#define FLUSH_NS 100000000ULL

/* Those in flight, to be told in the order of their submission. */
struct opens {
	struct track_open *list;
	size_t cnt, room;
	bool failed;
};

static void take_open(void *ctx, const struct track_open *open)
{
	struct opens *o = ctx;

	if (o->cnt == o->room) {
		size_t room = o->room ? o->room * 2 : 256;
		struct track_open *list = realloc(o->list, room * sizeof(*list));

		if (!list) {
			o->failed = true;
			return;
		}
		o->list = list;
		o->room = room;
	}
	o->list[o->cnt++] = *open;
}

static int by_start(const void *va, const void *vb)
{
	const struct track_open *a = va, *b = vb;

	return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static const struct endpoint_figures *at(const struct snapshot *snap, uint32_t ep)
{
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		if (snap->endpoints[i].ep == ep && !snap->endpoints[i].gone)
			return &snap->endpoints[i];
	}
	return NULL;
}

/* What a recording from the beginning would have told up to now. */
static int tell_scene(struct trace_writer *writer, const struct figures *figures,
		      const struct snapshot *now)
{
	struct opens o = { 0 };

	for (size_t i = 0; i < now->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &now->endpoints[i];
		struct urb_event ev = {
			.kind = URB_EV_FACTS, .time_ns = now->end_ns, .ep = e->ep, .type = e->type,
			.facts = &e->facts,
		};

		if (!e->gone)
			trace_writer_event(writer, &ev);
	}
	tracker_each_open(figures->tracker, take_open, &o);
	if (o.cnt)
		qsort(o.list, o.cnt, sizeof(*o.list), by_start);
	for (size_t i = 0; i < o.cnt; i++) {
		const struct endpoint_figures *e = at(now, o.list[i].ep);
		struct urb_event ev = {
			.kind = URB_EV_INFLIGHT, .time_ns = now->end_ns, .id = o.list[i].id,
			.ep = o.list[i].ep, .stream = o.list[i].stream,
			.type = e ? e->type : URB_TYPE_UNKNOWN,
		};

		if (e)
			trace_writer_event(writer, &ev);
	}
	/* nothing is lost here, but what is in flight is not certain */
	for (size_t i = 0; i < now->endpoint_cnt; i++) {
		struct urb_event ev = {
			.kind = URB_EV_LOST, .time_ns = now->end_ns, .ep = now->endpoints[i].ep,
			.lost = { .until_ns = now->end_ns },
		};

		if (!now->endpoints[i].gone && !now->endpoints[i].certain)
			trace_writer_event(writer, &ev);
	}
	free(o.list);
	return o.failed ? -ENOMEM : 0;
}

static int begin(struct keep *keep, const struct figures *figures, const struct snapshot *now)
{
	struct trace_run run;

	keep->fd = new_file("urbtop", ".urb", keep->name, sizeof(keep->name));
	if (keep->fd < 0)
		return keep->fd;
	trace_run_of(figures->src, NULL, &run);
	run.start_ns = now->end_ns;
	keep->writer = trace_writer_new(keep->fd, &run, 0);
	if (!keep->writer) {
		int err = -errno;

		close(keep->fd);
		unlink(keep->name);
		return err;
	}
	return tell_scene(keep->writer, figures, now);
}

static int end(struct keep *keep, const struct source *src)
{
	int err;

	trace_writer_wall(keep->writer, trace_wall_of(src));
	trace_writer_counts(keep->writer, source_late(src), source_skipped(src));
	err = trace_writer_end(keep->writer, source_now(src));
	trace_writer_free(keep->writer);
	keep->writer = NULL;
	if (close(keep->fd) && !err)
		err = -errno;
	return err;
}

static void tell(const struct keep *keep, int err, const char *done, struct top_view *view)
{
	char said[160];

	if (err)
		snprintf(said, sizeof(said), "Recording %s: %s", keep->name, strerror(-err));
	else
		snprintf(said, sizeof(said), "%s %s", done, keep->name);
	top_say(view, said);
	top_recording(view, keep->writer ? keep->name : NULL);
}

void keep_toggle(struct keep *keep, struct figures *figures, const struct snapshot *now,
		 struct top_view *view)
{
	int err;

	if (keep->writer) {
		err = end(keep, figures->src);
		tell(keep, err, "The recording is in", view);
		return;
	}
	err = begin(keep, figures, now);
	if (err && keep->writer)
		end(keep, figures->src);
	tell(keep, err, "Recording to", view);
}

void keep_event(struct keep *keep, const struct urb_event *ev)
{
	if (keep->writer)
		trace_writer_event(keep->writer, ev);
}

void keep_tick(struct keep *keep, const struct source *src, struct top_view *view)
{
	int err;

	if (!keep->writer || loop_clock() < keep->flush_ns)
		return;
	keep->flush_ns = loop_clock() + FLUSH_NS;
	trace_writer_wall(keep->writer, trace_wall_of(src));
	trace_writer_counts(keep->writer, source_late(src), source_skipped(src));
	err = trace_writer_tick(keep->writer, source_now(src));
	if (!err)
		return;
	end(keep, src); /* what is there can be read */
	tell(keep, err, "", view);
}

void keep_release(struct keep *keep, const struct source *src)
{
	if (keep->writer)
		end(keep, src);
}
