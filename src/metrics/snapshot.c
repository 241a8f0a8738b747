// SPDX-License-Identifier: GPL-2.0
#include "metrics/figures.h"
#include "metrics/meter.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/course.h"

#define PARTED_BY (URB_SUBMIT | URB_DONE | URB_HANDLER | URB_RETURNED)

/* What all meters of one snapshot share. */
struct view {
	const struct metrics *metrics;
	struct arena *arena;
	uint64_t end_ns;
	uint8_t sees;		/* of the source */
};

static const struct hist *fill_hist(const struct view *v, const struct lazy_hist *h)
{
	struct hist *to;

	if (!h || !h->count)
		return NULL;
	to = arena_take(v->arena, sizeof(*to));
	if (to)
		lazy_hist_export(&v->metrics->pool, h, to);
	return to;
}

static void fill_times(const struct view *v, struct time_figures *to, const struct lazy_hist *h,
		       bool seen)
{
	to->seen = seen;
	to->hist = fill_hist(v, h);
	if (!to->hist)
		return;
	to->seen = true;
	to->count = h->count;
	to->total_ns = h->sum;
	to->max_ns = h->max;
	time_finish(to);
}

static void fill_all_times(const struct view *v, struct endpoint_figures *to, const struct meter *m)
{
	uint8_t sees = v->sees;
	bool begins = sees & (URB_SUBMIT | URB_QUEUED);
	bool ends = sees & (URB_DONE | URB_HANDLER);

	fill_times(v, &to->latency, m->hist[METER_LATENCY], begins && ends);
	fill_times(v, &to->service, m->hist[METER_SERVICE], sees & URB_QUEUED && sees & URB_DONE);
	fill_times(v, &to->giveback_delay, m->hist[METER_GIVEBACK],
		   sees & URB_DONE && sees & URB_HANDLER);
	fill_times(v, &to->handler, m->hist[METER_HANDLER],
		   sees & URB_HANDLER && sees & URB_RETURNED);
	fill_times(v, &to->turnaround, m->hist[METER_TURNAROUND], m->start_seen);
}

static void fill_transfers(struct endpoint_figures *to, const struct meter *m,
			   const struct meter *endpoint)
{
	to->transfers.submitted = m->submitted;
	to->transfers.completed = m->completed;
	to->transfers.inherited = m->inherited;
	to->transfers.inherited_late = m->inherited_late;
	to->transfers.open = m->level;
	to->transfers.missed = m->missed;
	to->transfers.failed_submit = m->failed_submit;
	to->transfers.unpaired = m->unpaired;
	to->transfers.lost = endpoint->lost;
	to->errors = m->completed + m->unpaired - m->missed - m->ok;
	to->bytes = m->bytes;
}

static void fill_status(const struct view *v, struct endpoint_figures *to, const struct meter *m)
{
	size_t cnt = m->status_cnt + (m->ok ? 1 : 0);
	struct status_count *status = arena_take(v->arena, cnt * sizeof(*status));

	if (!status)
		return;
	for (uint32_t i = 0; i < m->status_cnt; i++)
		status[i] = m->status[i];
	if (m->ok)
		status[cnt - 1] = (struct status_count){ .status = 0, .count = m->ok };
	status_sort(status, cnt);
	to->status = status;
	to->status_cnt = cnt;
}

/* Levels: what was booked, and the stretch that goes on. */
static void fill_levels(const struct view *v, struct endpoint_figures *to, const struct meter *m)
{
	const struct lazy_hist *gap = m->hist[METER_GAP];
	bool held = m->level && !m->doubtful;
	uint64_t going_on = held && v->end_ns > m->since_ns ? v->end_ns - m->since_ns : 0;
	uint64_t *time_ns, *at_submit;
	size_t time_cnt = 1, at_cnt = 0;

	to->in_flight_now = m->level;
	to->in_flight_max = held && m->level > m->max ? m->level : m->max;
	to->gaps.count = gap ? gap->count : 0;
	to->gaps.total_ns = gap ? gap->sum : 0;
	to->gaps.max_ns = gap ? gap->max : 0;
	to->gaps.hist = fill_hist(v, gap);
	to->gaps.parted = (v->sees & PARTED_BY) == PARTED_BY;
	if (m->has_parts)
		memcpy(to->gaps.part_ns, m->parts->ns, sizeof(to->gaps.part_ns));
	to->busy_ns = m->active_ns + going_on + to->gaps.total_ns;
	to->bursts = m->bursts;
	to->idle_ns = m->idle_ns;
	to->unposted_ns = urb_ep_is_in(m->ep) ? to->gaps.total_ns + m->idle_ns : 0;
	if (to->gaps.hist)
		gap_finish(&to->gaps, to->busy_ns);
	to->depth.seen = m->start_seen;
	for (size_t i = 1; i < m->cell_cnt; i++) {
		if (m->cells[i].time_ns || (going_on && i == m->level))
			time_cnt = i + 1;
		if (m->cells[i].at_submit)
			at_cnt = i + 1;
	}
	time_ns = arena_take(v->arena, time_cnt * sizeof(*time_ns));
	at_submit = arena_take(v->arena, at_cnt * sizeof(*at_submit));
	if (v->arena->failed)
		return;
	time_ns[0] = to->gaps.total_ns;
	for (size_t i = 1; i < time_cnt; i++)
		time_ns[i] = m->cells[i].time_ns + (i == m->level ? going_on : 0);
	for (size_t i = 0; i < at_cnt; i++)
		at_submit[i] = m->cells[i].at_submit;
	to->depth.time_ns = time_ns;
	to->depth.time_cnt = time_cnt;
	to->depth.at_submit = at_submit;
	to->depth.at_submit_cnt = at_cnt;
	if (to->depth.seen)
		depth_finish(&to->depth, to->busy_ns);
}

