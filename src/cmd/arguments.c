// SPDX-License-Identifier: GPL-2.0
#include "arguments.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_USAGE = 0x7f00, AUTOMATIC = INT_MAX };

/* argp has them in a table of its own; this tells their names. */
static const struct argp_option automatic[] = {
	{ "help", '?', NULL, 0, "Give this help list", 0 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0 },
	{ "version", 'V', NULL, 0, "Print program version", 0 },
	{ 0 },
};

struct list {
	struct argument *argument;
	size_t cnt;
	bool failed;
};

/* Where the options of an argp stand: under a heading all of them have the group of the heading. */
struct place {
	const char *heading;
	int group;
};

static bool is_last(const struct argp_option *o)
{
	return !o->name && !o->key && !o->doc && !o->group;
}

static void add(struct list *list, const struct argp_option *option, const struct place *place)
{
	struct argument *more = realloc(list->argument, (list->cnt + 1) * sizeof(*more));

	if (!more) {
		list->failed = true;
		return;
	}
	list->argument = more;
	more[list->cnt++] = (struct argument){
		.option = option,
		.heading = place->heading,
		.group = place->heading ? place->group : option->group,
		.within = place->heading ? option->group : 0,
	};
}

static void collect(struct list *list, const struct argp *argp, const struct place *place)
{
	for (const struct argp_option *o = argp->options; o && !is_last(o) && !list->failed; o++) {
		if (o->name && !(o->flags & (OPTION_HIDDEN | OPTION_ALIAS | OPTION_DOC)))
			add(list, o, place);
	}
	for (const struct argp_child *c = argp->children; c && c->argp; c++) {
		const struct place below = { c->header, c->group };

		collect(list, c->argp, c->header ? &below : place);
	}
}

/* Stable, and the lists are short. */
static void sort(struct list *list)
{
	struct argument *a = list->argument;

	for (size_t i = 1; i < list->cnt; i++) {
		struct argument moved = a[i];
		size_t k = i;

		for (; k && (a[k - 1].group > moved.group ||
			     (a[k - 1].group == moved.group && a[k - 1].within > moved.within)); k--)
			a[k] = a[k - 1];
		a[k] = moved;
	}
}

struct argument *arguments_list(const struct argp *argp, size_t *cnt)
{
	static const struct argp by_argp = { automatic, NULL, NULL, NULL, NULL, NULL, NULL };
	static const struct place top = { NULL, 0 };
	struct list list = { NULL, 0, false };
	size_t own;

	collect(&list, argp, &top);
	own = list.cnt;
	collect(&list, &by_argp, &top);
	if (list.failed) {
		free(list.argument);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = own; i < list.cnt; i++)
		list.argument[i].group = AUTOMATIC;
	sort(&list);
	*cnt = list.cnt;
	return list.argument;
}

bool argument_is_automatic(const struct argument *argument)
{
	return argument->group == AUTOMATIC;
}

char argument_letter(const struct argp_option *option)
{
	return option->key > 0 && option->key <= UCHAR_MAX && isgraph(option->key) ? option->key : 0;
}

int argument_brief(const struct argp_option *option)
{
	const char *end = strstr(option->doc, ". ");

	return end ? end - option->doc : (int)strlen(option->doc);
}
