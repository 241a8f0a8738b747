// SPDX-License-Identifier: GPL-2.0
#include "jsonread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 64

struct reader {
	const char *start, *at, *end;
	const char *error;	/* the first one */
	int nesting;
};

static struct json_value *value(struct reader *r);

static bool fail(struct reader *r, const char *error)
{
	if (!r->error)
		r->error = error;
	return false;
}

static void blanks(struct reader *r)
{
	while (r->at < r->end && *r->at && strchr(" \t\n\r", *r->at))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	if (r->at >= r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool hex4(struct reader *r, unsigned int *code)
{
	int i;

	*code = 0;
	for (i = 0; i < 4; i++, r->at++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *d = r->at < r->end && *r->at ? strchr(digits, *r->at) : NULL;

		if (!d)
			return fail(r, "bad \\u");
		*code = *code << 4 | (unsigned int)((d - digits) & 15);
	}
	return true;
}

/* A code point as UTF-8, by the table of RFC 3629. */
static char *encode(char *to, unsigned int cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
	} else if (cp < 0x800) {
		*to++ = (char)(0xc0 + (cp >> 6));
		*to++ = (char)(0x80 + (cp & 63));
	} else if (cp < 0x10000) {
		*to++ = (char)(0xe0 + (cp >> 12));
		*to++ = (char)(0x80 + (cp >> 6 & 63));
		*to++ = (char)(0x80 + (cp & 63));
	} else {
		*to++ = (char)(0xf0 + (cp >> 18));
		*to++ = (char)(0x80 + (cp >> 12 & 63));
		*to++ = (char)(0x80 + (cp >> 6 & 63));
		*to++ = (char)(0x80 + (cp & 63));
	}
	return to;
}

static char *escape(struct reader *r, char *to)
{
	static const char from[] = "\"\\/bfnrt", as[] = "\"\\/\b\f\n\r\t";
	unsigned int cp, low;
	const char *plain;

	if (r->at >= r->end)
		return fail(r, "open escape"), to;
	if (*r->at != 'u') {
		plain = *r->at ? strchr(from, *r->at) : NULL;
		if (!plain)
			return fail(r, "unknown escape"), to;
		r->at++;
		*to++ = as[plain - from];
		return to;
	}
	r->at++;
	if (!hex4(r, &cp))
		return to;
	if (cp >= 0xd800 && cp < 0xdc00) {
		if (!take(r, '\\') || !take(r, 'u') || !hex4(r, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return fail(r, "unpaired surrogate"), to;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	} else if (cp >= 0xdc00 && cp < 0xe000) {
		return fail(r, "unpaired surrogate"), to;
	}
	if (!cp)
		return fail(r, "NUL in a string"), to;
	return encode(to, cp);
}

/* One character of several bytes: the same bytes again must come of its code point. */
static char *multibyte(struct reader *r, char *to)
{
	unsigned char lead = (unsigned char)*r->at;
	int len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2, i;
	unsigned int cp = lead & (0xffU >> (len + 1));
	char again[4];

	if (lead < 0xc0 || lead > 0xf4 || r->end - r->at < len)
		return fail(r, "invalid UTF-8"), to;
	for (i = 1; i < len; i++)
		cp = cp << 6 | ((unsigned char)r->at[i] & 63);
	if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) || encode(again, cp) - again != len ||
	    memcmp(again, r->at, (size_t)len))
		return fail(r, "invalid UTF-8"), to;
	memcpy(to, r->at, (size_t)len);
	r->at += len;
	return to + len;
}

static char *string(struct reader *r)
{
	char *text, *to;

	if (!take(r, '"'))
		return fail(r, "expected a string"), NULL;
	/* Decoded text is never longer than what stands for it. */
	text = to = malloc((size_t)(r->end - r->at) + 4);
	if (!text)
		abort();
	while (!r->error && !take(r, '"')) {
		if (r->at >= r->end)
			fail(r, "open string");
		else if ((unsigned char)*r->at < 0x20)
			fail(r, "control character in a string");
		else if (take(r, '\\'))
			to = escape(r, to);
		else if ((unsigned char)*r->at < 0x80)
			*to++ = *r->at++;
		else
			to = multibyte(r, to);
	}
	*to = '\0';
	return text;
}

static bool digits(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from || fail(r, "expected a digit");
}

static void number(struct reader *r)
{
	take(r, '-');
	if (!take(r, '0'))
		digits(r);
	if (take(r, '.'))
		digits(r);
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '-'))
			take(r, '+');
		digits(r);
	}
}

static bool known(const struct json_value *in, const char *key)
{
	const struct json_value *m;

	for (m = in->first; m; m = m->next)
		if (m->key && !strcmp(m->key, key))
			return true;
	return false;
}

