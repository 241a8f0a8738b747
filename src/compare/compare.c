// SPDX-License-Identifier: GPL-2.0
#include "urbscope/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "compare/estimate.h"
#include "compare/figure.h"
#include "compare/match.h"

bool compare_is_compared(const struct compare_endpoint *ep)
{
	return ep->runs[COMPARE_BEFORE] && ep->runs[COMPARE_AFTER] && !ep->ambiguous;
}

/* One endpoint of one run: its sights, which are as many as its device was plugged in. */
struct lives {
	const struct sight *sight;
	size_t cnt;
	const struct compare_run *run;
};

struct work {
	struct comparison *out;
	struct pair *pairs;	/* room for the batches of any endpoint of any run */
	bool unlike_latency, unlike_flight;
};

static double field(const struct batch *b, size_t offset)
{
	return (double)*(const uint64_t *)((const char *)b + offset);
}

static bool was_seen(const struct lives *lives, enum compare_needs needs)
{
	for (size_t i = 0; i < lives->cnt; i++) {
		const struct endpoint_figures *ep = lives->sight[i].figures;

		if ((needs == NEEDS_DEPTH && !ep->depth.seen) ||
		    (needs == NEEDS_LATENCY && !ep->latency.seen))
			return false;
	}
	return true;
}

static struct compare_estimate estimate_run(const struct work *w, const struct lives *lives,
					    const struct figure *figure)
{
	struct compare_estimate e;
	double sum_x = 0, sum_y = 0;
	size_t cnt = 0;

	for (size_t i = 0; i < lives->cnt; i++) {
		const struct batch_list *list =
			batches_find(lives->run->batches, lives->sight[i].figures->serial);

		for (size_t k = 0; list && k < list->cnt; k++) {
			struct pair *pair = &w->pairs[cnt++];

			pair->x = field(&list->batch[k], figure->x) * figure->unit;
			pair->y = field(&list->batch[k], figure->y);
			sum_x += pair->x;
			sum_y += pair->y;
		}
	}
	e = estimate_within(w->pairs, cnt);
	if (figure->counted) {
		e.count = (uint64_t)sum_x;
		e.of = (uint64_t)sum_y;
	}
	return e;
}

/* The sights of one endpoint, run by run. False: there are no more. */
static bool next_run(const struct sight **at, const struct sight *end, enum compare_side side,
		     const struct comparison *c, struct lives *lives)
{
	if (*at == end || (*at)->side != side)
		return false;
	*lives = (struct lives){ .sight = *at, .run = &c->run[side][(*at)->run] };
	while (*at != end && (*at)->side == side && (*at)->run == lives->sight->run) {
		lives->cnt++;
		(*at)++;
	}
	return true;
}

/* False: it was not seen in one of the runs. */
static bool estimate_side(const struct work *w, const struct sight **at, const struct sight *end,
			  enum compare_side side, const struct figure *figure,
			  struct compare_estimate *out)
{
	struct compare_estimate runs[COMPARE_MAX_RUNS];
	bool seen = true;
	struct lives lives;
	size_t cnt = 0;

	while (next_run(at, end, side, w->out, &lives)) {
		seen &= was_seen(&lives, figure->needs);
		runs[cnt++] = estimate_run(w, &lives, figure);
	}
	*out = w->out->between_runs ? estimate_between(runs, cnt) : runs[0];
	return seen;
}

static bool is_unlike(const struct work *w, enum compare_needs needs)
{
	return (w->unlike_latency && needs == NEEDS_LATENCY) ||
	       (w->unlike_flight && needs != NEEDS_NOTHING);
}

