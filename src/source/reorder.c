// SPDX-License-Identifier: GPL-2.0
#include "reorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void reorder_init(struct reorder *r)
{
	memset(r, 0, sizeof(*r));
}

static void drop_facts(struct urb_event *ev)
{
	if (ev->kind == URB_EV_FACTS)
		free((void *)ev->facts);
}

void reorder_release(struct reorder *r)
{
	for (size_t i = r->head; i < r->end; i++)
		drop_facts(&r->ev[i]);
	free(r->ev);
	reorder_init(r);
}

/* Room for one more at the end. */
static int make_room(struct reorder *r)
{
	struct urb_event *bigger;
	size_t cap;

	if (r->end < r->cap)
		return 0;
	if (r->head > r->cap / 2) {
		memmove(r->ev, r->ev + r->head, (r->end - r->head) * sizeof(*r->ev));
		r->end -= r->head;
		r->head = 0;
		return 0;
	}
	cap = r->cap ? r->cap * 2 : 1024;
	bigger = realloc(r->ev, cap * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	r->ev = bigger;
	r->cap = cap;
	return 0;
}

static void revoke_submit(struct reorder *r, const struct urb_event *error)
{
	for (size_t i = r->end; i > r->head; i--) {
		struct urb_event *ev = &r->ev[i - 1];

		if (!ev->kind || ev->id != error->id || ev->ep != error->ep)
			continue;
		if (ev->kind == URB_EV_SUBMIT)
			ev->kind = 0;
		return;
	}
}

int reorder_add(struct reorder *r, const struct urb_event *ev)
{
	struct urb_facts *facts = NULL;
	size_t at;
	int err = make_room(r);

	if (err)
		return err;
	if (ev->kind == URB_EV_FACTS) {
		facts = malloc(sizeof(*facts));
		if (!facts)
			return -ENOMEM;
		*facts = *ev->facts;
	}
	if (ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE))
		revoke_submit(r, ev);
	if (ev->time_ns < r->released_ns && ev->kind != URB_EV_LOST)
		r->late++;
	at = r->end;
	while (at > r->head && r->ev[at - 1].time_ns > ev->time_ns)
		at--;
	if (at < r->end)
		memmove(r->ev + at + 1, r->ev + at, (r->end - at) * sizeof(*r->ev));
	r->ev[at] = *ev;
	if (facts)
		r->ev[at].facts = facts;
	r->end++;
	return 0;
}

int reorder_emit(struct reorder *r, uint64_t until_ns, source_emit emit, void *ctx)
{
	int emitted = 0;

	while (r->head < r->end && r->ev[r->head].time_ns <= until_ns) {
		struct urb_event *ev = &r->ev[r->head++];

		if (ev->kind) {
			emit(ctx, ev);
			emitted++;
		}
		drop_facts(ev);
	}
	if (r->head == r->end)
		r->head = r->end = 0;
	if (until_ns > r->released_ns)
		r->released_ns = until_ns;
	return emitted;
}
