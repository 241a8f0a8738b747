// SPDX-License-Identifier: GPL-2.0
/* What is packed unpacks to what was written, whatever its size; a failure to write is told. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "urbscope/packed.h"

/* Noise does not get smaller: what is packed is more than what came. */
static void noise(uint8_t *data, size_t size, bool packable)
{
	uint64_t seed = size;

	for (size_t i = 0; i < size; i++)
		data[i] = packable ? i / 1000 : random_next(&seed);
}

static void round_trip(size_t size, bool packable)
{
	uint8_t *data = malloc(size + 1), *back = malloc(size + 1);
	size_t packed_size, got;
	char *packed;
	FILE *out = open_memstream(&packed, &packed_size);
	FILE *in = packed_open(out);
	uint64_t seed = 1;

	noise(data, size, packable);
	assert_non_null(in);
	for (size_t at = 0, step; at < size; at += step) {
		step = 1 + random_below(&seed, 300000);
		step = step < size - at ? step : size - at;
		assert_int_equal(fwrite(data + at, 1, step, in), step);
		if (step % 2)
			assert_int_equal(fflush(in), 0);
	}
	assert_int_equal(fclose(in), 0);
	got = ZSTD_decompress(back, size + 1, packed, packed_size);
	assert_false(ZSTD_isError(got));
	assert_int_equal(got, size);
	assert_memory_equal(back, data, size);
	free(packed);
	free(data);
	free(back);
}

static void unpacks(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 131072, 131073, 3000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		round_trip(sizes[i], true);
		round_trip(sizes[i], false);
	}
}

static void full_disk(void **state)
{
	FILE *in = packed_open(fopen("/dev/full", "w"));

	(void)state;
	assert_non_null(in);
	assert_true(fputs("not much", in) >= 0);
	assert_int_equal(fclose(in), EOF);
	assert_int_equal(errno, ENOSPC);
}

static void names(void **state)
{
	(void)state;
	assert_true(packed_by_name("x.csv.zst"));
	assert_false(packed_by_name("x.csv"));
	assert_false(packed_by_name(".zst"));
	assert_false(packed_by_name("zst"));
	assert_false(packed_by_name(NULL));
}

static const struct CMUnitTest tests[] = {
	TEST("what-is-packed-unpacks", unpacks),
	TEST("full-disk-is-told-at-the-end", full_disk),
	TEST("names-tell-what-to-pack", names),
};

TEST_MAIN(tests)
