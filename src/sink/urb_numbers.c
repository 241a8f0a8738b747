// SPDX-License-Identifier: GPL-2.0
#include "urb_numbers.h"

#include <errno.h>
#include <string.h>

#define PAST_MAX  8192
#define SLOTS_MAX (1 << 20)

int urb_numbers_init(struct urb_numbers *self)
{
	memset(self, 0, sizeof(*self));
	if (idmap_init(&self->open, 4096) || idmap_init(&self->past, 4096) ||
	    idmap_init(&self->older, 4096) || idmap_init(&self->slots, 256))
		return -ENOMEM;
	return 0;
}

void urb_numbers_release(struct urb_numbers *self)
{
	idmap_release(&self->open);
	idmap_release(&self->past);
	idmap_release(&self->older);
	idmap_release(&self->slots);
}

static uint32_t find(const struct urb_numbers *self, const struct urb_event *ev)
{
	uint32_t number = idmap_find(&self->open, ev->id, ev->ep);

	if (number == IDMAP_NONE)
		number = idmap_find(&self->past, ev->id, ev->ep);
	if (number == IDMAP_NONE)
		number = idmap_find(&self->older, ev->id, ev->ep);
	return number;
}

static uint32_t next(uint32_t *last)
{
	if (++*last >= IDMAP_NONE)
		*last = 1;
	return *last;
}

/* It is not in flight any more, or was not. */
static int retire(struct urb_numbers *self, const struct urb_event *ev, uint32_t number)
{
	idmap_del(&self->open, ev->id, ev->ep);
	if (self->past.cnt >= PAST_MAX) {
		struct idmap oldest = self->older;

		self->older = self->past;
		self->past = oldest;
		idmap_clear(&self->past);
	}
	return idmap_set(&self->past, ev->id, ev->ep, number);
}

static int replace_slot(struct urb_numbers *self, struct urb_event *ev)
{
	uint32_t number;
	int err = 0;

	if (!ev->submit.slot)
		return 0;
	number = idmap_find(&self->slots, ev->submit.slot, ev->ep);
	if (number == IDMAP_NONE) {
		if (self->slots.cnt >= SLOTS_MAX)
			idmap_clear(&self->slots);
		number = next(&self->last_slot);
		err = idmap_set(&self->slots, ev->submit.slot, ev->ep, number);
	}
	ev->submit.slot = number;
	return err;
}

int urb_numbers_replace(struct urb_numbers *self, struct urb_event *ev)
{
	uint32_t number;
	bool first;
	int err = 0;

	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
	case URB_EV_COMPLETE:
	case URB_EV_SUBMIT_ERROR:
	case URB_EV_HANDLER:
	case URB_EV_RETURNED:
		break;
	default:
		ev->id = 0;
		return 0;
	}
	number = find(self, ev);
	first = number == IDMAP_NONE;
	if (first)
		number = next(&self->last);
	if (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_INFLIGHT) {
		err = idmap_set(&self->open, ev->id, ev->ep, number);
		if (!err)
			err = replace_slot(self, ev);
		ev->submit.complete_fn = 0;
	} else if (first || ev->kind == URB_EV_COMPLETE ||
		   (ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE))) {
		err = retire(self, ev, number);
	}
	ev->id = number;
	return err;
}
