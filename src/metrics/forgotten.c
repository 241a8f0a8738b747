// SPDX-License-Identifier: GPL-2.0
/* Unplugged endpoints that make room for others: what they add up to. */
#include "metrics/meter.h"

#include <errno.h>
#include <stdlib.h>

static struct meter *sum_of(struct metrics *self)
{
	struct meter *sum = self->forgotten.sum;

	if (sum)
		return sum;
	sum = aligned_alloc(_Alignof(struct meter), sizeof(*sum));
	if (!sum)
		return NULL;
	*sum = (struct meter){
		.used = true, .gone = true, .ep = URB_EP_ANY, .type = URB_TYPE_UNKNOWN,
		.next_stream = TRACK_NONE,
	};
	self->forgotten.sum = sum;
	return sum;
}

int forgotten_add(struct metrics *self, const struct meter *m)
{
	struct meter *sum = sum_of(self);
	uint64_t gaps = m->hist[METER_GAP] ? m->hist[METER_GAP]->sum : 0;

	if (!sum)
		return -ENOMEM;
	self->forgotten.cnt++;
	self->forgotten.lost += m->lost;
	if (urb_ep_is_in(m->ep))
		self->forgotten.unposted_ns += gaps + m->idle_ns;
	if (m->gone_ns > sum->gone_ns)
		sum->gone_ns = m->gone_ns;
	return meter_merge(sum, &self->pool, m);
}

void forgotten_release(struct metrics *self)
{
	if (self->forgotten.sum)
		meter_reset(self->forgotten.sum, &self->pool);
	free(self->forgotten.sum);
}
