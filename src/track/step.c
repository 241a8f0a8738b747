// SPDX-License-Identifier: GPL-2.0
#include "track/track.h"

/* A new endpoint in place of `old`, of which nothing in flight is left; TRACK_NONE: of none. */
static uint32_t endpoint_succeed(struct tracker *self, uint32_t ep, uint32_t old)
{
	uint32_t i = endpoint_add(self, ep, old != TRACK_NONE);

	if (i != TRACK_NONE && old != TRACK_NONE && old != i)
		slots_remove(self, old);
	return i;
}

bool step_find_endpoint(struct tracker *self, struct track_step *step, uint32_t *slot)
{
	const struct urb_event *ev = step->event;
	uint32_t i = *slot != TRACK_NONE ? self->slots[*slot].endpoint : endpoint_find(self, ev->ep);
	bool succeeds = false;

	if (i != TRACK_NONE) {
		const struct track_endpoint *e = &self->endpoints[i];

		succeeds = e->gone && !e->level &&
			   (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_FACTS ||
			    ev->kind == URB_EV_INFLIGHT);
	}
	if (i == TRACK_NONE || succeeds) {
		step->predecessor = i;
		*slot = TRACK_NONE;
		i = endpoint_succeed(self, ev->ep, i);
		if (i == TRACK_NONE)
			return false;
		step->new_endpoint = true;
	}
	step_set_endpoint(self, step, i);
	return true;
}

void step_drop(struct tracker *self, struct track_step *step, uint64_t lost)
{
	uint32_t ep = step->event->ep;

	step->kind = TRACK_DROPPED;
	step->lost_cnt = lost;
	if (idmap_find(&self->dropped, ep, 0) == IDMAP_NONE &&
	    self->dropped.cnt < self->config.max_endpoints && !idmap_set(&self->dropped, ep, 0, 0))
		step->first_dropped = true;
}

void step_name_stream(struct tracker *self, struct track_step *step)
{
	uint16_t id = step->event->stream;

	if (!id)
		return;
	step_set_stream(self, step, stream_get(self, step->endpoint, id, &step->new_stream));
	step->stream_dropped = step->stream == TRACK_NONE;
}