static void members(struct reader *r, struct json_value *in, char closing)
{
	struct json_value **link = &in->first, *member;
	char *key;

	blanks(r);
	if (take(r, closing))
		return;
	do {
		key = NULL;
		blanks(r);
		if (closing == '}') {
			key = string(r);
			if (key && known(in, key))
				fail(r, "key twice");
			blanks(r);
			if (!take(r, ':'))
				fail(r, "expected a colon");
		}
		member = r->error ? NULL : value(r);
		if (!member) {
			free(key);
			return;
		}
		member->key = key;
		*link = member;
		link = &member->next;
		in->cnt++;
		blanks(r);
	} while (take(r, ','));
	if (!take(r, closing))
		fail(r, "expected a comma or the end");
}

static bool word(struct reader *r, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, s, n))
		return false;
	r->at += n;
	return true;
}

static struct json_value *value(struct reader *r)
{
	struct json_value *v = calloc(1, sizeof(*v));
	const char *from;

	if (!v)
		abort();
	blanks(r);
	from = r->at;
	if (++r->nesting > NESTING_MAX) {
		fail(r, "nested too deep");
	} else if (take(r, '{')) {
		v->kind = JSON_OBJECT;
		members(r, v, '}');
	} else if (take(r, '[')) {
		v->kind = JSON_ARRAY;
		members(r, v, ']');
	} else if (r->at < r->end && *r->at == '"') {
		v->kind = JSON_STRING;
		v->text = string(r);
	} else if (word(r, "null")) {
		v->kind = JSON_NULL;
	} else if (word(r, "true")) {
		v->kind = JSON_TRUE;
	} else if (word(r, "false")) {
		v->kind = JSON_FALSE;
	} else {
		v->kind = JSON_NUMBER;
		number(r);
	}
	r->nesting--;
	if (!v->text)
		v->text = strndup(from, (size_t)(r->at - from));
	if (!r->error)
		return v;
	json_value_free(v);
	return NULL;
}

struct json_value *json_read(const char *s, size_t n, char *error, size_t error_size)
{
	struct reader r = {.start = s, .at = s, .end = s + n};
	struct json_value *v = value(&r);

	blanks(&r);
	if (v && r.at < r.end)
		fail(&r, "text after the value");
	if (!r.error)
		return v;
	snprintf(error, error_size, "%s at byte %zu", r.error, (size_t)(r.at - r.start));
	json_value_free(v);
	return NULL;
}

void json_value_free(struct json_value *v)
{
	struct json_value *next;

	for (; v; v = next) {
		next = v->next;
		json_value_free(v->first);
		free(v->key);
		free(v->text);
		free(v);
	}
}

static const struct json_value *member_of(const struct json_value *v, const char *key, size_t n)
{
	const struct json_value *m;

	for (m = v->kind == JSON_OBJECT ? v->first : NULL; m; m = m->next)
		if (strlen(m->key) == n && !memcmp(m->key, key, n))
			return m;
	return NULL;
}

/* Do all of "path=text,path=text" hold of this element? */
static bool matches(const struct json_value *v, const char *conditions)
{
	char *copy = strdup(conditions), *save = NULL, *one, *equals;
	bool all = copy;

	for (one = copy ? strtok_r(copy, ",", &save) : NULL; one && all;
	     one = strtok_r(NULL, ",", &save)) {
		const char *text;

		equals = strchr(one, '=');
		if (!equals) {
			all = false;
			break;
		}
		*equals = '\0';
		text = json_text_at(v, one);
		all = text && !strcmp(text, equals + 1);
	}
	free(copy);
	return all;
}

static const struct json_value *element(const struct json_value *v, const char *what)
{
	const struct json_value *m = v->kind == JSON_ARRAY ? v->first : NULL;
	char *end;
	unsigned long index = strtoul(what, &end, 10);

	if (end > what && !*end) {
		while (m && index--)
			m = m->next;
		return m;
	}
	while (m && !matches(m, what))
		m = m->next;
	return m;
}

const struct json_value *json_at(const struct json_value *v, const char *path, size_t *count)
{
	char what[256];
	size_t n;

	while (v && *path) {
		if (*path != '[') {
			path += *path == '.';
			n = strcspn(path, ".[");
			v = member_of(v, path, n);
			path += n;
			continue;
		}
		n = strcspn(++path, "]");
		if (!path[n] || n >= sizeof(what))
			return NULL;
		memcpy(what, path, n);
		what[n] = '\0';
		path += n + 1;
		if (!strcmp(what, "#")) {
			if (!count || *path || (v->kind != JSON_ARRAY && v->kind != JSON_OBJECT))
				return NULL;
			*count = v->cnt;
			return v;
		}
		v = element(v, what);
	}
	return v;
}

const char *json_text_at(const struct json_value *v, const char *path)
{
	const struct json_value *at = json_at(v, path, NULL);

	return at ? at->text : NULL;
}

uint64_t json_u64_at(const struct json_value *v, const char *path)
{
	const char *text = json_text_at(v, path);

	return text ? strtoull(text, NULL, 10) : 0;
}

double json_double_at(const struct json_value *v, const char *path)
{
	const char *text = json_text_at(v, path);

	return text ? strtod(text, NULL) : 0;
}
