// SPDX-License-Identifier: GPL-2.0
#include "urbscope/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/history_pack.h"
#include "metrics/sum.h"

struct moment {
	uint64_t start_ns, end_ns;
	uint64_t run_start_ns, idle_threshold_ns;
	struct {
		uint64_t submit, complete, submit_error, lost, skipped;
	} run, interval;
	uint64_t endpoints_dropped, streams_dropped;
	size_t endpoint_cnt;
	uint8_t *bytes;
	size_t size;
};

struct history {
	uint64_t span_ns;
	size_t budget, held;
	struct moment *ring;	/* of `room`, a power of two */
	size_t room, begin, cnt;
	uint64_t last;		/* number of the newest */
};

struct history *history_new(uint64_t span_ns, size_t bytes)
{
	struct history *self = calloc(1, sizeof(*self));

	if (!self) {
		errno = ENOMEM;
		return NULL;
	}
	self->span_ns = span_ns;
	self->budget = bytes;
	return self;
}

static struct moment *at(const struct history *self, size_t i)
{
	return &self->ring[(self->begin + i) & (self->room - 1)];
}

static void drop_oldest(struct history *self)
{
	struct moment *m = at(self, 0);

	self->held -= m->size + sizeof(*m);
	free(m->bytes);
	self->begin = (self->begin + 1) & (self->room - 1);
	self->cnt--;
}

static void drop_newest(struct history *self)
{
	struct moment *m = at(self, self->cnt - 1);

	self->held -= m->size + sizeof(*m);
	free(m->bytes);
	self->cnt--;
	self->last--;
}

void history_free(struct history *self)
{
	if (!self)
		return;
	while (self->cnt)
		drop_oldest(self);
	free(self->ring);
	free(self);
}

uint64_t history_first(const struct history *self)
{
	return self->cnt ? self->last - self->cnt + 1 : 0;
}

uint64_t history_last(const struct history *self)
{
	return self->cnt ? self->last : 0;
}

static const struct moment *moment_of(const struct history *self, uint64_t moment)
{
	uint64_t first = history_first(self);

	return first && moment >= first && moment <= self->last ? at(self, moment - first) : NULL;
}

uint64_t history_time(const struct history *self, uint64_t moment)
{
	const struct moment *m = moment_of(self, moment);

	return m ? m->end_ns : 0;
}

size_t history_bytes(const struct history *self)
{
	return self->held;
}

/* Room for one more. */
static int grow(struct history *self)
{
	size_t room = self->room ? self->room * 2 : 64;
	struct moment *ring;

	if (self->cnt < self->room)
		return 0;
	ring = calloc(room, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < self->cnt; i++)
		ring[i] = *at(self, i);
	free(self->ring);
	self->ring = ring;
	self->room = room;
	self->begin = 0;
	return 0;
}

static const struct endpoint_figures *find(const struct snapshot *snap, size_t guess,
					   uint32_t serial)
{
	if (guess < snap->endpoint_cnt && snap->endpoints[guess].serial == serial)
		return &snap->endpoints[guess];
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		if (snap->endpoints[i].serial == serial)
			return &snap->endpoints[i];
	}
	return NULL;
}

static int pack_all(struct moment *m, const struct snapshot *total,
		    const struct snapshot *interval)
{
	static const struct endpoint_figures nothing;
	struct pack pack = { 0 };
	uint8_t *fit;

	for (size_t i = 0; i < total->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &total->endpoints[i];
		const struct endpoint_figures *now = find(interval, i, e->serial);

		pack_endpoint(&pack, e, now ? now : &nothing);
	}
	if (pack.failed) {
		free(pack.bytes);
		return -ENOMEM;
	}
	fit = pack.used ? realloc(pack.bytes, pack.used) : NULL;
	m->bytes = fit ? fit : pack.bytes;
	m->size = pack.used;
	m->endpoint_cnt = total->endpoint_cnt;
	return 0;
}

