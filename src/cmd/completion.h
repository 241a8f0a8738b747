/* SPDX-License-Identifier: GPL-2.0 */
/* What completes the command line: a script for each shell, made of the option tables. */
#ifndef URBSCOPE_CMD_COMPLETION_H
#define URBSCOPE_CMD_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

#include "arguments.h"
#include "command.h"
#include "values.h"

/* "bash", ...; NULL behind the last. */
const char *completion_shell_name(size_t i);

/* 0 or -errno; what could not be written is told by the stream. */
int completion_bash(FILE *out);
int completion_zsh(FILE *out);
int completion_fish(FILE *out);

/* For these. Each option of each command, in the order of the tables; 0 or -errno. */
typedef void (*completion_each)(FILE *out, const struct command *command, const struct argp_option *option);
int completion_options(FILE *out, const struct command *command, completion_each each);

/* Can a command to run stand behind "--"? */
bool completion_wraps(const struct command *command);

/* Within single quotes, of zsh and of fish. A backslash comes before each of `escaped`. */
void completion_put_zsh(FILE *out, const char *text, int length, const char *escaped);
void completion_put_fish(FILE *out, const char *text, int length);

#endif
