/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be written for an argument. Option tables and usages name arguments in capitals (FILE, SEL,
 * DUR); one name means one thing in all commands, and each has its row in the table of values.c.
 */
#ifndef URBSCOPE_CMD_VALUES_H
#define URBSCOPE_CMD_VALUES_H

#include <stdbool.h>
#include <stddef.h>

enum value_kind {
	VALUE_FREE,	/* a number, a time: nothing can be proposed */
	VALUE_FILE,
	VALUE_SELECTOR, /* `urbscope list --selectors` has some */
	VALUE_WORD,	/* one of these: */
};

struct value {
	const char *name;
	enum value_kind kind;
	const char *(*word)(size_t i); /* NULL behind the last */
	bool open;	/* there are more than these, or something follows them */
};

/* NULL: no row has that name. */
const struct value *value_of(const char *name);

/* What stands for operands in a usage ("[FILE | -- COMMAND...]"): the first row that it names, or NULL. */
const struct value *value_of_operands(const char *usage);

#endif
