// SPDX-License-Identifier: GPL-2.0
/* Events as a trace: a capture to be kept, a part of a trace, several that become one. */
#include <errno.h>
#include <stdlib.h>

#include "export.h"
#include "trace_run.h"
#include "urbscope/trace_writer.h"

#define FLUSH_NS 100000000ULL

struct export_urb {
	const struct run *run;
	struct trace_writer *writer;
	uint64_t flush_ns;	/* of loop_clock() */
	int err;
};

static void *urb_open(struct run *run, struct fault *fault)
{
	struct export_urb *self = calloc(1, sizeof(*self));

	(void)fault;
	if (self)
		self->run = run;
	return self;
}

/* What a recording says of itself is known with its first event only. */
static bool make_writer(struct export_urb *self)
{
	struct trace_run head;

	if (self->writer || self->err)
		return !self->err;
	trace_run_of(self->run->src, self->run->options->command, &head);
	self->writer = trace_writer_new(fileno(self->run->out), &head, head.id);
	self->err = self->writer ? 0 : -errno;
	return !self->err;
}

static void urb_event(void *ctx, const struct urb_event *ev)
{
	struct export_urb *self = ctx;

	if (make_writer(self))
		trace_writer_event(self->writer, ev);
}

static void note_source(struct export_urb *self)
{
	const struct source *src = self->run->src;

	trace_writer_wall(self->writer, trace_wall_of(src));
	trace_writer_counts(self->writer, source_late(src), source_skipped(src));
}

/* A recording is read as fast as it goes, and its blocks may be full; what is live must not wait. */
static int urb_turn(void *ctx)
{
	struct export_urb *self = ctx;
	uint64_t now = loop_clock();

	if (self->err || !self->writer || now < self->flush_ns)
		return self->err;
	self->flush_ns = now + FLUSH_NS;
	note_source(self);
	return trace_writer_tick(self->writer, source_now(self->run->src));
}

static int urb_end(void *ctx)
{
	struct export_urb *self = ctx;

	if (!make_writer(self))
		return self->err;
	note_source(self);
	return trace_writer_end(self->writer, source_now(self->run->src));
}

static void urb_close(void *ctx)
{
	struct export_urb *self = ctx;

	trace_writer_free(self->writer);
	free(self);
}

const struct export_ops export_urb = {
	.open = urb_open,
	.event = urb_event,
	.turn = urb_turn,
	.end = urb_end,
	.close = urb_close,
};
