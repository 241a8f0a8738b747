// SPDX-License-Identifier: GPL-2.0
#include "urbscope/batcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/meter.h"
#include "urbscope/findings.h"

#define FIRST_BATCHES 16

/* The batches of one endpoint, and its account at the end of the last one. */
struct cut {
	uint32_t serial;	/* 0: not used */
	uint32_t cnt, capacity;
	uint64_t unit_ns;
	struct batch *batch;
	struct batch account;	/* since the run began */
};

struct batcher {
	struct cut *cut;	/* by the tracker's index of the endpoint */
	uint32_t cnt;
};

struct batcher *batcher_new(void)
{
	return calloc(1, sizeof(struct batcher));
}

void batcher_free(struct batcher *self)
{
	if (!self)
		return;
	for (uint32_t i = 0; i < self->cnt; i++)
		free(self->cut[i].batch);
	free(self->cut);
	free(self);
}

static uint64_t cancelled(const struct meter *m)
{
	uint64_t cnt = 0;

	for (uint32_t i = 0; i < m->status_cnt; i++)
		cnt += status_is_cancel(m->status[i].status) ? m->status[i].count : 0;
	return cnt;
}

/* All that a meter has counted up to `now`. */
static struct batch account_of(const struct metrics *metrics, const struct meter *m, uint64_t now)
{
	const struct lazy_hist *gap = m->hist[METER_GAP], *latency = m->hist[METER_LATENCY];
	bool held = m->level && !m->doubtful && now > m->since_ns;
	uint64_t going_on = held ? now - m->since_ns : 0;
	struct batch a = {
		.wall_ns = now > metrics->start_ns ? now - metrics->start_ns : 0,
		.gap_ns = gap ? gap->sum : 0,
		.gaps = gap ? gap->count : 0,
		.level_ns = going_on * m->level,
		.latency_ns = latency ? latency->sum : 0,
		.latency_cnt = latency ? latency->count : 0,
		.bytes = m->bytes,
		.completed = m->completed + m->unpaired - m->missed,
		.submissions = m->submitted + m->failed_submit,
		.refused = m->failed_submit,
	};

	a.busy_ns = m->active_ns + going_on + a.gap_ns;
	a.failures = a.completed - m->ok - cancelled(m);
	for (uint32_t i = 1; i < m->cell_cnt; i++)
		a.level_ns += m->cells[i].time_ns * i;
	return a;
}

static uint64_t minus(uint64_t to, uint64_t from)
{
	return to > from ? to - from : 0;
}

static struct batch account_minus(const struct batch *to, const struct batch *from)
{
	return (struct batch){
		.wall_ns = minus(to->wall_ns, from->wall_ns),
		.busy_ns = minus(to->busy_ns, from->busy_ns),
		.gap_ns = minus(to->gap_ns, from->gap_ns),
		.level_ns = minus(to->level_ns, from->level_ns),
		.gaps = minus(to->gaps, from->gaps),
		.latency_ns = minus(to->latency_ns, from->latency_ns),
		.latency_cnt = minus(to->latency_cnt, from->latency_cnt),
		.bytes = minus(to->bytes, from->bytes),
		.completed = minus(to->completed, from->completed),
		.failures = minus(to->failures, from->failures),
		.submissions = minus(to->submissions, from->submissions),
		.refused = minus(to->refused, from->refused),
	};
}

static void pair_up(struct cut *c)
{
	for (uint32_t i = 0; i < c->cnt / 2; i++) {
		struct batch both = c->batch[2 * i];

		batch_add(&both, &c->batch[2 * i + 1]);
		c->batch[i] = both;
	}
	c->cnt /= 2;
	c->unit_ns *= 2;
}

static int make_room(struct cut *c)
{
	uint32_t capacity = c->capacity ? c->capacity * 2 : FIRST_BATCHES;
	struct batch *p;

	if (c->cnt < c->capacity)
		return 0;
	p = realloc(c->batch, capacity * sizeof(*p));
	if (!p)
		return -ENOMEM;
	c->batch = p;
	c->capacity = capacity;
	return 0;
}

static int end_batch(struct cut *c, const struct metrics *metrics, const struct meter *m,
		     uint64_t now)
{
	struct batch account;
	int err = make_room(c);

	if (err)
		return err;
	account = account_of(metrics, m, now);
	c->batch[c->cnt++] = account_minus(&account, &c->account);
	c->account = account;
	if (c->cnt == BATCHES_MAX)
		pair_up(c);
	return 0;
}

