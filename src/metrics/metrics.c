// SPDX-License-Identifier: GPL-2.0
#include "metrics/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/course.h"

#define FIRST_METERS 64

struct metrics *metrics_new(const struct metrics_config *config)
{
	struct metrics *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	if (config)
		self->config = *config;
	if (!self->config.idle_threshold_ns)
		self->config.idle_threshold_ns = METRICS_IDLE_THRESHOLD_NS;
	if (self->config.with_course) {
		self->tracers = tracers_new();
		if (!self->tracers) {
			free(self);
			errno = ENOMEM;
			return NULL;
		}
	}
	self->started = self->config.has_start;
	self->start_ns = self->last_ns = self->config.start_ns;
	return self;
}

static void meters_release(struct meters *meters, struct pool *pool)
{
	for (uint32_t i = 0; i < meters->cnt; i++)
		meter_reset(&meters->meter[i], pool);
	free(meters->meter);
}

void metrics_free(struct metrics *self)
{
	if (!self)
		return;
	meters_release(&self->endpoints, &self->pool);
	meters_release(&self->streams, &self->pool);
	forgotten_release(self);
	pool_release(&self->pool);
	tracers_free(self->tracers);
	free(self);
}

/* An unused meter at that index. */
static struct meter *meters_renew(struct meters *meters, struct pool *pool, uint32_t index)
{
	if (index >= meters->capacity) {
		uint32_t capacity = meters->capacity ? meters->capacity : FIRST_METERS;
		struct meter *p;

		while (capacity <= index)
			capacity *= 2;
		p = aligned_alloc(_Alignof(struct meter), capacity * sizeof(*p));
		if (!p)
			return NULL;
		if (meters->cnt)
			memcpy(p, meters->meter, meters->cnt * sizeof(*p));
		free(meters->meter);
		meters->meter = p;
		meters->capacity = capacity;
	}
	while (meters->cnt <= index)
		meters->meter[meters->cnt++] = (struct meter){ 0 };
	meter_reset(&meters->meter[index], pool);
	meters->meter[index].used = true;
	meters->meter[index].next_stream = TRACK_NONE;
	meters->meter[index].type = URB_TYPE_UNKNOWN;
	return &meters->meter[index];
}

static int endpoint_renew(struct metrics *self, const struct track_step *step)
{
	const struct meter *old = meters_get(&self->endpoints, step->predecessor);
	/* of what was lost on any endpoint some may be its own, unless another was there until later */
	uint64_t lost = self->any_lost - (old ? old->gone_lost : 0);
	struct meter *m = meters_get(&self->endpoints, step->endpoint);
	struct doubt doubt;
	bool doubtful = doubt_at_birth(self, old, step->time_ns, &doubt);
	int err = m ? forgotten_add(self, m) : 0;
	uint32_t next;

	for (uint32_t i = m ? m->next_stream : TRACK_NONE; i != TRACK_NONE; i = next) {
		next = self->streams.meter[i].next_stream;
		meter_reset(&self->streams.meter[i], &self->pool);
	}
	m = meters_renew(&self->endpoints, &self->pool, step->endpoint);
	if (!m)
		return -ENOMEM;
	m->ep = step->ep;
	m->serial = step->serial;
	m->lost = lost;
	if (self->tracers)
		tracers_drop(self->tracers, step->endpoint);
	if (doubtful)
		meter_doubt(m, step->time_ns, &doubt);
	return err;
}

static int stream_renew(struct metrics *self, const struct track_step *step)
{
	struct meter *m = meters_renew(&self->streams, &self->pool, step->stream);
	struct meter *endpoint = meters_get(&self->endpoints, step->endpoint);

	if (!m)
		return -ENOMEM;
	m->ep = step->ep;
	m->serial = step->serial;
	m->stream = step->event->stream;
	if (endpoint) {
		m->doubtful = endpoint->doubtful;
		m->doubted = endpoint->doubted;
		m->certain_ns = endpoint->certain_ns;
		m->next_stream = endpoint->next_stream;
		endpoint->next_stream = step->stream;
	}
	return 0;
}

