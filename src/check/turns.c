// SPDX-License-Identifier: GPL-2.0
#include "check/turns.h"

#include <errno.h>
#include <stdlib.h>

int turns_init(struct turns *t, uint32_t depth)
{
	*t = (struct turns){ .depth = depth };
	t->slots = calloc(depth, sizeof(*t->slots));
	return t->slots ? 0 : -ENOMEM;
}

void turns_release(struct turns *t)
{
	free(t->slots);
	t->slots = NULL;
}

void turns_clear(struct turns *t)
{
	t->cnt = t->next = 0;
	t->lapped = t->refused = false;
}

static struct slot *find(const struct turns *t, uint32_t urb)
{
	for (uint32_t i = 0; i < t->cnt; i++) {
		if (t->slots[i].urb == urb)
			return &t->slots[i];
	}
	return NULL;
}

/* Slots whose turn it was, that ended with an error and are passed over. */
static bool skip_forgotten(struct turns *t, const struct slot *taken)
{
	bool fresh = false;

	for (struct slot *s = &t->slots[t->next]; s != taken; s = &t->slots[t->next]) {
		if (s->state != SLOT_FORGOTTEN && !(s->state == SLOT_ENDED && s->failed))
			break;
		fresh |= s->state == SLOT_ENDED;
		s->state = SLOT_FORGOTTEN;
		t->next = (t->next + 1) % t->cnt;
	}
	return fresh;
}

static unsigned int take_turn(struct turns *t, struct slot *slot, bool may_skip)
{
	unsigned int faults = 0;

	if (!t->lapped) {
		t->lapped = true;
		t->next = 0;
		if (t->cnt < t->depth)
			faults |= TURN_FEW;
	}
	if (t->refused)
		return faults;
	if (may_skip && skip_forgotten(t, slot))
		faults |= TURN_SKIPPED;
	if (&t->slots[t->next] != slot)
		faults |= TURN_ORDER;
	t->next = (uint32_t)(slot - t->slots + 1) % t->cnt;
	return faults;
}

unsigned int turns_submit(struct turns *t, uint32_t urb, bool may_skip)
{
	struct slot *slot = find(t, urb);
	unsigned int faults = 0;

	if (slot)
		faults = take_turn(t, slot, may_skip);
	else if (t->cnt == t->depth || t->lapped)
		return TURN_MORE;
	else
		slot = &t->slots[t->cnt++];
	*slot = (struct slot){ .urb = urb, .state = SLOT_POSTED };
	return faults;
}

void turns_end(struct turns *t, uint32_t urb, bool failed)
{
	struct slot *slot = find(t, urb);

	if (!slot)
		return;
	slot->state = SLOT_ENDED;
	slot->failed = failed;
}

bool turns_all_posted(const struct turns *t, uint32_t urb)
{
	for (uint32_t i = 0; i < t->cnt; i++) {
		const struct slot *s = &t->slots[i];

		if (s->urb != urb && s->state == SLOT_ENDED && !s->failed)
			return false;
	}
	return true;
}

bool turns_know(const struct turns *t, uint32_t urb)
{
	return find(t, urb);
}