#define COPY_EVENTS(to, from)                                                            \
	((to).submit = (from).submit, (to).complete = (from).complete,                   \
	 (to).submit_error = (from).submit_error, (to).lost = (from).lost,               \
	 (to).skipped = (from).skipped)

int history_add(struct history *self, const struct snapshot *total,
		const struct snapshot *interval)
{
	struct moment m = {
		.start_ns = interval->start_ns, .end_ns = interval->end_ns,
		.run_start_ns = total->start_ns, .idle_threshold_ns = total->idle_threshold_ns,
		.endpoints_dropped = total->endpoints_dropped,
		.streams_dropped = total->streams_dropped,
	};
	int err = grow(self);

	if (!err)
		err = pack_all(&m, total, interval);
	if (err)
		return err;
	COPY_EVENTS(m.run, total->events);
	COPY_EVENTS(m.interval, interval->events);
	while (self->cnt && at(self, self->cnt - 1)->end_ns > m.start_ns)
		drop_newest(self);
	self->cnt++;
	self->last++;
	*at(self, self->cnt - 1) = m;
	self->held += m.size + sizeof(m);
	while (self->cnt > 1 && (self->held > self->budget ||
				 m.end_ns - at(self, 0)->end_ns >= self->span_ns))
		drop_oldest(self);
	return 0;
}

/* What does not change, from a later total. */
static void put_name(struct endpoint_figures *e, const struct endpoint_figures *known)
{
	if (!known)
		return;
	e->ep = known->ep;
	e->facts = known->facts;
	e->gone_ns = e->gone ? known->gone_ns : 0;
}

static void put_names(struct endpoint_figures *e, const struct endpoint_figures *known)
{
	struct endpoint_figures *streams = (struct endpoint_figures *)e->streams;

	put_name(e, known);
	for (size_t i = 0; i < e->stream_cnt; i++)
		put_name(&streams[i], known);
}

static struct snapshot *shell(const struct moment *m, const struct snapshot *latest,
			      struct arena **arena)
{
	struct snapshot *snap = snapshot_new(arena);

	if (!snap)
		return NULL;
	snap->source = latest->source;
	snap->end_ns = m->end_ns;
	snap->idle_threshold_ns = m->idle_threshold_ns;
	snap->endpoints_dropped = m->endpoints_dropped;
	snap->streams_dropped = m->streams_dropped;
	return snap;
}

static int recall_endpoints(const struct moment *m, const struct snapshot *latest,
			    struct snapshot *total, struct arena *run, struct snapshot *interval,
			    struct arena *part)
{
	struct unpack from = { m->bytes, m->bytes + m->size };
	struct endpoint_figures *t = arena_take(run, m->endpoint_cnt * sizeof(*t));
	struct endpoint_figures *n = arena_take(part, m->endpoint_cnt * sizeof(*n));
	size_t cnt = 0;

	if (m->endpoint_cnt && (!t || !n))
		return -ENOMEM;
	total->endpoints = t;
	interval->endpoints = n;
	for (size_t i = 0; i < m->endpoint_cnt; i++) {
		const struct endpoint_figures *known;

		t[cnt] = n[cnt] = (struct endpoint_figures){ 0 };
		unpack_endpoint(&from, run, &t[cnt], part, &n[cnt]);
		known = find(latest, cnt, t[cnt].serial);
		if (!known)
			continue;
		put_names(&t[cnt], known);
		put_names(&n[cnt++], known);
	}
	total->endpoint_cnt = interval->endpoint_cnt = cnt;
	return 0;
}

int history_recall(const struct history *self, uint64_t moment, const struct snapshot *latest,
		   struct snapshot **total, struct snapshot **interval)
{
	const struct moment *m = moment_of(self, moment);
	struct arena *run = NULL, *part = NULL;

