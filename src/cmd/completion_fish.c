// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "completion.h"

/* Below "urbtop" there is no command to look for, so its lines need no condition. */
static const char head[] =
	"# fish completion for urbscope and urbtop, written by `urbscope completion fish`.\n\n"
	"# Is the word to complete an option or an operand of that command?\n"
	"function __urbscope_in\n"
	"\tset -l words (commandline -opc)\n"
	"\tnot contains -- -- $words; and test \"$words[2]\" = $argv[1]\n"
	"end\n\n"
	"# Does it belong to a command that is watched?\n"
	"function __urbscope_wraps\n"
	"\tset -l words (commandline -opc)\n"
	"\tcontains -- -- $words; and contains -- \"$words[2]\" $argv\n"
	"end\n\n"
	"function __urbscope_wrapped\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l at (contains -i -- -- $words)\n"
	"\tset -e words[1..$at]\n"
	"\tcomplete -C (string join ' ' -- (string escape -- $words) (commandline -ct))\n"
	"end\n\n"
	"function __urbscope_selectors\n"
	"\tcommand -q urbscope; and command urbscope list --selectors 2>/dev/null\n"
	"end\n\n"
	"complete -c urbscope -f\n"
	"complete -c urbtop -f\n"
	"complete -c urbscope -n '__fish_is_nth_token 1' -l help -d 'the commands'\n"
	"complete -c urbscope -n '__fish_is_nth_token 1' -l version -d 'the version'\n";

static void write_argument(FILE *out, const struct value *value)
{
	const char *word;

	switch (value ? value->kind : VALUE_FREE) {
	case VALUE_FILE:
		fputs(" -r -F", out);
		break;
	case VALUE_SELECTOR:
		fputs(" -x -a '(__urbscope_selectors)'", out);
		break;
	case VALUE_WORD:
		fputs(" -x -a '", out);
		for (size_t i = 0; (word = value->word(i)); i++)
			fprintf(out, "%s%s", i ? " " : "", word);
		fputc('\'', out);
		break;
	default:
		fputs(" -x", out);
		break;
	}
}

static void write_one(FILE *out, const char *where, const struct argp_option *option)
{
	fprintf(out, "complete %s", where);
	if (argument_letter(option))
		fprintf(out, " -s '%c'", argument_letter(option));
	fprintf(out, " -l %s", option->name);
	if (option->arg)
		write_argument(out, value_of(option->arg));
	fputs(" -d '", out);
	completion_put_fish(out, option->doc, argument_brief(option));
	fputs("'\n", out);
}

static void write_option(FILE *out, const struct command *command, const struct argp_option *option)
{
	char where[64];

	snprintf(where, sizeof(where), "-c urbscope -n '__urbscope_in %s'", command->name);
	write_one(out, where, option);
	if (!strcmp(command->name, "top"))
		write_one(out, "-c urbtop", option);
}

static void write_operands(FILE *out, const struct command *command)
{
	const char *usage = command->argp()->args_doc;
	const struct value *operands = value_of_operands(usage ? usage : "");

	if (operands) {
		fprintf(out, "complete -c urbscope -n '__urbscope_in %s'", command->name);
		write_argument(out, operands);
		fputc('\n', out);
	}
	if (operands && !strcmp(command->name, "top"))
		fputs("complete -c urbtop -F\n", out);
	if (completion_wraps(command))
		fprintf(out, "complete -c urbscope -n '__urbscope_wraps %s' -x -a '(__urbscope_wrapped)'\n",
			command->name);
}

int completion_fish(FILE *out)
{
	const struct command *command;
	int err = 0;

	fputs(head, out);
	for (size_t i = 0; (command = command_at(i)); i++) {
		fprintf(out, "complete -c urbscope -n '__fish_is_nth_token 1' -a %s -d '", command->name);
		completion_put_fish(out, command->brief, strlen(command->brief));
		fputs("'\n", out);
	}
	for (size_t i = 0; !err && (command = command_at(i)); i++) {
		fprintf(out, "\n# %s\n", command->name);
		write_operands(out, command);
		err = completion_options(out, command, write_option);
	}
	return err;
}