/* `endpoint` is `m` itself, or the endpoint of a stream: losses are known of endpoints only. */
static void fill_figures(const struct view *v, struct endpoint_figures *to, const struct meter *m,
			 const struct meter *endpoint)
{
	to->ep = m->ep;
	to->stream = m->stream;
	to->serial = m->serial;
	to->type = m->type;
	if (endpoint->facts)
		to->facts = *endpoint->facts;
	else
		to->facts.type = URB_TYPE_UNKNOWN;
	fill_transfers(to, m, endpoint);
	to->gone = endpoint->gone;
	to->gone_ns = endpoint->gone_ns;
	to->complete = m->start_seen && !m->unpaired && !to->transfers.lost && !endpoint->doubted;
	to->certain = !endpoint->doubtful;
	fill_status(v, to, m);
	fill_levels(v, to, m);
	fill_all_times(v, to, m);
}

static int figures_compare(const void *a, const void *b)
{
	const struct endpoint_figures *x = a, *y = b;

	if (x->ep != y->ep)
		return x->ep < y->ep ? -1 : 1;
	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return (x->stream > y->stream) - (x->stream < y->stream);
}

static void fill_streams(const struct view *v, struct endpoint_figures *to, const struct meter *m)
{
	const struct meter *meters = v->metrics->streams.meter;
	struct endpoint_figures *streams;
	size_t cnt = 0;

	for (uint32_t i = m->next_stream; i != TRACK_NONE; i = meters[i].next_stream)
		cnt++;
	streams = arena_take(v->arena, cnt * sizeof(*streams));
	if (!streams)
		return;
	to->streams = streams;
	to->stream_cnt = cnt;
	for (uint32_t i = m->next_stream; i != TRACK_NONE; i = meters[i].next_stream)
		fill_figures(v, streams++, &meters[i], m);
	qsort(streams - cnt, cnt, sizeof(*streams), figures_compare);
}

static void fill_endpoints(const struct view *v, struct snapshot *snap)
{
	const struct meters *meters = &v->metrics->endpoints;
	struct endpoint_figures *endpoints;
	size_t cnt = 0;

	for (uint32_t i = 0; i < meters->cnt; i++)
		cnt += meters->meter[i].used;
	endpoints = arena_take(v->arena, cnt * sizeof(*endpoints));
	if (!endpoints)
		return;
	snap->endpoints = endpoints;
	snap->endpoint_cnt = cnt;
	for (uint32_t i = 0; i < meters->cnt; i++) {
		const struct meter *m = &meters->meter[i];

		if (!m->used)
			continue;
		fill_figures(v, endpoints, m, m);
		if (v->metrics->tracers)
			endpoints->course = tracers_export(v->metrics, i, v->arena, v->end_ns);
		fill_streams(v, endpoints++, m);
	}
	qsort(endpoints - cnt, cnt, sizeof(*endpoints), figures_compare);
}

/* What a meter reckons from the whole of the run, or from its address, was summed up beside it. */
static void fill_forgotten(const struct view *v, struct snapshot *snap)
{
	const struct meter *sum = v->metrics->forgotten.sum;
	struct endpoint_figures *to = sum ? arena_take(v->arena, sizeof(*to)) : NULL;

	if (!to)
		return;
	fill_figures(v, to, sum, sum);
	to->transfers.lost = v->metrics->forgotten.lost;
	to->unposted_ns = v->metrics->forgotten.unposted_ns;
	to->complete = sum->start_seen && !sum->unpaired && !sum->doubted && !to->transfers.lost;
	snap->forgotten = to;
	snap->endpoints_forgotten = v->metrics->forgotten.cnt;
}

struct snapshot *metrics_snapshot(const struct metrics *self, uint64_t now_ns,
				  const struct snapshot_source *source, uint64_t skipped)
{
	struct view v = { .metrics = self, .sees = source ? source->sees : 0 };
	struct snapshot *snap = snapshot_new(&v.arena);

	if (!snap)
		return NULL;
	v.end_ns = now_ns > self->last_ns ? now_ns : self->last_ns;
	if (source)
		snap->source = *source;
	snap->start_ns = self->started ? self->start_ns : v.end_ns;
	snap->end_ns = v.end_ns;
	snap->idle_threshold_ns = self->config.idle_threshold_ns;
	snap->events.submit = self->submit;
	snap->events.complete = self->complete;
	snap->events.submit_error = self->submit_error;
	snap->events.lost = self->lost;
	snap->events.skipped = skipped;
	snap->endpoints_dropped = self->endpoints_dropped;
	snap->streams_dropped = self->streams_dropped;
	fill_endpoints(&v, snap);
	fill_forgotten(&v, snap);
	return snapshot_finish(snap);
}
