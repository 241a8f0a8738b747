// SPDX-License-Identifier: GPL-2.0
#include "standing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As the tracker has it: a submission over it counts as lost. */
#define OPEN_MAX      262144
#define ENDPOINTS_MAX 65536

#define NONE IDMAP_NONE

struct standing *standing_new(void)
{
	struct standing *self = calloc(1, sizeof(*self));

	if (self && !idmap_init(&self->by_ep, 64) && !idmap_init(&self->ids, 256)) {
		self->stand_free = NONE;
		return self;
	}
	standing_free(self);
	errno = ENOMEM;
	return NULL;
}

void standing_free(struct standing *self)
{
	if (!self)
		return;
	for (uint32_t i = 0; i < self->endpoint_cnt; i++)
		free(self->endpoints[i].facts);
	if (self->by_ep.entries)
		idmap_release(&self->by_ep);
	if (self->ids.entries)
		idmap_release(&self->ids);
	free(self->endpoints);
	free(self->stands);
	free(self);
}

/* Room for one more; arrays double. */
static bool grow(void **array, uint32_t cnt, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *bigger;

	if (cnt < *room)
		return true;
	bigger = realloc(*array, more * size);
	if (!bigger)
		return false;
	*array = bigger;
	*room = more;
	return true;
}

/* --- transfers ------------------------------------------------------------------------------- */

static void stand_remove(struct standing *self, uint32_t i)
{
	struct stand *s = &self->stands[i];
	struct stand_endpoint *e = &self->endpoints[s->endpoint];

	if (s->prev == NONE)
		e->first = s->next;
	else
		self->stands[s->prev].next = s->next;
	if (s->next != NONE)
		self->stands[s->next].prev = s->prev;
	idmap_del(&self->ids, s->ev.id, s->ev.ep);
	s->next = self->stand_free;
	self->stand_free = i;
}

static uint32_t stand_add(struct standing *self, uint32_t endpoint, const struct urb_event *ev)
{
	struct stand_endpoint *e = &self->endpoints[endpoint];
	uint32_t i = self->stand_free;
	struct stand *s;

	if (i == NONE && !grow((void **)&self->stands, self->stand_cnt, &self->stand_room,
			       sizeof(*self->stands)))
		return NONE;
	if (i == NONE)
		i = self->stand_cnt;
	if (idmap_set(&self->ids, ev->id, ev->ep, i))
		return NONE;
	s = &self->stands[i];
	if (i == self->stand_cnt)
		self->stand_cnt++;
	else
		self->stand_free = s->next;
	*s = (struct stand){ .ev = *ev, .endpoint = endpoint, .prev = NONE, .next = e->first };
	if (e->first != NONE)
		self->stands[e->first].prev = i;
	e->first = i;
	return i;
}

static void stop_inheriting(struct standing *self, struct stand_endpoint *e)
{
	uint32_t next;

	if (e->paired)
		return;
	e->paired = true;
	for (uint32_t i = e->first; i != NONE; i = next) {
		next = self->stands[i].next;
		if (!self->stands[i].open)
			stand_remove(self, i);
	}
}

/* The transfer is over; its id counts as seen as long as that means anything. */
static void stand_close(struct standing *self, uint32_t i)
{
	struct stand *s = &self->stands[i];
	struct stand_endpoint *e = &self->endpoints[s->endpoint];

	s->open = false;
	e->level--;
	self->open_cnt--;
	if (e->paired)
		stand_remove(self, i);
}

/* --- doubt ----------------------------------------------------------------------------------- */

static void doubt(struct stand_endpoint *e, uint64_t until_ns, bool awaits_sync)
{
	e->doubtful = e->doubted = true;
	e->streams_known = false;
	e->awaits_sync |= awaits_sync;
	if (until_ns > e->until_ns)
		e->until_ns = until_ns;
}

static void trust(struct stand_endpoint *e)
{
	e->doubtful = e->awaits_sync = false;
	e->lost = e->any_lost = 0;
}

/* The end of what had not begun, or the beginning of what had not ended. */
static void contradict(struct standing *self, struct stand_endpoint *e)
{
	if (!e->doubted || e->doubtful)
		return;
	doubt(e, self->now_ns, false);
	self->news = true;
}

/* A transfer ended that was submitted after the loss, in turn, and nothing is left in flight. */
static void judge_drain(struct stand_endpoint *e, uint64_t start_ns, int32_t status)
{
	bool in_turn = status != -ENOENT && status != -ECONNRESET && status != -ESHUTDOWN;

	if (e->doubtful && !e->level && !e->awaits_sync && in_turn && start_ns > e->until_ns)
		trust(e);
}

