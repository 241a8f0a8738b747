// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define MIN_IDLE       64	/* fewer idle slots are not looked for */

/*
 * Doubles a table of `size` byte elements up to `max` of them. Aligned to a cache line, which
 * realloc() does not promise.
 */
static int table_grow(void **table, uint32_t *capacity, uint32_t max, size_t size)
{
	uint32_t bigger = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *p;

	if (*capacity >= max)
		return -ENOSPC;
	if (bigger > max)
		bigger = max;
	p = aligned_alloc(64, (bigger * size + 63) & ~(size_t)63);
	if (!p)
		return -ENOMEM;
	if (*capacity)
		memcpy(p, *table, *capacity * size);
	free(*table);
	*table = p;
	*capacity = bigger;
	return 0;
}

static void slot_link(struct tracker *self, uint32_t slot)
{
	struct slot *s = &self->slots[slot];
	struct track_endpoint *e = &self->endpoints[s->endpoint];

	s->prev = TRACK_NONE;
	s->next = e->slots;
	if (s->next != TRACK_NONE)
		self->slots[s->next].prev = slot;
	e->slots = slot;
}

static void slot_unlink(struct tracker *self, uint32_t slot)
{
	const struct slot *s = &self->slots[slot];

	if (s->prev == TRACK_NONE)
		self->endpoints[s->endpoint].slots = s->next;
	else
		self->slots[s->prev].next = s->next;
	if (s->next != TRACK_NONE)
		self->slots[s->next].prev = s->prev;
}

static void slot_remove(struct tracker *self, uint32_t slot)
{
	struct slot *s = &self->slots[slot];

	idmap_del(&self->ids, s->id, self->endpoints[s->endpoint].ep);
	slot_unlink(self, slot);
	if (s->state == SLOT_IDLE)
		self->idle_cnt--;
	s->state = SLOT_FREE;
	s->next = self->slot_free;
	self->slot_free = slot;
}

/*
 * Frees an idle slot. The hand goes round all slots: while half of them are idle that takes two
 * steps each time, on average over a round.
 */
static void slot_reclaim(struct tracker *self)
{
	uint32_t slot;

	do {
		slot = self->hand++;
		if (self->hand == self->slot_cnt)
			self->hand = 0;
	} while (self->slots[slot].state != SLOT_IDLE);
	slot_remove(self, slot);
}

/* Makes sure that there is a slot to be had: a free one, or one more. */
static bool slot_room(struct tracker *self)
{
	if (self->slot_free != TRACK_NONE)
		return true;
	if (self->idle_cnt < MIN_IDLE || self->idle_cnt <= self->slot_cnt / 2) {
		if (self->slot_cnt < self->slot_capacity ||
		    !table_grow((void **)&self->slots, &self->slot_capacity,
				self->config.max_in_flight, sizeof(*self->slots)))
			return true;
	}
	if (!self->idle_cnt)
		return false;
	slot_reclaim(self);
	return true;
}

uint32_t slot_add(struct tracker *self, uint32_t endpoint, uint64_t id)
{
	uint32_t slot;
	struct slot *s;

	if (!slot_room(self))
		return TRACK_NONE;
	slot = self->slot_free != TRACK_NONE ? self->slot_free : self->slot_cnt;
	if (idmap_set(&self->ids, id, self->endpoints[endpoint].ep, slot))
		return TRACK_NONE;
	s = &self->slots[slot];
	if (slot == self->slot_cnt)
		self->slot_cnt++;
	else
		self->slot_free = s->next;
	s->id = id;
	s->endpoint = endpoint;
	s->stream = TRACK_NONE;
	s->seen = 0;
	s->inherited = s->confirmed = false;
	slot_link(self, slot);
	if (self->repeats > -256)
		self->repeats--;
	return slot;
}

/* With no room to grow, nothing more becomes idle: the hand would have to go far for it. */
void slot_retire(struct tracker *self, uint32_t slot)
{
	bool stays = self->repeats >= 0 || !(self->retired++ % REPEAT_TRIAL);

	if (!stays || self->slot_cnt >= self->config.max_in_flight) {
		slot_remove(self, slot);
		return;
	}
	self->slots[slot].state = SLOT_IDLE;
	self->idle_cnt++;
}

void slots_remove(struct tracker *self, uint32_t endpoint)
{
	while (self->endpoints[endpoint].slots != TRACK_NONE)
		slot_remove(self, self->endpoints[endpoint].slots);
}

