// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "completion.h"

/*
 * The line is read by itself, since bash parts words at ':' and '=', too, which selectors and
 * --option=value have within. What was parted there is not replaced: proposals come without it.
 */
static const char head[] =
	"# bash completion for urbscope and urbtop, written by `urbscope completion bash`.\n"
	"# shellcheck shell=bash disable=SC2207\n\n"
	"# _urbscope_propose WORD...: those that begin as what was typed.\n"
	"_urbscope_propose()\n"
	"{\n"
	"\tlocal word typed=$before$cur breaks=${COMP_WORDBREAKS//[^:=]/} parted=''\n"
	"\tif [[ -n $breaks && $typed == *[$breaks]* ]]; then\n"
	"\t\tparted=${typed%\"${typed##*[$breaks]}\"}\n"
	"\tfi\n"
	"\tfor word in \"$@\"; do\n"
	"\t\tword=$before$word\n"
	"\t\t[[ $word == \"$typed\"* ]] || continue\n"
	"\t\t[[ $word == *= ]] && compopt -o nospace 2>/dev/null\n"
	"\t\tCOMPREPLY+=(\"${word#\"$parted\"}\")\n"
	"\tdone\n"
	"}\n\n"
	"_urbscope_files()\n"
	"{\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"}\n\n"
	"_urbscope_selectors()\n"
	"{\n"
	"\tlocal selector selectors=()\n"
	"\twhile IFS=$'\\t' read -r selector _; do\n"
	"\t\tselectors+=(\"$selector\")\n"
	"\tdone < <(urbscope list --selectors 2>/dev/null)\n"
	"\t_urbscope_propose \"${selectors[@]}\"\n"
	"}\n\n"
	"# The command that is watched: completed as if it were typed alone.\n"
	"_urbscope_wrapped()\n"
	"{\n"
	"\tlocal -i at\n"
	"\tfor ((at = 1; at < COMP_CWORD; at++)); do\n"
	"\t\t[[ ${COMP_WORDS[at]} == -- ]] && break\n"
	"\tdone\n"
	"\tif declare -F _comp_command_offset >/dev/null; then\n"
	"\t\t_comp_command_offset $((at + 1))\n"
	"\telif declare -F _command_offset >/dev/null; then\n"
	"\t\t_command_offset $((at + 1))\n"
	"\telif ((COMP_CWORD == at + 1)); then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
	"\telse\n"
	"\t\t_urbscope_files\n"
	"\tfi\n"
	"}\n";

static const char main_function[] =
	"_urbscope()\n"
	"{\n"
	"\tlocal cur=${COMP_LINE:0:COMP_POINT} before='' words word command=top value='' options operands wraps\n"
	"\tlocal -i i=1\n"
	"\tcur=${cur##*[[:blank:]]}\n"
	"\tread -ra words <<<\"${COMP_LINE:0:COMP_POINT - ${#cur}}\"\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ ${words[0]##*/} != urbtop ]]; then\n"
	"\t\tcommand=${words[1]-} i=2\n"
	"\tfi\n"
	"\tif [[ -z $command ]]; then\n"
	"\t\t_urbscope_propose \"${_urbscope_commands[@]}\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t_urbscope_command \"$command\" || return\n"
	"\tfor (( ; i < ${#words[@]}; i++)); do\n"
	"\t\tword=${words[i]}\n"
	"\t\tif [[ -n $value ]]; then\n"
	"\t\t\tvalue=\n"
	"\t\telif [[ $word == -- ]]; then\n"
	"\t\t\tif [[ -n $wraps ]]; then _urbscope_wrapped; else _urbscope_files; fi\n"
	"\t\t\treturn\n"
	"\t\telif [[ $word == -* && $word != *=* ]]; then\n"
	"\t\t\t_urbscope_value \"$command $word\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [[ -z $value && $cur == --*=* ]]; then\n"
	"\t\t_urbscope_value \"$command ${cur%%=*}\"\n"
	"\t\tbefore=${cur%%=*}= cur=${cur#*=}\n"
	"\telif [[ -z $value && $cur == -* ]]; then\n"
	"\t\tvalue=\"words $options\"\n"
	"\tfi\n"
	"\tcase ${value:-$operands} in\n"
	"\tfiles) _urbscope_files ;;\n"
	"\tselectors) _urbscope_selectors ;;\n"
	"\twords*)\n"
	"\t\tread -ra words <<<\"${value:-$operands}\"\n"
	"\t\t_urbscope_propose \"${words[@]:1}\"\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n\n"
	"complete -F _urbscope urbscope urbtop\n";

static void write_value(FILE *out, const struct value *value)
{
	const char *word;

	switch (value ? value->kind : VALUE_FREE) {
	case VALUE_FILE:
		fputs("files", out);
		break;
	case VALUE_SELECTOR:
		fputs("selectors", out);
		break;
	case VALUE_WORD:
		fputs("'words", out);
		for (size_t i = 0; (word = value->word(i)); i++)
			fprintf(out, " %s", word);
		fputc('\'', out);
		break;
	default:
		fputs("free", out);
		break;
	}
}

static void write_name(FILE *out, const struct command *command, const struct argp_option *option)
{
	(void)command;
	fprintf(out, " --%s%s", option->name, option->arg ? "=" : "");
	if (argument_letter(option))
		fprintf(out, " -%c", argument_letter(option));
}

static void write_command(FILE *out, const struct command *command, int *err)
{
	const char *usage = command->argp()->args_doc;

	fprintf(out, "\t%s)\n\t\toptions='", command->name);
	*err = completion_options(out, command, write_name);
	fputs("'\n\t\toperands=", out);
	write_value(out, value_of_operands(usage ? usage : ""));
	fprintf(out, " wraps=%s\n\t\t;;\n", completion_wraps(command) ? "yes" : "");
}

static void write_argument(FILE *out, const struct command *command, const struct argp_option *option)
{
	if (!option->arg)
		return;
	if (argument_letter(option))
		fprintf(out, "\t'%s -%c' |", command->name, argument_letter(option));
	fprintf(out, "%s'%s --%s') value=", argument_letter(option) ? " " : "\t", command->name, option->name);
	write_value(out, value_of(option->arg));
	fputs(" ;;\n", out);
}

int completion_bash(FILE *out)
{
	const struct command *command;
	int err = 0;

	fprintf(out, "%s\n_urbscope_commands=(", head);
	for (size_t i = 0; (command = command_at(i)); i++)
		fprintf(out, "%s ", command->name);
	fputs("help --help --version)\n\n"
	      "# _urbscope_command NAME: sets $options, $operands and $wraps.\n"
	      "_urbscope_command()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; !err && (command = command_at(i)); i++)
		write_command(out, command, &err);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n"
	      "# _urbscope_value \"COMMAND OPTION\": sets $value to what the option wants, if it wants anything.\n"
	      "_urbscope_value()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; !err && (command = command_at(i)); i++)
		err = completion_options(out, command, write_argument);
	fprintf(out, "\tesac\n}\n\n%s", main_function);
	return err;
}