static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static int meter_latency(struct meter *m, struct pool *pool, const struct track_transfer *t)
{
	uint64_t from_ns, ns;

	if (!transfer_latency(t, &from_ns, &ns))
		return 0;
	return lazy_hist_add(pool, &m->hist[METER_LATENCY], ns);
}

static int meter_settle(struct meter *m, struct pool *pool, const struct track_transfer *t)
{
	int err;

	if (!meter_times_hold(m, t))
		return 0;
	err = meter_latency(m, pool, t);
	if (!err && t->seen & URB_DONE && t->seen & URB_HANDLER)
		err = lazy_hist_add(pool, &m->hist[METER_GIVEBACK],
				    since(t->done_ns, t->handler_ns));
	return err;
}

/* What a completion says, whether or not it was expected. */
static int meter_complete(struct meter *m, const struct urb_event *ev)
{
	m->bytes += ev->complete.length;
	return meter_status(m, ev->complete.status, 1);
}

static int meter_returned(struct meter *m, struct pool *pool, const struct track_step *step)
{
	if (!(step->event->seen & URB_RETURNED))
		return 0;
	return lazy_hist_add(pool, &m->hist[METER_HANDLER],
			     since(step->event->returned.handler_ns, step->time_ns));
}

static int meter_submitted(struct meter *m, const struct meter_run *run,
			   const struct track_step *step)
{
	const struct track_transfer *t = &step->transfer;
	uint64_t call_ns = t->seen & URB_SUBMIT ? t->submit_ns : t->start_ns;
	int err = meter_start(m, run, step->time_ns, call_ns);

	if (step->kind == TRACK_INFLIGHT) {
		m->inherited++;
	} else {
		m->submitted++;
		meter_at_submit(m);
	}
	if (m->type == URB_TYPE_UNKNOWN && step->event->type < URB_TYPE_UNKNOWN)
		m->type = step->event->type;
	return err;
}

static int meter_completed(struct meter *m, struct pool *pool, const struct track_step *step)
{
	const struct track_transfer *t = &step->transfer;
	int err = 0;

	m->completed++;
	if (!meter_times_hold(m, t))
		return 0;
	if (t->seen & URB_QUEUED && t->seen & URB_DONE)
		err = lazy_hist_add(pool, &m->hist[METER_SERVICE],
				    since(t->queued_ns, t->done_ns));
	if (!err && !step->settled_later)
		err = meter_latency(m, pool, t);
	return err;
}

/* What is in flight was given back, or was known by that only. */
static int meter_emptied(struct meter *m, const struct track_step *step)
{
	return m->level || (!step->settled_later && !m->has_parts) ? 0 : parts_watch(m, step);
}

/* A transfer that ended without a completion. */
static void meter_ended(struct meter *m, const struct track_step *step)
{
	if (step->kind == TRACK_MISSED) {
		m->missed++;
		m->unpaired++;
	} else {
		m->failed_submit++;
		if (step->transfer.inherited)
			m->inherited--;
		else
			m->submitted--;
	}
	meter_end(m, step->time_ns);
	meter_emptied(m, step);
}

/* Applies a step to one meter, that of the endpoint or that of the stream. */
static int meter_apply(struct meter *m, const struct meter_run *run, const struct track_step *step)
{
	int err = 0, err2 = 0;

	switch (step->kind) {
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
		err = meter_submitted(m, run, step);
		break;
	case TRACK_COMPLETED:
		meter_end(m, step->time_ns);
		err = meter_completed(m, run->pool, step);
		err2 = meter_emptied(m, step);
		err = err ? err : err2;
		err2 = meter_complete(m, step->event);
		break;
	case TRACK_INHERITED:
		err = meter_inherit(m, run, step->time_ns);
		m->inherited++;
		m->inherited_late++;
		m->completed++;
		err2 = meter_emptied(m, step);
		err = err ? err : err2;
		err2 = meter_complete(m, step->event);
		break;
	case TRACK_UNPAIRED:
		m->unpaired++;
		err = meter_complete(m, step->event);
		break;
	case TRACK_MISSED:
	case TRACK_FAILED_OPEN:
		meter_ended(m, step);
		break;
	case TRACK_FAILED:
		m->failed_submit++;
		break;
	case TRACK_SETTLED:
		err = meter_settle(m, run->pool, &step->transfer);
		if (m->has_parts)
			parts_handler(m, &step->transfer);
		break;
	case TRACK_RETURNED:
		err = meter_returned(m, run->pool, step);
		if (m->has_parts)
			parts_returned(m, step);
		break;
	}
	return err ? err : err2;
}

