/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The option tables of a command, children and all, as a list: manual pages, completions and the
 * errors of the command line are made of it, so that no option is written down twice.
 */
#ifndef URBSCOPE_CMD_ARGUMENTS_H
#define URBSCOPE_CMD_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct argument {
	const struct argp_option *option; /* its own: aliases and hidden ones are not listed */
	const char *heading;		  /* it stands under that one in --help, or NULL */
	int group, within;		  /* --help is sorted by these */
};

/*
 * Sorted as --help has the groups, and within a group as the tables have them; what argp adds is last.
 * The caller frees it; NULL with errno.
 */
struct argument *arguments_list(const struct argp *argp, size_t *cnt);

/* Is it one of those that argp adds: --help, --usage, --version? */
bool argument_is_automatic(const struct argument *argument);

/* The letter of an option that has one, else 0. */
char argument_letter(const struct argp_option *option);

/*
 * What an option is for, in a few words: its text up to the end of the first sentence. Whoever writes
 * the text of an option keeps that sentence short. Returns its length; it is not terminated.
 */
int argument_brief(const struct argp_option *option);

/*
 * argp_parse(), but whatever is wrong with an option's name or number of values is told before, in one
 * line. Ends the program then, or if help was asked for.
 */
void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned int flags, void *input);

#endif
