/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What transfers_apply() keeps: transfers that are not told yet, and of each endpoint what is needed
 * to tell them.
 */
#ifndef URBSCOPE_METRICS_LANE_H
#define URBSCOPE_METRICS_LANE_H

#include "metrics/slots.h"
#include "urbscope/idmap.h"
#include "urbscope/transfers.h"

#define PENDING_NONE UINT32_MAX

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

/* pending.c. A new one, all zero but .used; PENDING_NONE: no memory. */
uint32_t pending_new(struct transfers *self);

/* Tells it, and forgets it. */
void pending_tell(struct transfers *self, uint32_t i);

/* The same once its depth is sure. */
void pending_tell_or_hold(struct transfers *self, uint32_t i);

/* All but RETURNED has been seen. 0 or -ENOMEM. */
int pending_settle(struct transfers *self, uint32_t i);

/* It has returned: what waits no longer is told, in the order of the handlers. */
void pending_return(struct transfers *self, uint32_t i, uint64_t returned_ns);

/* The one that waits for this RETURNED, which does so no longer; PENDING_NONE: none does. */
uint32_t pending_find_returning(struct transfers *self, const struct urb_event *ev);

/* The oldest of those that wait for RETURNED has waited long enough. There must be one. */
void pending_stop_waiting(struct transfers *self);

/* Takes the first off a list; PENDING_NONE: it is empty. */
uint32_t pending_take(struct transfers *self, struct list *list);

/* lane.c. The endpoint of a step; NULL: no memory. */
struct lane *lane_of(struct transfers *self, const struct track_step *step);
void lane_release(struct lane *lane);

/* From now on its levels are what they seem. */
void lane_pair(struct transfers *self, struct lane *lane);

/* So many are in flight from time_ns on. 0 or -ENOMEM. */
int lane_level(struct transfers *self, struct lane *lane, uint64_t time_ns, uint32_t level);

#endif