	if (!m)
		return -ENOENT;
	*total = shell(m, latest, &run);
	*interval = shell(m, latest, &part);
	if (!*total || !*interval)
		goto no_memory;
	(*total)->start_ns = m->run_start_ns;
	(*interval)->start_ns = m->start_ns;
	COPY_EVENTS((*total)->events, m->run);
	COPY_EVENTS((*interval)->events, m->interval);
	if (recall_endpoints(m, latest, *total, run, *interval, part))
		goto no_memory;
	*interval = snapshot_finish(*interval);
	*total = snapshot_finish(*total);
	if (*total && *interval)
		return 0;
no_memory:
	snapshot_free(*total);
	snapshot_free(*interval);
	*total = *interval = NULL;
	return -ENOMEM;
}

static size_t first_in(const struct history *self, uint64_t to, uint64_t span_ns)
{
	uint64_t from = to > span_ns ? to - span_ns : 0;
	size_t low = 0, high = self->cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (at(self, mid)->end_ns > from)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

void history_trend(const struct history *self, uint64_t to, uint64_t span_ns,
		   void (*see)(void *ctx, uint32_t serial, const struct history_point *point),
		   void *ctx)
{
	for (size_t i = first_in(self, to, span_ns); i < self->cnt; i++) {
		const struct moment *m = at(self, i);
		struct unpack from = { m->bytes, m->bytes + m->size };
		struct history_point point;
		uint32_t serial;

		if (m->end_ns > to)
			break;
		while (unpack_point(&from, &serial, &point)) {
			point.start_ns = m->start_ns;
			point.end_ns = m->end_ns;
			see(ctx, serial, &point);
		}
	}
}

static bool one_of_moment(const struct moment *m, uint32_t serial, struct unpack *from)
{
	uint32_t found;

	*from = (struct unpack){ m->bytes, m->bytes + m->size };
	while (unpack_serial(from, &found)) {
		if (found == serial)
			return true;
		unpack_skip(from);
	}
	return false;
}

static const struct endpoint_figures *stream_of(const struct endpoint_figures *e, uint16_t stream)
{
	for (size_t i = 0; stream && i < e->stream_cnt; i++) {
		if (e->streams[i].stream == stream)
			return &e->streams[i];
	}
	return stream ? NULL : e;
}

static int add_moment(const struct moment *m, uint32_t serial, uint16_t stream,
		      struct figures_sum *sum)
{
	struct endpoint_figures run, part;
	const struct endpoint_figures *one;
	struct arena *arena;
	struct snapshot *scratch;
	struct unpack from;

	if (!one_of_moment(m, serial, &from))
		return 0;
	scratch = snapshot_new(&arena);
	if (!scratch)
		return -ENOMEM;
	memset(&run, 0, sizeof(run));
	memset(&part, 0, sizeof(part));
	unpack_endpoint(&from, arena, &run, arena, &part);
	one = stream_of(&part, stream);
	if (one)
		figures_sum_add(sum, one);
	scratch = snapshot_finish(scratch);
	snapshot_free(scratch);
	return scratch ? 0 : -ENOMEM;
}

struct snapshot *history_sum(const struct history *self, const struct snapshot *latest,
			     uint32_t serial, uint16_t stream, uint64_t to, uint64_t span_ns)
{
	size_t i = first_in(self, to, span_ns);
	struct figures_sum sum = { 0 };
	struct endpoint_figures *e;
	struct snapshot *snap = snapshot_new(&sum.arena);

	if (!snap)
		return NULL;
	snap->source = latest->source;
	e = arena_take(sum.arena, sizeof(*e));
	if (!e)
		return snapshot_finish(snap);
	sum.to = e;
	for (; i < self->cnt && at(self, i)->end_ns <= to; i++) {
		const struct moment *m = at(self, i);

		if (!snap->start_ns)
			snap->start_ns = m->start_ns;
		snap->end_ns = m->end_ns;
		snap->idle_threshold_ns = m->idle_threshold_ns;
		if (add_moment(m, serial, stream, &sum))
			sum.arena->failed = true;
	}
	if (sum.cnt) {
		figures_sum_finish(&sum);
		put_name(e, find(latest, 0, serial));
		e->serial = serial;
		e->stream = stream;
		snap->endpoints = e;
		snap->endpoint_cnt = 1;
	}
	return snapshot_finish(snap);
}
