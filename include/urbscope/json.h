/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A streaming JSON writer. It keeps no tree: what is told goes out at once, so a report of any
 * size takes no memory. The caller opens and closes in order and gives a key inside an object,
 * NULL inside an array.
 *
 *	struct json j;
 *
 *	json_init(&j, stdout, 0);
 *	json_object(&j, NULL);
 *	json_u64(&j, "bytes", 18446744073709551615u);
 *	json_close(&j);
 *	err = json_finish(&j);
 */
#ifndef URBSCOPE_JSON_H
#define URBSCOPE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 16

struct json {
	FILE *file;
	int err;			/* first failure, -errno; nothing is written after it */
	int depth;
	int lines;			/* members at this depth or less have a line each */
	char closing[JSON_MAX_DEPTH];	/* '}' or ']' of what is open */
	bool some[JSON_MAX_DEPTH];	/* a member was written: the next needs a comma */
	size_t used;			/* of buf, on its way to the file: out with the last bracket */
	char buf[512];
};

/*
 * `lines` is how many levels of nesting are laid out with a line a member: 0 writes the whole
 * value on one line, for programs that read line by line.
 */
void json_init(struct json *j, FILE *file, int lines);

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_close(struct json *j);

/* NULL is null. Bytes that are not UTF-8 become U+FFFD. */
void json_string(struct json *j, const char *key, const char *value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_i64(struct json *j, const char *key, int64_t value);
/* The shortest decimal that reads back as the same double; NaN and infinities are null. */
void json_double(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* Ends the line, flushes. 0, or the first error of the file as -errno (-ENOSPC, -EPIPE, ...). */
int json_finish(struct json *j);

#endif
