// SPDX-License-Identifier: GPL-2.0
#include "metrics/figures.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK_SIZE 65536

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t data[];
};

/* The arena holds its own head: freeing the chunks frees everything. */
struct owned_snapshot {
	struct snapshot snap;
	struct arena arena;
};

void *arena_take(struct arena *arena, size_t size)
{
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!size || arena->failed)
		return NULL;
	if (size > arena->size - arena->used) {
		size_t chunk_size = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + chunk_size);

		if (!chunk) {
			arena->failed = true;
			return NULL;
		}
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->size = chunk_size;
		arena->used = 0;
	}
	p = (char *)arena->chunks->data + arena->used;
	arena->used += size;
	return p;
}

void arena_release(struct arena *arena)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = arena->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
}

struct snapshot *snapshot_new(struct arena **arena)
{
	struct owned_snapshot *owned = calloc(1, sizeof(*owned));

	if (!owned) {
		errno = ENOMEM;
		return NULL;
	}
	*arena = &owned->arena;
	return &owned->snap;
}

void snapshot_free(struct snapshot *snap)
{
	struct owned_snapshot *owned = (struct owned_snapshot *)snap;

	if (!snap)
		return;
	arena_release(&owned->arena);
	free(owned);
}

struct snapshot *snapshot_finish(struct snapshot *snap)
{
	if (!((struct owned_snapshot *)snap)->arena.failed)
		return snap;
	snapshot_free(snap);
	errno = ENOMEM;
	return NULL;
}

/* The smallest depth that was not exceeded for `percent` of the busy time. */
static uint32_t depth_percentile(const struct depth_figures *d, uint64_t busy_ns,
				 unsigned int percent)
{
	/* busy * percent / 100, rounded up, without a product that overflows */
	uint64_t below = 0, rest = busy_ns % 100 * percent;
	uint64_t wanted = busy_ns / 100 * percent + (rest + 99) / 100;

	for (size_t i = 0; i < d->time_cnt; i++) {
		below += d->time_ns[i];
		if (below >= wanted)
			return i;
	}
	return d->time_cnt ? d->time_cnt - 1 : 0;
}

void depth_finish(struct depth_figures *depth, uint64_t busy_ns)
{
	double weighted = 0;
	bool found = false;

	for (size_t i = 0; i < depth->time_cnt; i++) {
		if (!depth->time_ns[i])
			continue;
		weighted += (double)i * depth->time_ns[i];
		if (!found)
			depth->min = i;
		found = true;
		depth->max = i;
	}
	depth->mean = busy_ns ? weighted / busy_ns : 0;
	depth->p1 = depth_percentile(depth, busy_ns, 1);
	depth->p50 = depth_percentile(depth, busy_ns, 50);
	depth->p99 = depth_percentile(depth, busy_ns, 99);
}

void time_finish(struct time_figures *times)
{
	if (!times->count)
		return;
	times->mean_ns = (double)times->total_ns / times->count;
	times->p50_ns = hist_percentile(times->hist, 500);
	times->p99_ns = hist_percentile(times->hist, 990);
}

void gap_finish(struct gap_figures *gaps, uint64_t busy_ns)
{
	gaps->share = busy_ns ? (double)gaps->total_ns / busy_ns : 0;
	if (!gaps->count)
		return;
	gaps->p50_ns = hist_percentile(gaps->hist, 500);
	gaps->p99_ns = hist_percentile(gaps->hist, 990);
}

static int status_compare(const void *a, const void *b)
{
	int32_t x = ((const struct status_count *)a)->status;
	int32_t y = ((const struct status_count *)b)->status;

	if (!x != !y)
		return x ? 1 : -1;
	return (x < y) - (x > y);
}

void status_sort(struct status_count *status, size_t cnt)
{
	if (cnt)
		qsort(status, cnt, sizeof(*status), status_compare);
}
