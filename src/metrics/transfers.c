// SPDX-License-Identifier: GPL-2.0
#include "urbscope/transfers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/meter.h"
#include "metrics/slots.h"
#include "urbscope/idmap.h"

#define NONE UINT32_MAX
/* More handlers than that do not run at once: an older one's RETURNED event was lost. */
#define WAITING_MAX 4096
/* A bound for an endpoint whose submissions all fail: nothing was inherited there, then. */
#define HELD_MAX (1u << 20)

/* A transfer that is not told yet. */
struct pending {
	struct transfer t;
	uint64_t id;
	uint32_t endpoint;
	uint32_t inherited;	/* on its endpoint when it was submitted */
	uint32_t next;		/* of the free ones, of the waiting ones, of the held ones */
	bool used, over;
};

struct list {
	uint32_t first, last, cnt;
};

struct held_level {
	uint64_t time_ns;
	uint32_t level, inherited;
};

struct lane {
	uint32_t ep, serial;
	uint32_t inherited;	/* that only their completions told of */
	uint64_t empty_ns;	/* since when it has been empty, if .emptied */
	uint8_t type;		/* of its first event that knows */
	bool used, emptied;
	bool paired;		/* nothing more can be inherited here */
	struct list held;	/* over, but their depth is not sure */
	struct held_level *levels;
	uint32_t level_cnt, level_room;
	struct urb_facts *facts;
	struct slots slots;
};

struct transfers {
	struct transfers_config config;
	bool started;
	uint64_t start_ns, last_number;
	struct pending *pending;
	uint32_t pending_cnt, pending_room, free;
	struct idmap open;	/* (id, ep) -> pending */
	struct idmap returning;	/* (id and time of the handler, ep) -> pending */
	struct list waiting;	/* for RETURNED, oldest first */
	struct lane *lanes;	/* by the tracker's index */
	uint32_t lane_cnt;
};

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
	self->free = self->waiting.first = self->waiting.last = NONE;
	return self;
}

