// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "completion.h"

static const char head[] =
	"#compdef urbscope urbtop\n"
	"# zsh completion for urbscope and urbtop, written by `urbscope completion zsh`.\n\n"
	"_urbscope_selectors()\n"
	"{\n"
	"\tlocal line\n"
	"\tlocal -a selectors\n"
	"\tfor line in ${(f)\"$(_call_program selectors urbscope list --selectors 2>/dev/null)\"}; do\n"
	"\t\tselectors+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
	"\tdone\n"
	"\t_describe -t selectors selector selectors\n"
	"}\n\n";

static const char main_function[] =
	"_urbscope()\n"
	"{\n"
	"\tlocal command=top\n"
	"\tlocal -i at\n"
	"\tif [[ $service != urbtop ]]; then\n"
	"\t\tif (( CURRENT == 2 )); then\n"
	"\t\t\t_urbscope_commands\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\t\tcommand=$words[2]\n"
	"\t\tshift words\n"
	"\t\t(( CURRENT-- ))\n"
	"\tfi\n"
	"\tat=${words[(ie)--]}\n"
	"\tif (( at < CURRENT )); then\n"
	"\t\tshift $at words\n"
	"\t\t(( CURRENT -= at ))\n"
	"\t\t_urbscope_behind_dashes\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tlocal curcontext=\"${curcontext%:*:*}:urbscope-$command:\"\n"
	"\t_urbscope_options\n"
	"}\n\n"
	"# Called by name once it is loaded by name; else it was read by `source`.\n"
	"if [[ $funcstack[1] == _urbscope ]]; then\n"
	"\t_urbscope \"$@\"\n"
	"else\n"
	"\tcompdef _urbscope urbscope urbtop\n"
	"fi\n";

/* A completion of one argument, as _arguments has them behind the message. */
static void write_action(FILE *out, const struct value *value)
{
	const char *word;

	switch (value ? value->kind : VALUE_FREE) {
	case VALUE_FILE:
		fputs("_files", out);
		break;
	case VALUE_SELECTOR:
		fputs("_urbscope_selectors", out);
		break;
	case VALUE_WORD:
		fputc('(', out);
		for (size_t i = 0; (word = value->word(i)); i++) {
			fputs(i ? " " : "", out);
			for (; *word; word++)
				fprintf(out, "%s%c", *word == ':' ? "\\" : "", *word);
		}
		fputc(')', out);
		break;
	default:
		fputc(' ', out);
		break;
	}
}

/* '*'{-s+,--select=}'[what it is for]:SEL:_urbscope_selectors' */
static void write_option(FILE *out, const struct command *command, const struct argp_option *option)
{
	char letter = argument_letter(option);

	(void)command;
	fputs(" \\\n\t\t\t'*'", out);
	if (letter)
		fprintf(out, "{'-%c%s',", letter, option->arg ? "+" : "");
	fprintf(out, "--%s%s%s'[", option->name, option->arg ? "=" : "", letter ? "}" : "");
	completion_put_zsh(out, option->doc, argument_brief(option), "[]\\:");
	fputc(']', out);
	if (option->arg) {
		fputc(':', out);
		completion_put_zsh(out, option->arg, strlen(option->arg), ":\\");
		fputc(':', out);
		write_action(out, value_of(option->arg));
	}
	fputc('\'', out);
}

static int write_command(FILE *out, const struct command *command)
{
	const char *usage = command->argp()->args_doc;
	const struct value *operands = value_of_operands(usage ? usage : "");
	int err;

	fprintf(out, "\t%s)\n\t\t_arguments -s -S :", command->name);
	err = completion_options(out, command, write_option);
	if (operands) {
		fprintf(out, " \\\n\t\t\t'*:%s:", operands->name);
		write_action(out, operands);
		fputc('\'', out);
	}
	fputs("\n\t\t;;\n", out);
	return err;
}

static void write_commands(FILE *out)
{
	const struct command *command;

	fputs("_urbscope_commands()\n{\n\tlocal -a commands options\n\tcommands=(\n", out);
	for (size_t i = 0; (command = command_at(i)); i++) {
		fprintf(out, "\t\t'%s:", command->name);
		completion_put_zsh(out, command->brief, strlen(command->brief), "\\:");
		fputs("'\n", out);
	}
	fputs("\t)\n\toptions=('--help:the commands' '--version:the version')\n"
	      "\t_describe -t commands command commands\n"
	      "\t_describe -o -t options option options\n}\n\n", out);
}

static void write_behind_dashes(FILE *out)
{
	const struct command *command;
	const char *bar = "";

	fputs("_urbscope_behind_dashes()\n{\n\tcase $command in\n\t", out);
	for (size_t i = 0; (command = command_at(i)); i++) {
		if (!completion_wraps(command))
			continue;
		fprintf(out, "%s%s", bar, command->name);
		bar = " | ";
	}
	fputs(") _normal ;;\n\t*) _files ;;\n\tesac\n}\n\n", out);
}

int completion_zsh(FILE *out)
{
	const struct command *command;
	int err = 0;

	fputs(head, out);
	write_commands(out);
	write_behind_dashes(out);
	fputs("_urbscope_options()\n{\n\tcase $command in\n", out);
	for (size_t i = 0; !err && (command = command_at(i)); i++)
		err = write_command(out, command);
	fprintf(out, "\t*) _message 'no such command' ;;\n\tesac\n}\n\n%s", main_function);
	return err;
}
