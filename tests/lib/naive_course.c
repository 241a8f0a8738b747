// SPDX-License-Identifier: GPL-2.0
#include "naive_course.h"

#include <stdlib.h>
#include <string.h>

#include "naive_lives.h"

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Cancelled by its driver, or gone with its device: no failure. */
static bool is_failure(int32_t status)
{
	return status && status != -2 && status != -104 && status != -108;
}

/* Nothing is in flight from a to b: does that stretch belong to a gap? */
static bool in_gap(const struct naive *n, uint64_t a, uint64_t b, uint64_t idle_threshold_ns)
{
	uint64_t last = 0, next = UINT64_MAX;
	bool ended = false;

	for (size_t i = 0; i < n->life_cnt; i++) {
		if (n->lives[i].end_ns <= a) {
			last = later(last, n->lives[i].end_ns);
			ended = true;
		}
		if (n->lives[i].start_ns >= b)
			next = earlier(next, n->lives[i].start_ns);
	}
	return ended && next != UINT64_MAX && next - last < idle_threshold_ns;
}

/* A stretch without an event in it, as far as it lies in a bin. */
static void add_stretch(struct course_bin *bin, uint64_t ns, uint64_t level, bool gap)
{
	bin->level_ns += level * ns;
	bin->active_ns += level ? ns : 0;
	bin->gap_ns += gap ? ns : 0;
	bin->min = earlier(bin->min, level);
	bin->max = later(bin->max, level);
}

void naive_bins(const struct naive_run *run, uint32_t ep, uint64_t bin_ns, size_t bin_cnt,
		struct course_bin *out)
{
	struct naive n;

	naive_init(&n, run->events, run->cnt, ep, run->end_ns);
	for (size_t i = 0; i < bin_cnt; i++)
		out[i] = (struct course_bin){ .min = UINT32_MAX };
	for (size_t m = 0; m + 1 < n.moment_cnt; m++) {
		uint64_t a = n.moments[m], b = n.moments[m + 1], level = naive_level_at(&n, 0, a);
		bool gap = !level && in_gap(&n, a, b, run->idle_threshold_ns);

		for (size_t i = (a - n.start_ns) / bin_ns; i < bin_cnt; i++) {
			uint64_t from = later(a, n.start_ns + i * bin_ns);
			uint64_t to = earlier(b, n.start_ns + (i + 1) * bin_ns);

			if (from >= to)
				break;
			add_stretch(&out[i], to - from, level, gap);
		}
	}
	for (size_t i = 0; i < run->cnt; i++) {
		struct course_bin *bin = &out[(n.time[i] - n.start_ns) / bin_ns];

		if (run->events[i].ep != ep || run->events[i].kind != URB_EV_COMPLETE)
			continue;
		bin->completed++;
		bin->bytes += run->events[i].complete.length;
		bin->failed += is_failure(run->events[i].complete.status);
	}
	naive_release(&n);
}

static bool is_of_class(uint64_t bytes, unsigned int class)
{
	uint64_t upper = class ? UINT64_C(1) << (class - 1) : 0;

	return class ? 2 * bytes > upper && bytes <= upper : !bytes;
}

void naive_sizes(const struct naive_run *run, uint32_t ep, uint64_t size[COURSE_SIZES])
{
	memset(size, 0, COURSE_SIZES * sizeof(*size));
	for (size_t i = 0; i < run->cnt; i++) {
		uint64_t bytes = run->events[i].complete.length;

		if (run->events[i].ep != ep || run->events[i].kind != URB_EV_COMPLETE)
			continue;
		for (unsigned int k = 0; k < COURSE_SIZES; k++)
			size[k] += is_of_class(bytes, k);
	}
}

/* --- moments -------------------------------------------------------------------------------- */

/* A transfer that is over, and the event that told so. */
struct over {
	struct course_transfer transfer;
	size_t event;
	bool itself;		/* by its completion; else the event is about something else, too */
	bool has_latency;
	uint64_t from_ns, latency_ns;
};

