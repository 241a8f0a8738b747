// SPDX-License-Identifier: GPL-2.0
/*
 * fill PAGE: puts into a manual page, from standard input to standard output in scdoc's language, what
 * the tables of the program say. PAGE is its file's name without .scd: urbscope-report.1.
 *
 *	@VERSION@	of the program, anywhere
 *	@SYNOPSIS@	a line of its own, like those below: how the command is used
 *	@OPTIONS@	of the command
 *	@COMMANDS@	all of them, each with the name of its page
 *	@FORMATS@	what `urbscope export` writes
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/export.h"
#include "cmd/values.h"

struct page {
	const char *name;		/* of the command as it is typed */
	const struct command *command;	/* NULL: the page is not that of a command */
};

/* What scdoc would take for its own. */
static void put_text(const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_argument(const char *name)
{
	putchar('_');
	put_text(name);
	putchar('_');
}

/* Arguments are in capitals. */
static void put_usage(const char *line, int length)
{
	for (int i = 0; i < length; i++) {
		int word = 0;

		while (i + word < length && isupper((unsigned char)line[i + word]))
			word++;
		if (word) {
			printf("_%.*s_", word, line + i);
			i += word - 1;
		} else {
			putchar(line[i]);
		}
	}
}

static void put_synopsis(const struct page *page)
{
	const char *line = page->command->argp()->args_doc;

	do {
		int length = line ? strcspn(line, "\n") : 0;

		printf("*%s* [_OPTION_...]%s", page->name, length ? " " : "");
		put_usage(line, length);
		line = line && line[length] ? line + length + 1 : NULL;
		puts(line ? "++" : "");
	} while (line);
}

static void put_values(const struct value *value)
{
	const char *word;

	for (size_t i = 0; (word = value->word(i)); i++) {
		fputs(i ? ", *" : "\n\n\tOne of *", stdout);
		put_text(word);
		putchar('*');
	}
	putchar('.');
}

static void put_option(const struct argp_option *o)
{
	const struct value *value = o->arg ? value_of(o->arg) : NULL;
	char letter = argument_letter(o);

	if (letter)
		printf("*-%c*, ", letter);
	printf("*--%s*", o->name);
	if (o->arg) {
		putchar('=');
		put_argument(o->arg);
	}
	fputs("\n\t", stdout);
	put_text(o->doc);
	putchar('.');
	if (value && value->word && !value->open)
		put_values(value);
	fputs("\n\n", stdout);
}

/* The command's own come first, then those under headings, and what argp adds. */
static void put_options(const struct page *page)
{
	const char *heading = NULL;
	struct argument *arguments;
	size_t cnt;

	arguments = arguments_list(page->command->argp(), &cnt);
	if (!arguments)
		exit(1);
	for (size_t i = 0; i < cnt; i++) {
		if (!arguments[i].heading && !argument_is_automatic(&arguments[i]))
			put_option(arguments[i].option);
	}
	for (size_t i = 0; i < cnt; i++) {
		const char *of = argument_is_automatic(&arguments[i]) ? "Help:" : arguments[i].heading;

		if (!of)
			continue;
		if (i && (!heading || strcmp(of, heading)))
			printf("## %.*s\n\n", (int)strcspn(of, ":"), of);
		heading = of;
		put_option(arguments[i].option);
	}
	free(arguments);
}

static void put_commands(void)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)); i++) {
		printf("*urbscope-%s*(1)\n\t", command->name);
		put_text(command->brief);
		puts(".\n");
	}
}

static void put_formats(void)
{
	const struct export_form *form;

	for (size_t i = 0; (form = export_form(i)); i++) {
		printf("*%s*, %s, _%s_\n\t", form->format, form->of, form->ending);
		put_text(form->help);
		puts(".\n");
	}
}

static void put_line(const struct page *page, const char *line)
{
	static const char version[] = "@VERSION@";
	const char *at = strstr(line, version);

	if (page->command && !strcmp(line, "@SYNOPSIS@\n"))
		put_synopsis(page);
	else if (page->command && !strcmp(line, "@OPTIONS@\n"))
		put_options(page);
	else if (!strcmp(line, "@COMMANDS@\n"))
		put_commands();
	else if (!strcmp(line, "@FORMATS@\n"))
		put_formats();
	else if (at)
		printf("%.*s%s%s", (int)(at - line), line, URBSCOPE_VERSION, at + strlen(version));
	else
		fputs(line, stdout);
}

/* "urbscope-report.1" is of `urbscope report`. */
static struct page page_of(const char *file, char name[64])
{
	struct page page = { name, NULL };
	char *dash;

	snprintf(name, 64, "%.*s", (int)strcspn(file, "."), file);
	dash = strchr(name, '-');
	page.command = command_find(!strcmp(name, "urbtop") ? "top" : dash ? dash + 1 : "");
	if (dash)
		*dash = ' ';
	return page;
}

int main(int argc, char **argv)
{
	char name[64], *line = NULL;
	size_t room = 0;
	struct page page;

	if (argc != 2) {
		fprintf(stderr, "usage: fill PAGE <PAGE.scd\n");
		return 2;
	}
	page = page_of(argv[1], name);
	while (getline(&line, &room, stdin) > 0)
		put_line(&page, line);
	free(line);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
