// SPDX-License-Identifier: GPL-2.0
/* Several recordings as one, in order of time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "urbscope/trace.h"

#define BUSES 65536

/* Events of one recording that are not told yet. */
struct queue {
	struct urb_event *ev;
	struct urb_facts *facts; /* of the FACTS among them, in order */
	size_t cnt, room, at, facts_cnt, facts_room, facts_at;
};

struct part {
	struct source *src;
	struct queue queue;
	uint64_t shift_ns;	/* to the common clock */
	uint64_t salt;		/* for ids, which may be another's as well */
	uint16_t *bus;		/* the number of each here; NULL: it is the same */
	uint32_t *eps;		/* that have shown */
	size_t ep_cnt, ep_room;
	bool ended;
};

struct merge {
	struct source base;
	struct trace_run run;
	struct part *parts;
	size_t cnt;
	uint64_t now_ns;
	bool begun;
	int err;		/* of queueing */
};

static struct merge *self(struct source *src)
{
	return (struct merge *)src;
}

/* Room for one more; the array, or NULL. */
static void *grown(void *array, size_t cnt, size_t *room, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *more;

	if (cnt < *room)
		return array;
	more = realloc(array, want * size);
	if (more)
		*room = want;
	return more;
}

static void queue_event(void *ctx, const struct urb_event *ev)
{
	struct queue *q = ctx;
	struct urb_event *events = grown(q->ev, q->cnt, &q->room, sizeof(*events));
	struct urb_facts *facts;

	if (!events)
		return;
	q->ev = events;
	if (ev->kind == URB_EV_FACTS) {
		facts = grown(q->facts, q->facts_cnt, &q->facts_room, sizeof(*facts));
		if (!facts)
			return;
		q->facts = facts;
		facts[q->facts_cnt++] = *ev->facts;
	}
	events[q->cnt++] = *ev;
}

static bool is_empty(const struct queue *q)
{
	return q->at == q->cnt;
}

/* The part that has to be read before it is known what comes next; NULL: none. */
static struct part *hungry(const struct merge *m)
{
	for (size_t i = 0; i < m->cnt; i++) {
		if (!m->parts[i].ended && is_empty(&m->parts[i].queue))
			return &m->parts[i];
	}
	return NULL;
}

static int feed(struct part *part, struct fault *fault)
{
	struct queue *q = &part->queue;
	int err;

	q->at = q->cnt = q->facts_at = q->facts_cnt = 0;
	err = source_read(part->src, queue_event, q, fault);
	part->ended = err == -ENODATA;
	return part->ended || err > 0 ? 0 : err;
}

static uint64_t space_of(const struct source *src)
{
	const struct trace_run *run = source_info(src)->run;

	return run ? run->id : 0;
}

static const char *host_of(const struct source *src)
{
	const struct trace_run *run = source_info(src)->run;

	return run ? run->host : "";
}

static bool all_of_one_run(const struct merge *m)
{
	for (size_t i = 0; i < m->cnt; i++) {
		if (!space_of(m->parts[i].src) || space_of(m->parts[i].src) != space_of(m->parts[0].src))
			return false;
	}
	return true;
}

/* To the wall clock; of one recording's parts the first one tells, lest durations change. */
static int find_shifts(struct merge *m, struct fault *fault)
{
	for (size_t i = 0; i < m->cnt; i++) {
		const struct source_info *info = source_info(m->parts[i].src);

		if (strcmp(info->clock, "realtime") && !info->wall_ns) {
			fault_set(fault, "%s: nobody knows what time it was: it has no wall clock that it "
					 "could be put in order by", info->path);
			return -EINVAL;
		}
		m->parts[i].shift_ns = info->wall_ns;
		for (size_t j = 0; j < i; j++) {
			if (space_of(m->parts[i].src) && space_of(m->parts[j].src) == space_of(m->parts[i].src)) {
				m->parts[i].shift_ns = m->parts[j].shift_ns;
				break;
			}
		}
	}
	return 0;
}

