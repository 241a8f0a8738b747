// SPDX-License-Identifier: GPL-2.0
#include "fakesource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/source.h"
#include "urbscope/trace.h"

struct fake {
	struct source base;
	struct fake_recording recording;
	size_t at;
	uint64_t now_ns;
	struct trace_run run;	/* ends with the source, as a trace's does */
};

static int open_cnt;

static int fake_fd(const struct source *src)
{
	(void)src;
	return -1;
}

static uint64_t fake_now(const struct source *src)
{
	return ((const struct fake *)src)->now_ns;
}

static int fake_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct fake *src = (struct fake *)base;
	const struct fake_recording *r = &src->recording;
	size_t left = r->cnt - src->at, cnt = r->at_once && r->at_once < left ? r->at_once : left;

	(void)fault;
	for (size_t i = 0; i < cnt; i++) {
		const struct urb_event *ev = &r->events[src->at++];

		if (ev->kind != URB_EV_FACTS && ev->time_ns < src->now_ns)
			base->late++;
		else if (ev->kind != URB_EV_FACTS)
			src->now_ns = ev->time_ns;
		emit(ctx, ev);
	}
	if (r->ends_at_once && cnt == left)
		return -ENODATA;
	if (!left && r->end_ns > src->now_ns) {
		src->now_ns = r->end_ns;
		return 0;
	}
	return left ? (int)cnt : -ENODATA;
}

static int fake_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault;
	return 0;
}

static void fake_close(struct source *base)
{
	struct fake *src = (struct fake *)base;

	explicit_bzero(&src->run, sizeof(src->run)); /* whoever still points there is to notice */
	free(src);
	open_cnt--;
}

static const struct source_ops fake_ops = {
	.fd = fake_fd,
	.read = fake_read,
	.finish = fake_finish,
	.now = fake_now,
	.close = fake_close,
};

struct source *fake_source(const struct fake_recording *recording)
{
	struct fake *src = calloc(1, sizeof(*src));

	if (!src)
		abort();
	src->base.ops = &fake_ops;
	src->recording = *recording;
	src->now_ns = recording->start_ns;
	memcpy(src->run.kind, "fake", 5);
	memcpy(src->run.host, "host", 5);
	src->base.info = (struct source_info){
		.kind = src->run.kind, .path = "fake", .clock = "monotonic", .resolution_ns = 1,
		.start_ns = recording->start_ns, .walks = recording->walks,
		.run = &src->run
	};
	open_cnt++;
	return &src->base;
}

int fake_sources_open(void)
{
	return open_cnt;
}
