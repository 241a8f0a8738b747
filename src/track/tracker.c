// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

#include <errno.h>
#include <stdlib.h>

#define DEFAULT_ENDPOINTS 4096
#define DEFAULT_STREAMS	  4096
#define DEFAULT_IN_FLIGHT 262144
#define FIRST_IDS	  1024

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

struct tracker *tracker_new(const struct track_config *config)
{
	struct tracker *self = calloc(1, sizeof(*self));
	struct track_config *c;

	if (!self)
		return NULL;
	c = &self->config;
	if (config)
		*c = *config;
	c->max_endpoints = or_default(c->max_endpoints, DEFAULT_ENDPOINTS);
	c->max_gone = or_default(c->max_gone, UINT32_MAX);
	c->max_streams = or_default(c->max_streams, DEFAULT_STREAMS);
	c->max_in_flight = or_default(c->max_in_flight, DEFAULT_IN_FLIGHT);
	self->slot_free = self->stream_free = TRACK_NONE;
	self->gone_head = self->gone_tail = TRACK_NONE;
	self->started = c->has_start;
	self->now_ns = c->start_ns;
	if (idmap_init(&self->ids, FIRST_IDS) || idmap_init(&self->by_ep, c->max_endpoints) ||
	    idmap_init(&self->by_stream, 0) || idmap_init(&self->dropped, 0)) {
		tracker_free(self);
		errno = ENOMEM;
		return NULL;
	}
	return self;
}

void tracker_free(struct tracker *self)
{
	if (!self)
		return;
	idmap_release(&self->ids);
	idmap_release(&self->by_ep);
	idmap_release(&self->by_stream);
	idmap_release(&self->dropped);
	free(self->slots);
	free(self->endpoints);
	free(self->streams);
	free(self);
}

uint32_t tracker_in_flight(const struct tracker *self)
{
	return self->in_flight;
}

static void step_set_endpoint(const struct tracker *self, struct track_step *step, uint32_t i)
{
	const struct track_endpoint *e = &self->endpoints[i];

	step->endpoint = i;
	step->ep = e->ep;
	step->serial = e->serial;
	step->level = e->level;
}

static void step_set_stream(const struct tracker *self, struct track_step *step, uint32_t i)
{
	step->stream = i;
	if (i != TRACK_NONE)
		step->stream_level = self->streams[i].level;
}

/* The stream that the event names. */
static void step_name_stream(struct tracker *self, struct track_step *step)
{
	uint16_t id = step->event->stream;

	if (!id)
		return;
	step_set_stream(self, step, stream_get(self, step->endpoint, id, &step->new_stream));
	step->stream_dropped = step->stream == TRACK_NONE;
}

static void step_drop(struct tracker *self, struct track_step *step, uint64_t lost)
{
	uint32_t ep = step->event->ep;

	step->kind = TRACK_DROPPED;
	step->lost_cnt = lost;
	if (idmap_find(&self->dropped, ep, 0) == IDMAP_NONE &&
	    self->dropped.cnt < self->config.max_endpoints && !idmap_set(&self->dropped, ep, 0, 0))
		step->first_dropped = true;
}

/* A new endpoint in place of `old`, of which nothing in flight is left; TRACK_NONE: of none. */
static uint32_t endpoint_succeed(struct tracker *self, uint32_t ep, uint32_t old)
{
	uint32_t i = endpoint_add(self, ep, old != TRACK_NONE);

	if (i != TRACK_NONE && old != TRACK_NONE && old != i)
		slots_remove(self, old);
	return i;
}

/*
 * Finds the endpoint of the event and makes one if there is none. At the address of an unplugged
 * one with nothing in flight, a submission or news of it begin a new one. *slot is that of the
 * event's id: it knows the endpoint, which saves the way over the address.
 */
static bool step_want_endpoint(struct tracker *self, struct track_step *step, uint32_t *slot)
{
	const struct urb_event *ev = step->event;
	uint32_t i = *slot != TRACK_NONE ? self->slots[*slot].endpoint : endpoint_find(self, ev->ep);
	bool succeeds = false;

	if (i != TRACK_NONE) {
		const struct track_endpoint *e = &self->endpoints[i];

		succeeds = e->gone && !e->level &&
			   (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_FACTS ||
			    ev->kind == URB_EV_INFLIGHT);
	}
	if (i == TRACK_NONE || succeeds) {
		step->predecessor = i;
		*slot = TRACK_NONE;
		i = endpoint_succeed(self, ev->ep, i);
		if (i == TRACK_NONE)
			return false;
		step->new_endpoint = true;
	}
	step_set_endpoint(self, step, i);
	return true;
}

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

static void step_miss(struct tracker *self, struct track_step *step, uint32_t slot)
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

/*
 * A completion of an unknown id is not inherited any more: after a paired one by definition; and
 * after a loss, because it has rather lost its submission than been in flight all the time, and
 * to count it since the run began would lift every depth so far.
 */
