// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

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

void feed_sync(struct tracker *self, struct track_step *step)
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

void step_gone(struct tracker *self, struct track_step *step)
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

void feed_gone(struct tracker *self, struct track_step *step)
{
	self->cursor = 0;
	step_gone(self, step);
}

void feed_lost(struct tracker *self, struct track_step *step)
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

void feed_facts(struct tracker *self, struct track_step *step)
{
	uint32_t no_slot = TRACK_NONE;

	step->kind = TRACK_FACTS;
	if (!step_want_endpoint(self, step, &no_slot))
		step_drop(self, step, 0);
}

void feed_streams(struct tracker *self, struct track_step *step)
{
	uint32_t no_slot = TRACK_NONE;

	step->kind = TRACK_STREAMS;
	if (!step_want_endpoint(self, step, &no_slot))
		step_drop(self, step, 1);
}
