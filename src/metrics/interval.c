// SPDX-License-Identifier: GPL-2.0
/*
 * Differences of two snapshots. Where inherited transfers came to light in between, `from` is
 * taken as it would have been with them: see endpoint_earlier().
 */
#include "metrics/figures.h"

#include <stdlib.h>
#include <string.h>

static const struct endpoint_figures nothing;

static uint64_t minus(uint64_t to, uint64_t from)
{
	return to > from ? to - from : 0;
}

struct endpoint_earlier endpoint_earlier(const struct endpoint_figures *from,
					 const struct endpoint_figures *to, uint64_t window_ns)
{
	struct endpoint_earlier e = { .from = from ? from : &nothing };

	from = e.from;
	e.shift = minus(to->transfers.inherited_late, from->transfers.inherited_late);
	e.busy_ns = from->busy_ns;
	e.bursts = from->bursts;
	e.idle_ns = from->idle_ns;
	e.unposted_ns = from->unposted_ns;
	e.gaps = &from->gaps;
	e.turnaround = &from->turnaround;
	if (!e.shift || !window_ns)
		return e;
	e.lowest_ns = minus(window_ns, from->busy_ns - from->gaps.total_ns);
	e.busy_ns = window_ns;
	e.bursts = 1;
	e.idle_ns = e.unposted_ns = 0;
	e.gaps = &nothing.gaps;
	e.turnaround = &nothing.turnaround;
	return e;
}

uint64_t earlier_time_ns(const struct endpoint_earlier *e, size_t level)
{
	const struct depth_figures *d = &e->from->depth;

	if (!level)
		return e->gaps->total_ns;
	if (e->shift && level <= e->shift)
		return level == e->shift ? e->lowest_ns : 0;
	level -= e->shift;
	return level < d->time_cnt ? d->time_ns[level] : 0;
}

uint64_t earlier_at_submit(const struct endpoint_earlier *e, size_t level)
{
	const struct depth_figures *d = &e->from->depth;

	if (level < e->shift)
		return 0;
	level -= e->shift;
	return level < d->at_submit_cnt ? d->at_submit[level] : 0;
}

/* *max becomes the upper boundary of the highest bucket that grew, cut to what it was. */
static const struct hist *hist_minus(struct arena *arena, const struct hist *to,
				     const struct hist *from, uint64_t *max)
{
	struct hist *h;
	unsigned int highest = 0;

	if (!to || to->count <= (from ? from->count : 0))
		return NULL;
	h = arena_take(arena, sizeof(*h));
	if (!h)
		return NULL;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		h->bucket[i] = minus(to->bucket[i], from ? from->bucket[i] : 0);
		if (h->bucket[i])
			highest = i;
	}
	h->count = to->count - (from ? from->count : 0);
	h->sum = minus(to->sum, from ? from->sum : 0);
	h->max = from && hist_upper(highest) < to->max ? hist_upper(highest) : to->max;
	*max = h->max;
	return h;
}

static void diff_times(struct arena *arena, struct time_figures *out, const struct time_figures *to,
		       const struct time_figures *from)
{
	out->seen = to->seen;
	out->hist = hist_minus(arena, to->hist, from->hist, &out->max_ns);
	if (!out->hist)
		return;
	out->count = out->hist->count;
	out->total_ns = out->hist->sum;
	time_finish(out);
}

static void diff_gaps(struct arena *arena, struct endpoint_figures *out,
		      const struct gap_figures *to, const struct gap_figures *from)
{
	struct gap_figures *gaps = &out->gaps;

	gaps->parted = to->parted;
	for (int i = 0; i < GAP_PARTS; i++)
		gaps->part_ns[i] = minus(to->part_ns[i], from->part_ns[i]);
	gaps->hist = hist_minus(arena, to->hist, from->hist, &gaps->max_ns);
	if (!gaps->hist)
		return;
	gaps->count = gaps->hist->count;
	gaps->total_ns = gaps->hist->sum;
	gap_finish(gaps, out->busy_ns);
}