static void stop_inheriting(struct tracker *self, uint32_t endpoint)
{
	if (self->endpoints[endpoint].paired)
		return;
	self->endpoints[endpoint].paired = true;
	ghosts_remove(self, endpoint);
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

static void feed_submit(struct tracker *self, struct track_step *step)
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

static void feed_complete(struct tracker *self, struct track_step *step)
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

static void feed_submit_error(struct tracker *self, struct track_step *step)
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

static void feed_handler(struct tracker *self, struct track_step *step)
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

static void feed_returned(struct tracker *self, struct track_step *step)
{
	uint32_t slot = slot_find(self, step->event->id, step->event->ep);

	if (!step_want_endpoint(self, step, &slot)) {
		step_drop(self, step, 1);
		return;
	}
	step->kind = TRACK_RETURNED;
	step_name_stream(self, step);
}

/* Where the next endpoint of a SYNC begins. */
static void sync_enter(struct tracker *self, uint32_t endpoint)
{
	self->sync_at = endpoint;
	self->cursor = endpoint < self->sync_end ? self->endpoints[endpoint].slots : TRACK_NONE;
}

/* Ends the next transfer that SYNC leaves unconfirmed, or tells that its endpoint is certain. */
static void step_sync(struct tracker *self, struct track_step *step)
{
	step_set_endpoint(self, step, self->sync_at);
	while (self->cursor != TRACK_NONE) {
		uint32_t slot = self->cursor;
		struct slot *s = &self->slots[slot];
		bool confirmed = s->confirmed;

		self->cursor = s->next;
		s->confirmed = false;
		if (s->state == SLOT_OPEN && !confirmed && s->start_ns <= step->event->time_ns) {
			self->resume = step_sync;
			step_miss(self, step, slot);
			return;
		}
	}
	step->kind = TRACK_SYNCED;
	sync_enter(self, self->sync_at + 1);
	if (self->sync_at < self->sync_end)
		self->resume = step_sync;
}

static void feed_sync(struct tracker *self, struct track_step *step)
{
	uint32_t endpoint = 0;

	self->sync_end = self->endpoint_cnt;
	if (step->event->ep != URB_EP_ANY) {
		endpoint = endpoint_find(self, step->event->ep);
		self->sync_end = endpoint + 1;
	}
	if (endpoint == TRACK_NONE || endpoint >= self->sync_end)
		return;
	sync_enter(self, endpoint);
	step_sync(self, step);
}

/* Marks the next endpoint of the device; none is left: TRACK_NOTHING. */
static void step_gone(struct tracker *self, struct track_step *step)
{
	while (self->cursor <= 0xff) {
		uint32_t ep = (step->event->ep & ~UINT32_C(0xff)) | self->cursor++;
		uint32_t endpoint = endpoint_find(self, ep);

		if (endpoint == TRACK_NONE || self->endpoints[endpoint].gone)
			continue;
		endpoint_set_gone(self, endpoint);
		step_set_endpoint(self, step, endpoint);
		step->kind = TRACK_GONE;
		self->resume = step_gone;
		return;
	}
}

static void feed_lost(struct tracker *self, struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t no_slot = TRACK_NONE;

	step->kind = TRACK_LOST;
	step->lost_cnt = ev->lost.count;
	step->lost_until_ns = ev->lost.until_ns;
	step->sync_follows = ev->flags & URB_F_SYNC_FOLLOWS;
	if (ev->ep == URB_EP_ANY) {
		self->lost_any = true;
		for (uint32_t i = 0; i < self->endpoint_cnt; i++)
			stop_inheriting(self, i);
	} else if (step_want_endpoint(self, step, &no_slot)) {
		stop_inheriting(self, step->endpoint);
	} else {
		step_drop(self, step, ev->lost.count);
	}
}

static void feed_other(struct tracker *self, struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t no_slot = TRACK_NONE;

	switch (ev->kind) {
	case URB_EV_HANDLER:
		feed_handler(self, step);
		break;
	case URB_EV_RETURNED:
		feed_returned(self, step);
		break;
	case URB_EV_SYNC:
		feed_sync(self, step);
		break;
	case URB_EV_LOST:
		feed_lost(self, step);
		break;
	case URB_EV_FACTS:
		step->kind = TRACK_FACTS;
		if (!step_want_endpoint(self, step, &no_slot))
			step_drop(self, step, 0);
		break;
	case URB_EV_STREAMS:
		step->kind = TRACK_STREAMS;
		if (!step_want_endpoint(self, step, &no_slot))
			step_drop(self, step, 1);
		break;
	case URB_EV_GONE:
		self->cursor = 0;
		step_gone(self, step);
		break;
	}
}

/* One by one: compilers clear what is as large by an instruction that takes longer than all else here. */
static void step_init(const struct tracker *self, struct track_step *step)
{
	step->kind = TRACK_NOTHING;
	step->new_endpoint = step->new_stream = step->settled_later = false;
	step->stream_dropped = step->first_dropped = step->sync_follows = false;
	step->ep = self->event->ep;
	step->endpoint = step->stream = step->predecessor = TRACK_NONE;
	step->serial = step->level = step->stream_level = 0;
	step->lost_cnt = step->lost_until_ns = 0;
	step->time_ns = self->now_ns;
	step->event = self->event;
	step->transfer.id = step->transfer.start_ns = 0;
	step->transfer.submit_ns = step->transfer.queued_ns = 0;
	step->transfer.done_ns = step->transfer.handler_ns = 0;
	step->transfer.seen = 0;
	step->transfer.inherited = false;
}

void tracker_feed(struct tracker *self, const struct urb_event *event, struct track_step *step)
{
	if (event->kind != URB_EV_FACTS && (event->time_ns > self->now_ns || !self->started)) {
		self->now_ns = event->time_ns;
		self->started = true;
	}
	self->event = event;
	self->resume = NULL;
	step_init(self, step);
	switch (event->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		feed_submit(self, step);
		break;
	case URB_EV_COMPLETE:
		feed_complete(self, step);
		break;
	case URB_EV_SUBMIT_ERROR:
		feed_submit_error(self, step);
		break;
	default:
		feed_other(self, step);
	}
}

bool tracker_next(struct tracker *self, struct track_step *step)
{
	void (*resume)(struct tracker *self, struct track_step *step) = self->resume;
	uint32_t endpoint = step->endpoint;

	if (!resume)
		return false;
	self->resume = NULL;
	step_init(self, step);
	if (resume != step_gone)
		step_set_endpoint(self, step, endpoint);
	resume(self, step);
	return true;
}