/* Does a transfer of its own become known with event i? */
static bool is_named(const struct naive *n, size_t i)
{
	const struct life *ending;

	if (n->events[i].ep != n->ep)
		return false;
	for (size_t l = 0; l < n->life_cnt; l++)
		if (n->lives[l].begin == i)
			return true;
	ending = naive_life_ending(n, i);
	return n->events[i].kind == URB_EV_COMPLETE && (!ending || ending->begin == NEVER);
}

static uint64_t number_of(const struct naive_run *run, const uint32_t *eps, size_t ep_cnt,
			  size_t event)
{
	uint64_t number = 0;
	struct naive n;

	for (size_t e = 0; e < ep_cnt; e++) {
		naive_init(&n, run->events, run->cnt, eps[e], run->end_ns);
		for (size_t i = 0; i <= event; i++)
			number += is_named(&n, i);
		naive_release(&n);
	}
	return number;
}

/* How many were in flight with the submission that began this life. */
static uint32_t depth_of(const struct naive *n, const struct life *life)
{
	uint32_t depth = 0;

	for (size_t i = 0; i < n->life_cnt; i++) {
		const struct life *o = &n->lives[i];

		depth += (o->begin == NEVER || o->begin <= life->begin) &&
			 (o->end == NEVER || o->end > life->begin);
	}
	return depth;
}

/* The event with which the completion i is over; NEVER: it is not yet. */
static size_t over_with(const struct naive *n, size_t i)
{
	if (!(n->events[i].flags & URB_F_HANDLER_FOLLOWS))
		return i;
	for (size_t j = i + 1; j < n->cnt; j++)
		if (n->events[j].ep == n->ep && naive_same(n, i, j) &&
		    (n->events[j].kind == URB_EV_HANDLER || n->events[j].kind == URB_EV_COMPLETE ||
		     naive_is_begin(n, j)))
			return j;
	return NEVER;
}

static void take_begin(const struct naive *n, const struct life *life, struct over *o)
{
	const struct urb_event *s = &n->events[life->begin];

	o->transfer.inherited = s->kind == URB_EV_INFLIGHT;
	if (o->transfer.inherited)
		return;
	o->transfer.depth = depth_of(n, life);
	o->transfer.seen |= s->seen;
	o->transfer.queued_ns = life->start_ns;
	o->transfer.submit_ns = life->start_ns;
	if (s->seen & URB_QUEUED)
		o->transfer.submit_ns = earlier(s->submit.submit_ns, life->start_ns);
	o->from_ns = s->seen & URB_SUBMIT ? o->transfer.submit_ns : life->start_ns;
	o->has_latency = s->seen;
}

/* False: event i is no completion, or its transfer is not over. */
static bool find_over(const struct naive_run *run, const struct naive *n, const uint32_t *eps,
		      size_t ep_cnt, size_t i, struct over *o)
{
	const struct urb_event *c = &n->events[i];
	const struct life *life = naive_life_ending(n, i);
	bool paired = life && life->begin != NEVER;
	uint64_t last = n->time[i];

	*o = (struct over){ .event = life ? over_with(n, i) : i };
	if (c->ep != n->ep || c->kind != URB_EV_COMPLETE || o->event == NEVER)
		return false;
	o->itself = o->event == i;
	o->transfer.number = number_of(run, eps, ep_cnt, paired ? life->begin : i);
	o->transfer.seen = c->seen & (URB_DONE | URB_HANDLER);
	o->transfer.done_ns = o->transfer.handler_ns = last;
	o->transfer.length = c->complete.length;
	o->transfer.status = c->complete.status;
	o->transfer.inherited = life && life->begin == NEVER;
	if (paired)
		take_begin(n, life, o);
	if (!o->itself && n->events[o->event].kind == URB_EV_HANDLER) {
		o->transfer.seen |= URB_HANDLER;
		o->transfer.handler_ns = last = n->time[o->event];
	}
	o->latency_ns = last > o->from_ns ? last - o->from_ns : 0;
	return true;
}

static int compare_over(const void *a, const void *b)
{
	const struct over *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	return (int)x->itself - (int)y->itself;
}

