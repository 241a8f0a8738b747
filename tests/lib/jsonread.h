/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A strict JSON reader (RFC 8259), for tests: independent of the writer, and without mercy. What
 * many readers let pass is an error here: duplicate keys, invalid UTF-8, unpaired surrogates,
 * text after the value. Numbers keep their text, so that a u64 is compared exactly.
 *
 * Paths: `endpoints[0].depth.mean`, `endpoints[endpoint=0x81].transfers.completed`,
 * `endpoints[device.path=1-1].streams[stream=2].bytes`, `endpoints[#]` (how many), `status.-32`.
 * A selection takes the first element for which the value at the path before the "=" reads as
 * given; several follow each other: `endpoints[type=bulk][endpoint=0x02]` does not nest, it is
 * `endpoints[type=bulk,endpoint=0x02]`.
 */
#ifndef TESTS_JSONREAD_H
#define TESTS_JSONREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY,
		 JSON_OBJECT };

struct json_value {
	enum json_kind kind;
	char *key;			/* in an object, decoded */
	char *text;			/* string: decoded; number, and all others: as written */
	struct json_value *first, *next; /* of an array or object; among its fellows */
	size_t cnt;			/* members */
};

/* NULL on error, which is told in `error` with the offset of its byte. */
struct json_value *json_read(const char *s, size_t n, char *error, size_t error_size);
void json_value_free(struct json_value *v);

/*
 * The value at a path, NULL if there is none. "[#]" at the end is a number of its own, in *count,
 * and returns the array.
 */
const struct json_value *json_at(const struct json_value *v, const char *path, size_t *count);

/* Shortcuts: the text at the path ("null" for null, NULL for nothing there); a number or 0. */
const char *json_text_at(const struct json_value *v, const char *path);
uint64_t json_u64_at(const struct json_value *v, const char *path);
double json_double_at(const struct json_value *v, const char *path);

#endif
