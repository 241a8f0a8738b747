// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

static void step_set_transfer(struct track_step *step, const struct slot *s)
{
	step->transfer = (struct track_transfer){
		.id = s->id,
		.start_ns = s->start_ns,
		.submit_ns = s->submit_ns,
		.queued_ns = s->start_ns,
		.done_ns = s->done_ns,
		.seen = s->seen,
		.inherited = s->inherited,
	};
}

/* The slot's transfer is over; its id may have to be remembered. */
static void slot_forget(struct tracker *self, uint32_t slot)
{
	struct slot *s = &self->slots[slot];

	if (self->endpoints[s->endpoint].paired)
		slot_retire(self, slot);
	else
		s->state = SLOT_GHOST;
}

static void transfer_open(struct tracker *self, struct track_step *step, uint32_t slot)
{
	const struct urb_event *ev = step->event;
	struct slot *s = &self->slots[slot];

	s->state = SLOT_OPEN;
	s->start_ns = step->time_ns;
	s->stream = step->stream;
	s->inherited = s->confirmed = ev->kind == URB_EV_INFLIGHT;
	s->seen = 0;
	s->submit_ns = step->time_ns;
	if (ev->kind == URB_EV_SUBMIT) {
		s->seen = ev->seen & (URB_SUBMIT | URB_QUEUED);
		if (s->seen & URB_QUEUED && ev->submit.submit_ns < s->submit_ns)
			s->submit_ns = ev->submit.submit_ns;
	}
	self->in_flight++;
	step->level = ++self->endpoints[step->endpoint].level;
	if (s->stream != TRACK_NONE)
		step->stream_level = ++self->streams[s->stream].level;
	step_set_transfer(step, s);
}

/* An open transfer ends with this step. */
static void transfer_close(struct tracker *self, struct track_step *step, uint32_t slot,
			   enum track_kind kind)
{
	const struct slot *s = &self->slots[slot];

	step->kind = kind;
	step_set_transfer(step, s);
	self->in_flight--;
	step->level = --self->endpoints[s->endpoint].level;
	step->stream = s->stream;
	if (s->stream != TRACK_NONE)
		step->stream_level = --self->streams[s->stream].level;
}

void step_miss(struct tracker *self, struct track_step *step, uint32_t slot)
{
	transfer_close(self, step, slot, TRACK_MISSED);
	slot_forget(self, slot);
}

/* The wait for a HANDLER event ends, with or without it. */
static void step_settle(struct tracker *self, struct track_step *step, uint32_t slot)
{
	const struct slot *s = &self->slots[slot];

	step->kind = TRACK_SETTLED;
	step_set_transfer(step, s);
	step_set_stream(self, step, s->stream);
	if (step->event->kind == URB_EV_HANDLER) {
		step->transfer.seen |= URB_HANDLER;
		step->transfer.handler_ns = step->time_ns;
	}
	slot_forget(self, slot);
}

/* `slot` is that of the id, TRACK_NONE: it has none. What it held before has ended. */
static void step_open(struct tracker *self, struct track_step *step, uint32_t slot)
{
	const struct urb_event *ev = step->event;

	if (slot == TRACK_NONE)
		slot = slot_add(self, step->endpoint, ev->id);
	else if (self->slots[slot].state == SLOT_IDLE)
		slot_reuse(self);
	if (slot == TRACK_NONE) {
		stop_inheriting(self, step->endpoint);
		step->kind = TRACK_LOST;
		step->lost_cnt = 1;
		step->lost_until_ns = step->time_ns;
		return;
	}
	step->kind = ev->kind == URB_EV_INFLIGHT ? TRACK_INFLIGHT : TRACK_SUBMITTED;
	step_name_stream(self, step);
	transfer_open(self, step, slot);
}

static void step_open_again(struct tracker *self, struct track_step *step)
{
	step_open(self, step, slot_find(self, step->event->id, step->event->ep));
}

void feed_submit(struct tracker *self, struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t slot = slot_find(self, ev->id, ev->ep);

	if (!step_want_endpoint(self, step, &slot)) {
		step_drop(self, step, 1);
		return;
	}
	if (slot != TRACK_NONE && self->slots[slot].state == SLOT_OPEN) {
		if (ev->kind == URB_EV_INFLIGHT) {
			self->slots[slot].confirmed = true;
			return;
		}
		step_miss(self, step, slot);
		self->resume = step_open_again;
	} else if (slot != TRACK_NONE && self->slots[slot].state == SLOT_WAITING) {
		step_settle(self, step, slot);
		self->resume = step_open_again;
	} else {
		step_open(self, step, slot);
	}
}

