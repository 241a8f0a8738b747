/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the tracker: three tables of small indices.
 *
 * A slot is a transfer that is known by its id: open, waiting for its handler, a ghost, or idle. A
 * ghost remembers that an endpoint has seen an id, for as long as that decides whether a
 * completion is inherited: until the endpoint's first paired completion.
 *
 * An idle slot means nothing: its transfer is over, and a look-up that finds it is as good as one
 * that finds none. It stays because drivers submit the same URBs again and again: the next
 * submission then has its slot, its place in the map and on the list ready, and neither end of a
 * transfer touches anything but the slot. When more than half of all slots are idle, new ids take
 * theirs. Where ids do not repeat, as in recordings, only one slot in REPEAT_TRIAL stays, to find
 * out when they do.
 *
 * All slots of an endpoint that lives at its address hang on its list, in no order. One that has
 * a successor has none: ids are looked up by address.
 */
#ifndef URBSCOPE_TRACK_TRACK_H
#define URBSCOPE_TRACK_TRACK_H

#include "urbscope/idmap.h"
#include "urbscope/track.h"

#define REPEAT_TRIAL 16

enum slot_state { SLOT_FREE, SLOT_OPEN, SLOT_WAITING, SLOT_GHOST, SLOT_IDLE };

/* One cache line. */
struct slot {
	uint64_t id;
	uint64_t start_ns, submit_ns, done_ns;
	uint32_t endpoint, stream;
	uint32_t prev, next;	/* on the endpoint's list; next: of free slots too */
	uint8_t state;		/* enum slot_state */
	uint8_t seen;		/* enum urb_moment */
	bool inherited;
	bool confirmed;		/* named by INFLIGHT since the last SYNC */
} __attribute__((aligned(64)));

/* Half a cache line. */
struct track_endpoint {
	uint32_t ep;
	uint32_t level;
	uint32_t slots;		/* its first slot */
	uint32_t serial;
	uint32_t streams;	/* its first stream */
	uint32_t gone_next;	/* next younger one of those unplugged; of free ones too */
	bool paired;		/* has seen a paired completion, or succeeds an unplugged one */
	bool gone;
};

struct track_stream {
	uint32_t endpoint;
	uint32_t level;
	uint32_t next;		/* of the same endpoint, or free */
	uint16_t id;
};

struct tracker {
	struct track_config config;
	bool started;
	bool lost_any;		/* endpoints that come later inherit nothing either */
	uint64_t now_ns;
	uint32_t in_flight;
	uint32_t last_serial;

	struct slot *slots;
	uint32_t slot_cnt, slot_free; /* ever used; first of the free ones */
	uint32_t slot_capacity;
	uint32_t idle_cnt;
	int32_t repeats;	/* ids do (> 0), or do not */
	uint32_t retired;
	uint32_t hand;		/* where the search for an idle one goes on */
	struct idmap ids;	/* (id, ep) -> slot */

	struct track_endpoint *endpoints;
	uint32_t endpoint_cnt, endpoint_capacity;
	uint32_t gone_head, gone_tail, gone_cnt; /* oldest first */
	struct idmap by_ep;	/* (ep, 0) -> endpoint: the one that lives there now */
	struct idmap dropped;	/* (ep, 0): endpoints that found no room */

	struct track_stream *streams;
	uint32_t stream_cnt, stream_capacity, stream_free;
	struct idmap by_stream;	/* (stream id, endpoint index) -> stream */

	/* What tracker_next() goes on with. */
	const struct urb_event *event;
	void (*resume)(struct tracker *self, struct track_step *step);
	uint32_t cursor;	/* slot (SYNC), endpoint address (GONE) */
	uint32_t sync_at, sync_end; /* endpoints that SYNC still goes through */
};

/* tables.c; all return an index, or TRACK_NONE if there is no room. */

static inline uint32_t endpoint_find(const struct tracker *self, uint32_t ep)
{
	return idmap_find(&self->by_ep, ep, 0);
}

/* Puts a new endpoint in place of the one at its address; evicts an unplugged one for room. */
uint32_t endpoint_add(struct tracker *self, uint32_t ep, bool successor);

void endpoint_set_gone(struct tracker *self, uint32_t endpoint);

