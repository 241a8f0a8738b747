// SPDX-License-Identifier: GPL-2.0
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int walk_add(struct walk *walk, const struct urb_event *ev)
{
	if (walk->found_cnt == walk->found_cap) {
		size_t cap = walk->found_cap ? walk->found_cap * 2 : 256;
		struct urb_event *more = realloc(walk->found, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		walk->found = more;
		walk->found_cap = cap;
	}
	walk->found[walk->found_cnt++] = *ev;
	return 0;
}

struct first_seen {
	uint64_t id;
	size_t at; /* index into the held events: orders equal ids */
};

static int by_id(const void *a, const void *b)
{
	const struct first_seen *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Does it tell whether its URB was in flight before it? */
static bool is_telling(const struct urb_event *ev, uint64_t began)
{
	if (ev->time_ns <= began)
		return false;
	/* refused: what it had been accepted by is taken back, and it never was in flight */
	return ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_COMPLETE ||
	       (ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE));
}

/* The first record after `began` of every id, sorted by id. */
static struct first_seen *index_firsts(const struct reorder *held, uint64_t began, size_t *cnt)
{
	struct first_seen *firsts = calloc(held->end - held->head + 1, sizeof(*firsts));
	size_t all = 0, kept = 0;

	if (!firsts)
		return NULL;
	for (size_t i = held->head; i < held->end; i++) {
		if (is_telling(&held->ev[i], began))
			firsts[all++] = (struct first_seen){ held->ev[i].id, i };
	}
	qsort(firsts, all, sizeof(*firsts), by_id);
	for (size_t i = 0; i < all; i++) {
		if (!kept || firsts[kept - 1].id != firsts[i].id)
			firsts[kept++] = firsts[i];
	}
	*cnt = kept;
	return firsts;
}

static int same_id(const void *a, const void *b)
{
	const struct first_seen *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_event_id(const void *a, const void *b)
{
	const struct urb_event *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Several walks find the same URBs. */
static void forget_twice(struct walk *walk)
{
	size_t kept = 0;

	if (walk->found_cnt)
		qsort(walk->found, walk->found_cnt, sizeof(*walk->found), by_event_id);
	for (size_t i = 0; i < walk->found_cnt; i++) {
		if (!kept || walk->found[kept - 1].id != walk->found[i].id)
			walk->found[kept++] = walk->found[i];
	}
	walk->found_cnt = kept;
}

int walk_resolve(struct walk *walk, const struct reorder *held, uint64_t began)
{
	size_t first_cnt, kept = 0;
	struct first_seen *firsts = index_firsts(held, began, &first_cnt);
	int err = 0;

	if (!firsts)
		return -ENOMEM;
	forget_twice(walk);
	for (size_t i = 0; i < walk->found_cnt; i++) {
		struct first_seen key = { .id = walk->found[i].id };

		/* one that has a record after `began` is decided by that record, below */
		if (!bsearch(&key, firsts, first_cnt, sizeof(key), same_id))
			walk->found[kept++] = walk->found[i];
	}
	walk->found_cnt = kept;
	for (size_t i = 0; i < first_cnt && !err; i++) {
		struct urb_event ev = held->ev[firsts[i].at];

		if (ev.kind != URB_EV_COMPLETE)
			continue;
		ev.kind = URB_EV_INFLIGHT;
		ev.seen = URB_QUEUED;
		ev.flags = 0;
		memset(&ev.submit, 0, sizeof(ev.submit));
		err = walk_add(walk, &ev);
	}
	free(firsts);
	for (size_t i = 0; i < walk->found_cnt; i++)
		walk->found[i].time_ns = began;
	return err;
}

void walk_forget(struct reorder *held, uint64_t began)
{
	for (size_t i = held->head; i < held->end; i++) {
		struct urb_event *ev = &held->ev[i];

		if (ev->time_ns > began)
			continue;
		if (ev->kind != URB_EV_FACTS)
			ev->kind = 0;
		ev->time_ns = began; /* keeps the order: everything older comes first */
	}
	if (held->released_ns < began)
		held->released_ns = began;
}