static int endpoint_facts(struct meter *m, const struct urb_facts *facts)
{
	if (!facts)
		return 0;
	if (!m->facts)
		m->facts = malloc(sizeof(*m->facts));
	if (!m->facts)
		return -ENOMEM;
	*m->facts = *facts;
	if (facts->type < URB_TYPE_UNKNOWN)
		m->type = facts->type;
	return 0;
}

/* Steps that are about an endpoint, not about a transfer. */
static int endpoint_apply(struct metrics *self, struct meter *m, const struct track_step *step)
{
	switch (step->kind) {
	case TRACK_LOST:
		doubt_lost(self, step);
		break;
	case TRACK_DROPPED:
		self->lost += step->lost_cnt;
		self->endpoints_dropped += step->first_dropped;
		break;
	case TRACK_FACTS:
		return m ? endpoint_facts(m, step->event->facts) : -ENOMEM;
	case TRACK_SYNCED:
		if (m)
			doubt_synced(self, m, step);
		break;
	case TRACK_GONE:
		if (!m)
			break;
		m->gone = true;
		m->gone_ns = step->time_ns;
		m->gone_lost = self->any_lost;
		m->gone_any_cnt = self->any_cnt;
		break;
	}
	return 0;
}

static void count_event(struct metrics *self, const struct track_step *step)
{
	switch (step->kind) {
	case TRACK_SUBMITTED:
		self->submit++;
		break;
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
	case TRACK_UNPAIRED:
		self->complete++;
		break;
	case TRACK_FAILED:
	case TRACK_FAILED_OPEN:
		self->submit_error++;
		break;
	}
	self->streams_dropped += step->stream_dropped;
	if (step->event->kind == URB_EV_FACTS)
		return;
	if (!self->started) {
		self->start_ns = step->time_ns;
		self->started = true;
	}
	self->last_ns = step->time_ns;
}

int metrics_apply(struct metrics *self, const struct track_step *step)
{
	struct meter_run run = {
		.pool = &self->pool,
		.idle_threshold_ns = self->config.idle_threshold_ns,
	};
	struct meter *m, *stream;
	int err = 0;

	count_event(self, step);
	if (step->event->kind == URB_EV_SYNC)
		doubt_any_synced(self, step->event);
	run.start_ns = self->start_ns;
	if (step->new_endpoint)
		err = endpoint_renew(self, step);
	if (step->new_stream && !err)
		err = stream_renew(self, step);
	m = meters_get(&self->endpoints, step->endpoint);
	if (step->kind >= TRACK_LOST) {
		err = endpoint_apply(self, m, step);
	} else if (m) {
		int err2 = meter_apply(m, &run, step);

		err = err ? err : err2;
		stream = meters_get(&self->streams, step->stream);
		if (stream) {
			err2 = meter_apply(stream, &run, step);
			err = err ? err : err2;
		}
		if (m->doubted)
			doubt_judge(self, m, step);
	}
	if (self->tracers) {
		int err2 = tracers_apply(self, step);

		err = err ? err : err2;
	}
	if (err && m)
		m->lost++;
	return err;
}

void metrics_ahead(const struct metrics *self, const uint32_t *endpoint, uint32_t cnt)
{
	const struct meter *m;

	for (uint32_t i = 0; i < cnt; i++) {
		m = &self->endpoints.meter[endpoint[i]];
		if (endpoint[i] >= self->endpoints.cnt)
			continue;
		__builtin_prefetch(m, 1);
		__builtin_prefetch(&m->hist, 1);
	}
	for (uint32_t i = 0; i < cnt; i++) {
		m = &self->endpoints.meter[endpoint[i]];
		if (endpoint[i] >= self->endpoints.cnt)
			continue;
		__builtin_prefetch(m->cells + m->level, 1);
		__builtin_prefetch(m->hist[METER_LATENCY], 1);
	}
}
