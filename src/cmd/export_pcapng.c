// SPDX-License-Identifier: GPL-2.0
/* Events as a capture. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "export.h"
#include "urbscope/pcapng.h"

struct capture {
	struct run *run;
	struct pcapng_writer *writer;
	int err;
};

static void *capture_open(struct run *run, struct fault *fault)
{
	struct capture *c = calloc(1, sizeof(*c));

	(void)fault;
	if (c)
		c->run = run;
	return c;
}

/* A recording on a pipe may tell who made it with its first event only. */
static void begin(struct capture *c)
{
	const struct source_info *info = source_info(c->run->src);
	struct comment_run run = {
		.wall_ns = info->wall_ns,
		.start_ns = info->start_ns,
		.resolution_ns = info->resolution_ns,
		.sees = info->sees,
		.silent = info->silent,
		.walks = info->walks,
	};

	snprintf(run.kind, sizeof(run.kind), "%s", info->kind);
	snprintf(run.clock, sizeof(run.clock), "%s", info->clock);
	c->writer = pcapng_writer_new(c->run->out, &run);
	if (!c->writer)
		c->err = -errno;
	else if (strcmp(info->clock, "realtime") && !info->wall_ns)
		tell("note: %s does not tell the time of day: stamps count from when the machine started, or "
		     "where its clock began", info->path ? info->path : info->kind);
}

static void capture_event(void *self, const struct urb_event *ev)
{
	struct capture *c = self;

	if (!c->writer && !c->err)
		begin(c);
	if (c->writer)
		pcapng_writer_event(c->writer, ev);
}

static int capture_turn(void *self)
{
	struct capture *c = self;

	return c->writer ? pcapng_writer_flush(c->writer) : c->err;
}

static int capture_end(void *self)
{
	struct capture *c = self;

	if (!c->writer && !c->err)
		begin(c);
	if (!c->writer)
		return c->err;
	return pcapng_writer_end(c->writer, source_now(c->run->src), source_skipped(c->run->src));
}

static void capture_close(void *self)
{
	struct capture *c = self;

	pcapng_writer_free(c->writer);
	free(c);
}

const struct export_ops export_pcapng = {
	.open = capture_open,
	.event = capture_event,
	.turn = capture_turn,
	.end = capture_end,
	.close = capture_close,
};
