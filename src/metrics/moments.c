// SPDX-License-Identifier: GPL-2.0
/* The worst moments of an endpoint, and the transfers around them. */
#include "metrics/course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/findings.h"

/* An id that never ends (its end was lost) keeps its place; the tracker has no more of them. */
#define MAX_OPEN (1 << 19)

static uint32_t transfer_new(struct tracers *self)
{
	uint32_t index = self->first_free;

	if (index != IDMAP_NONE) {
		self->first_free = self->transfer[index].next_free;
		return index;
	}
	if (self->transfer_cnt == self->transfer_capacity) {
		uint32_t capacity = self->transfer_capacity ? self->transfer_capacity * 2 : 64;
		struct open_transfer *p;

		if (capacity > MAX_OPEN)
			return IDMAP_NONE;
		p = realloc(self->transfer, capacity * sizeof(*p));
		if (!p)
			return IDMAP_NONE;
		self->transfer = p;
		self->transfer_capacity = capacity;
	}
	return self->transfer_cnt++;
}

/* The record of an open id; IDMAP_NONE: memory is short, or it was never opened. */
static uint32_t open_find(const struct tracers *self, uint64_t id, uint32_t ep)
{
	return idmap_find(&self->open, id, ep);
}

static uint32_t open_add(struct tracers *self, uint64_t id, uint32_t ep)
{
	uint32_t index = open_find(self, id, ep);

	if (index != IDMAP_NONE)
		return index;
	index = transfer_new(self);
	if (index == IDMAP_NONE)
		return IDMAP_NONE;
	if (!idmap_set(&self->open, id, ep, index))
		return index;
	self->transfer[index].next_free = self->first_free;
	self->first_free = index;
	return IDMAP_NONE;
}

/* Returns what was known of it. */
static struct course_transfer open_take(struct tracers *self, const struct moments *m, uint64_t id,
					uint32_t ep)
{
	uint32_t index = open_find(self, id, ep);
	struct course_transfer transfer = { 0 };

	if (index == IDMAP_NONE)
		return transfer;
	transfer = self->transfer[index].transfer;
	if (transfer.depth)
		transfer.depth += m->lifted - self->transfer[index].lifted;
	idmap_del(&self->open, id, ep);
	self->transfer[index].next_free = self->first_free;
	self->first_free = index;
	return transfer;
}

static int open_put(struct tracers *self, const struct moments *m, uint64_t id, uint32_t ep,
		    const struct course_transfer *transfer)
{
	uint32_t index = open_add(self, id, ep);

	if (index == IDMAP_NONE)
		return -ENOMEM;
	self->transfer[index].transfer = *transfer;
	self->transfer[index].lifted = m->lifted;
	return 0;
}

static void moment_init(struct course_moment *moment, const struct moments *m,
			enum course_moment_kind kind, uint64_t start_ns, uint64_t length_ns)
{
	uint64_t before = m->ended_cnt < ENDED ? m->ended_cnt : ENDED;

	*moment = (struct course_moment){
		.kind = kind, .start_ns = start_ns, .length_ns = length_ns
	};
	for (uint64_t i = m->ended_cnt - before; i < m->ended_cnt; i++)
		moment->transfer[moment->cnt++] = m->ended[i % ENDED];
	moment->before = moment->cnt;
}

static uint32_t wanted(const struct course_moment *moment)
{
	return moment->before + COURSE_AROUND + (moment->kind != COURSE_GAP);
}

static void append(struct course_moment *moment, uint32_t cnt, const struct course_transfer *t)
{
	for (; cnt; cnt--, moment++)
		if (moment->cnt < wanted(moment))
			moment->transfer[moment->cnt++] = *t;
}

/* The place for one of the longest, which are in order; NULL: it is not among them. */
static struct course_moment *longest(struct course_moment *moment, uint32_t *cnt, uint32_t max,
				     uint64_t length_ns)
{
	uint32_t at = *cnt;

	while (at && moment[at - 1].length_ns < length_ns)
		at--;
	if (at == max)
		return NULL;
	if (*cnt < max)
		(*cnt)++;
	memmove(&moment[at + 1], &moment[at], (*cnt - at - 1) * sizeof(*moment));
	return &moment[at];
}

void moments_gap(struct moments *m, uint64_t start_ns, uint64_t length_ns)
{
	struct course_moment *to = longest(m->gap, &m->gap_cnt, COURSE_GAPS, length_ns);

	if (to)
		moment_init(to, m, COURSE_GAP, start_ns, length_ns);
}

void moments_lift(struct moments *m)
{
	m->gap_cnt = 0;
	m->lifted++;
}

static struct course_moment *error_place(struct moments *m)
{
	uint64_t n = m->error_cnt++;

	if (n < COURSE_ERRORS)
		return &m->error[n];
	return &m->error[COURSE_ERRORS + n % COURSE_ERRORS];
}

static uint64_t ended_ns(const struct course_transfer *t)
{
	return t->seen & URB_DONE ? t->done_ns : t->handler_ns;
}

