// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

void tracker_each_open(const struct tracker *self,
		       void (*see)(void *ctx, const struct track_open *open), void *ctx)
{
	for (uint32_t i = 0; i < self->slot_cnt; i++) {
		const struct slot *slot = &self->slots[i];
		struct track_open open = {
			.id = slot->id, .start_ns = slot->start_ns,
		};

		if (slot->state != SLOT_OPEN)
			continue;
		open.ep = self->endpoints[slot->endpoint].ep;
		if (slot->stream != TRACK_NONE)
			open.stream = self->streams[slot->stream].id;
		see(ctx, &open);
	}
}