/* Buses of another machine get numbers of their own, from 1000 a machine. */
static int number_buses(struct merge *m)
{
	for (size_t i = 1; i < m->cnt; i++) {
		const char *host = host_of(m->parts[i].src);
		size_t machine = 0;

		while (*host && machine < i && *host_of(m->parts[machine].src) &&
		       strcmp(host, host_of(m->parts[machine].src)))
			machine++;
		if (!*host || !machine || !*host_of(m->parts[machine].src))
			continue;
		m->parts[i].bus = malloc(BUSES * sizeof(*m->parts[i].bus));
		if (!m->parts[i].bus)
			return -ENOMEM;
		for (size_t bus = 0; bus < BUSES; bus++)
			m->parts[i].bus[bus] = bus + 1000 * machine;
	}
	return 0;
}

static void sum_up(struct merge *m)
{
	struct source_info *info = &m->base.info;

	info->broken_off = false;
	info->damaged = m->base.late = m->base.skipped = 0;
	for (size_t i = 0; i < m->cnt; i++) {
		const struct source_info *part = source_info(m->parts[i].src);

		info->broken_off |= part->broken_off;
		info->damaged += part->damaged;
		m->base.late += source_late(m->parts[i].src);
		m->base.skipped += source_skipped(m->parts[i].src);
	}
}

static void describe(struct merge *m, bool one_run)
{
	struct source_info *info = &m->base.info;
	const struct source_info *first = source_info(m->parts[0].src);

	info->kind = first->kind;
	info->clock = one_run ? first->clock : "realtime";
	info->wall_ns = one_run ? first->wall_ns : 0;
	info->walks = true;
	info->start_ns = UINT64_MAX;
	for (size_t i = 0; i < m->cnt; i++) {
		const struct source_info *part = source_info(m->parts[i].src);
		uint64_t start = part->start_ns ? part->start_ns + m->parts[i].shift_ns : 0;

		if (strcmp(info->kind, part->kind))
			info->kind = "merged";
		info->sees |= part->sees;
		info->silent |= part->silent;
		info->walks &= part->walks;
		info->start_ns = start < info->start_ns ? start : info->start_ns;
		if (part->resolution_ns > info->resolution_ns)
			info->resolution_ns = part->resolution_ns;
		m->parts[i].salt = one_run ? 0 : space_of(m->parts[i].src);
	}
	if (!first->run)
		return;
	m->run = *first->run;
	m->run.id = one_run ? m->run.id : 0;
	info->run = &m->run;
}

static int begin(struct merge *m, struct fault *fault)
{
	bool one_run = all_of_one_run(m);
	int err = one_run ? 0 : find_shifts(m, fault);

	if (!err)
		err = number_buses(m);
	if (!err)
		describe(m, one_run);
	m->begun = true;
	return err;
}

static int note_endpoint(struct part *part, uint32_t ep)
{
	uint32_t *eps;

	/* the one that showed last is likely */
	for (size_t i = part->ep_cnt; i; i--) {
		if (part->eps[i - 1] == ep)
			return 0;
	}
	eps = grown(part->eps, part->ep_cnt, &part->ep_room, sizeof(*eps));
	if (!eps)
		return -ENOMEM;
	part->eps = eps;
	eps[part->ep_cnt++] = ep;
	return 0;
}

static uint32_t endpoint_here(const struct part *part, uint32_t ep)
{
	if (!part->bus || ep == URB_EP_ANY)
		return ep;
	return (uint32_t)part->bus[urb_ep_bus(ep)] << 16 | (ep & 0xffff);
}

/* On the common clock, with ids that are this part's own. */
static void translate(struct part *part, struct urb_event *ev)
{
	ev->time_ns += part->shift_ns;
	ev->ep = endpoint_here(part, ev->ep);
	if (ev->id)
		ev->id ^= part->salt;
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		if (ev->seen & URB_SUBMIT)
			ev->submit.submit_ns += part->shift_ns;
		if (ev->submit.slot)
			ev->submit.slot ^= part->salt;
		break;
	case URB_EV_RETURNED:
		ev->returned.handler_ns += part->shift_ns;
		break;
	case URB_EV_LOST:
		ev->lost.until_ns += part->shift_ns;
		break;
	}
}

