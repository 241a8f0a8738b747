// SPDX-License-Identifier: GPL-2.0
#include "metrics/sum.h"

#include <string.h>

static uint64_t *longer(struct arena *arena, const uint64_t *old, size_t old_cnt, size_t cnt)
{
	uint64_t *values = arena_take(arena, cnt * sizeof(*values));

	if (values && old_cnt)
		memcpy(values, old, old_cnt * sizeof(*values));
	return values;
}

static void add_array(struct arena *arena, const uint64_t **to, size_t *to_cnt,
		      const uint64_t *values, size_t cnt)
{
	uint64_t *sums;

	if (!values || !cnt)
		return;
	if (cnt > *to_cnt) {
		*to = longer(arena, *to, *to_cnt, cnt);
		*to_cnt = *to ? cnt : 0;
	}
	sums = (uint64_t *)*to;
	for (size_t i = 0; sums && i < cnt; i++)
		sums[i] += values[i];
}

static void add_hist(struct arena *arena, const struct hist **to, const struct hist *hist)
{
	struct hist *sum = (struct hist *)*to;

	if (!hist)
		return;
	if (!sum)
		sum = arena_take(arena, sizeof(*sum));
	if (!sum)
		return;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		sum->bucket[i] += hist->bucket[i];
	sum->count += hist->count;
	sum->sum += hist->sum;
	if (hist->max > sum->max)
		sum->max = hist->max;
	*to = sum;
}

static void add_times(struct arena *arena, struct time_figures *to, const struct time_figures *t)
{
	to->seen |= t->seen;
	to->count += t->count;
	to->total_ns += t->total_ns;
	if (t->max_ns > to->max_ns)
		to->max_ns = t->max_ns;
	add_hist(arena, &to->hist, t->hist);
}

static void add_status(struct figures_sum *self, const struct status_count *s)
{
	struct endpoint_figures *to = self->to;
	struct status_count *list = (struct status_count *)to->status;

	for (size_t i = 0; i < to->status_cnt; i++) {
		if (list[i].status == s->status) {
			list[i].count += s->count;
			return;
		}
	}
	list = arena_take(self->arena, (to->status_cnt + 1) * sizeof(*list));
	if (!list)
		return;
	if (to->status_cnt)
		memcpy(list, to->status, to->status_cnt * sizeof(*list));
	list[to->status_cnt++] = *s;
	to->status = list;
}

static void add_counts(struct endpoint_figures *to, const struct endpoint_figures *e)
{
#define ADD(field) (to->field += e->field)
	ADD(transfers.submitted);
	ADD(transfers.completed);
	ADD(transfers.inherited);
	ADD(transfers.inherited_late);
	ADD(transfers.missed);
	ADD(transfers.failed_submit);
	ADD(transfers.unpaired);
	ADD(transfers.lost);
	ADD(errors);
	ADD(bytes);
	ADD(busy_ns);
	ADD(bursts);
	ADD(idle_ns);
	ADD(unposted_ns);
	ADD(gaps.count);
	ADD(gaps.total_ns);
	for (int i = 0; i < GAP_PARTS; i++)
		ADD(gaps.part_ns[i]);
#undef ADD
	to->type = e->type;
	to->gaps.parted = e->gaps.parted;
	to->transfers.open = e->transfers.open;
	to->certain = e->certain;
	to->complete = e->complete;
	to->gone = e->gone;
	to->in_flight_now = e->in_flight_now;
	if (e->in_flight_max > to->in_flight_max)
		to->in_flight_max = e->in_flight_max;
	if (e->gaps.max_ns > to->gaps.max_ns)
		to->gaps.max_ns = e->gaps.max_ns;
}

void figures_sum_add(struct figures_sum *self, const struct endpoint_figures *e)
{
	struct endpoint_figures *to = self->to;

	self->cnt++;
	add_counts(to, e);
	for (size_t i = 0; i < e->status_cnt; i++)
		add_status(self, &e->status[i]);
	to->depth.seen |= e->depth.seen;
	add_array(self->arena, &to->depth.time_ns, &to->depth.time_cnt, e->depth.time_ns,
		  e->depth.time_cnt);
	add_array(self->arena, &to->depth.at_submit, &to->depth.at_submit_cnt, e->depth.at_submit,
		  e->depth.at_submit_cnt);
	add_hist(self->arena, &to->gaps.hist, e->gaps.hist);
	add_times(self->arena, &to->latency, &e->latency);
	add_times(self->arena, &to->service, &e->service);
	add_times(self->arena, &to->giveback_delay, &e->giveback_delay);
	add_times(self->arena, &to->handler, &e->handler);
	add_times(self->arena, &to->turnaround, &e->turnaround);
}

void figures_sum_finish(struct figures_sum *self)
{
	struct endpoint_figures *to = self->to;
	struct time_figures *times[] = { &to->latency, &to->service, &to->giveback_delay,
					 &to->handler, &to->turnaround };

	status_sort((struct status_count *)to->status, to->status_cnt);
	if (to->depth.seen && to->depth.time_ns)
		depth_finish(&to->depth, to->busy_ns);
	if (to->gaps.hist)
		gap_finish(&to->gaps, to->busy_ns);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i]->hist)
			time_finish(times[i]);
	}
}