/* The moment between over[at - 1] and over[at]; `own`: it is about over[at]. */
static void fill_moment(struct course_moment *m, enum course_moment_kind kind, uint64_t start_ns,
			uint64_t length_ns, const struct over *over, size_t cnt, size_t at)
{
	size_t from = at > COURSE_AROUND ? at - COURSE_AROUND : 0;
	size_t to = at + COURSE_AROUND + (kind != COURSE_GAP);

	*m = (struct course_moment){ .kind = kind, .start_ns = start_ns, .length_ns = length_ns };
	m->before = at - from;
	for (size_t i = from; i < to && i < cnt; i++)
		m->transfer[m->cnt++] = over[i].transfer;
}

/* Keeps the longest `max`, of equal ones the first. */
static size_t keep(struct course_moment *list, size_t cnt, size_t max,
		   const struct course_moment *m)
{
	size_t at = cnt;

	while (at && list[at - 1].length_ns < m->length_ns)
		at--;
	if (at == max)
		return cnt;
	cnt = cnt < max ? cnt + 1 : max;
	for (size_t i = cnt - 1; i > at; i--)
		list[i] = list[i - 1];
	list[at] = *m;
	return cnt;
}

static size_t find_gaps(const struct naive_run *run, const struct naive *n, const struct over *over,
			size_t cnt, struct course_moment *out)
{
	size_t found = 0;

	for (size_t m = 0; m < n->moment_cnt; m++) {
		uint64_t t = n->moments[m];
		const struct life *next = NULL;
		struct course_moment gap;
		bool ends = false;
		size_t at = 0;

		for (size_t i = 0; i < n->life_cnt; i++) {
			const struct life *l = &n->lives[i];

			ends |= l->end_ns == t;
			if (l->start_ns > t && (!next || l->start_ns < next->start_ns ||
			    (l->start_ns == next->start_ns && l->begin < next->begin)))
				next = l;
		}
		if (!ends || !next || naive_level_at(n, 0, t) ||
		    next->start_ns - t >= run->idle_threshold_ns)
			continue;
		while (at < cnt && (over[at].event < next->begin ||
				    (over[at].event == next->begin && !over[at].itself)))
			at++;
		fill_moment(&gap, COURSE_GAP, t, next->start_ns - t, over, cnt, at);
		found = keep(out, found, COURSE_GAPS, &gap);
	}
	return found;
}

static size_t find_errors(const struct over *over, size_t cnt, struct course_moment *out)
{
	size_t failures = 0, found = 0, nth = 0;

	for (size_t i = 0; i < cnt; i++)
		failures += is_failure(over[i].transfer.status);
	for (size_t i = 0; i < cnt; i++) {
		const struct course_transfer *t = &over[i].transfer;

		if (!is_failure(t->status))
			continue;
		if (nth < COURSE_ERRORS || failures - nth <= COURSE_ERRORS)
			fill_moment(&out[found++], COURSE_ERROR,
				    t->seen & URB_DONE ? t->done_ns : t->handler_ns, 0, over, cnt,
				    i);
		nth++;
	}
	return found;
}

size_t naive_moments(const struct naive_run *run, uint32_t ep, const uint32_t *eps, size_t ep_cnt,
		     struct course_moment out[NAIVE_MOMENTS])
{
	struct over *over = calloc(run->cnt + 1, sizeof(*over));
	size_t cnt = 0, found, delays = 0;
	struct course_moment delay;
	struct naive n;

	if (!over)
		abort();
	naive_init(&n, run->events, run->cnt, ep, run->end_ns);
	for (size_t i = 0; i < run->cnt; i++)
		cnt += find_over(run, &n, eps, ep_cnt, i, &over[cnt]);
	qsort(over, cnt, sizeof(*over), compare_over);
	found = find_gaps(run, &n, over, cnt, out);
	for (size_t i = 0; i < cnt; i++) {
		if (!over[i].has_latency)
			continue;
		fill_moment(&delay, COURSE_DELAY, over[i].from_ns, over[i].latency_ns, over, cnt,
			    i);
		delays = keep(out + found, delays, COURSE_DELAYS, &delay);
	}
	found += delays;
	found += find_errors(over, cnt, out + found);
	naive_release(&n);
	free(over);
	return found;
}