/* As far as it comes without the number of comparisons. */
static void compare_figure(const struct work *w, const struct compare_endpoint *ep,
			   const struct sight *at, const struct sight *end,
			   const struct figure *figure, struct compare_result *r)
{
	struct compare_estimate *before = &r->side[COMPARE_BEFORE];
	struct compare_estimate *after = &r->side[COMPARE_AFTER];
	bool seen = estimate_side(w, &at, end, COMPARE_BEFORE, figure, before);

	seen &= estimate_side(w, &at, end, COMPARE_AFTER, figure, after);
	if (!seen || (figure->positive && before->value <= 0 && after->value <= 0))
		return;
	if (ep->in_doubt[COMPARE_BEFORE] || ep->in_doubt[COMPARE_AFTER]) {
		r->verdict = COMPARE_IN_DOUBT;
	} else if (is_unlike(w, figure->needs)) {
		r->verdict = COMPARE_UNLIKE;
	} else if (!before->noise_known || !after->noise_known) {
		r->verdict = COMPARE_TOO_SHORT;
	} else {
		r->verdict = COMPARE_NO_DIFFERENCE;
		compare_estimates(r, figure->relative);
		if (figure->share) {
			r->low = fmax(r->low, -1);
			r->high = fmin(r->high, 1);
		}
		if (figure->counted)
			r->p = fmax(r->p, compare_counts(before, after));
		r->p_adjusted = r->p;
	}
}

static void look_at(struct compare_endpoint *ep, const struct sight *sight)
{
	const struct endpoint_figures *figures = sight->figures;
	struct compare_device *device = &ep->device[sight->side];

	if (!ep->runs[sight->side])
		*device = (struct compare_device){ .facts = figures->facts,
						   .bus = urb_ep_bus(figures->ep),
						   .address = urb_ep_address(figures->ep) };
	ep->type = figures->type;
	ep->in_doubt[sight->side] |= !figures->complete || !figures->certain;
	ep->lost[sight->side] += figures->transfers.lost;
}

static void compare_one(const struct work *w, const struct matching *m, const struct sight *at,
			const struct sight *end, struct compare_endpoint *ep)
{
	const struct sight *first = at;
	struct lives lives;

	ep->endpoint = urb_ep_endpoint(at->figures->ep);
	ep->ambiguous = m->match[at->device].ambiguous;
	ep->moved = m->match[at->device].moved;
	for (int side = 0; side < COMPARE_SIDES; side++) {
		while (next_run(&at, end, side, w->out, &lives)) {
			for (size_t i = 0; i < lives.cnt; i++)
				look_at(ep, &lives.sight[i]);
			ep->runs[side]++;
		}
	}
	if (!compare_is_compared(ep))
		return;
	for (int i = 0; i < COMPARE_FIGURES; i++)
		compare_figure(w, ep, first, end, compare_figure_of(i), &ep->result[i]);
}

static void compare_all(const struct work *w, const struct matching *m)
{
	const struct sight *at = m->sight, *end = m->sight + m->sight_cnt;

	while (at != end) {
		const struct sight *next = at;

		while (next != end && next->device == at->device &&
		       urb_ep_endpoint(next->figures->ep) == urb_ep_endpoint(at->figures->ep))
			next++;
		compare_one(w, m, at, next, &w->out->endpoint[w->out->endpoint_cnt++]);
		at = next;
	}
}

static int p_compare(const void *a, const void *b)
{
	double x = (*(struct compare_result *const *)a)->p;
	double y = (*(struct compare_result *const *)b)->p;

	return (x > y) - (x < y);
}

/* Of nothing on both sides no difference could ever be told: that is no comparison (Tarone). */
static bool is_comparison(const struct compare_result *r)
{
	return r->verdict == COMPARE_NO_DIFFERENCE &&
	       (r->side[COMPARE_BEFORE].value > 0 || r->side[COMPARE_AFTER].value > 0);
}

/* Several comparisons are several occasions for a false alarm. */
static int adjust(struct comparison *c)
{
	size_t most = c->endpoint_cnt * COMPARE_FIGURES + 1, cnt = 0;
	struct compare_result **results = calloc(most, sizeof(*results));
	double *p = calloc(2 * most, sizeof(*p));
	int err;

	for (size_t i = 0; results && p && i < c->endpoint_cnt; i++) {
		for (int figure = 0; figure < COMPARE_FIGURES; figure++) {
			struct compare_result *r = &c->endpoint[i].result[figure];

			if (is_comparison(r))
				results[cnt++] = r;
		}
	}
	if (results && p) {
		qsort(results, cnt, sizeof(*results), p_compare);
		for (size_t i = 0; i < cnt; i++)
			p[i] = results[i]->p;
		holm_adjust(p, p + most, cnt);
		for (size_t i = 0; i < cnt; i++) {
			results[i]->p_adjusted = p[most + i];
			if (p[most + i] >= COMPARE_FALSE_ALARMS)
				continue;
			results[i]->verdict = results[i]->change > 0 ? COMPARE_HIGHER : COMPARE_LOWER;
			c->differences++;
		}
	}
	c->comparisons = cnt;
	err = results && p ? 0 : -ENOMEM;
	free(results);
	free(p);
	return err;
}

