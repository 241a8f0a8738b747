// SPDX-License-Identifier: GPL-2.0
/* Events as NDJSON. */
#include <errno.h>
#include <stdlib.h>

#include "export.h"
#include "urbscope/event_json.h"

struct events {
	struct event_json *writer;
	struct source_symbols *symbols;
};

static const char *symbol(void *ctx, uint64_t address)
{
	return source_symbol(ctx, address);
}

static void events_close(void *self)
{
	struct events *e = self;

	if (!e)
		return;
	event_json_free(e->writer);
	source_symbols_free(e->symbols);
	free(e);
}

static void *events_open(struct run *run, struct fault *fault)
{
	struct events *e = calloc(1, sizeof(*e));

	(void)fault;
	if (!e)
		return NULL;
	if (run->options->watch.full && !run->options->input)
		e->symbols = source_symbols_new();
	e->writer = event_json_new(run->out, symbol, e->symbols);
	if (e->writer)
		return e;
	events_close(e);
	errno = ENOMEM;
	return NULL;
}

static void events_event(void *self, const struct urb_event *ev)
{
	event_json_write(((struct events *)self)->writer, ev);
}

static int events_flush(void *self)
{
	return event_json_flush(((struct events *)self)->writer);
}

const struct export_ops export_ndjson_events = {
	.open = events_open,
	.event = events_event,
	.turn = events_flush,
	.end = events_flush,
	.close = events_close,
};
