// SPDX-License-Identifier: GPL-2.0
#include "urbscope/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sink/out.h"
#include "urbscope/text.h"

void json_init(struct json *j, FILE *file, int lines)
{
	j->err = j->depth = 0;
	j->used = 0;
	j->file = file;
	j->lines = lines;
}

static void flush(struct json *j)
{
	size_t n = j->used;

	j->used = 0;
	if (j->err || !n)
		return;
	errno = 0;
	if (fwrite(j->buf, 1, n, j->file) != n)
		j->err = errno ? -errno : -EIO;
}

/* A call of stdio for each comma would cost more than all the rest. */
static void put(struct json *j, const char *s, size_t n)
{
	while (n) {
		size_t room = sizeof(j->buf) - j->used, step = n < room ? n : room;

		memcpy(j->buf + j->used, s, step);
		j->used += step;
		s += step;
		n -= step;
		if (j->used == sizeof(j->buf))
			flush(j);
	}
}

static void puts_raw(struct json *j, const char *s)
{
	put(j, s, strlen(s));
}

/* To the place of the next member at this depth, or of the closing bracket. */
static void line(struct json *j, int depth)
{
	int i;

	puts_raw(j, "\n");
	for (i = 0; i < depth; i++)
		puts_raw(j, "  ");
}

/* How many of the next bytes stand for themselves: most strings do as a whole. */
static size_t plain_bytes(const char *s)
{
	const char *at = s;

	while (*at >= ' ' && *at <= '~' && *at != '"' && *at != '\\')
		at++;
	return at - s;
}

static void escaped(struct json *j, const char *s)
{
	size_t n = strlen(s), used;
	char out[16];
	uint32_t cp;

	puts_raw(j, "\"");
	for (; n; s += used, n -= used) {
		used = plain_bytes(s);
		if (used) {
			put(j, s, used);
			continue;
		}
		used = utf8_decode(s, n, &cp);
		if (cp == '"' || cp == '\\') {
			out[0] = '\\';
			out[1] = (char)cp;
			put(j, out, 2);
		} else if (text_is_control(cp)) {
			/* JSON asks for C0 only, but people print JSON on terminals. */
			snprintf(out, sizeof(out), "\\u%04x", (unsigned int)cp);
			puts_raw(j, out);
		} else {
			put(j, out, utf8_encode(cp, out));
		}
	}
	puts_raw(j, "\"");
}

static void member(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->some[j->depth - 1])
			puts_raw(j, j->depth <= j->lines ? "," : ", ");
		j->some[j->depth - 1] = true;
		if (j->depth <= j->lines)
			line(j, j->depth);
	}
	if (key) {
		escaped(j, key);
		puts_raw(j, ": ");
	}
}

static void open_bracket(struct json *j, const char *key, const char *brackets)
{
	member(j, key);
	if (j->depth == JSON_MAX_DEPTH) {
		j->err = j->err ? j->err : -EOVERFLOW;
		return;
	}
	put(j, brackets, 1);
	j->closing[j->depth] = brackets[1];
	j->some[j->depth++] = false;
}

void json_object(struct json *j, const char *key)
{
	open_bracket(j, key, "{}");
}

void json_array(struct json *j, const char *key)
{
	open_bracket(j, key, "[]");
}

void json_close(struct json *j)
{
	if (!j->depth) {
		j->err = j->err ? j->err : -EINVAL;
		return;
	}
	j->depth--;
	if (j->some[j->depth] && j->depth < j->lines)
		line(j, j->depth);
	put(j, &j->closing[j->depth], 1);
	if (!j->depth)
		flush(j);
}

void json_string(struct json *j, const char *key, const char *value)
{
	member(j, key);
	if (value)
		escaped(j, value);
	else
		puts_raw(j, "null");
}

static void decimal(struct json *j, uint64_t value, bool negative)
{
	char digits[OUT_DIGITS];
	size_t size = out_decimal(digits, value, negative);

	put(j, digits + sizeof(digits) - size, size);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	member(j, key);
	decimal(j, value, false);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	member(j, key);
	decimal(j, value, value < 0);
}

void json_double(struct json *j, const char *key, double value)
{
	char buf[40], *from, *to;
	int digits;

	if (!isfinite(value)) {
		json_null(j, key);
		return;
	}
	if (value > -1e15 && value < 1e15 && value == (double)(int64_t)value) {
		/* %g would write 100 as 1e+02 */
		snprintf(buf, sizeof(buf), "%.0f", value);
	} else {
		for (digits = 1; digits <= 17; digits++) {
			snprintf(buf, sizeof(buf), "%.*g", digits, value);
			if (strtod(buf, NULL) == value)
				break;
		}
	}
	/* Whatever the locale writes for the decimal point, of however many bytes. */
	for (from = to = buf; *from; from++) {
		if (strchr("0123456789+-e", *from))
			*to++ = *from;
		else if (to == buf || to[-1] != '.')
			*to++ = '.';
	}
	*to = '\0';
	member(j, key);
	puts_raw(j, buf);
}

void json_bool(struct json *j, const char *key, bool value)
{
	member(j, key);
	puts_raw(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	member(j, key);
	puts_raw(j, "null");
}

int json_finish(struct json *j)
{
	int err;

	puts_raw(j, "\n");
	flush(j);
	err = out_finish(j->file);
	j->err = j->err ? j->err : err;
	return j->err;
}
