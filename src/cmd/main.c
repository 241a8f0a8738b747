// SPDX-License-Identifier: GPL-2.0
/* urbscope: a table of commands. Under the name urbtop it is `urbscope top`. */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

const char *argp_program_version = "urbscope " URBSCOPE_VERSION;

static const struct command commands[] = {
	{ "top", "live view: what each endpoint has in flight, and its gaps (urbtop)", cmd_top },
	{ "report", "figures of a run: of N seconds, around a command, or of a recording", cmd_report },
	{ "check", "assertions over a run, for tests and CI: depth, gaps, latency, errors", cmd_check },
	{ "diff", "what changed from one recording to another, told apart from noise", cmd_diff },
	{ "record", "write events for another urbscope: -o - | urbtop -", cmd_record },
	{ "export", "a run in a form that other programs read", cmd_export },
	{ "serve", "figures for Prometheus, over HTTP, as long as it runs", cmd_serve },
	{ "list", "devices and endpoints, and how to select them", cmd_list },
	{ "doctor", "what this machine can do, and how to get the rest", cmd_doctor },
};

static void usage(FILE *out)
{
	fputs("Usage: urbscope COMMAND [OPTION...]\n"
	      "Watches USB request blocks: how many each endpoint has in flight, and how long the bus\n"
	      "waits for the host.\n\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].brief);
	fputs("\n`urbscope COMMAND --help` tells the options and gives examples. If nothing works,\n"
	      "`urbscope doctor` tells why.\n",
	      out);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int run_as(const struct command *command, int argc, char **argv)
{
	char name[64];

	/* argp puts it before its messages */
	snprintf(name, sizeof(name), "urbscope %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *me = slash ? slash + 1 : argc ? argv[0] : "urbscope";
	const struct command *command;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* figures are read by programs too */
	clean_stderr();
	argp_err_exit_status = EXIT_CANNOT_RUN;
	if (!strcmp(me, "urbtop"))
		return cmd_top(argc, argv);
	if (argc < 2) {
		usage(stderr);
		return EXIT_CANNOT_RUN;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(argp_program_version);
		return 0;
	}
	command = find(argv[1]);
	if (!command) {
		struct fault fault = { "" };

		fault_set(&fault, "no command '%s': `urbscope --help` lists them", argv[1]);
		return cannot_run(&fault);
	}
	return run_as(command, argc - 1, argv + 1);
}
