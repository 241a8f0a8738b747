/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random tests: SEED and RUNS in the environment choose others; the seed that was
 * under way is told when a test ends, as it may have failed.
 */
#ifndef URBSCOPE_TEST_SEEDED_H
#define URBSCOPE_TEST_SEEDED_H

#include "testmain.h"

static inline uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Of a test that is SEEDED: with each seed, before anything that may fail. */
static inline void seed_begins(void **state, uint64_t seed)
{
	*(uint64_t *)*state = seed;
}

static inline int seeded_set_up(void **state)
{
	static uint64_t running_seed;

	*state = &running_seed;
	return 0;
}

static inline int seeded_tell(void **state)
{
	print_message("# last SEED=%llu\n", (unsigned long long)*(uint64_t *)*state);
	return 0;
}

#define SEEDED(title, function) { title, function, seeded_set_up, seeded_tell, NULL }

#endif
