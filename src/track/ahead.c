// SPDX-License-Identifier: GPL-2.0
/* Looking ahead: what the next events will touch is fetched into the caches early. */
#include "track/track.h"

#define MANY_SLOTS 4096	/* fewer, and their map, are in the nearer caches */

bool tracker_ahead_pays(const struct tracker *self)
{
	return self->slot_cnt >= MANY_SLOTS;
}

uint32_t tracker_ahead(const struct tracker *self, const struct urb_event *event, uint32_t cnt,
		       uint32_t *endpoint)
{
	const struct idmap_entry *place[TRACK_AHEAD], *last = &self->ids.entries[self->ids.mask];
	uint64_t id[TRACK_AHEAD], before = 0;
	uint32_t id_cnt = 0, endpoint_cnt = 0;

	/* Drivers submit a URB again when it is done: two events and more in a row are of one id. */
	for (uint32_t i = 0; i < cnt; before = event[i++].id) {
		if (i && event[i].id == before)
			continue;
		place[id_cnt] =
			&self->ids.entries[idmap_hash(event[i].id, event[i].ep) & self->ids.mask];
		__builtin_prefetch(place[id_cnt]);
		id[id_cnt++] = event[i].id;
	}
	/* It is there in most cases, or right behind; to search on costs more than it gains. */
	for (uint32_t i = 0; i < id_cnt; i++) {
		place[i] += place[i]->id != id[i] && place[i] != last;
		if (place[i]->value < self->slot_cnt)
			__builtin_prefetch(&self->slots[place[i]->value], 1);
	}
	for (uint32_t i = 0; i < id_cnt; i++) {
		uint32_t slot = place[i]->value;

		if (slot >= self->slot_cnt)
			continue;
		endpoint[endpoint_cnt] = self->slots[slot].endpoint;
		__builtin_prefetch(&self->endpoints[endpoint[endpoint_cnt++]], 1);
	}
	return endpoint_cnt;
}
