// SPDX-License-Identifier: GPL-2.0
/* Events that another urbscope writes to a pipe, or wrote to a file: the form of stream.h. */
#include "urbscope/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "recording.h"
#include "select.h"
#include "source.h"

#define CHUNK (256 * 1024)

struct stream_source {
	struct source base;
	struct stream_header header;
	struct input in;
	struct selection selection;
	uint64_t now_ns;
	size_t have, at;	/* bytes in buf, and of those used */
	bool opened, ended;	/* header read; END read */
	char buf[CHUNK];
};

static struct stream_source *self(struct source *src)
{
	return (struct stream_source *)src;
}

static int stream_fd(const struct source *src)
{
	return ((const struct stream_source *)src)->in.fd;
}

static uint64_t stream_now(const struct source *src)
{
	return ((const struct stream_source *)src)->now_ns;
}

/* Fills the buffer. Bytes read, 0: nothing now, -ENODATA at the end, or -errno. */
static int fill(struct stream_source *src, struct fault *fault)
{
	ssize_t got;
	int err;

	memmove(src->buf, src->buf + src->at, src->have - src->at);
	src->have -= src->at;
	src->at = 0;
	got = input_read(&src->in, src->buf + src->have, sizeof(src->buf) - src->have);
	if (got > 0) {
		src->have += got;
		return got;
	}
	if (!got)
		return -ENODATA;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	err = -errno;
	fault_set(fault, "%s: %s", input_name(&src->in), strerror(-err));
	return err;
}

static int take_header(struct stream_source *src, struct fault *fault)
{
	struct stream_header *h = &src->header;

	memcpy(h, src->buf, sizeof(*h));
	if (memcmp(h->magic, STREAM_MAGIC, sizeof(STREAM_MAGIC))) {
		fault_set(fault, "%s: not a stream of urbscope events: it is written by "
				 "`urbscope record -o -`", input_name(&src->in));
		return -EINVAL;
	}
	if (h->order != STREAM_ORDER) {
		fault_set(fault, "%s: written on a machine of the other byte order: read it there",
			  input_name(&src->in));
		return -EINVAL;
	}
	if (h->version != STREAM_VERSION) {
		fault_set(fault, "%s: stream version %u, this urbscope reads %u: use the same version "
				 "on both sides", input_name(&src->in), h->version, STREAM_VERSION);
		return -EINVAL;
	}
	h->kind[sizeof(h->kind) - 1] = h->clock[sizeof(h->clock) - 1] = '\0';
	src->base.info.kind = h->kind;
	src->base.info.clock = h->clock;
	src->base.info.start_ns = h->start_ns;
	src->base.info.resolution_ns = h->resolution_ns;
	src->base.info.sees = h->sees;
	src->now_ns = h->start_ns;
	src->at = sizeof(*h);
	src->opened = true;
	return 0;
}

static size_t body_size(uint8_t kind)
{
	switch (kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		return sizeof(struct stream_submit);
	case URB_EV_COMPLETE:
	case URB_EV_SUBMIT_ERROR:
		return sizeof(struct stream_complete);
	case URB_EV_RETURNED:
		return sizeof(struct stream_returned);
	case URB_EV_LOST:
		return sizeof(struct stream_lost);
	case URB_EV_FACTS:
		return sizeof(struct stream_facts);
	case URB_EV_STREAMS:
		return sizeof(struct stream_streams);
	default:
		return 0;
	}
}

static void take_submit(struct urb_event *ev, const void *body)
{
	struct stream_submit b;

	memcpy(&b, body, sizeof(b));
	ev->cpu = b.cpu;
	ev->submit.submit_ns = b.submit_ns;
	ev->submit.length = b.length;
	ev->submit.interval = b.interval;
	ev->submit.gfp = b.gfp;
	ev->submit.xfer_flags = b.xfer_flags;
	ev->submit.pid = b.pid;
	ev->submit.slot = b.slot;
	memcpy(ev->submit.comm, b.comm, sizeof(b.comm));
	ev->submit.comm[sizeof(ev->submit.comm) - 1] = '\0';
}

static void take_facts(struct urb_facts *facts, uint8_t type, const void *body)
{
	struct stream_facts b;

	memcpy(&b, body, sizeof(b));
	memset(facts, 0, sizeof(*facts));
	facts->has_ids = b.has_ids;
	facts->vid = b.vid;
	facts->pid = b.pid;
	facts->max_packet = b.max_packet;
	facts->speed = b.speed;
	facts->type = type;
	memcpy(facts->path, b.path, sizeof(b.path) - 1);
	memcpy(facts->name, b.name, sizeof(b.name) - 1);
	memcpy(facts->driver, b.driver, sizeof(b.driver) - 1);
}

static void take_streams(struct urb_event *ev, const void *body)
{
	struct stream_streams b;

	memcpy(&b, body, sizeof(b));
	ev->streams.asked = b.asked;
	ev->streams.result = b.result;
	ev->streams.gfp = b.gfp;
	ev->streams.what = b.what;
	ev->streams.queued = b.queued;
}

