// SPDX-License-Identifier: GPL-2.0
#include "urbscope/idmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDMAP_MIN_CAPACITY 16
#define IDMAP_MAX_CAPACITY (UINT32_C(1) << 31)

static struct idmap_entry *entries_new(uint32_t capacity)
{
	struct idmap_entry *entries = malloc((size_t)capacity * sizeof(*entries));

	if (entries)
		memset(entries, 0xff, (size_t)capacity * sizeof(*entries));
	return entries;
}

int idmap_init(struct idmap *map, uint32_t expected)
{
	uint32_t capacity = IDMAP_MIN_CAPACITY;

	while (capacity / 2 < expected && capacity < IDMAP_MAX_CAPACITY)
		capacity *= 2;
	*map = (struct idmap){ .entries = entries_new(capacity), .mask = capacity - 1 };
	return map->entries ? 0 : -ENOMEM;
}

void idmap_release(struct idmap *map)
{
	free(map->entries);
	*map = (struct idmap){ 0 };
}

void idmap_clear(struct idmap *map)
{
	memset(map->entries, 0xff, ((size_t)map->mask + 1) * sizeof(*map->entries));
	map->cnt = 0;
}

/* The entry of (id, ep), or the empty one where it belongs. */
static struct idmap_entry *entry_find(const struct idmap *map, uint64_t id, uint32_t ep)
{
	uint32_t i = idmap_hash(id, ep) & map->mask;

	for (;; i = (i + 1) & map->mask) {
		struct idmap_entry *e = &map->entries[i];

		if (e->value == IDMAP_NONE || (e->id == id && e->ep == ep))
			return e;
	}
}

static int idmap_grow(struct idmap *map)
{
	uint32_t capacity = map->mask + 1;
	struct idmap bigger = { .mask = capacity * 2 - 1, .cnt = map->cnt };

	if (capacity >= IDMAP_MAX_CAPACITY)
		return -ENOMEM;
	bigger.entries = entries_new(capacity * 2);
	if (!bigger.entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < capacity; i++) {
		const struct idmap_entry *e = &map->entries[i];

		if (e->value != IDMAP_NONE)
			*entry_find(&bigger, e->id, e->ep) = *e;
	}
	free(map->entries);
	*map = bigger;
	return 0;
}

int idmap_set(struct idmap *map, uint64_t id, uint32_t ep, uint32_t value)
{
	struct idmap_entry *e = entry_find(map, id, ep);

	if (e->value != IDMAP_NONE) {
		e->value = value;
		return 0;
	}
	if (map->cnt >= (map->mask + 1) / 2) {
		if (idmap_grow(map))
			return -ENOMEM;
		e = entry_find(map, id, ep);
	}
	*e = (struct idmap_entry){ .id = id, .ep = ep, .value = value };
	map->cnt++;
	return 0;
}

bool idmap_del(struct idmap *map, uint64_t id, uint32_t ep)
{
	struct idmap_entry *e = entry_find(map, id, ep);
	uint32_t hole, i;

	if (e->value == IDMAP_NONE)
		return false;
	hole = e - map->entries;
	for (i = (hole + 1) & map->mask; map->entries[i].value != IDMAP_NONE;
	     i = (i + 1) & map->mask) {
		uint32_t home = idmap_hash(map->entries[i].id, map->entries[i].ep) & map->mask;

		/* It may move back only if its way from home leads over the hole. */
		if (((i - home) & map->mask) >= ((i - hole) & map->mask)) {
			map->entries[hole] = map->entries[i];
			hole = i;
		}
	}
	map->entries[hole].value = IDMAP_NONE;
	map->cnt--;
	return true;
}
