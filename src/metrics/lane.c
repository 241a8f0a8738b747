// SPDX-License-Identifier: GPL-2.0
#include "metrics/lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A bound for an endpoint whose submissions all fail: nothing was inherited there, then. */
#define HELD_MAX (1u << 20)

void lane_release(struct lane *lane)
{
	free(lane->levels);
	free(lane->facts);
	slots_release(&lane->slots);
}

static void put_level(struct transfers *self, const struct lane *lane, uint64_t time_ns,
		      uint32_t level)
{
	struct transfer_level l = { time_ns, lane->ep, lane->serial, level, lane->type };

	if (self->config.level)
		self->config.level(self->config.ctx, &l);
}

void lane_pair(struct transfers *self, struct lane *lane)
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
		pending_tell(self, pending_take(self, &lane->held));
}

int lane_level(struct transfers *self, struct lane *lane, uint64_t time_ns, uint32_t level)
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
		pending_stop_waiting(self);
	lane_pair(self, lane);
	lane_release(lane);
}

struct lane *lane_of(struct transfers *self, const struct track_step *step)
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