/* What is compared first; then as on the bus. */
static int endpoint_compare(const void *a, const void *b)
{
	const struct compare_endpoint *x = a, *y = b;
	const struct compare_device *dx = &x->device[!x->runs[COMPARE_BEFORE]];
	const struct compare_device *dy = &y->device[!y->runs[COMPARE_BEFORE]];

	if (compare_is_compared(x) != compare_is_compared(y))
		return compare_is_compared(x) ? -1 : 1;
	if (!x->runs[COMPARE_BEFORE] != !y->runs[COMPARE_BEFORE])
		return x->runs[COMPARE_BEFORE] ? -1 : 1;
	if (dx->bus != dy->bus)
		return dx->bus < dy->bus ? -1 : 1;
	if (dx->address != dy->address)
		return dx->address < dy->address ? -1 : 1;
	return (x->endpoint > y->endpoint) - (x->endpoint < y->endpoint);
}

/* Moments that a latency is between, and those that bound the time in flight. */
static unsigned int latency_moments(uint8_t sees)
{
	return (sees & URB_SUBMIT ? URB_SUBMIT : sees & URB_QUEUED) |
	       (sees & URB_HANDLER ? URB_HANDLER : sees & URB_DONE);
}

static unsigned int flight_moments(uint8_t sees)
{
	return (sees & URB_QUEUED ? URB_QUEUED : sees & URB_SUBMIT) |
	       (sees & URB_DONE ? URB_DONE : sees & URB_HANDLER);
}

static void see_sources(struct work *w)
{
	uint8_t first = w->out->run[COMPARE_BEFORE][0].snap->source.sees;

	for (int side = 0; side < COMPARE_SIDES; side++) {
		for (size_t i = 0; i < w->out->run_cnt[side]; i++) {
			uint8_t sees = w->out->run[side][i].snap->source.sees;

			w->unlike_latency |= latency_moments(sees) != latency_moments(first);
			w->unlike_flight |= flight_moments(sees) != flight_moments(first);
		}
	}
	w->out->unlike_sources = w->unlike_latency || w->unlike_flight;
}

static size_t most_batches(const struct comparison *c)
{
	size_t most = 1;

	for (int side = 0; side < COMPARE_SIDES; side++) {
		for (size_t i = 0; i < c->run_cnt[side]; i++) {
			const struct batches *batches = c->run[side][i].batches;
			size_t sum = 1;

			for (size_t k = 0; k < batches->cnt; k++)
				sum += batches->list[k].cnt;
			most = sum > most ? sum : most;
		}
	}
	return most;
}

struct comparison *compare_new(const struct compare_run *before, size_t before_cnt,
			       const struct compare_run *after, size_t after_cnt)
{
	struct comparison *c = calloc(1, sizeof(*c));
	struct work w = { .out = c };
	struct matching matching = { 0 };
	int err = -ENOMEM;

	if (!c)
		goto out;
	c->run[COMPARE_BEFORE] = before;
	c->run[COMPARE_AFTER] = after;
	c->run_cnt[COMPARE_BEFORE] = before_cnt;
	c->run_cnt[COMPARE_AFTER] = after_cnt;
	c->between_runs = before_cnt > 1 && after_cnt > 1;
	see_sources(&w);
	if (matching_init(&matching, c->run, c->run_cnt))
		goto out;
	c->endpoint = calloc(matching.sight_cnt + 1, sizeof(*c->endpoint));
	w.pairs = malloc(most_batches(c) * sizeof(*w.pairs));
	if (!c->endpoint || !w.pairs)
		goto out;
	compare_all(&w, &matching);
	err = adjust(c);
	qsort(c->endpoint, c->endpoint_cnt, sizeof(*c->endpoint), endpoint_compare);
out:
	free(w.pairs);
	matching_release(&matching);
	if (!err)
		return c;
	compare_free(c);
	errno = ENOMEM;
	return NULL;
}

void compare_free(struct comparison *self)
{
	if (self)
		free(self->endpoint);
	free(self);
}
