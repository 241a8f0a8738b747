// SPDX-License-Identifier: GPL-2.0
/*
 * argp leaves names of options to getopt, which prints a line, and adds one that tells where help is.
 * Here getopt goes over them first, silently, and one line tells both.
 */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

enum { LONG = 0x10000 };	/* and the place in the list: no letter */

struct names {
	struct argument *argument;
	size_t cnt;
	char *letters;		/* as getopt has them */
	struct option *options;
	char **argv;		/* a copy: getopt changes the order */
};

static bool make_names(struct names *n, const struct argp *argp, int argc, char **argv, unsigned int flags)
{
	char *at;

	n->argv = calloc(argc + 1, sizeof(*n->argv));
	n->argument = arguments_list(argp, &n->cnt);
	n->letters = n->argument ? calloc(2 * n->cnt + 3, 1) : NULL;
	n->options = n->argument ? calloc(n->cnt + 1, sizeof(*n->options)) : NULL;
	if (!n->argv || !n->letters || !n->options)
		return false;
	memcpy(n->argv, argv, argc * sizeof(*argv));
	at = n->letters;
	if (flags & ARGP_IN_ORDER)
		*at++ = '-';
	*at++ = ':';
	for (size_t i = 0; i < n->cnt; i++) {
		const struct argp_option *o = n->argument[i].option;

		n->options[i] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, LONG + i };
		/* '?' is what getopt says of those it does not know */
		if (!argument_letter(o) || o->key == '?')
			continue;
		*at++ = o->key;
		if (o->arg)
			*at++ = ':';
	}
	return true;
}

static void free_names(struct names *n)
{
	free(n->argument);
	free(n->letters);
	free(n->options);
	free(n->argv);
}

/* Edits that make one of the other: letters put in, left out, or replaced. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
	size_t b_len = strlen(b), row[64];

	if (b_len >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t k = 0; k <= b_len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			size_t least = corner + (a[i - 1] != b[k - 1]);

			corner = row[k];
			if (row[k] + 1 < least)
				least = row[k] + 1;
			if (row[k - 1] + 1 < least)
				least = row[k - 1] + 1;
			row[k] = least;
		}
	}
	return row[b_len];
}

/* The option that was meant, most likely, or NULL. */
static const char *nearest(const struct names *n, const char *name, size_t length)
{
	size_t best = length / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n->cnt; i++) {
		size_t far = distance(name, length, n->options[i].name);

		if (far < best) {
			best = far;
			found = n->options[i].name;
		}
	}
	return found;
}

/* The names that begin so, and how many. */
static size_t list_beginnings(const struct names *n, const char *name, size_t length, char *buf, size_t size)
{
	size_t cnt = 0, at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n->cnt; i++) {
		if (strncmp(n->options[i].name, name, length))
			continue;
		if (at < size)
			at += snprintf(buf + at, size - at, "%s--%s", cnt ? ", " : "", n->options[i].name);
		cnt++;
	}
	return cnt;
}

static void refuse_long(const struct names *n, const char *me, const char *word, bool known)
{
	const char *name = word + 2, *meant;
	size_t length = strcspn(name, "="), cnt;
	char others[512];

	if (known)
		usage_error(me, "'%.*s' takes no value: leave out '%s'", (int)length + 2, word, name + length);
	cnt = list_beginnings(n, name, length, others, sizeof(others));
	if (cnt)
		usage_error(me, "'%.*s' may be %s: write more of it", (int)length + 2, word, others);
	meant = nearest(n, name, length);
	if (meant)
		usage_error(me, "no option '%s': is --%s meant? `%s --help` lists all", word, meant, me);
	usage_error(me, "no option '%s': `%s --help` lists them", word, me);
}

static void refuse_lack(const struct names *n, const char *me, const char *word, int letter)
{
	for (size_t i = 0; i < n->cnt; i++) {
		const struct argp_option *o = n->argument[i].option;

		if (letter && letter < LONG && o->key == letter)
			usage_error(me, "-%c lacks its value: -%c %s", letter, letter, o->arg);
		else if (letter == LONG + (int)i)
			usage_error(me, "--%s lacks its value: --%s=%s", o->name, o->name, o->arg);
	}
	usage_error(me, "%s lacks its value", word);
}

static bool is_automatic(const struct names *n, int key)
{
	for (size_t i = 0; i < n->cnt; i++) {
		if (n->argument[i].option->key == key || LONG + (int)i == key)
			return argument_is_automatic(&n->argument[i]);
	}
	return false;
}

static void check(const struct names *n, const struct argp *argp, int argc, const char *me)
{
	char **argv = n->argv;
	int key;

	opterr = 0;
	optind = 0; /* from the beginning */
	do {
		optopt = 0;
		key = getopt_long(argc, argv, n->letters, n->options, NULL);
		if (key == ':')
			refuse_lack(n, me, argv[optind - 1], optopt);
		else if (key == '?' && optopt == '?')
			return;
		else if (key == '?' && optopt && optopt < LONG)
			usage_error(me, "no option '-%c': `%s --help` lists them", optopt, me);
		else if (key == '?')
			refuse_long(n, me, argv[optind - 1], optopt);
		else if (is_automatic(n, key))
			return;
	} while (key != -1);
	if (!argp->args_doc && optind < argc)
		usage_error(me, "'%s' is too much: `%s` takes options only", argv[optind], me);
}

void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned int flags, void *input)
{
	const char *slash = strrchr(argv[0], '/'), *me = slash ? slash + 1 : argv[0];
	struct names names = { 0 };

	if (!make_names(&names, argp, argc, argv, flags))
		usage_error(me, "%s", strerror(ENOMEM));
	check(&names, argp, argc, me);
	free_names(&names);
	argp_parse(argp, argc, argv, flags, NULL, input);
}
