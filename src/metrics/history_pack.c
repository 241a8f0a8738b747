// SPDX-License-Identifier: GPL-2.0
#include "metrics/history_pack.h"

#include <stdlib.h>
#include <string.h>

#include "urbscope/findings.h"

enum { CERTAIN = 1 << 0, COMPLETE = 1 << 1, GONE = 1 << 2, DEPTH_SEEN = 1 << 3, STILL = 1 << 4 };

static void put(struct pack *pack, uint64_t value)
{
	if (pack->room - pack->used < 10) {
		size_t room = pack->room ? pack->room * 2 : 4096;
		uint8_t *bytes = pack->failed ? NULL : realloc(pack->bytes, room);

		if (!bytes) {
			pack->failed = true;
			return;
		}
		pack->bytes = bytes;
		pack->room = room;
	}
	for (; value >= 0x80; value >>= 7)
		pack->bytes[pack->used++] = value | 0x80;
	pack->bytes[pack->used++] = value;
}

static uint64_t get(struct unpack *from)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	while (from->at < from->end) {
		uint8_t byte = *from->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
		shift += 7;
	}
	return value;
}

/* Small negative numbers stay short: 0, -1, 1, -2, ... */
static void put_signed(struct pack *pack, int64_t value)
{
	put(pack, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static int64_t get_signed(struct unpack *from)
{
	uint64_t v = get(from);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* An array by its entries that are not 0, each with its distance from the one before. */
static void put_sparse(struct pack *pack, const uint64_t *values, size_t cnt)
{
	size_t used = 0, last = 0;

	for (size_t i = 0; values && i < cnt; i++)
		used += values[i] != 0;
	put(pack, used);
	for (size_t i = 0; used && i < cnt; i++) {
		if (!values[i])
			continue;
		put(pack, i - last);
		put(pack, values[i]);
		last = i;
	}
}

/* At least `least` entries. */
static const uint64_t *get_sparse(struct unpack *from, struct arena *arena, size_t least,
				  size_t *cnt)
{
	size_t used = get(from), at = 0;
	struct unpack ahead = *from;
	uint64_t *values;

	for (size_t i = 0; i < used; i++) {
		at += get(&ahead);
		get(&ahead);
	}
	*cnt = used && at + 1 > least ? at + 1 : least;
	values = arena_take(arena, *cnt * sizeof(*values));
	for (size_t i = at = 0; i < used; i++) {
		at += get(from);
		if (values)
			values[at] = get(from);
		else
			get(from);
	}
	if (!values)
		*cnt = 0;
	return values;
}

static void put_hist(struct pack *pack, const struct hist *hist)
{
	put_sparse(pack, hist ? hist->bucket : NULL, HIST_BUCKETS);
}

static const struct hist *get_hist(struct unpack *from, struct arena *arena, uint64_t count,
				   uint64_t sum, uint64_t max)
{
	size_t used = get(from), at = 0;
	struct hist *hist = used ? arena_take(arena, sizeof(*hist)) : NULL;

	for (size_t i = 0; i < used; i++) {
		uint64_t value;

		at += get(from);
		value = get(from);
		if (hist && at < HIST_BUCKETS)
			hist->bucket[at] = value;
	}
	if (hist) {
		hist->count = count;
		hist->sum = sum;
		hist->max = max;
	}
	return hist;
}

static void put_times(struct pack *pack, const struct time_figures *t)
{
	put(pack, t->seen);
	put(pack, t->count);
	if (!t->count)
		return;
	put(pack, t->total_ns);
	put(pack, t->max_ns);
	put_hist(pack, t->hist);
}

static void get_times(struct unpack *from, struct arena *arena, struct time_figures *t)
{
	t->seen = get(from);
	t->count = get(from);
	if (!t->count)
		return;
	t->total_ns = get(from);
	t->max_ns = get(from);
	t->hist = get_hist(from, arena, t->count, t->total_ns, t->max_ns);
	if (t->hist)
		time_finish(t);
}

static void put_transfers(struct pack *pack, const struct endpoint_figures *e)
{
	put(pack, e->transfers.submitted);
	put(pack, e->transfers.completed);
	put(pack, e->transfers.inherited);
	put(pack, e->transfers.inherited_late);
	put(pack, e->transfers.open);
	put(pack, e->transfers.missed);
	put(pack, e->transfers.failed_submit);
	put(pack, e->transfers.unpaired);
	put(pack, e->transfers.lost);
	put(pack, e->errors);
	put(pack, e->bytes);
	put(pack, e->status_cnt);
	for (size_t i = 0; i < e->status_cnt; i++) {
		put_signed(pack, e->status[i].status);
		put(pack, e->status[i].count);
	}
}

static void get_transfers(struct unpack *from, struct arena *arena, struct endpoint_figures *e)
{
	struct status_count *status;

	e->transfers.submitted = get(from);
	e->transfers.completed = get(from);
	e->transfers.inherited = get(from);
	e->transfers.inherited_late = get(from);
	e->transfers.open = get(from);
	e->transfers.missed = get(from);
	e->transfers.failed_submit = get(from);
	e->transfers.unpaired = get(from);
	e->transfers.lost = get(from);
	e->errors = get(from);
	e->bytes = get(from);
	e->status_cnt = get(from);
	status = arena_take(arena, e->status_cnt * sizeof(*status));
	for (size_t i = 0; i < e->status_cnt; i++) {
		struct status_count s = { .status = get_signed(from) };

		s.count = get(from);
		if (status)
			status[i] = s;
	}
	e->status = status;
	if (!status)
		e->status_cnt = 0;
}

/* What seen-but-empty distributions of the run are called later. */
static unsigned int seen_bits(const struct endpoint_figures *e)
{
	return e->latency.seen | e->service.seen << 1 | e->giveback_delay.seen << 2 |
	       e->handler.seen << 3 | e->turnaround.seen << 4 | e->gaps.parted << 5;
}

static void put_parts(struct pack *pack, const struct gap_figures *gaps)
{
	put(pack, gaps->parted);
	for (int i = 0; gaps->parted && i < GAP_PARTS; i++)
		put(pack, gaps->part_ns[i]);
}

static void get_parts(struct unpack *from, struct gap_figures *gaps)
{
	gaps->parted = get(from);
	for (int i = 0; gaps->parted && i < GAP_PARTS; i++)
		gaps->part_ns[i] = get(from);
}

static void put_interval(struct pack *pack, const struct endpoint_figures *e)
{
	put_transfers(pack, e);
	put(pack, e->in_flight_max);
	put(pack, e->bursts);
	put(pack, e->idle_ns);
	put(pack, e->unposted_ns);
	put_sparse(pack, e->depth.time_ns, e->depth.time_cnt);
	put_sparse(pack, e->depth.at_submit, e->depth.at_submit_cnt);
	put(pack, e->gaps.count);
	if (e->gaps.count) {
		put(pack, e->gaps.max_ns);
		put_hist(pack, e->gaps.hist);
		put_parts(pack, &e->gaps);
	}
	put_times(pack, &e->latency);
	put_times(pack, &e->service);
	put_times(pack, &e->giveback_delay);
	put_times(pack, &e->handler);
	put_times(pack, &e->turnaround);
}

static void get_interval(struct unpack *from, struct arena *arena, struct endpoint_figures *e)
{
	get_transfers(from, arena, e);
	e->in_flight_max = get(from);
	e->bursts = get(from);
	e->idle_ns = get(from);
	e->unposted_ns = get(from);
	e->depth.time_ns = get_sparse(from, arena, e->depth.seen, &e->depth.time_cnt);
	e->depth.at_submit = get_sparse(from, arena, 0,
					    &e->depth.at_submit_cnt);
	if (e->depth.seen && e->depth.time_cnt)
		depth_finish(&e->depth, e->busy_ns);
	e->gaps.count = get(from);
	if (e->gaps.count) {
		e->gaps.max_ns = get(from);
		e->gaps.hist = get_hist(from, arena, e->gaps.count, e->gaps.total_ns,
					e->gaps.max_ns);
		get_parts(from, &e->gaps);
		if (e->gaps.hist)
			gap_finish(&e->gaps, e->busy_ns);
		else if (e->busy_ns)
			e->gaps.share = (double)e->gaps.total_ns / e->busy_ns;
	}
	get_times(from, arena, &e->latency);
	get_times(from, arena, &e->service);
	get_times(from, arena, &e->giveback_delay);
	get_times(from, arena, &e->handler);
	get_times(from, arena, &e->turnaround);
}

static bool is_still(const struct endpoint_figures *e)
{
	return !e->transfers.submitted && !e->transfers.completed && !e->transfers.failed_submit &&
	       !e->transfers.unpaired && !e->transfers.missed && !e->transfers.inherited &&
	       !e->transfers.lost && !e->busy_ns && !e->idle_ns && !e->latency.count &&
	       !e->handler.count && !e->giveback_delay.count && !e->turnaround.count &&
	       !e->in_flight_max;
}

static uint64_t integral(const struct depth_figures *d)
{
	uint64_t sum = 0;

	for (size_t i = 1; d->time_ns && i < d->time_cnt; i++)
		sum += i * d->time_ns[i];
	return sum;
}

static void pack_one(struct pack *pack, const struct endpoint_figures *total,
		     const struct endpoint_figures *interval)
{
	bool still = is_still(interval);

	put(pack, (total->certain ? CERTAIN : 0) | (total->complete ? COMPLETE : 0) |
		  (total->gone ? GONE : 0) | (total->depth.seen ? DEPTH_SEEN : 0) |
		  (still ? STILL : 0));
	if (!still) { /* first what a trend needs */
		put(pack, interval->busy_ns);
		put(pack, interval->gaps.total_ns);
		put(pack, integral(&interval->depth));
		put(pack, interval->in_flight_max);
		put(pack, interval->bytes);
		put(pack, interval->transfers.completed);
		put(pack, endpoint_failures(interval) + interval->transfers.failed_submit);
		put_interval(pack, interval);
	}
	put(pack, total->type);
	put(pack, total->in_flight_now);
	put(pack, total->in_flight_max);
	put(pack, seen_bits(total));
	put_transfers(pack, total);
}

/* Of an interval in which nothing happened. */
static void still_interval(struct endpoint_figures *e, struct arena *arena, unsigned int seen)
{
	e->latency.seen = seen & 1;
	e->service.seen = seen >> 1 & 1;
	e->giveback_delay.seen = seen >> 2 & 1;
	e->handler.seen = seen >> 3 & 1;
	e->turnaround.seen = seen >> 4 & 1;
	e->gaps.parted = seen >> 5 & 1;
	if (!e->depth.seen)
		return;
	e->depth.time_ns = arena_take(arena, sizeof(*e->depth.time_ns));
	e->depth.time_cnt = e->depth.time_ns ? 1 : 0;
}

static void unpack_one(struct unpack *from, struct arena *run, struct endpoint_figures *total,
		       struct arena *part, struct endpoint_figures *interval)
{
	unsigned int flags = get(from), seen;

	total->certain = interval->certain = flags & CERTAIN;
	total->complete = interval->complete = flags & COMPLETE;
	total->gone = interval->gone = flags & GONE;
	total->depth.seen = interval->depth.seen = flags & DEPTH_SEEN;
	if (!(flags & STILL)) {
		interval->busy_ns = get(from);
		interval->gaps.total_ns = get(from);
		for (int i = 0; i < 5; i++)
			get(from);
		get_interval(from, part, interval);
	}
	total->type = interval->type = get(from);
	total->in_flight_now = interval->in_flight_now = get(from);
	total->in_flight_max = get(from);
	seen = get(from);
	total->latency.seen = seen & 1;
	total->service.seen = seen >> 1 & 1;
	total->giveback_delay.seen = seen >> 2 & 1;
	total->handler.seen = seen >> 3 & 1;
	total->turnaround.seen = seen >> 4 & 1;
	total->gaps.parted = interval->gaps.parted = seen >> 5 & 1;
	get_transfers(from, run, total);
	if (!(flags & STILL))
		return;
	still_interval(interval, part, seen);
	interval->transfers.open = total->transfers.open;
}

static const struct endpoint_figures *stream_of(const struct endpoint_figures *e, size_t guess,
						uint16_t stream)
{
	static const struct endpoint_figures nothing;

	if (guess < e->stream_cnt && e->streams[guess].stream == stream)
		return &e->streams[guess];
	for (size_t i = 0; i < e->stream_cnt; i++) {
		if (e->streams[i].stream == stream)
			return &e->streams[i];
	}
	return &nothing;
}

void pack_endpoint(struct pack *pack, const struct endpoint_figures *total,
		   const struct endpoint_figures *interval)
{
	size_t length_at, length;

	put(pack, total->serial);
	length_at = pack->used;
	/* four bytes for the length: known only at the end */
	for (int i = 0; i < 4; i++)
		put(pack, 0);
	pack_one(pack, total, interval);
	put(pack, total->stream_cnt);
	for (size_t i = 0; i < total->stream_cnt; i++) {
		put(pack, total->streams[i].stream);
		pack_one(pack, &total->streams[i],
			 stream_of(interval, i, total->streams[i].stream));
	}
	if (pack->failed)
		return;
	length = pack->used - length_at - 4;
	for (int i = 0; i < 4; i++)
		pack->bytes[length_at + i] = length >> 8 * i;
}

static const uint8_t *record_end(struct unpack *from)
{
	size_t length = 0;

	for (int i = 0; i < 4; i++)
		length |= (size_t)*from->at++ << 8 * i;
	return from->at + length;
}

bool unpack_serial(const struct unpack *from, uint32_t *serial)
{
	struct unpack ahead = *from;

	if (from->at >= from->end)
		return false;
	*serial = get(&ahead);
	return true;
}

void unpack_skip(struct unpack *from)
{
	get(from);
	from->at = record_end(from);
}

bool unpack_point(struct unpack *from, uint32_t *serial, struct history_point *point)
{
	const uint8_t *end;
	unsigned int flags;

	*point = (struct history_point){ 0 };
	if (from->at >= from->end)
		return false;
	*serial = get(from);
	end = record_end(from);
	flags = get(from);
	point->certain = flags & CERTAIN;
	if (!(flags & STILL)) {
		point->busy_ns = get(from);
		point->gap_ns = get(from);
		point->depth_ns = get(from);
		point->max = get(from);
		point->bytes = get(from);
		point->completed = get(from);
		point->failed = get(from);
	}
	from->at = end;
	return true;
}

void unpack_endpoint(struct unpack *from, struct arena *run, struct endpoint_figures *total,
		     struct arena *part, struct endpoint_figures *interval)
{
	struct endpoint_figures *streams, *now, spare[2];
	size_t cnt;

	total->serial = interval->serial = get(from);
	record_end(from);
	unpack_one(from, run, total, part, interval);
	cnt = get(from);
	streams = arena_take(run, cnt * sizeof(*streams));
	now = arena_take(part, cnt * sizeof(*now));
	for (size_t i = 0; i < cnt; i++) {
		bool room = streams && now;
		struct endpoint_figures *t = room ? &streams[i] : &spare[0];
		struct endpoint_figures *n = room ? &now[i] : &spare[1];

		memset(spare, 0, sizeof(spare));
		t->stream = n->stream = get(from);
		t->serial = n->serial = total->serial;
		unpack_one(from, run, t, part, n);
	}
	if (streams && now) {
		total->streams = streams;
		interval->streams = now;
		total->stream_cnt = interval->stream_cnt = cnt;
	}
}
