// SPDX-License-Identifier: GPL-2.0
#include "source.h"

#include <time.h>

_Static_assert(sizeof(time_t) >= 8, "clocks run on in 2038: build with -D_TIME_BITS=64");

int source_fd(const struct source *src)
{
	return src->ops->fd(src);
}

int source_read(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	return src->ops->read(src, emit, ctx, fault);
}

int source_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	return src->ops->finish(src, emit, ctx, fault);
}

uint64_t source_now(const struct source *src)
{
	return src->ops->now(src);
}

uint64_t source_lacks(const struct source *src)
{
	return src->ops->lacks ? src->ops->lacks(src) : 0;
}

const struct source_info *source_info(const struct source *src)
{
	return &src->info;
}

uint64_t source_late(const struct source *src)
{
	return src->late;
}

uint64_t source_skipped(const struct source *src)
{
	return src->skipped;
}

void source_close(struct source *src)
{
	if (src)
		src->ops->close(src);
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t source_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}
