// SPDX-License-Identifier: GPL-2.0
#include "transfer_names.h"

#include <string.h>

/*
 * An id that is never heard of again (its COMPLETE was lost) keeps its number; past this many
 * the numbers are forgotten and given anew, and what is open then ends up unpaired.
 */
#define NAMES_MAX (1 << 20)

int transfer_names_init(struct transfer_names *self)
{
	int err;

	self->last = self->last_slot = 0;
	err = idmap_init(&self->slots, 256);
	if (err)
		return err;
	err = idmap_init(&self->open, 4096);
	if (err)
		idmap_release(&self->slots);
	return err;
}

void transfer_names_release(struct transfer_names *self)
{
	idmap_release(&self->open);
	idmap_release(&self->slots);
}

static int give_name(struct transfer_names *self, const struct urb_event *ev, uint32_t *name)
{
	if (*name)
		return 0;
	if (self->open.cnt >= NAMES_MAX)
		idmap_clear(&self->open);
	if (++self->last >= IDMAP_NONE)
		self->last = 1;
	*name = self->last;
	return idmap_set(&self->open, ev->id, ev->ep, self->last);
}

/*
 * A number lives from SUBMIT to the last event that the id pairs: COMPLETE, or HANDLER if that
 * follows. RETURNED carries the time of its HANDLER and needs none.
 */
int transfer_names_of(struct transfer_names *self, const struct urb_event *ev, uint32_t *name)
{
	uint32_t known = idmap_find(&self->open, ev->id, ev->ep);
	int err;

	*name = known == IDMAP_NONE ? 0 : known;
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		return give_name(self, ev, name);
	case URB_EV_COMPLETE:
		err = give_name(self, ev, name);
		if (!(ev->flags & URB_F_HANDLER_FOLLOWS))
			idmap_del(&self->open, ev->id, ev->ep);
		return err;
	case URB_EV_HANDLER:
		idmap_del(&self->open, ev->id, ev->ep);
		return 0;
	case URB_EV_SUBMIT_ERROR:
		return 0;
	default:
		*name = 0;
		return 0;
	}
}

int transfer_names_slot(struct transfer_names *self, const struct urb_event *ev, uint32_t *name)
{
	*name = 0;
	if (!ev->submit.slot)
		return 0;
	*name = idmap_find(&self->slots, ev->submit.slot, ev->ep);
	if (*name != IDMAP_NONE)
		return 0;
	if (self->slots.cnt >= NAMES_MAX)
		idmap_clear(&self->slots);
	if (++self->last_slot >= IDMAP_NONE)
		self->last_slot = 1;
	*name = self->last_slot;
	return idmap_set(&self->slots, ev->submit.slot, ev->ep, self->last_slot);
}
