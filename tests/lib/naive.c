// SPDX-License-Identifier: GPL-2.0
#include "naive_lives.h"

#include <stdlib.h>
#include <string.h>

bool naive_same(const struct naive *n, size_t i, size_t j)
{
	return n->events[i].ep == n->events[j].ep && n->events[i].id == n->events[j].id;
}

bool naive_is_begin(const struct naive *n, size_t i)
{
	return n->events[i].kind == URB_EV_SUBMIT || n->events[i].kind == URB_EV_INFLIGHT;
}

/* Was the transfer that began with event i named between the SYNC before j and j? */
static bool is_confirmed(const struct naive *n, size_t i, size_t j)
{
	for (size_t k = j; k-- > i;) {
		if (n->events[k].kind == URB_EV_SYNC && n->events[k].ep == n->events[j].ep)
			return false;
		if (n->events[k].kind == URB_EV_INFLIGHT && naive_same(n, i, k))
			return true;
	}
	return false;
}

/* Does event j end the transfer that began with event i < j? */
static bool is_end(const struct naive *n, size_t i, size_t j)
{
	const struct urb_event *ev = &n->events[j];

	if (ev->ep != n->ep)
		return false;
	if (ev->kind == URB_EV_SYNC)
		return n->time[i] <= ev->time_ns && !is_confirmed(n, i, j);
	if (!naive_same(n, i, j))
		return false;
	return ev->kind == URB_EV_COMPLETE || ev->kind == URB_EV_SUBMIT ||
	       ev->kind == URB_EV_HANDLER ||
	       (ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE));
}

static void add_life(struct naive *n, size_t begin, size_t end)
{
	struct life *l = &n->lives[n->life_cnt++];

	l->begin = begin;
	l->end = end;
	l->start_ns = begin == NEVER ? n->start_ns : n->time[begin];
	l->end_ns = end == NEVER ? UINT64_MAX : n->time[end];
	l->stream = n->events[begin == NEVER ? end : begin].stream;
}

/* The transfer that event i ends. */
const struct life *naive_life_ending(const struct naive *n, size_t i)
{
	for (size_t l = 0; l < n->life_cnt; l++)
		if (n->lives[l].end == i)
			return &n->lives[l];
	return NULL;
}

static bool is_inside(const struct naive *n, size_t i)
{
	for (size_t l = 0; l < n->life_cnt; l++) {
		const struct life *life = &n->lives[l];

		if (life->begin != NEVER && naive_same(n, life->begin, i) && life->begin < i &&
		    (life->end == NEVER || i < life->end))
			return true;
	}
	return false;
}

static void find_lives(struct naive *n)
{
	for (size_t i = 0; i < n->cnt; i++) {
		size_t end = i + 1;

		if (n->events[i].ep != n->ep || !naive_is_begin(n, i))
			continue;
		if (n->events[i].kind == URB_EV_INFLIGHT && is_inside(n, i))
			continue;
		while (end < n->cnt && !is_end(n, i, end))
			end++;
		add_life(n, i, end < n->cnt ? end : NEVER);
	}
}

