/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A map from (64-bit id, endpoint) to a 32-bit value: pairs the events of a transfer, and gives
 * transfers small numbers where an id must not be shown. Open addressing with linear probing;
 * a deletion shifts its followers back, so there are no tombstones and a look-up costs the same
 * after a billion transfers. Filled to 1/2 at most, it grows by doubling and never shrinks.
 *
 *	struct idmap map;
 *	if (idmap_init(&map, 65536))
 *		return -ENOMEM;
 *	idmap_set(&map, id, ep, 7);
 *	idmap_find(&map, id, ep);	// 7
 *	idmap_del(&map, id, ep);
 *	idmap_release(&map);
 */
#ifndef URBSCOPE_IDMAP_H
#define URBSCOPE_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDMAP_NONE UINT32_MAX

struct idmap_entry {
	uint64_t id;
	uint32_t ep;
	uint32_t value;		/* IDMAP_NONE: empty */
};

struct idmap {
	struct idmap_entry *entries;
	uint32_t mask;		/* capacity - 1 */
	uint32_t cnt;
};

/* Room for `expected` entries before it grows. Returns 0 or -ENOMEM. */
int idmap_init(struct idmap *map, uint32_t expected);

/* Frees the table; idmap_init() may follow. */
void idmap_release(struct idmap *map);

/* Forgets all entries, keeps the memory. */
void idmap_clear(struct idmap *map);

/*
 * Adds (id, ep) or replaces its value, which must not be IDMAP_NONE. Returns 0, or -ENOMEM when
 * the table could not grow: then it is as before.
 */
int idmap_set(struct idmap *map, uint64_t id, uint32_t ep, uint32_t value);

/* Removes (id, ep). Returns false if it was not there. */
bool idmap_del(struct idmap *map, uint64_t id, uint32_t ep);

/*
 * Addresses of URBs differ in a few middle bits and ids of captures may be small numbers: both
 * need all bits mixed (the finalizer of MurmurHash3, by Austin Appleby, public domain).
 */
static inline uint32_t idmap_hash(uint64_t id, uint32_t ep)
{
	uint64_t h = id ^ (uint64_t)ep * 0x9e3779b97f4a7c15;

	h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}

/* The value of (id, ep), or IDMAP_NONE. */
static inline uint32_t idmap_find(const struct idmap *map, uint64_t id, uint32_t ep)
{
	uint32_t i = idmap_hash(id, ep) & map->mask;

	for (;; i = (i + 1) & map->mask) {
		const struct idmap_entry *e = &map->entries[i];

		if (e->value == IDMAP_NONE || (e->id == id && e->ep == ep))
			return e->value;
	}
}

#endif