void ghosts_remove(struct tracker *self, uint32_t endpoint)
{
	uint32_t next;

	for (uint32_t i = self->endpoints[endpoint].slots; i != TRACK_NONE; i = next) {
		next = self->slots[i].next;
		if (self->slots[i].state == SLOT_GHOST)
			slot_remove(self, i);
	}
}

/* Frees the oldest endpoint that is unplugged and has nothing in flight. */
static uint32_t endpoint_evict(struct tracker *self)
{
	uint32_t before = TRACK_NONE, i, next;
	struct track_endpoint *e;

	for (i = self->gone_head; i != TRACK_NONE; before = i, i = self->endpoints[i].gone_next)
		if (!self->endpoints[i].level)
			break;
	if (i == TRACK_NONE)
		return TRACK_NONE;
	e = &self->endpoints[i];
	if (before == TRACK_NONE)
		self->gone_head = e->gone_next;
	else
		self->endpoints[before].gone_next = e->gone_next;
	if (self->gone_tail == i)
		self->gone_tail = before;
	self->gone_cnt--;
	slots_remove(self, i);
	for (uint32_t s = e->streams; s != TRACK_NONE; s = next) {
		next = self->streams[s].next;
		idmap_del(&self->by_stream, self->streams[s].id, i);
		self->streams[s].next = self->stream_free;
		self->stream_free = s;
	}
	if (endpoint_find(self, e->ep) == i)
		idmap_del(&self->by_ep, e->ep, 0);
	return i;
}

static uint32_t endpoint_place(struct tracker *self)
{
	uint32_t i = self->gone_cnt > self->config.max_gone ? endpoint_evict(self) : TRACK_NONE;

	if (i != TRACK_NONE)
		return i;
	if (self->endpoint_cnt == self->endpoint_capacity &&
	    table_grow((void **)&self->endpoints, &self->endpoint_capacity,
		       self->config.max_endpoints, sizeof(*self->endpoints)))
		return endpoint_evict(self);
	return self->endpoint_cnt;
}

uint32_t endpoint_add(struct tracker *self, uint32_t ep, bool successor)
{
	uint32_t i = endpoint_place(self);

	if (i == TRACK_NONE)
		return TRACK_NONE;
	if (idmap_set(&self->by_ep, ep, 0, i)) {
		/* Cannot happen after an eviction: the map has had room for max_endpoints. */
		return TRACK_NONE;
	}
	if (i == self->endpoint_cnt)
		self->endpoint_cnt++;
	self->endpoints[i] = (struct track_endpoint){
		.ep = ep,
		.slots = TRACK_NONE,
		.serial = ++self->last_serial,
		.streams = TRACK_NONE,
		.gone_next = TRACK_NONE,
		.paired = successor || self->lost_any,
	};
	return i;
}

void endpoint_set_gone(struct tracker *self, uint32_t endpoint)
{
	struct track_endpoint *e = &self->endpoints[endpoint];

	e->gone = true;
	e->gone_next = TRACK_NONE;
	if (self->gone_tail == TRACK_NONE)
		self->gone_head = endpoint;
	else
		self->endpoints[self->gone_tail].gone_next = endpoint;
	self->gone_tail = endpoint;
	self->gone_cnt++;
}

uint32_t stream_get(struct tracker *self, uint32_t endpoint, uint16_t id, bool *created)
{
	uint32_t i = idmap_find(&self->by_stream, id, endpoint);
	struct track_stream *s;

	*created = i == IDMAP_NONE;
	if (!*created)
		return i;
	*created = false;
	i = self->stream_free;
	if (i == TRACK_NONE) {
		if (self->stream_cnt == self->stream_capacity &&
		    table_grow((void **)&self->streams, &self->stream_capacity,
			       self->config.max_streams, sizeof(*self->streams)))
			return TRACK_NONE;
		i = self->stream_cnt;
	}
	if (idmap_set(&self->by_stream, id, endpoint, i))
		return TRACK_NONE;
	s = &self->streams[i];
	if (i == self->stream_cnt)
		self->stream_cnt++;
	else
		self->stream_free = s->next;
	*s = (struct track_stream){
		.endpoint = endpoint,
		.next = self->endpoints[endpoint].streams,
		.id = id,
	};
	self->endpoints[endpoint].streams = i;
	*created = true;
	return i;
}
