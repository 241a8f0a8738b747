// SPDX-License-Identifier: GPL-2.0
#include "urbscope/transfers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/lane.h"
#include "metrics/meter.h"

const char *transfer_end_name(unsigned int end)
{
	static const char *const names[] = {
		[TRANSFER_COMPLETED] = "completed", [TRANSFER_OPEN] = "open",
		[TRANSFER_MISSED] = "missed", [TRANSFER_REFUSED] = "refused",
		[TRANSFER_UNPAIRED] = "unpaired",
	};

	return end < TRANSFER_ENDS ? names[end] : NULL;
}

struct transfers *transfers_new(const struct transfers_config *config)
{
	struct transfers *self = calloc(1, sizeof(*self));

	if (!self || idmap_init(&self->open, 1024) || idmap_init(&self->returning, 64)) {
		transfers_free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->config = *config;
	self->free = self->waiting.first = self->waiting.last = PENDING_NONE;
	return self;
}

void transfers_free(struct transfers *self)
{
	if (!self)
		return;
	for (uint32_t i = 0; i < self->lane_cnt; i++)
		lane_release(&self->lanes[i]);
	idmap_release(&self->open);
	idmap_release(&self->returning);
	free(self->pending);
	free(self->lanes);
	free(self);
}

static uint32_t find(const struct transfers *self, const struct track_step *step)
{
	return idmap_find(&self->open, step->transfer.id, step->ep);
}

/* How long the endpoint had been empty when this submission came. */
static uint64_t gap_before(const struct transfers *self, const struct lane *lane,
			   const struct track_step *step)
{
	const struct meter *m = meters_get(&self->config.metrics->endpoints, step->endpoint);
	uint64_t since = lane->empty_ns;

	if (!m || m->doubtful)
		return TRANSFER_NO_GAP;
	if (step->level > 1)
		return 0;
	if (!lane->emptied)
		return TRANSFER_NO_GAP;
	if (m->doubted && m->certain_ns > since)
		since = m->certain_ns;
	return step->time_ns > since ? step->time_ns - since : 0;
}

static bool is_certain(const struct transfers *self, const struct track_step *step)
{
	const struct meter *m = meters_get(&self->config.metrics->endpoints, step->endpoint);

	return m && !m->doubtful;
}

static void set_submission(struct transfer *t, const struct urb_event *ev)
{
	t->submitted = ev->kind == URB_EV_SUBMIT;
	t->flags = ev->flags;
	t->asked_bytes = ev->submit.length;
	t->interval = ev->submit.interval;
	t->gfp = ev->submit.gfp;
	t->xfer_flags = ev->submit.xfer_flags;
	t->pid = ev->submit.pid;
	t->slot = ev->submit.slot;
	t->complete_fn = ev->submit.complete_fn;
	memcpy(t->comm, ev->submit.comm, sizeof(t->comm));
}

/* It is over, or the window is: ends come in order, unlike the moments at which they are told. */
static int place(struct transfers *self, struct lane *lane, uint32_t i)
{
	struct transfer *t = &self->pending[i].t;
	uint64_t end_ns = t->end == TRANSFER_OPEN ? UINT64_MAX : t->end_ns;

	if (!self->config.level)
		return 0;
	return slots_take(&lane->slots, t->start_ns, end_ns, &t->place);
}

/* One more transfer, known from this step on. PENDING_NONE: no memory. */
static uint32_t begin(struct transfers *self, const struct lane *lane,
		      const struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t i = pending_new(self);
	struct pending *p;

	if (i == PENDING_NONE)
		return PENDING_NONE;
	p = &self->pending[i];
	p->id = ev->id;
	p->endpoint = step->endpoint;
	p->inherited = lane->inherited;
	p->t = (struct transfer){
		.number = ++self->last_number,
		.ep = step->ep,
		.serial = step->serial,
		.stream = ev->stream,
		.type = ev->type,
		.start_ns = step->time_ns,
		.end_ns = step->time_ns,
		.gap_ns = TRANSFER_NO_GAP,
	};
	return i;
}

static int submitted(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = begin(self, lane, step);
	struct transfer *t;
	int err;

	if (i == PENDING_NONE)
		return -ENOMEM;
	t = &self->pending[i].t;
	set_submission(t, step->event);
	t->seen = step->transfer.seen;
	t->submit_ns = step->transfer.submit_ns;
	t->queued_ns = step->transfer.queued_ns;
	t->inherited = step->kind == TRACK_INFLIGHT;
	if (step->kind == TRACK_SUBMITTED && is_certain(self, step)) {
		t->depth = step->level;
		t->gap_ns = gap_before(self, lane, step);
	}
	err = idmap_set(&self->open, step->event->id, step->ep, i);
	if (err) {
		pending_tell(self, i);
		return err;
	}
	return lane_level(self, lane, step->time_ns, step->level);
}

static void set_completion(struct transfer *t, const struct track_step *step)
{
	t->end = TRANSFER_COMPLETED;
	t->actual_bytes = step->event->complete.length;
	t->status = step->event->complete.status;
	t->end_ns = step->time_ns;
	t->seen |= step->transfer.seen;
	t->done_ns = step->transfer.done_ns;
	t->handler_ns = step->transfer.handler_ns;
}

static int completed(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = find(self, step);
	int err;

	lane_pair(self, lane);
	err = lane_level(self, lane, step->time_ns, step->level);
	if (i == PENDING_NONE)
		return -ENOMEM;
	set_completion(&self->pending[i].t, step);
	self->pending[i].over = true;
	err = place(self, lane, i) ? -ENOMEM : err;
	if (step->settled_later || err)
		return err;
	idmap_del(&self->open, step->transfer.id, step->ep);
	return pending_settle(self, i);
}

static int inherited(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = begin(self, lane, step);
	struct transfer *t;
	int err;

	lane->inherited++;
	if (i == PENDING_NONE)
		return -ENOMEM;
	t = &self->pending[i].t;
	t->inherited = true;
	set_completion(t, step);
	t->start_ns = self->start_ns;
	self->pending[i].over = true;
	err = place(self, lane, i);
	if (!step->settled_later)
		pending_tell_or_hold(self, i);
	else if (idmap_set(&self->open, step->transfer.id, step->ep, i))
		err = -ENOMEM;
	return lane_level(self, lane, step->time_ns, step->level) ? -ENOMEM : err;
}

/* Its end was not seen, or it was none: usbmon's E after S. */
static int broken_off(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = find(self, step);
	struct transfer *t;
	int err;

	if (i == PENDING_NONE)
		return -ENOMEM;
	t = &self->pending[i].t;
	t->end_ns = step->time_ns;
	t->end = TRANSFER_MISSED;
	if (step->kind == TRACK_FAILED_OPEN) {
		t->end = TRANSFER_REFUSED;
		t->status = step->event->submit_error.error;
	}
	idmap_del(&self->open, step->transfer.id, step->ep);
	err = place(self, lane, i);
	pending_tell_or_hold(self, i);
	return lane_level(self, lane, step->time_ns, step->level) ? -ENOMEM : err;
}

/* A refusal, or a completion that belongs to nothing. */
static int by_itself(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = begin(self, lane, step);
	const struct urb_event *ev = step->event;
	struct transfer *t;

	if (i == PENDING_NONE)
		return -ENOMEM;
	t = &self->pending[i].t;
	if (step->kind == TRACK_FAILED) {
		t->end = TRANSFER_REFUSED;
		t->asked_bytes = ev->submit_error.length;
		t->status = ev->submit_error.error;
		t->seen = ev->seen & URB_SUBMIT;
		t->submit_ns = step->time_ns;
	} else {
		t->end = TRANSFER_UNPAIRED;
		t->actual_bytes = ev->complete.length;
		t->status = ev->complete.status;
		t->seen = ev->seen & (URB_DONE | URB_HANDLER);
		t->done_ns = t->handler_ns = step->time_ns;
	}
	pending_tell(self, i);
	return 0;
}

static int settled(struct transfers *self, const struct track_step *step)
{
	uint32_t i = find(self, step);
	struct transfer *t;

	if (i == PENDING_NONE)
		return 0;
	t = &self->pending[i].t;
	if (step->transfer.seen & URB_HANDLER) {
		t->seen |= URB_HANDLER;
		t->handler_ns = step->transfer.handler_ns;
	}
	idmap_del(&self->open, step->transfer.id, step->ep);
	return pending_settle(self, i);
}

static void returned(struct transfers *self, const struct track_step *step)
{
	uint32_t i = pending_find_returning(self, step->event);

	if (i != PENDING_NONE)
		pending_return(self, i, step->time_ns);
}

static int take_facts(struct lane *lane, const struct urb_event *ev)
{
	if (!ev->facts)
		return 0;
	if (!lane->facts)
		lane->facts = malloc(sizeof(*lane->facts));
	if (!lane->facts)
		return -ENOMEM;
	*lane->facts = *ev->facts;
	return 0;
}

static void lost(struct transfers *self, struct lane *lane)
{
	if (lane) {
		lane_pair(self, lane);
		return;
	}
	for (uint32_t i = 0; i < self->lane_cnt; i++) {
		if (self->lanes[i].used)
			lane_pair(self, &self->lanes[i]);
	}
}

int transfers_apply(struct transfers *self, const struct track_step *step)
{
	struct lane *lane = NULL;

	if (!self->started && step->event->kind != URB_EV_FACTS) {
		self->started = true;
		self->start_ns = self->config.metrics->start_ns;
	}
	if (step->endpoint != TRACK_NONE) {
		lane = lane_of(self, step);
		if (!lane)
			return -ENOMEM;
	}
	switch (step->kind) {
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
		return submitted(self, lane, step);
	case TRACK_COMPLETED:
		return completed(self, lane, step);
	case TRACK_INHERITED:
		return inherited(self, lane, step);
	case TRACK_MISSED:
	case TRACK_FAILED_OPEN:
		return broken_off(self, lane, step);
	case TRACK_FAILED:
	case TRACK_UNPAIRED:
		return by_itself(self, lane, step);
	case TRACK_SETTLED:
		return settled(self, step);
	case TRACK_RETURNED:
		returned(self, step);
		break;
	case TRACK_FACTS:
		return take_facts(lane, step->event);
	case TRACK_LOST:
		lost(self, lane);
		break;
	}
	return 0;
}

/* All that is not told yet, and is over or not. */
static int tell_rest(struct transfers *self, bool over, uint64_t end_ns)
{
	int err = 0;

	for (uint32_t i = 0; i < self->pending_cnt; i++) {
		struct pending *p = &self->pending[i];

		if (!p->used || p->over != over)
			continue;
		if (!over) {
			p->t.end = TRANSFER_OPEN;
			p->t.end_ns = end_ns > p->t.start_ns ? end_ns : p->t.start_ns;
			err = place(self, &self->lanes[p->endpoint], i) ? -ENOMEM : err;
		}
		pending_tell(self, i);
	}
	return err;
}

int transfers_end(struct transfers *self, uint64_t end_ns)
{
	while (self->waiting.cnt)
		pending_stop_waiting(self);
	for (uint32_t i = 0; i < self->lane_cnt; i++) {
		if (self->lanes[i].used)
			lane_pair(self, &self->lanes[i]);
	}
	tell_rest(self, true, end_ns);
	return tell_rest(self, false, end_ns);
}
