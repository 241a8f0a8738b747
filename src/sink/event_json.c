// SPDX-License-Identifier: GPL-2.0
#include "urbscope/event_json.h"

#include <errno.h>
#include <stdlib.h>

#include "sink/out.h"
#include "transfer_names.h"
#include "urbscope/json.h"

struct event_json {
	FILE *out;
	struct transfer_names names;
	event_symbol symbol;
	void *symbol_ctx;
	int err;
};

static const char *const kinds[] = {
	[URB_EV_SUBMIT] = "submit",	[URB_EV_COMPLETE] = "complete",
	[URB_EV_SUBMIT_ERROR] = "submit-error", [URB_EV_HANDLER] = "handler",
	[URB_EV_RETURNED] = "returned", [URB_EV_INFLIGHT] = "in-flight",
	[URB_EV_SYNC] = "sync",		[URB_EV_LOST] = "lost",
	[URB_EV_FACTS] = "facts",	[URB_EV_GONE] = "gone",
	[URB_EV_STREAMS] = "streams",
};

struct event_json *event_json_new(FILE *out, event_symbol symbol, void *ctx)
{
	struct event_json *self = calloc(1, sizeof(*self));

	if (!self || transfer_names_init(&self->names)) {
		free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->out = out;
	self->symbol = symbol;
	self->symbol_ctx = ctx;
	return self;
}

void event_json_free(struct event_json *self)
{
	if (!self)
		return;
	transfer_names_release(&self->names);
	free(self);
}

static void write_submit(struct event_json *self, struct json *j, const struct urb_event *ev)
{
	const char *fn = NULL;

	json_u64(j, "length", ev->submit.length);
	if (ev->seen & URB_SUBMIT)
		json_u64(j, "submit_ns", ev->submit.submit_ns);
	if (ev->submit.interval)
		json_u64(j, "interval", ev->submit.interval);
	if (!(ev->flags & URB_F_CALLER))
		return;
	json_u64(j, "gfp", ev->submit.gfp);
	json_u64(j, "transfer_flags", ev->submit.xfer_flags);
	json_u64(j, "pid", ev->submit.pid);
	json_string(j, "comm", ev->submit.comm);
	if (ev->flags & URB_F_CONTEXT)
		json_bool(j, "in_irq", ev->flags & URB_F_IN_IRQ);
	if (self->symbol && ev->submit.complete_fn)
		fn = self->symbol(self->symbol_ctx, ev->submit.complete_fn);
	if (fn)
		json_string(j, "complete_fn", fn);
}

static void write_facts(struct json *j, const struct urb_facts *facts)
{
	char id[8];

	if (facts->has_ids) {
		snprintf(id, sizeof(id), "%04x", facts->vid);
		json_string(j, "vid", id);
		snprintf(id, sizeof(id), "%04x", facts->pid);
		json_string(j, "pid", id);
	}
	json_string(j, "path", facts->path);
	json_string(j, "name", facts->name[0] ? facts->name : NULL);
	json_string(j, "driver", facts->driver[0] ? facts->driver : NULL);
	json_string(j, "speed", urb_speed_name(facts->speed));
	json_u64(j, "max_packet", facts->max_packet);
}

static void write_streams(struct json *j, const struct urb_event *ev)
{
	static const char *const calls[] = {
		[URB_STREAMS_ALLOC] = "usb_alloc_streams", [URB_STREAMS_FREE] = "usb_free_streams",
	};
	bool call = ev->streams.what == URB_STREAMS_ALLOC || ev->streams.what == URB_STREAMS_FREE;

	json_string(j, "call", call ? calls[ev->streams.what] : NULL);
	if (ev->streams.what == URB_STREAMS_ALLOC)
		json_u64(j, "asked", ev->streams.asked);
	if (ev->streams.result < 0)
		json_i64(j, "error", ev->streams.result);
	else if (ev->streams.what != URB_STREAMS_FREE)
		json_u64(j, "streams", ev->streams.result);
	else
		json_u64(j, "streams", 0);
	if (!call)
		return;
	json_u64(j, "gfp", ev->streams.gfp);
	json_bool(j, "was_queued", ev->streams.queued);
}

static void write_body(struct event_json *self, struct json *j, const struct urb_event *ev)
{
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		write_submit(self, j, ev);
		break;
	case URB_EV_COMPLETE:
		json_i64(j, "status", ev->complete.status);
		json_u64(j, "length", ev->complete.length);
		break;
	case URB_EV_SUBMIT_ERROR:
		json_i64(j, "error", ev->submit_error.error);
		json_u64(j, "length", ev->submit_error.length);
		json_bool(j, "was_active", ev->flags & URB_F_ACTIVE);
		break;
	case URB_EV_RETURNED:
		json_u64(j, "handler_ns", ev->returned.handler_ns);
		break;
	case URB_EV_LOST:
		json_u64(j, "count", ev->lost.count);
		json_u64(j, "until_ns", ev->lost.until_ns);
		break;
	case URB_EV_FACTS:
		write_facts(j, ev->facts);
		break;
	case URB_EV_STREAMS:
		write_streams(j, ev);
		break;
	default:
		break;
	}
}

void event_json_write(struct event_json *self, const struct urb_event *ev)
{
	bool known = ev->kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[ev->kind];
	uint32_t name = 0;
	char endpoint[8];
	struct json j;

	if (self->err)
		return;
	self->err = transfer_names_of(&self->names, ev, &name);
	json_init(&j, self->out, 0);
	json_object(&j, NULL);
	json_u64(&j, "time_ns", ev->time_ns);
	json_string(&j, "event", known ? kinds[ev->kind] : NULL);
	if (name)
		json_u64(&j, "transfer", name);
	if (ev->ep != URB_EP_ANY) {
		snprintf(endpoint, sizeof(endpoint), "0x%02x", urb_ep_endpoint(ev->ep));
		json_u64(&j, "bus", urb_ep_bus(ev->ep));
		json_u64(&j, "address", urb_ep_address(ev->ep));
		if (ev->kind != URB_EV_GONE)
			json_string(&j, "endpoint", endpoint);
	}
	if (ev->type < URB_TYPE_UNKNOWN && ev->kind != URB_EV_GONE)
		json_string(&j, "type", urb_type_name(ev->type));
	if (ev->stream)
		json_u64(&j, "stream", ev->stream);
	write_body(self, &j, ev);
	json_close(&j);
	/* no flush for each: the lines of a busy bus are many */
	if (!self->err)
		self->err = j.err;
	if (!self->err && fputc('\n', self->out) == EOF)
		self->err = -errno;
}

int event_json_flush(struct event_json *self)
{
	if (!self->err)
		self->err = out_finish(self->out);
	return self->err;
}
