// SPDX-License-Identifier: GPL-2.0
#include "xmlread.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *start, *s, *end;
	char *error;
	size_t error_size;
	jmp_buf failed;
};

__attribute__((noreturn)) static void fail(struct reader *r, const char *why)
{
	int line = 1;

	for (const char *p = r->start; p < r->s && p < r->end; p++)
		line += *p == '\n';
	snprintf(r->error, r->error_size, "line %d: %s: %.40s", line, why,
		 r->s < r->end ? r->s : "");
	longjmp(r->failed, 1);
}

static void *need(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static bool at(const struct reader *r, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(r->end - r->s) >= n && !memcmp(r->s, what, n);
}

static void expect(struct reader *r, const char *what)
{
	if (!at(r, what))
		fail(r, what);
	r->s += strlen(what);
}

static void blanks(struct reader *r)
{
	while (r->s < r->end && strchr(" \t\r\n", *r->s))
		r->s++;
}

static char *name(struct reader *r)
{
	const char *from = r->s;

	while (r->s < r->end && (isalnum((unsigned char)*r->s) || strchr("-_:", *r->s)))
		r->s++;
	if (r->s == from || (!isalpha((unsigned char)*from)))
		fail(r, "no name");
	return strndup(from, r->s - from);
}

static char entity(struct reader *r)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	static const char chars[] = "&<>\"'";

	for (size_t i = 0; i < 5; i++) {
		if (at(r, names[i])) {
			r->s += strlen(names[i]);
			return chars[i];
		}
	}
	fail(r, "no entity");
}

/* How many bytes the character here takes, which must be one that XML has. */
static size_t character(struct reader *r)
{
	const unsigned char *s = (const unsigned char *)r->s;
	size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

	if ((*s >= 0x80 && *s < 0xc2) || *s > 0xf4 || (size_t)(r->end - r->s) < n ||
	    (*s < 0x20 && !strchr("\t\r\n", *s)))
		fail(r, "no character of XML");
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			fail(r, "not UTF-8");
	if ((*s == 0xed && s[1] >= 0xa0) || (*s == 0xef && s[1] == 0xbf && s[2] >= 0xbe))
		fail(r, "no character of XML");
	return n;
}

/* Up to `stop`, with entities resolved. */
static char *content(struct reader *r, char stop)
{
	char *text = need(r->end - r->s + 1);
	size_t n = 0, used;

	while (r->s < r->end && *r->s != stop) {
		if (*r->s == '<')
			fail(r, "a bare <");
		if (*r->s == '&') {
			text[n++] = entity(r);
			continue;
		}
		used = character(r);
		memcpy(text + n, r->s, used);
		n += used;
		r->s += used;
	}
	return realloc(text, n + 1);
}

static void add(struct xml *to, struct xml *x)
{
	x->parent = to;
	if (to->last)
		to->last->next = x;
	else
		to->first = x;
	to->last = x;
}

static void attributes(struct reader *r, struct xml *x)
{
	for (;;) {
		struct xml_attribute *a;
		const char *before = r->s;

		blanks(r);
		if (r->s < r->end && (*r->s == '>' || *r->s == '/'))
			return;
		if (r->s == before)
			fail(r, "no blank before an attribute");
		a = need(sizeof(*a));
		a->next = x->attributes;
		a->name = name(r);
		if (xml_attribute(x, a->name))
			fail(r, "the same attribute again");
		x->attributes = a;
		expect(r, "=\"");
		a->value = content(r, '"');
		expect(r, "\"");
	}
}

static void cdata(struct reader *r, struct xml *to)
{
	struct xml *x = need(sizeof(*x));
	const char *end;

	expect(r, "<![CDATA[");
	end = memmem(r->s, r->end - r->s, "]]>", 3);
	if (!end)
		fail(r, "CDATA without end");
	x->text = strndup(r->s, end - r->s);
	r->s = end + 3;
	add(to, x);
}

static struct xml *open_element(struct reader *r, struct xml *to)
{
	struct xml *x = need(sizeof(*x));

	if (to)
		add(to, x);
	expect(r, "<");
	x->name = name(r);
	attributes(r, x);
	return x;
}

/* The root is `to` until its end. */
static void inside(struct reader *r, struct xml *root)
{
	struct xml *to = root, *x;
	char *closing;

	while (to) {
		if (r->s >= r->end)
			fail(r, "an element without end");
		if (at(r, "</")) {
			r->s += 2;
			closing = name(r);
			if (strcmp(closing, to->name))
				fail(r, "the end of another element");
			free(closing);
			blanks(r);
			expect(r, ">");
			to = to->parent;
		} else if (at(r, "<![CDATA[")) {
			cdata(r, to);
		} else if (*r->s == '<') {
			x = open_element(r, to);
			if (at(r, "/"))
				expect(r, "/>");
			else
				expect(r, ">"), to = x;
		} else {
			x = need(sizeof(*x));
			x->text = content(r, '<');
			add(to, x);
		}
	}
}

struct xml *xml_read(const char *s, size_t n, char *error, size_t error_size)
{
	struct reader r = {
		.start = s, .s = s, .end = s + n, .error = error, .error_size = error_size,
	};
	struct xml *volatile root = NULL;

	error[0] = '\0';
	if (setjmp(r.failed)) {
		xml_free(root);
		return NULL;
	}
	blanks(&r);
	if (at(&r, "<!DOCTYPE html>"))
		expect(&r, "<!DOCTYPE html>");
	blanks(&r);
	root = open_element(&r, NULL);
	expect(&r, ">");
	inside(&r, root);
	blanks(&r);
	if (r.s != r.end)
		fail(&r, "more behind the root");
	return root;
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	for (struct xml *child = x->first, *next; child; child = next) {
		next = child->next;
		xml_free(child);
	}
	for (struct xml_attribute *a = x->attributes, *next; a; a = next) {
		next = a->next;
		free(a->name);
		free(a->value);
		free(a);
	}
	free(x->name);
	free(x->text);
	free(x);
}

const char *xml_attribute(const struct xml *x, const char *name)
{
	for (const struct xml_attribute *a = x->attributes; a; a = a->next)
		if (!strcmp(a->name, name))
			return a->value;
	return NULL;
}

struct xml *xml_walk(const struct xml *in, const struct xml *after)
{
	const struct xml *x = after ? after : in;

	do {
		if (x->first) {
			x = x->first;
		} else {
			while (x != in && !x->next)
				x = x->parent;
			x = x == in ? NULL : x->next;
		}
	} while (x && !x->name);
	return (struct xml *)x;
}

struct xml *xml_find(const struct xml *in, const char *name, const char *attribute,
		     const char *value, size_t nth)
{
	for (struct xml *x = xml_walk(in, NULL); x; x = xml_walk(in, x)) {
		const char *has = attribute ? xml_attribute(x, attribute) : NULL;

		if (strcmp(x->name, name) || (attribute && (!has || strcmp(has, value))))
			continue;
		if (!nth--)
			return x;
	}
	return NULL;
}

size_t xml_count(const struct xml *in, const char *name, const char *attribute, const char *value)
{
	size_t cnt = 0;

	while (xml_find(in, name, attribute, value, cnt))
		cnt++;
	return cnt;
}

static void put_text(const struct xml *x, FILE *out)
{
	if (x->text)
		fputs(x->text, out);
	for (const struct xml *child = x->first; child; child = child->next)
		put_text(child, out);
}

char *xml_text(const struct xml *x)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		abort();
	put_text(x, out);
	fclose(out);
	return text;
}
