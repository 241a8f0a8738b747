// SPDX-License-Identifier: GPL-2.0
/* A source that is held at a moment: what its inner source gives too early waits in a queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

struct waiting {
	struct urb_event ev;
	struct urb_facts *facts; /* a copy, of FACTS */
};

struct paced_source {
	struct source base;
	struct source *inner;
	struct waiting *queue;
	size_t head, end, room;
	uint64_t start_ns, until_ns; /* until_ns: since start_ns */
	uint64_t clock_ns;	/* of what was emitted; never runs backwards */
	bool started, inner_ended, failed;
	source_emit emit;	/* of the current read */
	void *ctx;
	int emitted;
};

static const struct paced_source *peek(const struct source *src)
{
	return (const struct paced_source *)src;
}

static bool is_due(const struct paced_source *src, uint64_t time_ns)
{
	return !src->started || src->until_ns == UINT64_MAX || time_ns < src->start_ns ||
	       time_ns - src->start_ns < src->until_ns;
}

/* Of the next event of the queue that is not empty. */
static bool head_is_due(const struct paced_source *src)
{
	uint64_t time_ns = src->queue[src->head].ev.time_ns;

	return is_due(src, time_ns > src->clock_ns ? time_ns : src->clock_ns);
}

bool source_paced_held(const struct source *base)
{
	const struct paced_source *src = peek(base);

	if (src->head < src->end)
		return !head_is_due(src);
	return src->started && !is_due(src, source_now(src->inner));
}

uint64_t source_paced_position(const struct source *base)
{
	const struct paced_source *src = peek(base);
	uint64_t now = source_now(base);

	return src->started && now > src->start_ns ? now - src->start_ns : 0;
}

void source_paced_until(struct source *base, uint64_t until_ns)
{
	struct paced_source *src = (struct paced_source *)base;

	if (until_ns > src->until_ns)
		src->until_ns = until_ns;
}

static int paced_fd(const struct source *base)
{
	const struct paced_source *src = peek(base);

	if (src->head < src->end || src->inner_ended || source_paced_held(base))
		return -1;
	return source_fd(src->inner);
}

static uint64_t paced_now(const struct source *base)
{
	const struct paced_source *src = peek(base);
	uint64_t now = source_now(src->inner);

	if (!src->started)
		return 0;
	return is_due(src, now) ? now : src->start_ns + src->until_ns;
}

static void emit_one(struct paced_source *src, const struct urb_event *ev)
{
	if (ev->kind != URB_EV_FACTS && ev->time_ns > src->clock_ns)
		src->clock_ns = ev->time_ns;
	src->emit(src->ctx, ev);
	src->emitted++;
}

static void push(struct paced_source *src, const struct urb_event *ev)
{
	struct waiting *w;

	if (src->end == src->room) {
		size_t room = src->room ? src->room * 2 : 1024;

		w = realloc(src->queue, room * sizeof(*w));
		if (!w) {
			src->failed = true;
			return;
		}
		src->queue = w;
		src->room = room;
	}
	w = &src->queue[src->end];
	*w = (struct waiting){ .ev = *ev };
	if (ev->kind == URB_EV_FACTS) {
		w->facts = malloc(sizeof(*w->facts));
		if (!w->facts) {
			src->failed = true;
			return;
		}
		*w->facts = *ev->facts;
		w->ev.facts = w->facts;
	}
	src->end++;
}

static void take(void *ctx, const struct urb_event *ev)
{
	struct paced_source *src = ctx;
	uint64_t start_ns = source_info(src->inner)->start_ns;

	src->base.info = *source_info(src->inner);
	if (!src->started && (start_ns || ev->kind != URB_EV_FACTS)) {
		src->start_ns = start_ns ? start_ns : ev->time_ns;
		src->started = true;
	}
	if (src->head < src->end || !is_due(src, ev->time_ns > src->clock_ns ? ev->time_ns : src->clock_ns))
		push(src, ev);
	else
		emit_one(src, ev);
}

static void emit_due(struct paced_source *src)
{
	while (src->head < src->end && head_is_due(src)) {
		struct waiting *w = &src->queue[src->head++];

		emit_one(src, &w->ev);
		free(w->facts);
	}
	if (src->head == src->end)
		src->head = src->end = 0;
}

static int paced_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct paced_source *src = (struct paced_source *)base;
	int err = 0;

	src->emit = emit;
	src->ctx = ctx;
	src->emitted = 0;
	emit_due(src);
	/* the inner source might have to wait */
	if (src->emitted || src->head < src->end || source_paced_held(base))
		return src->emitted;
	if (!src->inner_ended)
		err = source_read(src->inner, take, src, fault);
	src->base.info = *source_info(src->inner);
	src->base.late = source_late(src->inner);
	src->base.skipped = source_skipped(src->inner);
	if (!src->started && src->base.info.start_ns) {
		src->start_ns = src->base.info.start_ns;
		src->started = true;
	}
	if (src->failed) {
		fault_set(fault, "%s: %s", src->base.info.path, strerror(ENOMEM));
		return -ENOMEM;
	}
	if (err == -ENODATA)
		src->inner_ended = true;
	else if (err < 0)
		return err;
	return src->inner_ended && src->head == src->end ? -ENODATA : src->emitted;
}

static int paced_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* what waits is not due */
	return 0;
}

static void paced_close(struct source *base)
{
	struct paced_source *src = (struct paced_source *)base;

	for (size_t i = src->head; i < src->end; i++)
		free(src->queue[i].facts);
	free(src->queue);
	source_close(src->inner);
	free(src);
}

static const struct source_ops paced_ops = {
	.fd = paced_fd,
	.read = paced_read,
	.finish = paced_finish,
	.now = paced_now,
	.close = paced_close,
};

struct source *source_open_paced(struct source *inner, struct fault *fault)
{
	struct paced_source *src = calloc(1, sizeof(*src));

	if (!src) {
		fault_set(fault, "%s", strerror(ENOMEM));
		source_close(inner);
		return NULL;
	}
	src->base.ops = &paced_ops;
	src->base.info = *source_info(inner);
	src->inner = inner;
	return &src->base;
}
