// SPDX-License-Identifier: GPL-2.0
/* A part of another source's time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "standing.h"
#include "urbscope/trace.h"

#define NAME_SIZE 32

struct range_source {
	struct source base;
	struct source *inner;	/* NULL: the part is over */
	struct source_range range;
	struct standing *standing; /* NULL: the part begins with the recording */
	uint64_t from_ns, to_ns; /* of the inner clock, once started */
	uint64_t clock_ns;	/* of the last event; never runs backwards */
	uint64_t inner_now_ns;
	uint64_t late, skipped;	/* before the part */
	bool started, begun, over;
	char kind[NAME_SIZE], clock[NAME_SIZE], missing[256];
	struct trace_run run;
	source_emit emit;	/* of the current read */
	void *ctx;
	int emitted, err;
};

static struct range_source *self(struct source *src)
{
	return (struct range_source *)src;
}

static int range_fd(const struct source *base)
{
	const struct range_source *src = (const struct range_source *)base;

	return src->inner ? source_fd(src->inner) : -1;
}

static uint64_t range_now(const struct source *base)
{
	const struct range_source *src = (const struct range_source *)base;

	if (!src->begun)
		return 0;
	return src->inner_now_ns < src->to_ns ? src->inner_now_ns : src->to_ns;
}

static uint64_t since(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

/* What the inner source says of itself may change with every event; what that points to ends with it. */
static void take_info(struct range_source *src)
{
	struct source_info *info = &src->base.info;

	*info = *source_info(src->inner);
	snprintf(src->kind, sizeof(src->kind), "%s", info->kind);
	snprintf(src->clock, sizeof(src->clock), "%s", info->clock);
	info->kind = src->kind;
	info->clock = src->clock;
	if (info->missing) {
		snprintf(src->missing, sizeof(src->missing), "%s", info->missing);
		info->missing = src->missing;
	}
	if (info->run) {
		src->run = *info->run;
		info->run = &src->run;
	}
	if (src->started)
		info->start_ns = src->from_ns;
	src->base.late = since(src->late, source_late(src->inner));
	src->base.skipped = since(src->skipped, source_skipped(src->inner));
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void start(struct range_source *src, uint64_t start_ns)
{
	src->from_ns = add(start_ns, src->range.from_ns);
	src->to_ns = add(start_ns, src->range.to_ns);
	src->clock_ns = start_ns;
	src->started = true;
}

static void emit_one(void *ctx, const struct urb_event *ev)
{
	struct range_source *src = ctx;

	src->emit(src->ctx, ev);
	src->emitted++;
}

static void begin(struct range_source *src)
{
	src->late = source_late(src->inner);
	src->skipped = source_skipped(src->inner);
	src->begun = true;
	take_info(src);
	if (src->standing)
		standing_tell(src->standing, src->from_ns, src->base.info.walks, emit_one, src);
}

/* An earlier loss leaves its endpoint in doubt. */
static void tell_doubt(struct range_source *src, const struct urb_event *by)
{
	struct urb_event lost = {
		.time_ns = src->clock_ns, .ep = by->ep, .kind = URB_EV_LOST, .type = by->type
	};

	lost.lost.until_ns = src->clock_ns;
	emit_one(src, &lost);
}

static void hand_on(struct range_source *src, const struct urb_event *ev)
{
	bool doubted = false;
	struct urb_event told;

	if (src->standing && ev->kind == URB_EV_COMPLETE && standing_told(src->standing, ev)) {
		told = *ev;
		told.flags |= URB_F_TOLD;
		ev = &told;
	}
	if (src->standing && standing_lost(src->standing) && !src->err)
		src->err = standing_feed(src->standing, ev, src->clock_ns, &doubted);
	if (doubted)
		tell_doubt(src, ev);
	emit_one(src, ev);
}

static void take(void *ctx, const struct urb_event *ev)
{
	struct range_source *src = ctx;
	uint64_t start_ns = source_info(src->inner)->start_ns;
	bool facts = ev->kind == URB_EV_FACTS, ignored;

	if (src->over || src->err || (facts && src->started && ev->time_ns >= src->to_ns))
		return;
	/* the time of facts counts for nothing */
	if (!src->started && (start_ns || !facts))
		start(src, start_ns ? start_ns : ev->time_ns);
	if (!facts && ev->time_ns > src->clock_ns)
		src->clock_ns = ev->time_ns;
	if (src->started && src->clock_ns >= src->to_ns) {
		src->inner_now_ns = src->to_ns;
		src->over = true;
		if (!src->begun)
			begin(src);
		take_info(src);
		return;
	}
	if (!src->begun && (!src->standing || (!facts && src->clock_ns >= src->from_ns)))
		begin(src);
	if (src->begun)
		hand_on(src, ev);
	else
		src->err = standing_feed(src->standing, ev, src->clock_ns, &ignored);
}

static int outside(struct range_source *src, struct fault *fault)
{
	const char *path = src->base.info.path;
	double length = src->started ? src->inner_now_ns - (src->from_ns - src->range.from_ns) : 0;

	fault_set(fault, "%s: --from %.9gs: the recording ends %.9gs after it began",
		  path && strcmp(path, "-") ? path : "standard input", src->range.from_ns / 1e9,
		  length / 1e9);
	return -EINVAL;
}

/* The inner source was read; where does that leave us? */
static int settle(struct range_source *src, int err, struct fault *fault)
{
	uint64_t now = source_now(src->inner);

	if (src->err) {
		fault_set(fault, "%s: %s", src->base.info.path ? src->base.info.path : "?",
			  strerror(-src->err));
		return src->err;
	}
	if (src->over) {
		src->base.info.broken_off = false;
		*fault = (struct fault){ "" };
		source_close(src->inner);
		src->inner = NULL;
		return -ENODATA;
	}
	if (now > src->inner_now_ns)
		src->inner_now_ns = now;
	/* time may pass without events */
	if (!src->started && source_info(src->inner)->start_ns)
		start(src, source_info(src->inner)->start_ns);
	if (!src->begun && src->started && src->inner_now_ns >= src->from_ns)
		begin(src);
	take_info(src);
	if (err >= 0 && src->begun && src->inner_now_ns >= src->to_ns) {
		src->over = true;
		return settle(src, 0, fault);
	}
	if (err == -ENODATA && !src->begun && src->range.from_ns)
		return outside(src, fault);
	return err < 0 ? err : src->emitted;
}

static int range_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct range_source *src = self(base);
	struct fault inner = { "" };
	int err;

	if (!src->inner)
		return -ENODATA;
	src->emit = emit;
	src->ctx = ctx;
	src->emitted = 0;
	err = source_read(src->inner, take, src, &inner);
	err = settle(src, err, &inner);
	if (inner.text[0])
		fault_set(fault, "%s", inner.text);
	return err;
}

static int range_finish(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct range_source *src = self(base);

	src->emit = emit;
	src->ctx = ctx;
	return src->inner ? source_finish(src->inner, take, src, fault) : 0;
}

static void range_close(struct source *base)
{
	struct range_source *src = self(base);

	source_close(src->inner);
	standing_free(src->standing);
	free(src);
}

static const struct source_ops range_ops = {
	.fd = range_fd,
	.read = range_read,
	.finish = range_finish,
	.now = range_now,
	.close = range_close,
};

struct source *source_open_range(struct source *inner, const struct source_range *range,
				 struct fault *fault)
{
	struct range_source *src = calloc(1, sizeof(*src));

	if (src) {
		src->base.ops = &range_ops;
		src->inner = inner;
		src->range = *range;
		take_info(src);
	}
	if (src && range->from_ns)
		src->standing = standing_new();
	if (src && (src->standing || !range->from_ns))
		return &src->base;
	fault_set(fault, "%s", strerror(ENOMEM));
	source_close(inner);
	free(src);
	return NULL;
}