/* A transfer is over. `from_ns` and `latency_ns`: NULL if it has none. */
static void over(struct moments *m, const struct course_transfer *t, const uint64_t *from_ns,
		 const uint64_t *latency_ns)
{
	struct course_moment *to;

	/* new ones begin with those before, and then take this one like all others */
	to = latency_ns ? longest(m->delay, &m->delay_cnt, COURSE_DELAYS, *latency_ns) : NULL;
	if (to)
		moment_init(to, m, COURSE_DELAY, *from_ns, *latency_ns);
	if (t->status && !status_is_cancel(t->status))
		moment_init(error_place(m), m, COURSE_ERROR, ended_ns(t), 0);
	append(m->gap, m->gap_cnt, t);
	append(m->delay, m->delay_cnt, t);
	append(m->error, m->error_cnt < ALL_ERRORS ? m->error_cnt : ALL_ERRORS, t);
	m->ended[m->ended_cnt++ % ENDED] = *t;
}

static int begun(struct tracers *self, const struct moments *m, const struct meter *meter,
		 const struct track_step *step)
{
	struct course_transfer t = { .number = ++self->numbers };

	t.inherited = step->kind == TRACK_INFLIGHT;
	t.depth = t.inherited || meter->doubtful ? 0 : step->level;
	return open_put(self, m, step->transfer.id, meter->ep, &t);
}

/* The moments of a transfer as far as they are those of one life. */
static void take_times(struct course_transfer *t, const struct track_transfer *from, bool hold)
{
	t->seen = hold ? from->seen : from->seen & (URB_DONE | URB_HANDLER);
	t->depth = hold ? t->depth : 0;
	t->submit_ns = from->submit_ns;
	t->queued_ns = from->queued_ns;
	t->done_ns = from->done_ns;
	t->handler_ns = from->handler_ns;
	t->inherited = from->inherited;
}

/* Given back: all is known, or all but the handler. */
static int completed(struct tracers *self, struct moments *m, const struct meter *meter,
		     bool doubtful, const struct track_step *step)
{
	const struct track_transfer *from = &step->transfer;
	struct course_transfer t = open_take(self, m, from->id, meter->ep);
	bool hold = !doubtful && meter_times_hold(meter, from);
	uint64_t from_ns, ns;

	if (!t.number)
		t.number = ++self->numbers;
	t.length = step->event->complete.length;
	t.status = step->event->complete.status;
	take_times(&t, from, hold);
	if (step->settled_later)
		return open_put(self, m, from->id, meter->ep, &t);
	hold = hold && step->kind == TRACK_COMPLETED && transfer_latency(from, &from_ns, &ns);
	over(m, &t, hold ? &from_ns : NULL, hold ? &ns : NULL);
	return 0;
}

static void settled(struct tracers *self, struct moments *m, const struct meter *meter,
		    const struct track_step *step)
{
	const struct track_transfer *from = &step->transfer;
	struct course_transfer t = open_take(self, m, from->id, meter->ep);
	bool hold = meter_times_hold(meter, from);
	uint64_t from_ns, ns;

	if (!t.number)
		return;
	take_times(&t, from, hold);
	hold = hold && transfer_latency(from, &from_ns, &ns);
	over(m, &t, hold ? &from_ns : NULL, hold ? &ns : NULL);
}

static void unpaired(struct tracers *self, struct moments *m, const struct track_step *step)
{
	const struct urb_event *ev = step->event;
	struct course_transfer t = {
		.number = ++self->numbers,
		.done_ns = step->time_ns,
		.handler_ns = step->time_ns,
		.seen = ev->seen & (URB_DONE | URB_HANDLER),
		.length = ev->complete.length,
		.status = ev->complete.status,
	};

	over(m, &t, NULL, NULL);
}

int moments_apply(struct tracers *self, struct moments *m, const struct meter *meter, bool doubtful,
		  const struct track_step *step)
{
	switch (step->kind) {
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
		return begun(self, m, meter, step);
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
		return completed(self, m, meter, doubtful, step);
	case TRACK_SETTLED:
		settled(self, m, meter, step);
		break;
	case TRACK_UNPAIRED:
		unpaired(self, m, step);
		break;
	case TRACK_MISSED:
	case TRACK_FAILED_OPEN:
		open_take(self, m, step->transfer.id, meter->ep);
		break;
	}
	return 0;
}

size_t moments_export(const struct moments *m, struct course_moment to[MOMENTS])
{
	uint64_t errors = m->error_cnt < ALL_ERRORS ? m->error_cnt : ALL_ERRORS;
	uint64_t oldest = m->error_cnt > ALL_ERRORS ? m->error_cnt % COURSE_ERRORS : 0;
	size_t cnt = 0;

	for (uint32_t i = 0; i < m->gap_cnt; i++)
		to[cnt++] = m->gap[i];
	for (uint32_t i = 0; i < m->delay_cnt; i++)
		to[cnt++] = m->delay[i];
	for (uint64_t i = 0; i < errors; i++)
		to[cnt++] = m->error[i < COURSE_ERRORS ? i :
				     COURSE_ERRORS + (oldest + i) % COURSE_ERRORS];
	return cnt;
}