static void diff_depth(struct arena *arena, struct endpoint_figures *out,
		       const struct endpoint_figures *to, const struct endpoint_earlier *e)
{
	const struct depth_figures *d = &to->depth;
	uint64_t *time_ns = arena_take(arena, d->time_cnt * sizeof(*time_ns));
	uint64_t *at_submit = arena_take(arena, d->at_submit_cnt * sizeof(*at_submit));

	out->depth.seen = d->seen;
	if (arena->failed || !d->time_cnt)
		return;
	out->depth.time_cnt = 1;
	for (size_t i = 0; i < d->time_cnt; i++) {
		time_ns[i] = minus(d->time_ns[i], earlier_time_ns(e, i));
		if (time_ns[i])
			out->depth.time_cnt = i + 1;
	}
	for (size_t i = 0; i < d->at_submit_cnt; i++) {
		at_submit[i] = minus(d->at_submit[i], earlier_at_submit(e, i));
		if (at_submit[i])
			out->depth.at_submit_cnt = i + 1;
	}
	out->depth.time_ns = time_ns;
	out->depth.at_submit = at_submit;
	if (d->seen)
		depth_finish(&out->depth, out->busy_ns);
}

static void diff_status(struct arena *arena, struct endpoint_figures *out,
			const struct endpoint_figures *to, const struct endpoint_figures *from)
{
	struct status_count *status = arena_take(arena, to->status_cnt * sizeof(*status));

	if (!status)
		return;
	for (size_t i = 0; i < to->status_cnt; i++) {
		uint64_t before = 0;

		for (size_t j = 0; j < from->status_cnt; j++)
			if (from->status[j].status == to->status[i].status)
				before = from->status[j].count;
		if (to->status[i].count <= before)
			continue;
		status[out->status_cnt].status = to->status[i].status;
		status[out->status_cnt++].count = to->status[i].count - before;
	}
	out->status = status;
}

static void diff_transfers(struct endpoint_figures *out, const struct endpoint_figures *to,
			   const struct endpoint_figures *from)
{
#define DIFF(field) (out->field = minus(to->field, from->field))
	DIFF(transfers.submitted);
	DIFF(transfers.completed);
	DIFF(transfers.inherited);
	DIFF(transfers.inherited_late);
	DIFF(transfers.missed);
	DIFF(transfers.failed_submit);
	DIFF(transfers.unpaired);
	DIFF(transfers.lost);
	DIFF(errors);
	DIFF(bytes);
#undef DIFF
	out->transfers.open = to->transfers.open;
}

static void diff_figures(struct arena *arena, struct endpoint_figures *out,
			 const struct endpoint_figures *to, const struct endpoint_figures *from,
			 uint64_t window_ns)
{
	struct endpoint_earlier e = endpoint_earlier(from, to, window_ns);

	out->ep = to->ep;
	out->stream = to->stream;
	out->type = to->type;
	out->complete = to->complete;
	out->certain = to->certain;
	out->gone = to->gone;
	out->gone_ns = to->gone_ns;
	out->serial = to->serial;
	out->facts = to->facts;
	diff_transfers(out, to, from);
	diff_status(arena, out, to, from);
	out->busy_ns = minus(to->busy_ns, e.busy_ns);
	out->bursts = minus(to->bursts, e.bursts);
	out->idle_ns = minus(to->idle_ns, e.idle_ns);
	out->unposted_ns = minus(to->unposted_ns, e.unposted_ns);
	diff_depth(arena, out, to, &e);
	diff_gaps(arena, out, &to->gaps, e.gaps);
	diff_times(arena, &out->latency, &to->latency, &from->latency);
	diff_times(arena, &out->service, &to->service, &from->service);
	diff_times(arena, &out->giveback_delay, &to->giveback_delay, &from->giveback_delay);
	diff_times(arena, &out->handler, &to->handler, &from->handler);
	diff_times(arena, &out->turnaround, &to->turnaround, e.turnaround);
	out->in_flight_now = to->in_flight_now;
	if (from == &nothing)
		out->in_flight_max = to->in_flight_max;
	else if (to->certain)
		out->in_flight_max = to->in_flight_now;
	for (size_t i = 1; i < out->depth.time_cnt; i++)
		if (out->depth.time_ns && out->depth.time_ns[i] && i > out->in_flight_max)
			out->in_flight_max = i;
}

