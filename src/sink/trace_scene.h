/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a reader of a trace has to know that begins in its middle: which endpoints there are, and what
 * is in flight. It also gives small numbers for ids, which are kernel addresses and stay here.
 *
 * A number belongs to an id on an endpoint for good, not to one transfer: whoever pairs events by
 * number comes to what he would come to by id, also where a half of a transfer is missing.
 */
#ifndef URBSCOPE_SINK_TRACE_SCENE_H
#define URBSCOPE_SINK_TRACE_SCENE_H

#include "urbscope/event.h"
#include "urbscope/idmap.h"
#include "urbscope/trace.h"

struct scene_urb {
	uint64_t id, number, slot;
	uint64_t start_ns;	/* of its transfer */
	uint32_t ep;		/* urb_ep() */
	uint32_t endpoint;	/* index; SCENE_NONE: that is not known here */
	uint32_t next, prev;	/* in flight on the same endpoint, in order of submission */
	uint32_t length;
	uint16_t stream;
	uint8_t type;
	bool open, confirmed;	/* in flight; named since the last SYNC */
	bool seen;		/* it was the id of an event, not only of a slot */
	bool used;		/* since unused ones were forgotten last */
};

struct scene_endpoint {
	uint32_t ep;
	uint32_t head, tail;	/* in flight */
	uint32_t open_cnt;
	uint64_t lost_until_ns;
	bool known, has_facts;
	bool sure;		/* what is in flight here is all that is */
	bool lost, awaits_sync;	/* in doubt, as metrics have it; SYNC alone ends that */
	bool ever_lost;		/* it has been: contradictions are news */
	bool ghosts;		/* has ids that were seen and are not in flight: not inherited, either */
	bool paired;		/* inherits nothing more, as the tracker has it */
	struct urb_facts facts;
};

#define SCENE_NONE UINT32_MAX

struct trace_scene {
	struct idmap by_id;	/* to urbs[] */
	struct scene_urb *urbs;
	uint32_t urb_cnt, urb_room, open_cnt;
	uint64_t last_number;
	struct idmap by_ep;	/* to endpoints[] */
	struct scene_endpoint *endpoints;
	uint32_t endpoint_cnt, endpoint_room;
	struct idmap gone;	/* how many devices have left an address, by urb_ep() of its endpoint 0 */
	bool numbered;		/* ids are numbers already */
	bool walks;		/* INFLIGHT tells what was in flight at the beginning */
	bool overflow;		/* there are endpoints that are not known here */
	bool ever_lost;		/* anything, on any endpoint */
	bool any_lost;		/* on endpoints that have not shown yet, too */
	uint64_t any_until_ns;
};

/* 0 or -ENOMEM. */
int trace_scene_init(struct trace_scene *scene, const struct trace_run *run);
void trace_scene_release(struct trace_scene *scene);

/* Takes the event in; *named is the same with numbers for id and slot. 0 or -ENOMEM. */
int trace_scene_event(struct trace_scene *scene, const struct urb_event *ev,
		      struct urb_event *named);

/* Tells all that is known. Returns the flags of a block that begins so. */
uint8_t trace_scene_tell(const struct trace_scene *scene, struct trace_encoder *enc);

#endif