static int tell(struct merge *m, struct part *part, source_emit emit, void *ctx)
{
	struct queue *q = &part->queue;
	struct urb_event ev = q->ev[q->at++];

	if (ev.kind == URB_EV_FACTS)
		ev.facts = &q->facts[q->facts_at++];
	translate(part, &ev);
	if (ev.kind != URB_EV_FACTS && ev.time_ns > m->now_ns)
		m->now_ns = ev.time_ns;
	/* all endpoints are those of its recording: of the others it knows nothing */
	if (ev.kind == URB_EV_SYNC && ev.ep == URB_EP_ANY && m->cnt > 1) {
		for (size_t i = 0; i < part->ep_cnt; i++) {
			ev.ep = part->eps[i];
			emit(ctx, &ev);
		}
		return part->ep_cnt;
	}
	if (ev.ep != URB_EP_ANY && note_endpoint(part, ev.ep))
		return -ENOMEM;
	emit(ctx, &ev);
	return 1;
}

/* The part whose next event is the oldest; of several the first one. */
static struct part *oldest(const struct merge *m)
{
	struct part *best = NULL;
	uint64_t best_ns = 0;

	for (size_t i = 0; i < m->cnt; i++) {
		struct part *part = &m->parts[i];
		uint64_t ns;

		if (is_empty(&part->queue))
			continue;
		ns = part->queue.ev[part->queue.at].time_ns + part->shift_ns;
		if (!best || ns < best_ns) {
			best = part;
			best_ns = ns;
		}
	}
	return best;
}

static int merge_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct merge *m = self(base);
	struct part *part = hungry(m);
	int cnt = 0, err = part ? feed(part, fault) : 0;

	sum_up(m);
	if (err || hungry(m))
		return err;
	if (!m->begun)
		err = begin(m, fault);
	while (!err && !hungry(m) && (part = oldest(m))) {
		err = tell(m, part, emit, ctx);
		cnt += err > 0 ? err : 0;
		err = err > 0 ? 0 : err;
	}
	if (err == -ENOMEM)
		fault_set(fault, "%s", strerror(ENOMEM));
	if (err || hungry(m))
		return err ? err : cnt;
	for (size_t i = 0; i < m->cnt; i++) {
		uint64_t now = source_now(m->parts[i].src) + m->parts[i].shift_ns;

		m->now_ns = now > m->now_ns ? now : m->now_ns;
	}
	return -ENODATA;
}

static int merge_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* recordings hold nothing back at their end */
	return 0;
}

static int merge_fd(const struct source *src)
{
	const struct merge *m = (const struct merge *)src;
	const struct part *part = hungry(m);

	return source_fd(part ? part->src : m->parts[0].src);
}

static uint64_t merge_now(const struct source *src)
{
	return ((const struct merge *)src)->now_ns;
}

static void merge_close(struct source *base)
{
	struct merge *m = self(base);

	for (size_t i = 0; i < m->cnt; i++) {
		source_close(m->parts[i].src);
		free(m->parts[i].queue.ev);
		free(m->parts[i].queue.facts);
		free(m->parts[i].bus);
		free(m->parts[i].eps);
	}
	free(m->parts);
	free(m);
}

static const struct source_ops merge_ops = {
	.fd = merge_fd,
	.read = merge_read,
	.finish = merge_finish,
	.now = merge_now,
	.close = merge_close,
};

struct source *source_open_merge(struct source *const *srcs, size_t cnt, struct fault *fault)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (m)
		m->parts = calloc(cnt, sizeof(*m->parts));
	if (!m || !m->parts) {
		fault_set(fault, "%s", strerror(ENOMEM));
		free(m);
		return NULL;
	}
	m->base.ops = &merge_ops;
	m->base.info = (struct source_info){
		.kind = "merged", .path = source_info(srcs[0])->path, .clock = "realtime"
	};
	m->cnt = cnt;
	for (size_t i = 0; i < cnt; i++)
		m->parts[i].src = srcs[i];
	return &m->base;
}
