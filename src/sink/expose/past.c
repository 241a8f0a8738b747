// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void past_release(struct past *past)
{
	free(past->time_ns);
	free(past->at_submit);
	free(past->status);
}

static void add_hist(struct hist *to, const struct hist *from)
{
	if (!from)
		return;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	to->sum += from->sum;
}

static void add_times(struct time_figures *to, struct hist *hist, const struct time_figures *from)
{
	add_hist(hist, from->hist);
	to->hist = hist;
	to->count = hist->count;
	to->total_ns = hist->sum;
}

static int add_array(uint64_t **array, size_t *cnt, const uint64_t *from, size_t from_cnt)
{
	if (from_cnt > *cnt) {
		uint64_t *bigger = realloc(*array, from_cnt * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		memset(bigger + *cnt, 0, (from_cnt - *cnt) * sizeof(*bigger));
		*array = bigger;
		*cnt = from_cnt;
	}
	for (size_t i = 0; i < from_cnt; i++)
		(*array)[i] += from[i];
	return 0;
}

static int add_status(struct past *past, const struct status_count *from)
{
	struct status_count *bigger;
	size_t cnt = past->sum.status_cnt;

	for (size_t i = 0; i < cnt; i++) {
		if (past->status[i].status == from->status) {
			past->status[i].count += from->count;
			return 0;
		}
	}
	bigger = realloc(past->status, (cnt + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	bigger[cnt] = *from;
	past->sum.status = past->status = bigger;
	past->sum.status_cnt++;
	return 0;
}

int past_add(struct past *past, const struct endpoint_figures *ep)
{
	struct endpoint_figures *sum = &past->sum;
	int err = 0;

	sum->transfers.submitted += ep->transfers.submitted;
	sum->transfers.completed += ep->transfers.completed;
	sum->transfers.failed_submit += ep->transfers.failed_submit;
	sum->transfers.unpaired += ep->transfers.unpaired;
	sum->transfers.lost += ep->transfers.lost;
	sum->errors += ep->errors;
	sum->bytes += ep->bytes;
	sum->bursts += ep->bursts;
	sum->busy_ns += ep->busy_ns;
	sum->idle_ns += ep->idle_ns;
	sum->unposted_ns += ep->unposted_ns;
	add_hist(&past->gaps, ep->gaps.hist);
	sum->gaps.hist = &past->gaps;
	sum->gaps.count = past->gaps.count;
	sum->gaps.total_ns = past->gaps.sum;
	for (int i = 0; i < GAP_PARTS; i++)
		sum->gaps.part_ns[i] += ep->gaps.part_ns[i];
	add_times(&sum->latency, &past->latency, &ep->latency);
	add_times(&sum->service, &past->service, &ep->service);
	add_times(&sum->turnaround, &past->turnaround, &ep->turnaround);
	for (size_t i = 0; i < ep->status_cnt && !err; i++)
		err = add_status(past, &ep->status[i]);
	if (!err)
		err = add_array(&past->time_ns, &sum->depth.time_cnt, ep->depth.time_ns,
				ep->depth.time_cnt);
	if (!err)
		err = add_array(&past->at_submit, &sum->depth.at_submit_cnt, ep->depth.at_submit,
				ep->depth.at_submit_cnt);
	sum->depth.time_ns = past->time_ns;
	sum->depth.at_submit = past->at_submit;
	return err;
}
