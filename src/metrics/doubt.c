// SPDX-License-Identifier: GPL-2.0
#include "metrics/meter.h"

#include <errno.h>

/* An endpoint and its streams, which are as certain as it is. */
static void endpoint_doubt(struct metrics *self, struct meter *m, uint64_t now,
			   const struct doubt *doubt)
{
	meter_doubt(m, now, doubt);
	for (uint32_t i = m->next_stream; i != TRACK_NONE; i = self->streams.meter[i].next_stream)
		meter_doubt(&self->streams.meter[i], now, doubt);
}

static void endpoint_trust(struct metrics *self, struct meter *m, uint64_t now)
{
	meter_trust(m, now);
	for (uint32_t i = m->next_stream; i != TRACK_NONE; i = self->streams.meter[i].next_stream)
		meter_trust(&self->streams.meter[i], now);
}

/* What was unplugged and has ended before the loss began has lost nothing by it. */
static bool was_over(const struct meter *m, const struct track_step *step)
{
	return m->gone && !m->level && m->gone_ns < step->time_ns;
}

void doubt_lost(struct metrics *self, const struct track_step *step)
{
	struct meter *m = meters_get(&self->endpoints, step->endpoint);
	struct doubt doubt = { step->lost_until_ns, step->sync_follows };

	self->lost += step->lost_cnt;
	if (m) {
		m->lost += step->lost_cnt;
		endpoint_doubt(self, m, step->time_ns, &doubt);
		return;
	}
	self->any_lost += step->lost_cnt;
	self->any_cnt++;
	self->any_doubt = true;
	self->any_awaits_sync |= doubt.awaits_sync;
	if (doubt.until_ns > self->any_until_ns)
		self->any_until_ns = doubt.until_ns;
	for (uint32_t i = 0; i < self->endpoints.cnt; i++) {
		m = meters_get(&self->endpoints, i);
		if (!m || was_over(m, step))
			continue;
		m->lost += step->lost_cnt;
		endpoint_doubt(self, m, step->time_ns, &doubt);
	}
}

/* Did it fail on the bus, or go well there? Else it was taken back by its driver, out of turn. */
static bool ended_in_turn(const struct urb_event *completion)
{
	int32_t status = completion->complete.status;

	return status != -ENOENT && status != -ECONNRESET && status != -ESHUTDOWN;
}

/*
 * Nothing is counted as in flight: is that so? An endpoint's URBs end in the order of their
 * submission, so once one has ended that was submitted after the loss, none is left that was
 * submitted before, with or without our knowledge. (Streams overtake each other; there it is a
 * guess, which an unpaired completion refutes.)
 */
static bool has_drained(const struct meter *m, const struct track_step *step)
{
	return step->kind == TRACK_COMPLETED && !m->level && !m->awaits_sync &&
	       step->transfer.start_ns > m->doubt_until_ns && ended_in_turn(step->event);
}

/* The end of what had not begun, or the beginning of what had not ended. */
static bool is_contradiction(const struct track_step *step)
{
	return step->kind == TRACK_UNPAIRED ||
	       (step->kind == TRACK_MISSED && step->event->kind != URB_EV_SYNC);
}

void doubt_judge(struct metrics *self, struct meter *m, const struct track_step *step)
{
	struct doubt doubt = { .until_ns = step->time_ns };

	if (m->doubtful && has_drained(m, step))
		endpoint_trust(self, m, step->time_ns);
	else if (!m->doubtful && is_contradiction(step))
		endpoint_doubt(self, m, step->time_ns, &doubt);
}

void doubt_synced(struct metrics *self, struct meter *m, const struct track_step *step)
{
	if (m->doubtful && step->event->time_ns >= m->doubt_until_ns)
		endpoint_trust(self, m, step->time_ns);
}

void doubt_any_synced(struct metrics *self, const struct urb_event *sync)
{
	if (sync->ep == URB_EP_ANY && sync->time_ns >= self->any_until_ns)
		self->any_doubt = self->any_awaits_sync = false;
}

bool doubt_at_birth(const struct metrics *self, const struct meter *old, uint64_t now,
		    struct doubt *doubt)
{
	bool any = self->any_doubt && self->any_cnt > (old ? old->gone_any_cnt : 0);

	*doubt = (struct doubt){ 0 };
	if (any)
		*doubt = (struct doubt){ self->any_until_ns, self->any_awaits_sync };
	if (old && old->doubtful && old->doubt_until_ns > now) {
		doubt->awaits_sync |= old->awaits_sync;
		if (old->doubt_until_ns > doubt->until_ns)
			doubt->until_ns = old->doubt_until_ns;
		return true;
	}
	return any;
}
