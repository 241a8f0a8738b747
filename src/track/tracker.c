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

static void feed_other(struct tracker *self, struct track_step *step)
{
	switch (step->event->kind) {
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
		feed_facts(self, step);
		break;
	case URB_EV_STREAMS:
		feed_streams(self, step);
		break;
	case URB_EV_GONE:
		feed_gone(self, step);
		break;
	}
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