/* --- endpoints ------------------------------------------------------------------------------- */

static uint32_t endpoint_add(struct standing *self, uint32_t ep)
{
	if (self->endpoint_cnt == ENDPOINTS_MAX ||
	    !grow((void **)&self->endpoints, self->endpoint_cnt, &self->endpoint_room,
		  sizeof(*self->endpoints)) ||
	    idmap_set(&self->by_ep, 0, ep, self->endpoint_cnt))
		return NONE;
	self->endpoints[self->endpoint_cnt] = (struct stand_endpoint){
		.ep = ep, .first = NONE, .paired = self->any_cnt
	};
	return self->endpoint_cnt++;
}

/* Another device at the address of one that was unplugged. */
static void endpoint_succeed(struct standing *self, struct stand_endpoint *e)
{
	struct stand_endpoint old = *e;

	while (e->first != NONE)
		stand_remove(self, e->first);
	free(e->facts);
	*e = (struct stand_endpoint){ .ep = old.ep, .first = NONE, .paired = true };
	if (old.doubtful && old.until_ns > self->now_ns)
		doubt(e, old.until_ns, old.awaits_sync);
	if (self->any_doubt && self->any_cnt > old.gone_any_cnt)
		doubt(e, self->any_until_ns, self->any_awaits_sync);
	self->news |= e->doubtful;
}

/* The endpoint of the event, NULL if there is no room for it. */
static struct stand_endpoint *endpoint_of(struct standing *self, const struct urb_event *ev)
{
	uint32_t i = idmap_find(&self->by_ep, 0, ev->ep);
	struct stand_endpoint *e;

	if (i == NONE) {
		i = endpoint_add(self, ev->ep);
		if (i == NONE)
			return NULL;
		e = &self->endpoints[i];
		if (self->any_doubt) {
			doubt(e, self->any_until_ns, self->any_awaits_sync);
			self->news = true;
		}
		return e;
	}
	e = &self->endpoints[i];
	if (e->gone && !e->level && (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_FACTS ||
				     ev->kind == URB_EV_INFLIGHT))
		endpoint_succeed(self, e);
	return e;
}

/* --- events ---------------------------------------------------------------------------------- */

static int feed_submit(struct standing *self, const struct urb_event *ev, struct stand_endpoint *e)
{
	uint32_t i = idmap_find(&self->ids, ev->id, ev->ep);
	struct stand *s;

	if (i != NONE && self->stands[i].open) {
		if (ev->kind == URB_EV_INFLIGHT) {
			self->stands[i].confirmed = true;
			return 0;
		}
		stand_close(self, i);
		contradict(self, e);
		i = idmap_find(&self->ids, ev->id, ev->ep);
	}
	if (self->open_cnt == OPEN_MAX) {
		stop_inheriting(self, e);
		e->lost++;
		doubt(e, self->now_ns, false);
		self->lost = true;
		return 0;
	}
	if (i == NONE)
		i = stand_add(self, e - self->endpoints, ev);
	if (i == NONE)
		return -ENOMEM;
	s = &self->stands[i];
	s->ev = *ev;
	s->open = true;
	s->start_ns = self->now_ns;
	s->confirmed = ev->kind == URB_EV_INFLIGHT;
	e->level++;
	self->open_cnt++;
	return 0;
}

static int feed_complete(struct standing *self, const struct urb_event *ev, struct stand_endpoint *e)
{
	uint32_t i = idmap_find(&self->ids, ev->id, ev->ep);

	if (i != NONE && self->stands[i].open) {
		uint64_t start_ns = self->stands[i].start_ns;

		stop_inheriting(self, e);
		stand_close(self, i);
		judge_drain(e, start_ns, ev->complete.status);
		return 0;
	}
	if (i == NONE && !e->paired && !(ev->flags & URB_F_TOLD))
		return stand_add(self, e - self->endpoints, ev) == NONE ? -ENOMEM : 0;
	contradict(self, e);
	return 0;
}

static int feed_submit_error(struct standing *self, const struct urb_event *ev,
			     struct stand_endpoint *e)
{
	uint32_t i = idmap_find(&self->ids, ev->id, ev->ep);

	if (ev->flags & URB_F_ACTIVE)
		return 0;
	if (i != NONE && self->stands[i].open)
		stand_close(self, i);
	else if (i == NONE && !e->paired)
		return stand_add(self, e - self->endpoints, ev) == NONE ? -ENOMEM : 0;
	return 0;
}