/* Completions of ids that were never seen there, before any completion that is paired. */
static void find_inherited(struct naive *n)
{
	for (size_t i = 0; i < n->cnt; i++) {
		bool seen = false;

		if (n->events[i].ep != n->ep || n->events[i].kind != URB_EV_COMPLETE)
			continue;
		for (size_t j = 0; j < i && !seen; j++) {
			const struct urb_event *ev = &n->events[j];
			const struct life *l;

			if (ev->ep != n->ep)
				continue;
			if (ev->id == n->events[i].id && ev->kind != URB_EV_SYNC &&
			    ev->kind != URB_EV_HANDLER && ev->kind != URB_EV_RETURNED &&
			    !(ev->kind == URB_EV_SUBMIT_ERROR && ev->flags & URB_F_ACTIVE))
				seen = true;
			l = naive_life_ending(n, j);
			if (ev->kind == URB_EV_COMPLETE && l && l->begin != NEVER)
				seen = true;
		}
		if (!seen && !naive_life_ending(n, i))
			add_life(n, NEVER, i);
	}
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void find_moments(struct naive *n)
{
	size_t cnt = 0;

	memcpy(n->moments, n->time, n->cnt * sizeof(*n->moments));
	n->moments[n->cnt] = n->end_ns;
	qsort(n->moments, n->cnt + 1, sizeof(*n->moments), compare_times);
	for (size_t i = 0; i <= n->cnt; i++)
		if (!cnt || n->moments[i] != n->moments[cnt - 1])
			n->moments[cnt++] = n->moments[i];
	n->moment_cnt = cnt;
}

void naive_init(struct naive *n, const struct urb_event *events, size_t cnt, uint32_t ep,
		       uint64_t end_ns)
{
	uint64_t last = cnt ? events[0].time_ns : 0;

	*n = (struct naive){ .events = events, .cnt = cnt, .ep = ep, .start_ns = last };
	n->time = calloc(cnt + 1, sizeof(*n->time));
	n->lives = calloc(cnt + 1, sizeof(*n->lives));
	n->moments = calloc(cnt + 1, sizeof(*n->moments));
	if (!n->time || !n->lives || !n->moments)
		abort();
	for (size_t i = 0; i < cnt; i++)
		n->time[i] = last = events[i].time_ns > last ? events[i].time_ns : last;
	n->end_ns = end_ns > last ? end_ns : last;
	find_lives(n);
	find_inherited(n);
	find_moments(n);
}

void naive_release(struct naive *n)
{
	free(n->time);
	free(n->lives);
	free(n->moments);
}

/* Before the part, or its first moment. */
static bool is_before(const struct life *l)
{
	return l->begin == NEVER || l->begin == KNOWN;
}

static bool counts(const struct life *l, uint16_t stream)
{
	return !stream || l->stream == stream;
}

uint64_t naive_level_at(const struct naive *n, uint16_t stream, uint64_t t)
{
	uint64_t level = 0;

	for (size_t i = 0; i < n->life_cnt; i++)
		if (counts(&n->lives[i], stream) && n->lives[i].start_ns <= t &&
		    t < n->lives[i].end_ns)
			level++;
	return level;
}

static void add_time(struct naive_times *t, uint64_t ns)
{
	unsigned int bucket = 0;

	while (ns > hist_upper(bucket))
		bucket++;
	t->bucket[bucket]++;
	t->count++;
	t->total += ns;
	if (ns > t->max)
		t->max = ns;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void compute_levels(const struct naive *n, uint16_t stream, struct naive_figures *out)
{
	for (size_t i = 0; i < n->moment_cnt; i++) {
		uint64_t t = n->moments[i], level = naive_level_at(n, stream, t);

		if (level > out->max)
			out->max = level;
		if (i + 1 < n->moment_cnt && level) {
			out->time_ns[level] += n->moments[i + 1] - t;
			out->busy += n->moments[i + 1] - t;
		}
		out->now = level;
	}
}

/* The HANDLER event of the completion i; NEVER if it was lost or is still to come. */
static size_t find_handler(const struct naive *n, size_t i, bool *over)
{
	*over = false;
	for (size_t j = i + 1; j < n->cnt; j++) {
		if (n->events[j].ep != n->ep || !naive_same(n, i, j))
			continue;
		if (n->events[j].kind == URB_EV_HANDLER)
			return j;
		*over = naive_is_begin(n, j) || n->events[j].kind == URB_EV_COMPLETE;
		if (*over)
			return NEVER;
	}
	return NEVER;
}

/* When complete() of the completion i was entered and had returned, if that was before event j. */
static void find_moments_of_handler(const struct naive *n, size_t i, size_t j, uint64_t *entered,
				    uint64_t *left)
{
	size_t handler = NEVER;
	bool over;

	if (n->events[i].kind == URB_EV_COMPLETE && n->events[i].flags & URB_F_HANDLER_FOLLOWS)
		handler = find_handler(n, i, &over);
	if (handler == NEVER || handler > j)
		return;
	*entered = n->time[handler];
	for (size_t k = handler + 1; k < j; k++)
		if (n->events[k].kind == URB_EV_RETURNED && naive_same(n, i, k) &&
		    n->events[k].seen & URB_RETURNED && n->events[k].returned.handler_ns == *entered)
			*left = n->time[k];
}

/* The gap from t on, after the completion `last`, until `next` begins, whose call was at `call`. */
static void compute_parts(const struct naive *n, size_t last, const struct life *next, uint64_t t,
			  uint64_t call, struct naive_figures *out)
{
	bool known = n->events[last].kind == URB_EV_COMPLETE &&
		     n->events[last].flags & URB_F_HANDLER_FOLLOWS;
	uint64_t entered = UINT64_MAX, left = UINT64_MAX;

	find_moments_of_handler(n, last, next->begin, &entered, &left);
	for (uint64_t now = t; known && now < next->start_ns; now++)
		out->part[now >= call ? 3 : now >= left ? 2 : now >= entered ? 1 : 0]++;
}

/* For each end that leaves nothing in flight: up to the next beginning, if one follows. */
static void compute_zeros(const struct naive *n, uint16_t stream, uint64_t idle_threshold_ns,
			  struct naive_figures *out)
{
	bool any = false;

	for (size_t m = 0; m < n->moment_cnt; m++) {
		uint64_t t = n->moments[m];
		const struct life *next = NULL;
		size_t last = NEVER;

		for (size_t i = 0; i < n->life_cnt; i++) {
			const struct life *l = &n->lives[i];

			if (!counts(l, stream))
				continue;
			any = true;
			if (l->end_ns == t && (last == NEVER || l->end > last))
				last = l->end;
			if (l->start_ns > t && (!next || l->start_ns < next->start_ns ||
			    (l->start_ns == next->start_ns && l->begin < next->begin)))
				next = l;
		}
		if (last == NEVER || !next || naive_level_at(n, stream, t))
			continue;
		if (next->start_ns - t >= idle_threshold_ns) {
			out->idle += next->start_ns - t;
			out->bursts++;
		} else {
			const struct urb_event *ev = &n->events[next->begin];
			uint64_t call = next->start_ns;

			if (ev->kind == URB_EV_SUBMIT && ev->seen & URB_QUEUED &&
			    ev->seen & URB_SUBMIT && ev->submit.submit_ns < call)
				call = ev->submit.submit_ns;
			add_time(&out->gaps, next->start_ns - t);
			add_time(&out->turnaround, minus(call, t));
			compute_parts(n, last, next, t, call, out);
		}
	}
	out->bursts += any;
	out->time_ns[0] = out->gaps.total;
	out->busy += out->gaps.total;
}

static void compute_at_submit(const struct naive *n, uint16_t stream, struct naive_figures *out)
{
	for (size_t i = 0; i < n->life_cnt; i++) {
		const struct life *l = &n->lives[i];
		size_t depth = 0;

		if (!counts(l, stream) || l->begin == NEVER)
			continue;
		out->submission_seen = true;
		if (l->begin == KNOWN || n->events[l->begin].kind != URB_EV_SUBMIT)
			continue;
		for (size_t j = 0; j < n->life_cnt; j++) {
			const struct life *o = &n->lives[j];

			if (counts(o, stream) && (is_before(o) || o->begin <= l->begin) &&
			    (o->end == NEVER || o->end > l->begin))
				depth++;
		}
		out->at_submit[depth]++;
	}
}

static void compute_times(const struct naive *n, const struct life *l, struct naive_figures *out)
{
	const struct urb_event *c = &n->events[l->end];
	uint64_t queued = l->start_ns, submit = l->start_ns, done = l->end_ns, last = done;
	uint8_t began = 0;
	size_t handler;
	bool over;

	if (!is_before(l) && n->events[l->begin].kind == URB_EV_SUBMIT) {
		const struct urb_event *s = &n->events[l->begin];

		began = s->seen;
		if (s->seen & URB_QUEUED && s->submit.submit_ns < submit)
			submit = s->submit.submit_ns;
		if (!(s->seen & URB_SUBMIT))
			submit = queued;
	}
	if (began & URB_QUEUED && c->seen & URB_DONE)
		add_time(&out->service, done - queued);
	if (c->flags & URB_F_HANDLER_FOLLOWS) {
		handler = find_handler(n, l->end, &over);
		if (handler == NEVER && !over)
			return;
		if (handler != NEVER) {
			last = n->time[handler];
			if (c->seen & URB_DONE)
				add_time(&out->giveback, last - done);
		} else if (!(c->seen & URB_DONE)) {
			return;
		}
	}
	if (began)
		add_time(&out->latency, minus(last, submit));
}

static void add_status(struct naive_figures *out, const struct urb_event *ev)
{
	int i = 0;

	while (out->status[i].count && out->status[i].status != ev->complete.status)
		i++;
	out->status[i].status = ev->complete.status;
	out->status[i].count++;
	out->bytes += ev->complete.length;
}

static void count_life(const struct naive *n, const struct life *l, struct naive_figures *out)
{
	unsigned int end = l->end == NEVER ? 0 : n->events[l->end].kind;
	bool inherited = is_before(l) || n->events[l->begin].kind == URB_EV_INFLIGHT;

	if (end == URB_EV_SUBMIT_ERROR)
		return;
	out->inherited += inherited;
	out->inherited_late += l->begin == NEVER;
	out->submitted += !inherited;
	out->open += !end;
	if (end == URB_EV_COMPLETE) {
		out->completed++;
		compute_times(n, l, out);
	} else if (end) {
		out->missed++;
		out->unpaired++;
	}
}

/* Events by themselves: completions, refusals, handlers. */
static void count_events(const struct naive *n, uint16_t stream, struct naive_figures *out)
{
	for (size_t i = n->first; i < n->cnt; i++) {
		const struct urb_event *ev = &n->events[i];
		const struct life *l = naive_life_ending(n, i);
		uint16_t of = ev->stream;

		if (ev->ep != n->ep)
			continue;
		if (l && (ev->kind == URB_EV_COMPLETE || ev->kind == URB_EV_SUBMIT_ERROR))
			of = l->stream;
		if (stream && of != stream)
			continue;
		if (ev->kind == URB_EV_COMPLETE) {
			add_status(out, ev);
			out->unpaired += !l;
		} else if (ev->kind == URB_EV_SUBMIT_ERROR) {
			out->failed_submit++;
		} else if (ev->kind == URB_EV_RETURNED) {
			add_time(&out->handler, minus(n->time[i], ev->returned.handler_ns));
		}
	}
}

static void compute(const struct naive *n, uint16_t stream, uint64_t idle_threshold_ns,
		    struct naive_figures *out)
{
	compute_levels(n, stream, out);
	compute_zeros(n, stream, idle_threshold_ns, out);
	compute_at_submit(n, stream, out);
	count_events(n, stream, out);
	for (size_t i = 0; i < n->life_cnt; i++)
		if (counts(&n->lives[i], stream))
			count_life(n, &n->lives[i], out);
}

void naive_compute(const struct urb_event *events, size_t cnt, uint32_t ep, uint16_t stream,
		   uint64_t end_ns, uint64_t idle_threshold_ns, struct naive_figures *out)
{
	struct naive n;

	memset(out, 0, sizeof(*out));
	naive_init(&n, events, cnt, ep, end_ns);
	compute(&n, stream, idle_threshold_ns, out);
	naive_release(&n);
}

/* Cuts all lives to what happens from event `first` on and before event `end`. */
static void cut(struct naive *n, size_t first, size_t end, uint64_t from_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->life_cnt; i++) {
		struct life l = n->lives[i];
		bool late = l.begin == NEVER;

		if (l.end != NEVER && (l.end < first || (late && l.end >= end)))
			continue;
		if (!late && l.begin >= end)
			continue;
		if (late || l.begin < first)
			l.start_ns = from_ns;
		if (!late && l.begin < first)
			l.begin = KNOWN;
		if (l.end != NEVER && l.end >= end) {
			l.end = NEVER;
			l.end_ns = UINT64_MAX;
		}
		n->lives[kept++] = l;
	}
	n->life_cnt = kept;
	n->first = first;
	n->cnt = end;
}

void naive_compute_part(const struct urb_event *events, size_t cnt, uint32_t ep, uint16_t stream,
			uint64_t from_ns, uint64_t to_ns, uint64_t idle_threshold_ns,
			struct naive_figures *out)
{
	size_t first = 0, end;
	struct naive n;

	memset(out, 0, sizeof(*out));
	naive_init(&n, events, cnt, ep, 0);
	while (first < cnt && n.time[first] < from_ns)
		first++;
	for (end = first; end < cnt && n.time[end] < to_ns; end++)
		;
	n.end_ns = to_ns < n.end_ns ? to_ns : n.end_ns;
	cut(&n, first, end, from_ns);
	for (size_t i = 0; i < first; i++)
		n.time[i] = from_ns;
	find_moments(&n);
	compute(&n, stream, idle_threshold_ns, out);
	naive_release(&n);
}

uint64_t naive_time_at(const struct urb_event *events, size_t cnt, uint32_t ep, uint64_t from_ns,
		       uint64_t to_ns, uint64_t level)
{
	uint64_t total = 0;
	struct naive n;

	naive_init(&n, events, cnt, ep, to_ns);
	for (size_t i = 0; i + 1 < n.moment_cnt; i++) {
		uint64_t a = n.moments[i], b = n.moments[i + 1];

		a = a < from_ns ? from_ns : a;
		b = b > to_ns ? to_ns : b;
		if (a < b && naive_level_at(&n, 0, a) == level)
			total += b - a;
	}
	naive_release(&n);
	return total;
}