static int same_order(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	if (a->ep != b->ep)
		return a->ep < b->ep ? -1 : 1;
	if (a->serial != b->serial)
		return a->serial < b->serial ? -1 : 1;
	return (a->stream > b->stream) - (a->stream < b->stream);
}

/* Both lists are sorted; what is only in `from` was evicted. */
static const struct endpoint_figures *diff_list(struct arena *arena,
						const struct endpoint_figures *to, size_t to_cnt,
						const struct endpoint_figures *from,
						size_t from_cnt, uint64_t window_ns)
{
	struct endpoint_figures *out = arena_take(arena, to_cnt * sizeof(*out));
	size_t j = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < to_cnt; i++) {
		const struct endpoint_figures *before = &nothing;

		while (j < from_cnt && same_order(&from[j], &to[i]) < 0)
			j++;
		if (j < from_cnt && !same_order(&from[j], &to[i]))
			before = &from[j];
		diff_figures(arena, &out[i], &to[i], before, window_ns);
		out[i].streams = diff_list(arena, to[i].streams, to[i].stream_cnt,
					   before->streams, before->stream_cnt, window_ns);
		out[i].stream_cnt = out[i].streams ? to[i].stream_cnt : 0;
	}
	return out;
}

/* What came to light late of them is in their levels: nothing of the sum is to be shifted. */
static const struct endpoint_figures *diff_forgotten(struct arena *arena,
						     const struct endpoint_figures *to,
						     const struct endpoint_figures *from)
{
	struct endpoint_figures before = from ? *from : nothing;
	struct endpoint_figures *out = to ? arena_take(arena, sizeof(*out)) : NULL;

	if (!out)
		return NULL;
	before.transfers.inherited_late = to->transfers.inherited_late;
	diff_figures(arena, out, to, &before, 0);
	out->transfers.inherited_late =
		minus(to->transfers.inherited_late, from ? from->transfers.inherited_late : 0);
	return out;
}

struct snapshot *snapshot_interval(const struct snapshot *from, const struct snapshot *to)
{
	static const struct snapshot start;
	const struct snapshot *before = from ? from : &start;
	struct arena *arena;
	struct snapshot *snap = snapshot_new(&arena);

	if (!snap)
		return NULL;
	snap->source = to->source;
	snap->start_ns = from ? from->end_ns : to->start_ns;
	snap->end_ns = to->end_ns;
	snap->idle_threshold_ns = to->idle_threshold_ns;
	snap->events.submit = minus(to->events.submit, before->events.submit);
	snap->events.complete = minus(to->events.complete, before->events.complete);
	snap->events.submit_error = minus(to->events.submit_error, before->events.submit_error);
	snap->events.lost = minus(to->events.lost, before->events.lost);
	snap->events.skipped = minus(to->events.skipped, before->events.skipped);
	snap->endpoints_dropped = minus(to->endpoints_dropped, before->endpoints_dropped);
	snap->streams_dropped = minus(to->streams_dropped, before->streams_dropped);
	snap->endpoint_cnt = to->endpoint_cnt;
	snap->endpoints = diff_list(arena, to->endpoints, to->endpoint_cnt, before->endpoints,
				    before->endpoint_cnt, before->end_ns - before->start_ns);
	snap->forgotten = diff_forgotten(arena, to->forgotten, before->forgotten);
	snap->endpoints_forgotten = minus(to->endpoints_forgotten, before->endpoints_forgotten);
	return snapshot_finish(snap);
}
