// SPDX-License-Identifier: GPL-2.0
#include "compare/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

/* A device of one run, or one that has a number. */
struct device {
	const struct endpoint_figures *figures; /* of one of its endpoints */
	size_t number;		/* NONE: not yet known */
	bool taken;		/* numbered ones: the run at hand has it */
};

struct work {
	struct matching *out;
	struct device *known;	/* by number */
	size_t known_cnt;
	struct device *seen;	/* in the run at hand */
	size_t seen_cnt;
	bool *ambiguous;	/* of seen */
	size_t *of_sight;	/* of the run at hand: index into seen */
};

static bool same_ids(const struct urb_facts *a, const struct urb_facts *b)
{
	return a->has_ids && b->has_ids && a->vid == b->vid && a->pid == b->pid;
}

static bool same_address(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return a->ep >> 8 == b->ep >> 8;
}

/* Ids and port: enough to know it by, within a run and in another. */
static bool same_place(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return same_ids(&a->facts, &b->facts) && a->facts.path[0] &&
	       !strcmp(a->facts.path, b->facts.path);
}

/* Where ids are not known on both sides, nothing else speaks against it, either. */
static bool may_be_same(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return same_address(a, b) && !(a->facts.has_ids && b->facts.has_ids);
}

/* Within a run. */
static bool same_device(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return same_place(a, b) || may_be_same(a, b) ||
	       (same_address(a, b) && same_ids(&a->facts, &b->facts));
}

static void assign(struct work *w, size_t seen, size_t number, bool moved)
{
	w->seen[seen].number = number;
	w->known[number].taken = true;
	w->out->match[number].moved |= moved;
}

static void match_places(struct work *w)
{
	for (size_t i = 0; i < w->seen_cnt; i++) {
		for (size_t k = 0; k < w->known_cnt; k++) {
			if (w->known[k].taken || w->seen[i].number != NONE ||
			    !same_place(w->seen[i].figures, w->known[k].figures))
				continue;
			assign(w, i, k, false);
		}
	}
}

/* How many in the list that are left over have these ids; the last one's index. */
static size_t left_over(const struct device *list, size_t cnt, const struct urb_facts *facts,
			bool numbered, size_t *last)
{
	size_t found = 0;

	for (size_t i = 0; i < cnt; i++) {
		bool left = numbered ? !list[i].taken : list[i].number == NONE;

		if (!left || !same_ids(&list[i].figures->facts, facts))
			continue;
		found++;
		*last = i;
	}
	return found;
}

/* Of those that were told apart by their ports only, none is known after a move. */
static void match_ids(struct work *w)
{
	for (size_t i = 0; i < w->seen_cnt; i++) {
		const struct urb_facts *facts = &w->seen[i].figures->facts;
		size_t seen, known, k = NONE, last;

		if (w->seen[i].number != NONE)
			continue;
		seen = left_over(w->seen, w->seen_cnt, facts, false, &last);
		known = left_over(w->known, w->known_cnt, facts, true, &k);
		if (seen == 1 && known == 1) {
			assign(w, i, k, true);
			continue;
		}
		if (!known)
			continue;
		w->ambiguous[i] = true;
		for (k = 0; k < w->known_cnt; k++)
			w->out->match[k].ambiguous |= !w->known[k].taken &&
						      same_ids(&w->known[k].figures->facts, facts);
	}
}

static void match_addresses(struct work *w)
{
	for (size_t i = 0; i < w->seen_cnt; i++) {
		for (size_t k = 0; k < w->known_cnt; k++) {
			if (w->known[k].taken || w->seen[i].number != NONE ||
			    !may_be_same(w->seen[i].figures, w->known[k].figures))
				continue;
			assign(w, i, k, true);
		}
	}
}

static void see_devices(struct work *w, const struct sight *sight, size_t cnt)
{
	w->seen_cnt = 0;
	for (size_t i = 0; i < cnt; i++) {
		size_t k = 0;

		while (k < w->seen_cnt && !same_device(w->seen[k].figures, sight[i].figures))
			k++;
		w->of_sight[i] = k;
		if (k == w->seen_cnt)
			w->seen[w->seen_cnt++] = (struct device){ sight[i].figures, NONE, false };
	}
}

/* Gives the devices of a run their numbers. */
static void match_run(struct work *w, struct sight *sight, size_t cnt)
{
	see_devices(w, sight, cnt);
	memset(w->ambiguous, 0, cnt * sizeof(*w->ambiguous));
	for (size_t k = 0; k < w->known_cnt; k++)
		w->known[k].taken = false;
	match_places(w);
	match_ids(w);
	match_addresses(w);
	for (size_t i = 0; i < w->seen_cnt; i++) {
		if (w->seen[i].number != NONE)
			continue;
		w->seen[i].number = w->known_cnt;
		w->out->match[w->known_cnt].ambiguous = w->ambiguous[i];
		w->known[w->known_cnt++] = (struct device){ w->seen[i].figures, w->known_cnt, true };
	}
	for (size_t i = 0; i < cnt; i++)
		sight[i].device = w->seen[w->of_sight[i]].number;
}

static int sight_compare(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;
	unsigned int xe = urb_ep_endpoint(x->figures->ep), ye = urb_ep_endpoint(y->figures->ep);

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (xe != ye)
		return xe < ye ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->figures->serial > y->figures->serial) - (x->figures->serial < y->figures->serial);
}

static size_t take_sights(struct sight *sight, const struct snapshot *snap, enum compare_side side,
			  size_t run)
{
	size_t cnt = 0;

	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		if (endpoint_had_traffic(&snap->endpoints[i]))
			sight[cnt++] = (struct sight){ &snap->endpoints[i], side, run, NONE };
	}
	return cnt;
}

/* Room for as many devices and sights as there can be; of nothing there is an array, too. */
static int work_init(struct work *w, size_t most)
{
	w->out->sight = calloc(most, sizeof(*w->out->sight));
	w->out->match = calloc(most, sizeof(*w->out->match));
	w->known = calloc(most, sizeof(*w->known));
	w->seen = calloc(most, sizeof(*w->seen));
	w->of_sight = calloc(most, sizeof(*w->of_sight));
	w->ambiguous = calloc(most, sizeof(*w->ambiguous));
	if (w->out->sight && w->out->match && w->known && w->seen && w->of_sight && w->ambiguous)
		return 0;
	return -ENOMEM;
}

static void work_release(struct work *w)
{
	free(w->known);
	free(w->seen);
	free(w->of_sight);
	free(w->ambiguous);
}

int matching_init(struct matching *self, const struct compare_run *const runs[COMPARE_SIDES],
		  const size_t run_cnt[COMPARE_SIDES])
{
	struct work w = { .out = self };
	size_t most = 1;
	int err;

	*self = (struct matching){ 0 };
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < run_cnt[side]; i++)
			most += runs[side][i].snap->endpoint_cnt;
	err = work_init(&w, most);
	for (int side = 0; side < COMPARE_SIDES && !err; side++) {
		for (size_t i = 0; i < run_cnt[side]; i++) {
			struct sight *first = self->sight + self->sight_cnt;
			size_t cnt = take_sights(first, runs[side][i].snap, side, i);

			match_run(&w, first, cnt);
			self->sight_cnt += cnt;
		}
	}
	if (!err)
		qsort(self->sight, self->sight_cnt, sizeof(*self->sight), sight_compare);
	work_release(&w);
	if (err)
		matching_release(self);
	return err;
}

void matching_release(struct matching *self)
{
	free(self->sight);
	free(self->match);
	*self = (struct matching){ 0 };
}
