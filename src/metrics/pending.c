// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "metrics/lane.h"

/* More handlers than that do not run at once: an older one's RETURNED event was lost. */
#define WAITING_MAX 4096

uint32_t pending_new(struct transfers *self)
{
	uint32_t i = self->free;

	if (i != PENDING_NONE) {
		self->free = self->pending[i].next;
	} else if (self->pending_cnt < self->pending_room) {
		i = self->pending_cnt++;
	} else {
		uint32_t room = self->pending_room ? self->pending_room * 2 : 256;
		struct pending *bigger = realloc(self->pending, room * sizeof(*bigger));

		if (!bigger)
			return PENDING_NONE;
		self->pending = bigger;
		self->pending_room = room;
		i = self->pending_cnt++;
	}
	self->pending[i] = (struct pending){ .used = true, .next = PENDING_NONE };
	return i;
}

static void list_add(struct transfers *self, struct list *list, uint32_t i)
{
	self->pending[i].next = PENDING_NONE;
	if (list->cnt++)
		self->pending[list->last].next = i;
	else
		list->first = i;
	list->last = i;
}

uint32_t pending_take(struct transfers *self, struct list *list)
{
	uint32_t i = list->cnt ? list->first : PENDING_NONE;

	if (i == PENDING_NONE)
		return i;
	list->first = self->pending[i].next;
	list->cnt--;
	return i;
}

void pending_tell(struct transfers *self, uint32_t i)
{
	struct pending *p = &self->pending[i];
	struct lane *lane = &self->lanes[p->endpoint];

	if (p->t.depth && lane->inherited != p->inherited) {
		/* others had been in flight all the time */
		p->t.depth += lane->inherited - p->inherited;
		p->t.gap_ns = 0;
	}
	p->t.facts = lane->facts;
	self->config.transfer(self->config.ctx, &p->t);
	p->used = false;
	p->next = self->free;
	self->free = i;
}

void pending_tell_or_hold(struct transfers *self, uint32_t i)
{
	struct lane *lane = &self->lanes[self->pending[i].endpoint];

	if (lane->paired || !self->pending[i].t.depth)
		pending_tell(self, i);
	else
		list_add(self, &lane->held, i);
}

static uint64_t returning_key(uint64_t id, uint64_t handler_ns)
{
	return id ^ handler_ns * 0x9e3779b97f4a7c15;
}

void pending_stop_waiting(struct transfers *self)
{
	uint32_t i = pending_take(self, &self->waiting);
	const struct pending *p = &self->pending[i];

	idmap_del(&self->returning, returning_key(p->id, p->t.handler_ns), p->t.ep);
	pending_tell_or_hold(self, i);
}

/* Those that returned in between stand in the list, and are told in its order. */
static void tell_returned(struct transfers *self)
{
	while (self->waiting.cnt && (self->pending[self->waiting.first].t.seen & URB_RETURNED))
		pending_tell_or_hold(self, pending_take(self, &self->waiting));
}

int pending_settle(struct transfers *self, uint32_t i)
{
	const struct pending *p = &self->pending[i];
	int err;

	if (!self->config.returns || !(p->t.seen & URB_HANDLER)) {
		pending_tell_or_hold(self, i);
		return 0;
	}
	err = idmap_set(&self->returning, returning_key(p->id, p->t.handler_ns), p->t.ep, i);
	list_add(self, &self->waiting, i);
	if (self->waiting.cnt > WAITING_MAX) {
		pending_stop_waiting(self);
		tell_returned(self);
	}
	return err;
}

uint32_t pending_find_returning(struct transfers *self, const struct urb_event *ev)
{
	uint64_t key = returning_key(ev->id, ev->returned.handler_ns);
	uint32_t i = idmap_find(&self->returning, key, ev->ep);

	if (i == IDMAP_NONE)
		return PENDING_NONE;
	idmap_del(&self->returning, key, ev->ep);
	return i;
}

void pending_return(struct transfers *self, uint32_t i, uint64_t returned_ns)
{
	self->pending[i].t.seen |= URB_RETURNED;
	self->pending[i].t.returned_ns = returned_ns;
	tell_returned(self);
}
