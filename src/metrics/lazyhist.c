// SPDX-License-Identifier: GPL-2.0
#include "metrics/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_SIZE   64
#define CHUNK_UNITS 1024
#define HIST_UNITS  (sizeof(struct lazy_hist) / UNIT_SIZE)
#define GROUP_SIZE  8

_Static_assert(sizeof(struct lazy_hist) % UNIT_SIZE == 0, "whole units");
_Static_assert(GROUP_SIZE * sizeof(uint64_t) == UNIT_SIZE, "a group is a unit");
_Static_assert(HIST_GROUPS * GROUP_SIZE >= HIST_BUCKETS, "all buckets are in groups");

static void *unit_at(const struct pool *pool, uint32_t unit)
{
	return pool->chunks[unit / CHUNK_UNITS] + (size_t)(unit % CHUNK_UNITS) * UNIT_SIZE;
}

static int pool_grow(struct pool *pool)
{
	char *chunk;

	if (pool->chunk_cnt == pool->chunk_capacity) {
		uint32_t capacity = pool->chunk_capacity ? pool->chunk_capacity * 2 : 16;
		char **chunks = realloc(pool->chunks, capacity * sizeof(*chunks));

		if (!chunks)
			return -ENOMEM;
		pool->chunks = chunks;
		pool->chunk_capacity = capacity;
	}
	chunk = aligned_alloc(UNIT_SIZE, CHUNK_UNITS * UNIT_SIZE);
	if (!chunk)
		return -ENOMEM;
	pool->chunks[pool->chunk_cnt++] = chunk;
	return 0;
}

/* A run of zeroed units within one chunk, from the free list or new. Unit 0 is never used. */
static uint32_t pool_take(struct pool *pool, uint32_t *free_list, uint32_t units)
{
	uint32_t unit = *free_list;

	if (unit) {
		memcpy(free_list, unit_at(pool, unit), sizeof(*free_list));
	} else {
		unit = pool->used ? pool->used : 1;
		if (unit % CHUNK_UNITS + units > CHUNK_UNITS)
			unit += CHUNK_UNITS - unit % CHUNK_UNITS;
		if (unit / CHUNK_UNITS >= pool->chunk_cnt && pool_grow(pool))
			return 0;
		pool->used = unit + units;
	}
	memset(unit_at(pool, unit), 0, (size_t)units * UNIT_SIZE);
	return unit;
}

static void pool_give(struct pool *pool, uint32_t *free_list, uint32_t unit)
{
	memcpy(unit_at(pool, unit), free_list, sizeof(*free_list));
	*free_list = unit;
}

void pool_release(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_cnt; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct pool){ 0 };
}

/* Octaves 10 to 19, 1 us to 1 ms, lie in the cache line of the sums. */
static unsigned int group_place(unsigned int group)
{
	return group >= 10 ? group - 10 : group + HIST_GROUPS - 10;
}

static struct lazy_hist *hist_new(struct pool *pool)
{
	uint32_t unit = pool_take(pool, &pool->free_hist, HIST_UNITS);
	struct lazy_hist *h = unit ? unit_at(pool, unit) : NULL;

	if (h)
		h->unit = unit;
	return h;
}

/* The buckets of a group; NULL: no memory. */
static inline uint64_t *group_at(struct pool *pool, struct lazy_hist *h, unsigned int place)
{
	if (!h->group[place])
		h->group[place] = pool_take(pool, &pool->free_group, 1);
	return h->group[place] ? unit_at(pool, h->group[place]) : NULL;
}

int lazy_hist_add(struct pool *pool, struct lazy_hist **hist, uint64_t ns)
{
	unsigned int bucket = hist_bucket(ns);
	struct lazy_hist *h = *hist;
	uint64_t *buckets;

	if (!h)
		*hist = h = hist_new(pool);
	buckets = h ? group_at(pool, h, group_place(bucket / GROUP_SIZE)) : NULL;
	if (!buckets)
		return -ENOMEM;
	buckets[bucket % GROUP_SIZE]++;
	h->count++;
	h->sum += ns;
	if (ns > h->max)
		h->max = ns;
	return 0;
}

int lazy_hist_merge(struct pool *pool, struct lazy_hist **hist, const struct lazy_hist *from)
{
	struct lazy_hist *h = *hist;

	if (!from || !from->count)
		return 0;
	if (!h)
		*hist = h = hist_new(pool);
	if (!h)
		return -ENOMEM;
	for (unsigned int i = 0; i < HIST_GROUPS; i++) {
		const uint64_t *more = from->group[i] ? unit_at(pool, from->group[i]) : NULL;
		uint64_t *buckets = more ? group_at(pool, h, i) : NULL;

		if (more && !buckets)
			return -ENOMEM;
		for (unsigned int k = 0; more && k < GROUP_SIZE; k++)
			buckets[k] += more[k];
	}
	h->count += from->count;
	h->sum += from->sum;
	h->max = from->max > h->max ? from->max : h->max;
	return 0;
}

void lazy_hist_reset(struct pool *pool, struct lazy_hist *h)
{
	if (!h || !h->count)
		return;
	for (unsigned int i = 0; i < HIST_GROUPS; i++) {
		if (h->group[i])
			pool_give(pool, &pool->free_group, h->group[i]);
		h->group[i] = 0;
	}
	h->count = h->sum = h->max = 0;
}

void lazy_hist_release(struct pool *pool, struct lazy_hist **h)
{
	if (!*h)
		return;
	lazy_hist_reset(pool, *h);
	pool_give(pool, &pool->free_hist, (*h)->unit);
	*h = NULL;
}

void lazy_hist_export(const struct pool *pool, const struct lazy_hist *h, struct hist *to)
{
	to->count = h->count;
	to->sum = h->sum;
	to->max = h->max;
	for (unsigned int i = 0; i < HIST_GROUPS; i++) {
		uint32_t group = h->group[group_place(i)];
		size_t cnt = HIST_BUCKETS - i * GROUP_SIZE;

		if (group)
			memcpy(&to->bucket[i * GROUP_SIZE], unit_at(pool, group),
			       (cnt < GROUP_SIZE ? cnt : GROUP_SIZE) * sizeof(*to->bucket));
	}
}
