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

/* Room for `cnt` more at the end. */
static int make_room(struct reorder *r, size_t cnt)
{
	struct urb_event *bigger;
	size_t cap = r->cap ? r->cap * 2 : 1024;

	if (cnt <= r->cap - r->end)
		return 0;
	if (r->head > r->cap / 2) {
		memmove(r->ev, r->ev + r->head, (r->end - r->head) * sizeof(*r->ev));
		r->end -= r->head;
		r->head = 0;
		if (cnt <= r->cap - r->end)
			return 0;
	}
	while (cap - r->end < cnt)
		cap *= 2;
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

/* A gap for `cnt` events behind everything that is not younger, for which there is room. */
static struct urb_event *open_gap(struct reorder *r, uint64_t time_ns, size_t cnt)
{
	size_t at = r->end;

	while (at > r->head && r->ev[at - 1].time_ns > time_ns)
		at--;
	if (at < r->end)
		memmove(r->ev + at + cnt, r->ev + at, (r->end - at) * sizeof(*r->ev));
	r->end += cnt;
	return r->ev + at;
}

int reorder_add_all(struct reorder *r, const struct urb_event *ev, size_t cnt)
{
	int err = cnt ? make_room(r, cnt) : 0;

	if (err || !cnt)
		return err;
	if (ev->time_ns < r->released_ns)
		r->late += cnt;
	memcpy(open_gap(r, ev->time_ns, cnt), ev, cnt * sizeof(*ev));
	return 0;
}

int reorder_add(struct reorder *r, const struct urb_event *ev)
{
	struct urb_facts *facts = NULL;
	struct urb_event *at;
	int err = make_room(r, 1);

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
	at = open_gap(r, ev->time_ns, 1);
	*at = *ev;
	if (facts)
		at->facts = facts;
	return 0;
}

int reorder_lost(struct reorder *r, uint64_t cnt, uint64_t until_ns)
{
	struct urb_event ev = {
		.time_ns = r->released_ns,
		.ep = URB_EP_ANY,
		.kind = URB_EV_LOST,
		.type = URB_TYPE_UNKNOWN,
		.lost = { .count = cnt, .until_ns = until_ns },
	};

	return cnt ? reorder_add(r, &ev) : 0;
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