/* HANDLER of what has not ended: its completion was missed. */
static void feed_handler(struct standing *self, const struct urb_event *ev)
{
	uint32_t i = idmap_find(&self->ids, ev->id, ev->ep);

	if (i == NONE || !self->stands[i].open)
		return;
	contradict(self, &self->endpoints[self->stands[i].endpoint]);
	stand_close(self, i);
}

static void sync_endpoint(struct standing *self, struct stand_endpoint *e, uint64_t time_ns)
{
	uint32_t next;

	for (uint32_t i = e->first; i != NONE; i = next) {
		struct stand *s = &self->stands[i];

		next = s->next;
		if (s->open && !s->confirmed && s->start_ns <= time_ns)
			stand_close(self, i);
		else
			s->confirmed = false;
	}
	if (e->doubtful && time_ns >= e->until_ns)
		trust(e);
}

static void feed_sync(struct standing *self, const struct urb_event *ev)
{
	bool any = ev->ep == URB_EP_ANY;

	if (any && ev->time_ns >= self->any_until_ns)
		self->any_doubt = self->any_awaits_sync = false;
	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		if (any || self->endpoints[i].ep == ev->ep)
			sync_endpoint(self, &self->endpoints[i], ev->time_ns);
	}
}

static void feed_lost(struct standing *self, const struct urb_event *ev)
{
	bool awaits_sync = ev->flags & URB_F_SYNC_FOLLOWS;
	struct stand_endpoint *e;

	self->lost = true;
	if (ev->ep != URB_EP_ANY) {
		e = endpoint_of(self, ev);
		if (!e)
			return;
		stop_inheriting(self, e);
		doubt(e, ev->lost.until_ns, awaits_sync);
		e->lost += ev->lost.count;
		return;
	}
	self->any_cnt++;
	self->any_doubt = true;
	self->any_awaits_sync |= awaits_sync;
	if (ev->lost.until_ns > self->any_until_ns)
		self->any_until_ns = ev->lost.until_ns;
	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		e = &self->endpoints[i];
		stop_inheriting(self, e);
		doubt(e, ev->lost.until_ns, awaits_sync);
		e->any_lost += ev->lost.count;
	}
}

static int feed_facts(struct stand_endpoint *e, const struct urb_facts *facts)
{
	if (!e->facts)
		e->facts = malloc(sizeof(*e->facts));
	if (!e->facts)
		return -ENOMEM;
	*e->facts = *facts;
	return 0;
}

static void feed_gone(struct standing *self, const struct urb_event *ev)
{
	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		struct stand_endpoint *e = &self->endpoints[i];

		if (e->gone || e->ep >> 8 != ev->ep >> 8)
			continue;
		e->gone = true;
		e->gone_any_cnt = self->any_cnt;
	}
}

/* A call that failed changes nothing. */
static void feed_streams(struct stand_endpoint *e, const struct urb_event *ev)
{
	if (ev->streams.result < 0)
		return;
	e->streams_known = !e->doubtful;
	e->streams = ev->streams.what == URB_STREAMS_FREE ? 0 : ev->streams.result;
}

/* An event of a known endpoint. */
static int feed_endpoint(struct standing *self, const struct urb_event *ev)
{
	struct stand_endpoint *e = endpoint_of(self, ev);

	if (!e)
		return 0;
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		return feed_submit(self, ev, e);
	case URB_EV_COMPLETE:
		return feed_complete(self, ev, e);
	case URB_EV_SUBMIT_ERROR:
		return feed_submit_error(self, ev, e);
	case URB_EV_FACTS:
		return feed_facts(e, ev->facts);
	case URB_EV_STREAMS:
		feed_streams(e, ev);
		return 0;
	default:
		return 0;
	}
}

int standing_feed(struct standing *self, const struct urb_event *ev, uint64_t now_ns, bool *doubted)
{
	int err = 0;

	self->now_ns = now_ns;
	self->news = false;
	switch (ev->kind) {
	case URB_EV_HANDLER:
		feed_handler(self, ev);
		break;
	case URB_EV_SYNC:
		feed_sync(self, ev);
		break;
	case URB_EV_LOST:
		feed_lost(self, ev);
		break;
	case URB_EV_GONE:
		feed_gone(self, ev);
		break;
	default:
		err = feed_endpoint(self, ev);
	}
	*doubted = self->news && ev->kind != URB_EV_LOST;
	return err;
}

bool standing_told(const struct standing *self, const struct urb_event *complete)
{
	uint32_t i = idmap_find(&self->by_ep, 0, complete->ep);

	if (i == NONE)
		return self->any_cnt;
	return self->endpoints[i].paired ||
	       idmap_find(&self->ids, complete->id, complete->ep) != NONE;
}

bool standing_lost(const struct standing *self)
{
	return self->lost;
}
