/* SPDX-License-Identifier: GPL-2.0 */
#ifndef URBSCOPE_CMD_COMMAND_H
#define URBSCOPE_CMD_COMMAND_H

#include <argp.h>

#include "urbscope/fault.h"

/* What every command exits with; docs/exit-codes in README.md. Never 0 on doubt. */
enum exit_code {
	EXIT_HOLDS = 0,
	EXIT_VIOLATED = 1,
	EXIT_CANNOT_RUN = 2,	/* usage, permission, no source, cannot write */
	EXIT_INCONCLUSIVE = 3,
	EXIT_COMMAND_FAILED = 4, /* the wrapped command did */
};

struct command {
	const char *name;
	const char *brief;
	int (*run)(int argc, char **argv); /* argv[0] is "urbscope NAME" */
	const struct argp *(*argp)(void);  /* its help and options */
};

/* The table of commands: NULL behind its last one. NULL if there is none of that name. */
const struct command *command_at(size_t i);
const struct command *command_find(const char *name);

int cmd_top(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_completion(int argc, char **argv);

const struct argp *top_argp(void);
const struct argp *report_argp(void);
const struct argp *record_argp(void);
const struct argp *check_argp(void);
const struct argp *diff_argp(void);
const struct argp *export_argp(void);
const struct argp *serve_argp(void);
const struct argp *list_argp(void);
const struct argp *doctor_argp(void);
const struct argp *completion_argp(void);

/*
 * Names of files, arguments and strings of devices may hold anything: from here on whatever is
 * written to stderr, by us, argp or a library, is clean as text.h has it. Needs the locale.
 */
void clean_stderr(void);

/* "urbscope: ..." on stderr, in one line, whatever the arguments hold. */
__attribute__((format(printf, 1, 2))) void tell(const char *fmt, ...);

/* A usage error: "ME: ..." on stderr, in one line, and the program ends. */
__attribute__((format(printf, 2, 3), noreturn)) void usage_error(const char *me, const char *fmt, ...);

/* The same for a parser of options. */
__attribute__((format(printf, 2, 3))) void refuse(const struct argp_state *state, const char *fmt, ...);

/* Prints the fault as the one line of an error, and returns EXIT_CANNOT_RUN. */
int cannot_run(const struct fault *fault);

#endif