/* The stream of that id, made if there is none (*created). */
uint32_t stream_get(struct tracker *self, uint32_t endpoint, uint16_t id, bool *created);

static inline uint32_t slot_find(const struct tracker *self, uint64_t id, uint32_t ep)
{
	return idmap_find(&self->ids, id, ep);
}

/* A slot of the endpoint that lives at its address; its state and times are to be set. */
uint32_t slot_add(struct tracker *self, uint32_t endpoint, uint64_t id);

/* The id of an idle slot is submitted again. */
static inline void slot_reuse(struct tracker *self)
{
	self->idle_cnt--;
	if (self->repeats < 256)
		self->repeats += 2 * REPEAT_TRIAL;
}

/* Nothing needs to be known of its transfer any more. */
void slot_retire(struct tracker *self, uint32_t slot);

/* Takes all slots from an endpoint. */
void slots_remove(struct tracker *self, uint32_t endpoint);

/* The endpoint has seen its first paired completion. */
void ghosts_remove(struct tracker *self, uint32_t endpoint);

/*
 * A completion of an unknown id is not inherited any more: after a paired one by definition; and
 * after a loss, because it has rather lost its submission than been in flight all the time, and
 * to count it since the run began would lift every depth so far.
 */
static inline void stop_inheriting(struct tracker *self, uint32_t endpoint)
{
	if (self->endpoints[endpoint].paired)
		return;
	self->endpoints[endpoint].paired = true;
	ghosts_remove(self, endpoint);
}

/* step.c: what the step says of the place where its event happened. */

static inline void step_set_endpoint(const struct tracker *self, struct track_step *step, uint32_t i)
{
	const struct track_endpoint *e = &self->endpoints[i];

	step->endpoint = i;
	step->ep = e->ep;
	step->serial = e->serial;
	step->level = e->level;
}

static inline void step_set_stream(const struct tracker *self, struct track_step *step, uint32_t i)
{
	step->stream = i;
	if (i != TRACK_NONE)
		step->stream_level = self->streams[i].level;
}

/*
 * Finds the endpoint of the event and makes one if there is none. At the address of an unplugged
 * one with nothing in flight, a submission or news of it begin a new one. *slot is that of the
 * event's id, and becomes TRACK_NONE with a new endpoint. False: there is no room.
 */
bool step_find_endpoint(struct tracker *self, struct track_step *step, uint32_t *slot);

/* The same. Most ids have a slot, which knows the endpoint and saves the way over the address. */
static inline bool step_want_endpoint(struct tracker *self, struct track_step *step, uint32_t *slot)
{
	uint32_t i = *slot != TRACK_NONE ? self->slots[*slot].endpoint : TRACK_NONE;

	if (i == TRACK_NONE || self->endpoints[i].gone)
		return step_find_endpoint(self, step, slot);
	step_set_endpoint(self, step, i);
	return true;
}

/* There is no room for the endpoint of the event: so many events are lost. */
void step_drop(struct tracker *self, struct track_step *step, uint64_t lost);

/* Notes the stream that the event names. */
void step_name_stream(struct tracker *self, struct track_step *step);

/* feed_transfer.c: events that name a transfer by its id. */

void feed_submit(struct tracker *self, struct track_step *step); /* or INFLIGHT */
void feed_complete(struct tracker *self, struct track_step *step);
void feed_submit_error(struct tracker *self, struct track_step *step);
void feed_handler(struct tracker *self, struct track_step *step);
void feed_returned(struct tracker *self, struct track_step *step);

/* An open transfer has ended unseen. */
void step_miss(struct tracker *self, struct track_step *step, uint32_t slot);

/* feed_endpoint.c: events of an endpoint, or of several. */

void feed_sync(struct tracker *self, struct track_step *step);
void feed_gone(struct tracker *self, struct track_step *step);
void feed_lost(struct tracker *self, struct track_step *step);
void feed_facts(struct tracker *self, struct track_step *step);
void feed_streams(struct tracker *self, struct track_step *step);

/* Marks the next endpoint of the device; none is left: TRACK_NOTHING. */
void step_gone(struct tracker *self, struct track_step *step);

#endif
