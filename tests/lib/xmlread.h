/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A strict reader of XML, for tests: what is not well-formed is an error, with its line. No more
 * than pages need: elements, attributes, text, CDATA, the five entities and numbers, a DOCTYPE
 * without parts.
 */
#ifndef TESTS_XMLREAD_H
#define TESTS_XMLREAD_H

#include <stddef.h>

struct xml_attribute {
	char *name, *value;
	struct xml_attribute *next;
};

/* An element, or text: then only `text` is set. */
struct xml {
	char *name, *text;
	struct xml_attribute *attributes;
	struct xml *parent, *first, *last, *next;
};

/* The root, or NULL and `error`. */
struct xml *xml_read(const char *s, size_t n, char *error, size_t error_size);
void xml_free(struct xml *x);

/* NULL: it has none. */
const char *xml_attribute(const struct xml *x, const char *name);

/* The next element behind `after` (NULL: the first) within `in`, in the order of the text. */
struct xml *xml_walk(const struct xml *in, const struct xml *after);

/* The nth (from 0) element within `in`, of that name, and of that attribute if it is not NULL. */
struct xml *xml_find(const struct xml *in, const char *name, const char *attribute,
		     const char *value, size_t nth);
size_t xml_count(const struct xml *in, const char *name, const char *attribute, const char *value);

/* All text within; free() it. */
char *xml_text(const struct xml *x);

#endif
