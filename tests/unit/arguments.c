// SPDX-License-Identifier: GPL-2.0
/* The option tables as a list, against what argp makes of the same tables. */
#include "../lib/testmain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/player.h"
#include "cmd/values.h"

/* A brief is a line of a shell's menu. */
#define BRIEF_MAX 90

/* The help as argp writes it, which the caller frees. */
static char *help_of(const struct command *command)
{
	char *text = NULL, *name = strdup(command->name);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	argp_help(command->argp(), out, ARGP_HELP_LONG, name);
	fclose(out);
	free(name);
	return text;
}

static bool lists(const struct argument *arguments, size_t cnt, const char *name, size_t length)
{
	for (size_t i = 0; i < cnt; i++) {
		if (strlen(arguments[i].option->name) == length &&
		    !strncmp(arguments[i].option->name, name, length))
			return true;
	}
	return false;
}

/* Options are what begins with "--" at the beginning of a line, or behind a letter; texts stand further right. */
static size_t find_options(const char *help, const struct argument *arguments, size_t cnt)
{
	const char *end;
	size_t found = 0;

	for (const char *line = help; (end = strchr(line, '\n')); line = end + 1) {
		const char *at = line + strspn(line, " ");

		if (at == line || at > line + 6)
			continue;
		if (at[0] == '-' && at[1] != '-' && at[2] == ',')
			at += 4;
		if (strncmp(at, "--", 2))
			continue;
		at += 2;
		assert_true(lists(arguments, cnt, at, strcspn(at, "=[ \n")));
		found++;
	}
	return found;
}

/* argp adds three of its own, which are in the help only if it parses. */
static void each_option_of_the_help_is_listed(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		size_t cnt = 0, own;
		struct argument *arguments = arguments_list(command->argp(), &cnt);
		char *help = help_of(command);

		assert_non_null(arguments);
		own = find_options(help, arguments, cnt);
		assert_int_equal(cnt, own + 3);
		assert_string_equal(arguments[cnt - 3].option->name, "help");
		free(help);
		free(arguments);
	}
}

/* Headings come in the order in which the help has them. */
static void groups_stand_as_in_the_help(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		size_t cnt;
		struct argument *arguments = arguments_list(command->argp(), &cnt);
		char *help = help_of(command);
		const char *before = help, *heading = NULL;

		assert_non_null(arguments);
		for (size_t k = 0; k + 3 < cnt; k++) {
			if (arguments[k].heading == heading)
				continue;
			heading = arguments[k].heading;
			if (!heading)
				continue;
			before = strstr(before + 1, heading);
			assert_non_null(before);
		}
		free(help);
		free(arguments);
	}
}

static void each_option_begins_with_a_short_sentence(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		size_t cnt;
		struct argument *arguments = arguments_list(command->argp(), &cnt);

		assert_non_null(arguments);
		for (size_t k = 0; k < cnt; k++) {
			const struct argp_option *o = arguments[k].option;

			assert_non_null(o->doc);
			assert_in_range(argument_brief(o), 5, BRIEF_MAX);
			/* the page puts it there */
			assert_int_not_equal(o->doc[strlen(o->doc) - 1], '.');
		}
		free(arguments);
	}
}

static void each_argument_is_known(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		const char *usage = command->argp()->args_doc;
		size_t cnt;
		struct argument *arguments = arguments_list(command->argp(), &cnt);

		assert_non_null(arguments);
		for (size_t k = 0; k < cnt; k++) {
			const char *arg = arguments[k].option->arg;

			if (arg && !value_of(arg))
				fail_msg("values.c does not know %s of --%s", arg, arguments[k].option->name);
		}
		free(arguments);
		if (usage && strcmp(usage, "[-- COMMAND...]"))
			assert_non_null(value_of_operands(usage));
	}
}

/* What is proposed is taken: the commands refuse anything else, and tests of theirs show that. */
static void proposed_speeds_are_speeds(void **state)
{
	const char *name;
	double speed, before = 0;
	size_t cnt = 0;

	(void)state;
	for (; (name = player_speed_name(cnt)); cnt++) {
		assert_int_equal(player_parse_speed(name, &speed), 0);
		assert_true(speed > before);
		before = speed;
	}
	assert_in_range(cnt, 2, 20);
}

static void operands_are_found_in_a_usage(void **state)
{
	(void)state;
	assert_string_equal(value_of_operands("[FILE | -- COMMAND...]")->name, "FILE");
	assert_string_equal(value_of_operands("BEFORE AFTER\nBEFORE... --vs AFTER...")->name, "BEFORE");
	assert_string_equal(value_of_operands("SHELL")->name, "SHELL");
	assert_null(value_of_operands("[-- COMMAND...]"));
	assert_null(value_of_operands("FILES"));
	assert_null(value_of_operands(""));
}

static const struct CMUnitTest tests[] = {
	TEST("each-option-of-the-help-is-listed", each_option_of_the_help_is_listed),
	TEST("groups-stand-as-in-the-help", groups_stand_as_in_the_help),
	TEST("each-option-begins-with-a-short-sentence", each_option_begins_with_a_short_sentence),
	TEST("each-argument-is-known", each_argument_is_known),
	TEST("proposed-speeds-are-speeds", proposed_speeds_are_speeds),
	TEST("operands-are-found-in-a-usage", operands_are_found_in_a_usage),
};

TEST_MAIN(tests)
