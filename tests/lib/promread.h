/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readers of expositions, for tests: they know the formats, and nothing of who writes them. What is
 * not well-formed aborts.
 */
#ifndef TESTS_PROMREAD_H
#define TESTS_PROMREAD_H

#include <stddef.h>
#include <stdint.h>

/* A sample of a text format: `name{labels}` as written, and its value. */
struct prom_sample {
	char *series;
	char *value;
};

struct prom_text {
	struct prom_sample *sample;	/* by series */
	size_t cnt;
};

/* No series may be there twice, and all samples of a family (as TYPE has it) must lie together. */
void prom_text_read(struct prom_text *text, const char *s, size_t len);
void prom_text_release(struct prom_text *text);

/* The value of a series, NULL: there is none. */
const char *prom_value(const struct prom_text *text, const char *series);

/* The sum of all whole values of series that begin so. */
uint64_t prom_sum(const struct prom_text *text, const char *beginning);

#define PROM_BUCKETS 1024

/* A native histogram of schema 3, its buckets by index. */
struct prom_native {
	uint64_t count, zero;
	double sum, zero_threshold;
	int64_t schema;
	size_t cnt;
	struct { int64_t index; uint64_t count; } bucket[PROM_BUCKETS];
	size_t classic_cnt;
	struct { double le; uint64_t cumulative; } classic[64];
};

/*
 * The histogram of a family whose labels contain a value, from protobuf; abort()s if there is none.
 * Reads everything up to there.
 */
void prom_native_read(struct prom_native *native, const void *data, size_t len, const char *family,
		      const char *value);

/* Adds bucket by bucket. */
void prom_native_merge(struct prom_native *native, const struct prom_native *other);

/* The index of the bucket that the value of a rank (from 1) is in, INT64_MIN: that of zero. */
int64_t prom_native_rank(const struct prom_native *native, uint64_t rank);

#endif