static void transfer_wait(struct slot *s, const struct track_step *step)
{
	s->state = SLOT_WAITING;
	s->seen |= step->event->seen & URB_DONE;
	s->done_ns = step->time_ns;
}

static void step_complete(struct tracker *self, struct track_step *step, uint32_t slot)
{
	const struct urb_event *ev = step->event;

	stop_inheriting(self, step->endpoint);
	transfer_close(self, step, slot, TRACK_COMPLETED);
	step->transfer.seen |= ev->seen & (URB_DONE | URB_HANDLER);
	step->transfer.done_ns = step->transfer.handler_ns = step->time_ns;
	step->settled_later = ev->flags & URB_F_HANDLER_FOLLOWS;
	if (step->settled_later)
		transfer_wait(&self->slots[slot], step);
	else
		slot_retire(self, slot);
}

static void step_unpaired(struct tracker *self, struct track_step *step)
{
	step->kind = TRACK_UNPAIRED;
	step_name_stream(self, step);
}

/* The completion of an id that was never seen on its endpoint. */
static void step_inherit(struct tracker *self, struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t slot = TRACK_NONE;
	struct slot *s;

	if (!self->endpoints[step->endpoint].paired && !(ev->flags & URB_F_TOLD))
		slot = slot_add(self, step->endpoint, ev->id);
	if (slot == TRACK_NONE) {
		step_unpaired(self, step);
		return;
	}
	step->kind = TRACK_INHERITED;
	step->settled_later = ev->flags & URB_F_HANDLER_FOLLOWS;
	step_name_stream(self, step);
	s = &self->slots[slot];
	s->inherited = true;
	s->start_ns = s->submit_ns = s->done_ns = step->time_ns;
	s->stream = step->stream;
	s->state = SLOT_GHOST;
	if (step->settled_later)
		transfer_wait(s, step);
	step_set_transfer(step, s);
	step->transfer.seen |= ev->seen & (URB_DONE | URB_HANDLER);
	step->transfer.handler_ns = step->time_ns;
}

void feed_complete(struct tracker *self, struct track_step *step)
{
	uint32_t slot = slot_find(self, step->event->id, step->event->ep);

	if (!step_want_endpoint(self, step, &slot)) {
		step_drop(self, step, 1);
		return;
	}
	if (slot == TRACK_NONE) {
		step_inherit(self, step);
	} else if (self->slots[slot].state == SLOT_OPEN) {
		step_complete(self, step, slot);
	} else if (self->slots[slot].state == SLOT_WAITING) {
		step_settle(self, step, slot);
		self->resume = step_unpaired;
	} else {
		step_unpaired(self, step);
	}
}

void feed_submit_error(struct tracker *self, struct track_step *step)
{
	const struct urb_event *ev = step->event;
	bool active = ev->flags & URB_F_ACTIVE;
	uint32_t slot = slot_find(self, ev->id, ev->ep);

	if (!step_want_endpoint(self, step, &slot)) {
		step_drop(self, step, 1);
		return;
	}
	if (slot != TRACK_NONE && self->slots[slot].state == SLOT_OPEN && !active) {
		transfer_close(self, step, slot, TRACK_FAILED_OPEN);
		slot_forget(self, slot);
		return;
	}
	/* A URB that can be refused is not in flight: its id cannot be an inherited one. */
	if (slot == TRACK_NONE && !active && !self->endpoints[step->endpoint].paired) {
		slot = slot_add(self, step->endpoint, ev->id);
		if (slot != TRACK_NONE)
			self->slots[slot].state = SLOT_GHOST;
	}
	step->kind = TRACK_FAILED;
	step_name_stream(self, step);
}

void feed_handler(struct tracker *self, struct track_step *step)
{
	uint32_t slot = slot_find(self, step->event->id, step->event->ep);

	if (slot == TRACK_NONE)
		return;
	step_set_endpoint(self, step, self->slots[slot].endpoint);
	if (self->slots[slot].state == SLOT_WAITING)
		step_settle(self, step, slot);
	else if (self->slots[slot].state == SLOT_OPEN)
		step_miss(self, step, slot);
}

void feed_returned(struct tracker *self, struct track_step *step)
{
	uint32_t slot = slot_find(self, step->event->id, step->event->ep);

	if (!step_want_endpoint(self, step, &slot)) {
		step_drop(self, step, 1);
		return;
	}
	step->kind = TRACK_RETURNED;
	step_name_stream(self, step);
}
