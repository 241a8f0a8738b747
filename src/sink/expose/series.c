// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/expose/past.h"

void counter_add(struct counter *counter, uint64_t to, uint64_t from)
{
	counter->sum += (int64_t)(to - from);
	if (counter->sum > 0 && (uint64_t)counter->sum > counter->shown)
		counter->shown = counter->sum;
}

static void series_free(struct series *s)
{
	if (!s)
		return;
	labels_release(&s->labels);
	for (int i = 0; i < SERIES_TALLIES; i++)
		tally_release(&s->tally[i]);
	free(s->status);
	free(s);
}

void series_table_release(struct series_table *table)
{
	for (size_t i = 0; i < table->cnt; i++)
		series_free(table->series[i]);
	free(table->series);
	free(table->of);
	series_free(table->gone);
}

static struct series *series_new(const struct label label[ENDPOINT_LABELS])
{
	struct series *s = calloc(1, sizeof(*s));

	if (s && labels_init(&s->labels, label, ENDPOINT_LABELS)) {
		free(s);
		return NULL;
	}
	return s;
}

/* Where a series of these labels is, or belongs. */
static size_t place_of(const struct series_table *table, const char *text)
{
	size_t low = 0, high = table->cnt;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table->series[middle]->labels.text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct series *series_of(struct series_table *table, const struct endpoint_figures *ep)
{
	struct label label[ENDPOINT_LABELS];
	struct endpoint_label_values store;
	char text[LABELS_TEXT];
	struct series *s;
	size_t at;

	labels_of_endpoint(ep, &store, label);
	labels_text(text, sizeof(text), label, ENDPOINT_LABELS);
	at = place_of(table, text);
	if (at < table->cnt && !strcmp(table->series[at]->labels.text, text))
		return table->series[at];
	if (table->cnt == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 64;
		struct series **bigger = realloc(table->series, capacity * sizeof(*bigger));

		if (!bigger)
			return NULL;
		table->series = bigger;
		table->capacity = capacity;
	}
	s = series_new(label);
	if (!s)
		return NULL;
	s->is_in = urb_ep_is_in(ep->ep);
	s->seen_at = table->snapshots;
	memmove(table->series + at + 1, table->series + at,
		(table->cnt - at) * sizeof(*table->series));
	table->series[at] = s;
	table->cnt++;
	return s;
}

static int status_add(struct series *s, int32_t status, uint64_t to, uint64_t from)
{
	size_t i = 0;

	if (to == from)
		return 0;
	if (!s->status) {
		s->status = calloc(SERIES_STATUSES, sizeof(*s->status));
		if (!s->status)
			return -ENOMEM;
	}
	while (i < s->status_cnt && s->status[i].status != status)
		i++;
	if (i == s->status_cnt && i >= SERIES_STATUSES - 1 && status != STATUS_OTHER)
		return status_add(s, STATUS_OTHER, to, from);
	if (i == s->status_cnt)
		s->status[s->status_cnt++].status = status;
	counter_add(&s->status[i].count, to, from);
	return 0;
}

static uint64_t status_count(const struct endpoint_figures *ep, int32_t status)
{
	for (size_t i = 0; i < ep->status_cnt; i++)
		if (ep->status[i].status == status)
			return ep->status[i].count;
	return 0;
}

/* Failed completions whose status the snapshot does not tell apart. */
static uint64_t untold_errors(const struct endpoint_figures *ep)
{
	uint64_t told = 0;

	for (size_t i = 0; i < ep->status_cnt; i++)
		if (ep->status[i].status)
			told += ep->status[i].count;
	return ep->errors > told ? ep->errors - told : 0;
}

static int add_errors(struct series *s, const struct endpoint_figures *to,
		      const struct endpoint_figures *from)
{
	int err = 0;

	if (to->errors == from->errors)
		return 0;
	for (size_t i = 0; i < to->status_cnt && !err; i++) {
		int32_t status = to->status[i].status;

		if (status)
			err = status_add(s, status, to->status[i].count, status_count(from, status));
	}
	return err ? err : status_add(s, STATUS_OTHER, untold_errors(to), untold_errors(from));
}

/* The integral of the number in flight. */
static uint64_t depth_ns(const struct endpoint_figures *ep)
{
	uint64_t sum = 0;

	for (size_t i = 1; i < ep->depth.time_cnt; i++)
		sum += i * ep->depth.time_ns[i];
	return sum;
}

static uint64_t earlier_depth_ns(const struct endpoint_earlier *e)
{
	size_t cnt = e->from->depth.time_cnt + e->shift + 1;
	uint64_t sum = 0;

	if (!e->shift)
		return depth_ns(e->from);
	for (size_t i = 1; i < cnt; i++)
		sum += i * earlier_time_ns(e, i);
	return sum;
}

static void add_counters(struct series *s, const struct endpoint_figures *to,
			 const struct endpoint_earlier *e)
{
	const struct endpoint_figures *from = e->from;
	struct counter *c = s->counter;

	counter_add(&c[SERIES_SUBMISSIONS], to->transfers.submitted, from->transfers.submitted);
	counter_add(&c[SERIES_COMPLETIONS], to->transfers.completed, from->transfers.completed);
	counter_add(&c[SERIES_REFUSED], to->transfers.failed_submit, from->transfers.failed_submit);
	counter_add(&c[SERIES_UNPAIRED], to->transfers.unpaired, from->transfers.unpaired);
	counter_add(&c[SERIES_LOST], to->transfers.lost, from->transfers.lost);
	counter_add(&c[SERIES_BYTES], to->bytes, from->bytes);
	counter_add(&c[SERIES_BURSTS], to->bursts, e->bursts);
	counter_add(&c[SERIES_BUSY_NS], to->busy_ns, e->busy_ns);
	counter_add(&c[SERIES_GAP_NS], to->gaps.total_ns, e->gaps->total_ns);
	counter_add(&c[SERIES_IDLE_NS], to->idle_ns, e->idle_ns);
	counter_add(&c[SERIES_UNPOSTED_NS], to->unposted_ns, e->unposted_ns);
	counter_add(&c[SERIES_DEPTH_NS], depth_ns(to), earlier_depth_ns(e));
	for (int i = 0; i < GAP_PARTS; i++)
		counter_add(&s->part_ns[i], to->gaps.part_ns[i], e->gaps->part_ns[i]);
}

static int add_times(struct series *s, enum series_tally which, const struct time_figures *to,
		     const struct time_figures *from)
{
	s->sees[which] |= to->seen;
	if (to->count == from->count)
		return 0;
	return tally_grow_times(&s->tally[which], to->hist, from->hist);
}

static int series_add(struct series *s, const struct endpoint_figures *to,
		      const struct endpoint_earlier *e)
{
	const struct endpoint_figures *from = e->from;
	int err[6];

	s->sees_depth |= to->depth.seen;
	s->sees_parts |= to->gaps.parted;
	s->sees[SERIES_DEPTHS] = s->sees[SERIES_GAPS] = s->sees_depth;
	add_counters(s, to, e);
	err[0] = add_errors(s, to, from);
	err[1] = tally_grow_depths(&s->tally[SERIES_DEPTHS], &to->depth, e);
	err[2] = tally_grow_times(&s->tally[SERIES_GAPS], to->gaps.hist, e->gaps->hist);
	err[3] = add_times(s, SERIES_LATENCY, &to->latency, &from->latency);
	err[4] = add_times(s, SERIES_SERVICE, &to->service, &from->service);
	err[5] = add_times(s, SERIES_TURNAROUND, &to->turnaround, e->turnaround);
	for (size_t i = 0; i < sizeof(err) / sizeof(*err); i++)
		if (err[i])
			return err[i];
	return 0;
}

/* Of an endpoint that was gone before nothing is to come, most often. */
static bool is_over(const struct endpoint_figures *to, const struct endpoint_figures *from)
{
	return to->gone && from && from->gone && to->transfers.completed == from->transfers.completed &&
	       to->transfers.unpaired == from->transfers.unpaired &&
	       to->transfers.failed_submit == from->transfers.failed_submit &&
	       to->transfers.lost == from->transfers.lost && to->busy_ns == from->busy_ns &&
	       to->latency.count == from->latency.count;
}

/* *series is its series if that is known, and will be known then. */
static int take_endpoint(struct series_table *table, const struct endpoint_figures *to,
			 const struct endpoint_figures *from, uint64_t window_ns,
			 struct series **series)
{
	struct endpoint_earlier earlier;
	struct series *s;
	int err;

	if (!endpoint_had_traffic(to) || is_over(to, from))
		return 0;
	if (!*series)
		*series = series_of(table, to);
	s = *series;
	if (!s)
		return -ENOMEM;
	earlier = endpoint_earlier(from, to, window_ns);
	err = series_add(s, to, &earlier);
	if (!to->gone) {
		if (!s->now || s->now->serial < to->serial)
			s->now = to;
		s->seen_at = table->snapshots;
	}
	return err;
}

static int same_order(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	if (a->ep != b->ep)
		return a->ep < b->ep ? -1 : 1;
	return (a->serial > b->serial) - (a->serial < b->serial);
}

static int series_fold(struct series *into, const struct series *s)
{
	int err = 0;

	for (int i = 0; i < SERIES_COUNTERS; i++)
		counter_add(&into->counter[i], s->counter[i].shown, 0);
	for (int i = 0; i < GAP_PARTS; i++)
		counter_add(&into->part_ns[i], s->part_ns[i].shown, 0);
	for (size_t i = 0; i < s->status_cnt && !err; i++)
		err = status_add(into, s->status[i].status, s->status[i].count.shown, 0);
	for (int i = 0; i < SERIES_TALLIES && !err; i++) {
		into->sees[i] |= s->sees[i];
		err = tally_merge(&into->tally[i], &s->tally[i]);
	}
	into->sees_depth |= s->sees_depth;
	into->sees_parts |= s->sees_parts;
	return err;
}

static int longest_gone_first(const void *a, const void *b)
{
	const struct series *x = *(struct series *const *)a, *y = *(struct series *const *)b;

	if (x->seen_at != y->seen_at)
		return x->seen_at < y->seen_at ? -1 : 1;
	return strcmp(x->labels.text, y->labels.text);
}

/* NULL: no memory. */
static struct series *sum_of_gone(struct series_table *table)
{
	if (!table->gone) {
		table->gone = series_new(labels_of_gone);
		if (table->gone)
			table->gone->is_in = true;
	}
	return table->gone;
}

/* Puts those that are gone and beyond gone_max into the sum. */
static int fold_gone(struct series_table *table)
{
	struct series **gone = malloc(table->cnt * sizeof(*gone));
	size_t gone_cnt = 0, fold_cnt, kept = 0;
	int err = 0;

	if (!gone)
		return table->cnt ? -ENOMEM : 0;
	for (size_t i = 0; i < table->cnt; i++)
		if (!table->series[i]->now)
			gone[gone_cnt++] = table->series[i];
	fold_cnt = gone_cnt > table->gone_max ? gone_cnt - table->gone_max : 0;
	if (fold_cnt && sum_of_gone(table)) {
		qsort(gone, gone_cnt, sizeof(*gone), longest_gone_first);
		for (size_t i = 0; i < fold_cnt; i++) {
			int folded = series_fold(table->gone, gone[i]);

			err = err ? err : folded;
			gone[i]->seen_at = 0;	/* snapshots count from 1 */
		}
		for (size_t i = 0; i < table->cnt; i++) {
			if (table->series[i]->seen_at)
				table->series[kept++] = table->series[i];
			else
				series_free(table->series[i]);
		}
		table->cnt = kept;
	} else if (fold_cnt) {
		err = -ENOMEM;
	}
	free(gone);
	return err;
}

/*
 * Endpoints that made room since `from`: what happened on them after the last snapshot that had them is in
 * the sum of those that made room, and in no series yet.
 */
static int take_forgotten(struct series_table *table, const struct snapshot *to,
			  const struct snapshot *from)
{
	struct endpoint_earlier earlier;
	struct past past = { 0 };
	struct series *gone;
	size_t i = 0;
	int err = 0;

	if (!to->forgotten || (from && to->endpoints_forgotten == from->endpoints_forgotten))
		return 0;
	gone = sum_of_gone(table);
	if (!gone)
		return -ENOMEM;
	if (from && from->forgotten)
		err = past_add(&past, from->forgotten);
	for (size_t j = 0; from && j < from->endpoint_cnt && !err; j++) {
		while (i < to->endpoint_cnt &&
		       same_order(&to->endpoints[i], &from->endpoints[j]) < 0)
			i++;
		if (i == to->endpoint_cnt || same_order(&to->endpoints[i], &from->endpoints[j]))
			err = past_add(&past, &from->endpoints[j]);
	}
	if (!err) {
		past.sum.transfers.inherited_late = to->forgotten->transfers.inherited_late;
		earlier = endpoint_earlier(&past.sum, to->forgotten, 0);
		err = series_add(gone, to->forgotten, &earlier);
	}
	past_release(&past);
	return err;
}

/* Each endpoint of `to`, and what it was in `from`. Leaves their series in `of`, which may be NULL. */
static int take_endpoints(struct series_table *table, const struct snapshot *to,
			  const struct snapshot *from, struct series **of)
{
	uint64_t window_ns = from ? from->end_ns - from->start_ns : 0;
	size_t from_cnt = from ? from->endpoint_cnt : 0, j = 0;
	int err = 0;

	for (size_t i = 0; i < to->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &to->endpoints[i], *before = NULL;
		struct series *series = NULL;
		int taken;

		while (j < from_cnt && same_order(&from->endpoints[j], ep) < 0)
			j++;
		if (j < from_cnt && !same_order(&from->endpoints[j], ep))
			before = &from->endpoints[j];
		if (before && table->of && labels_stay(ep, before))
			series = table->of[j];
		taken = take_endpoint(table, ep, before, window_ns, &series);
		err = err ? err : taken;
		/* the series of one that is gone may soon be in the sum of the rest */
		if (of && !ep->gone)
			of[i] = series;
	}
	return err;
}

int series_take(struct series_table *table, const struct snapshot *to, const struct snapshot *from)
{
	/* without memory for it they are looked up by their labels again */
	struct series **of = calloc(to->endpoint_cnt, sizeof(*of));
	int err, forgotten, folded;

	table->snapshots++;
	for (size_t i = 0; i < table->cnt; i++)
		table->series[i]->now = NULL;
	err = take_endpoints(table, to, from, of);
	free(table->of);
	table->of = of;
	forgotten = take_forgotten(table, to, from);
	folded = fold_gone(table);
	return err ? err : forgotten ? forgotten : folded;
}