static void lane_release(struct lane *lane)
{
	free(lane->levels);
	free(lane->facts);
	slots_release(&lane->slots);
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

/* --- what waits --------------------------------------------------------------------------------- */

static uint32_t pending_new(struct transfers *self)
{
	uint32_t i = self->free;

	if (i != NONE) {
		self->free = self->pending[i].next;
	} else if (self->pending_cnt < self->pending_room) {
		i = self->pending_cnt++;
	} else {
		uint32_t room = self->pending_room ? self->pending_room * 2 : 256;
		struct pending *bigger = realloc(self->pending, room * sizeof(*bigger));

		if (!bigger)
			return NONE;
		self->pending = bigger;
		self->pending_room = room;
		i = self->pending_cnt++;
	}
	self->pending[i] = (struct pending){ .used = true, .next = NONE };
	return i;
}

static void list_add(struct transfers *self, struct list *list, uint32_t i)
{
	self->pending[i].next = NONE;
	if (list->cnt++)
		self->pending[list->last].next = i;
	else
		list->first = i;
	list->last = i;
}

static uint32_t list_take(struct transfers *self, struct list *list)
{
	uint32_t i = list->cnt ? list->first : NONE;

	if (i == NONE)
		return i;
	list->first = self->pending[i].next;
	list->cnt--;
	return i;
}

/* Tells it, and forgets it. */
static void tell(struct transfers *self, uint32_t i)
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

static void tell_or_hold(struct transfers *self, uint32_t i)
{
	struct lane *lane = &self->lanes[self->pending[i].endpoint];

	if (lane->paired || !self->pending[i].t.depth)
		tell(self, i);
	else
		list_add(self, &lane->held, i);
}

static uint64_t returning_key(uint64_t id, uint64_t handler_ns)
{
	return id ^ handler_ns * 0x9e3779b97f4a7c15;
}

/* The oldest of those that wait for RETURNED has waited long enough. */
static void stop_waiting(struct transfers *self)
{
	uint32_t i = list_take(self, &self->waiting);
	const struct pending *p = &self->pending[i];

	idmap_del(&self->returning, returning_key(p->id, p->t.handler_ns), p->t.ep);
	tell_or_hold(self, i);
}

/* Those that returned in between stand in the list, and are told in its order. */
static void tell_returned(struct transfers *self)
{
	while (self->waiting.cnt && (self->pending[self->waiting.first].t.seen & URB_RETURNED))
		tell_or_hold(self, list_take(self, &self->waiting));
}

/* All but RETURNED has been seen. */
static int settle(struct transfers *self, uint32_t i)
{
	const struct pending *p = &self->pending[i];
	int err;

	if (!self->config.returns || !(p->t.seen & URB_HANDLER)) {
		tell_or_hold(self, i);
		return 0;
	}
	err = idmap_set(&self->returning, returning_key(p->id, p->t.handler_ns), p->t.ep, i);
	list_add(self, &self->waiting, i);
	if (self->waiting.cnt > WAITING_MAX) {
		stop_waiting(self);
		tell_returned(self);
	}
	return err;
}

/* --- endpoints ---------------------------------------------------------------------------------- */

static void put_level(struct transfers *self, const struct lane *lane, uint64_t time_ns,
		      uint32_t level)
{
	struct transfer_level l = { time_ns, lane->ep, lane->serial, level, lane->type };

	if (self->config.level)
		self->config.level(self->config.ctx, &l);
}

/* From now on its levels are what they seem. */
static void lane_pair(struct transfers *self, struct lane *lane)
{
	if (lane->paired)
		return;
	lane->paired = true;
	if (lane->inherited)
		put_level(self, lane, self->start_ns, lane->inherited);
	for (uint32_t i = 0; i < lane->level_cnt; i++) {
		const struct held_level *h = &lane->levels[i];

		put_level(self, lane, h->time_ns, h->level + lane->inherited - h->inherited);
	}
	free(lane->levels);
	lane->levels = NULL;
	lane->level_cnt = lane->level_room = 0;
	while (lane->held.cnt)
		tell(self, list_take(self, &lane->held));
}

static int lane_level(struct transfers *self, struct lane *lane, uint64_t time_ns, uint32_t level)
{
	if (!level) {
		lane->emptied = true;
		lane->empty_ns = time_ns;
	}
	if (lane->paired || !self->config.level) {
		put_level(self, lane, time_ns, level);
		return 0;
	}
	if (lane->level_cnt == lane->level_room) {
		uint32_t room = lane->level_room ? lane->level_room * 2 : 16;
		struct held_level *bigger = realloc(lane->levels, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		lane->levels = bigger;
		lane->level_room = room;
	}
	lane->levels[lane->level_cnt++] = (struct held_level){ time_ns, level, lane->inherited };
	if (lane->level_cnt >= HELD_MAX || lane->held.cnt >= HELD_MAX)
		lane_pair(self, lane);
	return 0;
}

/* What was there before at this index is over, and so is all that waits for its handler. */
static void lane_leave(struct transfers *self, struct lane *lane)
{
	while (self->waiting.cnt)
		stop_waiting(self);
	lane_pair(self, lane);
	lane_release(lane);
}

static struct lane *lane_of(struct transfers *self, const struct track_step *step)
{
	uint32_t i = step->endpoint;
	struct lane *lane;

	if (i >= self->lane_cnt) {
		uint32_t cnt = self->lane_cnt ? self->lane_cnt : 16;
		struct lane *bigger;

		while (cnt <= i)
			cnt *= 2;
		bigger = realloc(self->lanes, cnt * sizeof(*bigger));
		if (!bigger)
			return NULL;
		memset(bigger + self->lane_cnt, 0, (cnt - self->lane_cnt) * sizeof(*bigger));
		self->lanes = bigger;
		self->lane_cnt = cnt;
	}
	lane = &self->lanes[i];
	if (step->new_endpoint || !lane->used) {
		if (lane->used)
			lane_leave(self, lane);
		*lane = (struct lane){
			.used = true,
			.ep = step->ep,
			.serial = step->serial,
			.type = URB_TYPE_UNKNOWN,
			/* the successor of one that was unplugged inherits nothing */
			.paired = step->predecessor != TRACK_NONE && step->new_endpoint,
		};
	}
	if (lane->type == URB_TYPE_UNKNOWN)
		lane->type = step->event->type;
	return lane;
}

/* --- steps -------------------------------------------------------------------------------------- */

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

/* One more transfer, known from this step on. NONE: no memory. */
static uint32_t begin(struct transfers *self, const struct lane *lane,
		      const struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint32_t i = pending_new(self);
	struct pending *p;

	if (i == NONE)
		return NONE;
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

	if (i == NONE)
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
		tell(self, i);
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
	if (i == NONE)
		return -ENOMEM;
	set_completion(&self->pending[i].t, step);
	self->pending[i].over = true;
	err = place(self, lane, i) ? -ENOMEM : err;
	if (step->settled_later || err)
		return err;
	idmap_del(&self->open, step->transfer.id, step->ep);
	return settle(self, i);
}

static int inherited(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = begin(self, lane, step);
	struct transfer *t;
	int err;

	lane->inherited++;
	if (i == NONE)
		return -ENOMEM;
	t = &self->pending[i].t;
	t->inherited = true;
	set_completion(t, step);
	t->start_ns = self->start_ns;
	self->pending[i].over = true;
	err = place(self, lane, i);
	if (!step->settled_later)
		tell_or_hold(self, i);
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

	if (i == NONE)
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
	tell_or_hold(self, i);
	return lane_level(self, lane, step->time_ns, step->level) ? -ENOMEM : err;
}

/* A refusal, or a completion that belongs to nothing. */
static int by_itself(struct transfers *self, struct lane *lane, const struct track_step *step)
{
	uint32_t i = begin(self, lane, step);
	const struct urb_event *ev = step->event;
	struct transfer *t;

	if (i == NONE)
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
	tell(self, i);
	return 0;
}

static int settled(struct transfers *self, const struct track_step *step)
{
	uint32_t i = find(self, step);
	struct transfer *t;

	if (i == NONE)
		return 0;
	t = &self->pending[i].t;
	if (step->transfer.seen & URB_HANDLER) {
		t->seen |= URB_HANDLER;
		t->handler_ns = step->transfer.handler_ns;
	}
	idmap_del(&self->open, step->transfer.id, step->ep);
	return settle(self, i);
}

static void returned(struct transfers *self, const struct track_step *step)
{
	const struct urb_event *ev = step->event;
	uint64_t key = returning_key(ev->id, ev->returned.handler_ns);
	uint32_t i = idmap_find(&self->returning, key, step->ep);

	if (i == NONE)
		return;
	idmap_del(&self->returning, key, step->ep);
	self->pending[i].t.seen |= URB_RETURNED;
	self->pending[i].t.returned_ns = step->time_ns;
	tell_returned(self);
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
		tell(self, i);
	}
	return err;
}

int transfers_end(struct transfers *self, uint64_t end_ns)
{
	while (self->waiting.cnt)
		stop_waiting(self);
	for (uint32_t i = 0; i < self->lane_cnt; i++) {
		if (self->lanes[i].used)
			lane_pair(self, &self->lanes[i]);
	}
	tell_rest(self, true, end_ns);
	return tell_rest(self, false, end_ns);
}