/* One transfer more was in flight, all of the time: as late_from() in interval.c. */
static void raise_past(struct batch *b)
{
	b->busy_ns = b->wall_ns;
	b->gap_ns = b->gaps = 0;
	b->level_ns += b->wall_ns;
}

static struct cut *cut_renew(struct batcher *self, const struct track_step *step)
{
	struct cut *c;

	if (step->endpoint >= self->cnt) {
		uint32_t cnt = self->cnt ? self->cnt * 2 : FIRST_BATCHES;

		while (cnt <= step->endpoint)
			cnt *= 2;
		c = realloc(self->cut, cnt * sizeof(*c));
		if (!c)
			return NULL;
		memset(c + self->cnt, 0, (cnt - self->cnt) * sizeof(*c));
		self->cut = c;
		self->cnt = cnt;
	}
	c = &self->cut[step->endpoint];
	free(c->batch);
	*c = (struct cut){ .serial = step->serial, .unit_ns = BATCH_UNIT_NS };
	return c;
}

int batcher_apply(struct batcher *self, const struct metrics *metrics, const struct track_step *step)
{
	const struct meter *m = meters_get(&metrics->endpoints, step->endpoint);
	const struct lazy_hist *gap;
	struct cut *c;

	if (step->new_endpoint && !cut_renew(self, step))
		return -ENOMEM;
	if ((step->kind != TRACK_COMPLETED && step->kind != TRACK_INHERITED) || !m ||
	    step->endpoint >= self->cnt)
		return 0;
	c = &self->cut[step->endpoint];
	if (step->kind == TRACK_INHERITED) {
		for (uint32_t i = 0; i < c->cnt; i++)
			raise_past(&c->batch[i]);
		raise_past(&c->account);
	}
	gap = m->hist[METER_GAP];
	if (minus(m->active_ns + (gap ? gap->sum : 0), c->account.busy_ns) < c->unit_ns)
		return 0;
	return end_batch(c, metrics, m, step->time_ns);
}

/* With what followed the last cut; one more than there are, then. */
static size_t copy_batches(struct batch *to, const struct cut *c, const struct metrics *metrics,
			   const struct meter *m, uint64_t now)
{
	struct batch account = account_of(metrics, m, now);

	if (c->cnt)
		memcpy(to, c->batch, c->cnt * sizeof(*to));
	to[c->cnt] = account_minus(&account, &c->account);
	return (size_t)c->cnt + 1;
}

static int list_compare(const void *a, const void *b)
{
	uint32_t x = ((const struct batch_list *)a)->serial;
	uint32_t y = ((const struct batch_list *)b)->serial;

	return (x > y) - (x < y);
}

struct batches *batcher_batches(const struct batcher *self, const struct metrics *metrics,
				const struct snapshot *snap)
{
	size_t lists = 0, batches = 0;
	struct batches *out;
	struct batch_list *list;
	struct batch *batch;

	for (uint32_t i = 0; i < self->cnt; i++) {
		lists += self->cut[i].serial != 0;
		batches += self->cut[i].serial ? self->cut[i].cnt + 1 : 0;
	}
	out = malloc(sizeof(*out) + lists * sizeof(*list) + batches * sizeof(*batch));
	if (!out) {
		errno = ENOMEM;
		return NULL;
	}
	_Static_assert(sizeof(*out) % _Alignof(struct batch) == 0 &&
			       sizeof(*batch) % _Alignof(struct batch_list) == 0, "one block holds all");
	batch = (struct batch *)(out + 1);
	list = (struct batch_list *)(batch + batches);
	*out = (struct batches){ .list = list };
	for (uint32_t i = 0; i < self->cnt; i++) {
		const struct cut *c = &self->cut[i];
		const struct meter *m = meters_get(&metrics->endpoints, i);

		if (!c->serial || !m)
			continue;
		list[out->cnt].serial = c->serial;
		list[out->cnt].batch = batch;
		list[out->cnt].cnt = copy_batches(batch, c, metrics, m, snap->end_ns);
		batch += list[out->cnt++].cnt;
	}
	if (out->cnt)
		qsort(list, out->cnt, sizeof(*list), list_compare);
	return out;
}