/* Turns a record into an event; false if it is none (time only, or unknown to us). */
static bool take_record(struct stream_source *src, const struct stream_record *rec,
			const void *body, struct urb_event *ev, struct urb_facts *facts)
{
	struct stream_complete complete;
	struct stream_returned returned;
	struct stream_lost lost;

	if (rec->time_ns > src->now_ns)
		src->now_ns = rec->time_ns;
	if (rec->kind == STREAM_END)
		src->ended = true;
	if (!rec->kind || rec->kind > URB_EV_STREAMS)
		return false;
	*ev = (struct urb_event){
		.time_ns = rec->time_ns,
		.id = rec->id,
		.ep = rec->ep,
		.stream = rec->stream,
		.kind = rec->kind,
		.type = rec->type > URB_TYPE_UNKNOWN ? URB_TYPE_UNKNOWN : rec->type,
		.seen = rec->seen,
		.flags = rec->flags,
	};
	switch (rec->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		take_submit(ev, body);
		break;
	case URB_EV_COMPLETE:
		memcpy(&complete, body, sizeof(complete));
		ev->complete.length = complete.length;
		ev->complete.status = complete.status;
		break;
	case URB_EV_SUBMIT_ERROR:
		memcpy(&complete, body, sizeof(complete));
		ev->submit_error.length = complete.length;
		ev->submit_error.error = complete.status;
		break;
	case URB_EV_RETURNED:
		memcpy(&returned, body, sizeof(returned));
		ev->returned.handler_ns = returned.handler_ns;
		break;
	case URB_EV_LOST:
		memcpy(&lost, body, sizeof(lost));
		ev->lost.count = lost.count;
		ev->lost.until_ns = lost.until_ns;
		break;
	case URB_EV_FACTS:
		take_facts(facts, ev->type, body);
		ev->facts = facts;
		break;
	case URB_EV_STREAMS:
		take_streams(ev, body);
		break;
	}
	return true;
}

static int broken(struct stream_source *src, struct fault *fault)
{
	fault_set(fault, "%s: broken stream: a record of impossible size; was it changed on its way?",
		  input_name(&src->in));
	return -EINVAL;
}

/* All whole records of the buffer. Number of events emitted, or -errno. */
static int take_records(struct stream_source *src, source_emit emit, void *ctx, struct fault *fault)
{
	int emitted = 0;

	while (src->have - src->at >= sizeof(struct stream_record)) {
		struct stream_record rec;
		struct urb_facts facts;
		struct urb_event ev;
		const char *at = src->buf + src->at;

		memcpy(&rec, at, sizeof(rec));
		if (rec.size < sizeof(rec) + body_size(rec.kind) || rec.size > STREAM_RECORD_MAX)
			return broken(src, fault);
		if (src->have - src->at < rec.size)
			break;
		src->at += rec.size;
		if (!take_record(src, &rec, at + sizeof(rec), &ev, &facts) || !selection_has(&src->selection, &ev))
			continue;
		emit(ctx, &ev);
		emitted++;
	}
	return emitted;
}

static int stream_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct stream_source *src = self(base);
	int err = fill(src, fault);

	if (!src->opened && (err > 0 || err == -ENODATA)) {
		if (src->have < sizeof(src->header)) {
			if (err > 0)
				return 0;
			fault_set(fault, "%s: ended before it began: see what the other side says",
				  input_name(&src->in));
			return -EINVAL;
		}
		if (take_header(src, fault))
			return -EINVAL;
	}
	src->base.info.broken_off = err == -ENODATA && !src->ended;
	return err < 0 ? err : take_records(src, emit, ctx, fault);
}

static int stream_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* nothing is held back */
	return 0;
}

static void stream_close(struct source *base)
{
	struct stream_source *src = self(base);

	input_close(&src->in);
	selection_release(&src->selection);
	free(src);
}

static const struct source_ops stream_ops = {
	.fd = stream_fd,
	.read = stream_read,
	.finish = stream_finish,
	.now = stream_now,
	.close = stream_close,
};

struct source *stream_open(const struct input *in, const struct source_config *config,
			   struct fault *fault)
{
	struct stream_source *src = calloc(1, sizeof(*src));

	if (!src) {
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		return NULL;
	}
	src->base.ops = &stream_ops;
	src->base.info = (struct source_info){
		.kind = "stream", .path = in->path, .clock = "monotonic", .resolution_ns = 1
	};
	src->in = *in;
	selection_init(&src->selection, config);
	return &src->base;
}

struct source *source_open_stream(const char *path, const struct source_config *config,
				  struct fault *fault)
{
	struct source *src;
	struct input in;

	if (input_open(&in, path, fault))
		return NULL;
	src = stream_open(&in, config, fault);
	if (!src)
		input_close(&in);
	return src;
}
