// SPDX-License-Identifier: GPL-2.0
#include "urbscope/stream_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transfer_names.h"
#include "urbscope/stream.h"

struct stream_writer {
	FILE *out;
	struct transfer_names names;
	int err;
};

static void put(struct stream_writer *self, const void *data, size_t size)
{
	if (!self->err && fwrite(data, 1, size, self->out) != size)
		self->err = errno ? -errno : -EIO;
}

struct stream_writer *stream_writer_new(FILE *out, const struct snapshot_source *source,
					uint64_t start_ns)
{
	struct stream_writer *self = calloc(1, sizeof(*self));
	struct stream_header header = {
		.magic = STREAM_MAGIC,
		.order = STREAM_ORDER,
		.version = STREAM_VERSION,
		.start_ns = start_ns,
		.resolution_ns = source->resolution_ns,
		.sees = source->sees,
	};

	if (!self || transfer_names_init(&self->names)) {
		free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->out = out;
	snprintf(header.kind, sizeof(header.kind), "%s", source->kind);
	snprintf(header.clock, sizeof(header.clock), "%s", source->clock);
	if (gethostname(header.host, sizeof(header.host) - 1))
		header.host[0] = '\0';
	put(self, &header, sizeof(header));
	return self;
}

void stream_writer_free(struct stream_writer *self)
{
	if (!self)
		return;
	transfer_names_release(&self->names);
	free(self);
}

static size_t body_of(struct stream_writer *self, const struct urb_event *ev, void *body)
{
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT: {
		struct stream_submit b = {
			.submit_ns = ev->submit.submit_ns,
			.length = ev->submit.length,
			.interval = ev->submit.interval,
			.gfp = ev->submit.gfp,
			.xfer_flags = ev->submit.xfer_flags,
			.pid = ev->submit.pid,
			.cpu = ev->cpu,
		};

		if (transfer_names_slot(&self->names, ev, &b.slot))
			self->err = -ENOMEM;
		memcpy(b.comm, ev->submit.comm, sizeof(b.comm));
		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_COMPLETE: {
		struct stream_complete b = { ev->complete.length, ev->complete.status };

		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_SUBMIT_ERROR: {
		struct stream_complete b = { ev->submit_error.length, ev->submit_error.error };

		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_RETURNED: {
		struct stream_returned b = { ev->returned.handler_ns };

		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_LOST: {
		struct stream_lost b = { ev->lost.count, ev->lost.until_ns };

		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_FACTS: {
		struct stream_facts b = {
			.vid = ev->facts->vid,
			.pid = ev->facts->pid,
			.max_packet = ev->facts->max_packet,
			.speed = ev->facts->speed,
			.has_ids = ev->facts->has_ids,
		};

		memcpy(b.path, ev->facts->path, sizeof(b.path));
		memcpy(b.name, ev->facts->name, sizeof(b.name));
		memcpy(b.driver, ev->facts->driver, sizeof(b.driver));
		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	case URB_EV_STREAMS: {
		struct stream_streams b = {
			.asked = ev->streams.asked,
			.result = ev->streams.result,
			.gfp = ev->streams.gfp,
			.what = ev->streams.what,
			.queued = ev->streams.queued,
		};

		memcpy(body, &b, sizeof(b));
		return sizeof(b);
	}
	default:
		return 0;
	}
}

void stream_writer_event(struct stream_writer *self, const struct urb_event *ev)
{
	char buf[STREAM_RECORD_MAX];
	struct stream_record rec = {
		.kind = ev->kind,
		.type = ev->type,
		.seen = ev->seen,
		.flags = ev->flags,
		.stream = ev->stream,
		.ep = ev->ep,
		.time_ns = ev->time_ns,
	};

	if (transfer_names_of(&self->names, ev, &rec.id))
		self->err = -ENOMEM;
	rec.size = sizeof(rec) + body_of(self, ev, buf + sizeof(rec));
	memcpy(buf, &rec, sizeof(rec));
	put(self, buf, rec.size);
}

static void put_time(struct stream_writer *self, uint8_t kind, uint64_t now_ns)
{
	struct stream_record rec = { .size = sizeof(rec), .kind = kind, .time_ns = now_ns };

	put(self, &rec, sizeof(rec));
}

void stream_writer_tick(struct stream_writer *self, uint64_t now_ns)
{
	put_time(self, STREAM_TICK, now_ns);
}

void stream_writer_end(struct stream_writer *self, uint64_t now_ns)
{
	put_time(self, STREAM_END, now_ns);
}

int stream_writer_flush(struct stream_writer *self)
{
	if (!self->err && fflush(self->out))
		self->err = errno ? -errno : -EIO;
	return self->err;
}
