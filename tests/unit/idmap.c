// SPDX-License-Identifier: GPL-2.0
/* The map of ids against a plain array, through growth and many deletions. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/run.h"
#include "urbscope/idmap.h"

#define KEYS 300

static void same_as_an_array(void **state)
{
	uint32_t want[KEYS];
	uint64_t seed = 1;
	struct idmap map;

	(void)state;
	memset(want, 0xff, sizeof(want));
	assert_int_equal(idmap_init(&map, 0), 0);
	for (int i = 0; i < 300000; i++) {
		uint32_t k = random_below(&seed, KEYS), other = random_below(&seed, KEYS);
		uint64_t id = k / 3;
		uint32_t ep = k % 3;

		/* Phases of growth and of decay. */
		if (random_below(&seed, 100) < (i / 10000 % 2 ? 30 : 70)) {
			assert_int_equal(idmap_set(&map, id, ep, i), 0);
			want[k] = i;
		} else {
			assert_int_equal(idmap_del(&map, id, ep), want[k] != IDMAP_NONE);
			want[k] = IDMAP_NONE;
		}
		assert_int_equal(idmap_find(&map, id, ep), want[k]);
		assert_int_equal(idmap_find(&map, other / 3, other % 3), want[other]);
	}
	idmap_release(&map);
}

static void deletions_leave_nothing_behind(void **state)
{
	struct idmap map;

	(void)state;
	assert_int_equal(idmap_init(&map, 1000), 0);
	for (uint64_t id = 0; id < 1000000; id++) {
		assert_int_equal(idmap_set(&map, id, 1, 5), 0);
		if (id >= 900)
			assert_true(idmap_del(&map, id - 900, 1));
	}
	assert_int_equal(map.mask, 2047);
	assert_int_equal(map.cnt, 900);
	idmap_clear(&map);
	assert_int_equal(idmap_find(&map, 999999, 1), IDMAP_NONE);
	idmap_release(&map);
}

static const struct CMUnitTest tests[] = {
	TEST("same-as-an-array", same_as_an_array),
	TEST("deletions-leave-nothing-behind", deletions_leave_nothing_behind),
};

TEST_MAIN(tests)
