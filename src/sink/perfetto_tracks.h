/* SPDX-License-Identifier: GPL-2.0 */
/* The tracks of a trace for Perfetto: devices, their endpoints, and of those a counter and places. */
#ifndef URBSCOPE_SINK_PERFETTO_TRACKS_H
#define URBSCOPE_SINK_PERFETTO_TRACKS_H

#include "perfetto_out.h"
#include "urbscope/idmap.h"

/* A device from when it was plugged in until another is at its address. */
struct device {
	uint64_t uuid;
	uint32_t serial[32];	/* of its endpoints, by number and direction; 0: not seen */
};

/* An endpoint. */
struct lane {
	uint32_t ep, serial;
	uint32_t device;
	uint32_t described;	/* places whose tracks have been */
	uint64_t uuid;
};

struct tracks {
	struct perfetto_out *out;
	struct idmap lane_of;	/* (serial, ep) -> lane */
	struct idmap device_of;	/* address -> the device that is there */
	struct idmap facts_of;	/* ep -> facts */
	struct lane *lanes;
	struct device *devices;
	struct urb_facts *facts;
	uint32_t lane_cnt, device_cnt, facts_cnt;
	bool lost_described;
};

/* 0 or -ENOMEM; then tracks_release() is fine, too. */
int tracks_init(struct tracks *self, struct perfetto_out *out);
void tracks_release(struct tracks *self);

/* FACTS: what is known names the tracks, also those that there are. */
void tracks_facts(struct tracks *self, const struct urb_event *ev);

/* The track of an endpoint, which is described when it is asked for first. NULL: no memory. */
struct lane *tracks_lane(struct tracks *self, uint32_t ep, uint32_t serial, uint8_t type);

/* The track of its counter; of a place in it; of losses. */
uint64_t tracks_counter(const struct lane *lane);
uint64_t tracks_place(struct tracks *self, struct lane *lane, uint32_t place);
uint64_t tracks_lost(struct tracks *self);

#endif
