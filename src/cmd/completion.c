// SPDX-License-Identifier: GPL-2.0
/* urbscope completion: a script that teaches a shell the commands and their options. */
#include "completion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct shell {
	const char *name;
	int (*write)(FILE *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

#define SHELLS (sizeof(shells) / sizeof(shells[0]))

const char *completion_shell_name(size_t i)
{
	return i < SHELLS ? shells[i].name : NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct shell **shell = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*shell)
			refuse(state, "one shell at a time");
		for (size_t i = 0; i < SHELLS; i++) {
			if (!strcmp(arg, shells[i].name))
				*shell = &shells[i];
		}
		if (!*shell)
			refuse(state, "'%s': write bash, zsh or fish", arg);
		return 0;
	case ARGP_KEY_END:
		if (!*shell)
			refuse(state, "for which shell? Write bash, zsh or fish");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Writes what completes commands, options and selectors of urbscope and urbtop in a shell: SHELL is "
	"bash, zsh or fish. `make install` and packages put it where the shell looks for it.\v"
	"EXAMPLES\n"
	"  eval \"$(urbscope completion bash)\"\n"
	"  urbscope completion zsh > _urbscope              into a folder of $fpath\n"
	"  urbscope completion fish | source\n\n"
	"EXIT STATUS\n"
	"  0  written\n"
	"  2  it cannot be\n";

static const struct argp argp = { NULL, parse, "SHELL", doc, NULL, NULL, NULL };

const struct argp *completion_argp(void)
{
	return &argp;
}

int completion_options(FILE *out, const struct command *command, completion_each each)
{
	struct argument *arguments;
	size_t cnt;

	arguments = arguments_list(command->argp(), &cnt);
	if (!arguments)
		return -errno;
	for (size_t i = 0; i < cnt; i++)
		each(out, command, arguments[i].option);
	free(arguments);
	return 0;
}

bool completion_wraps(const struct command *command)
{
	const char *usage = command->argp()->args_doc;

	return usage && strstr(usage, "-- COMMAND");
}

void completion_put_zsh(FILE *out, const char *text, int length, const char *escaped)
{
	for (int i = 0; i < length; i++) {
		if (strchr(escaped, text[i]))
			fputc('\\', out);
		if (text[i] == '\'')
			fputs("'\\''", out);
		else
			fputc(text[i], out);
	}
}

void completion_put_fish(FILE *out, const char *text, int length)
{
	for (int i = 0; i < length; i++) {
		if (text[i] == '\'' || text[i] == '\\')
			fputc('\\', out);
		fputc(text[i], out);
	}
}

int cmd_completion(int argc, char **argv)
{
	const struct shell *shell = NULL;
	struct fault fault = { "" };
	int err;

	arguments_parse(&argp, argc, argv, 0, &shell);
	err = shell->write(stdout);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = errno ? -errno : -EIO;
	/* `| head` is no failure */
	if (!err || err == -EPIPE)
		return EXIT_HOLDS;
	fault_set(&fault, "standard output: %s", strerror(-err));
	return cannot_run(&fault);
}
