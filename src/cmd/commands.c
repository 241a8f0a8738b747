// SPDX-License-Identifier: GPL-2.0
/* The table of commands. Usage, manual pages and completions follow from it. */
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "top", "live view: what each endpoint has in flight, and its gaps (urbtop)", cmd_top,
	  top_argp },
	{ "report", "figures of a run: of N seconds, around a command, or of a recording", cmd_report,
	  report_argp },
	{ "check", "assertions over a run, for tests and CI: depth, gaps, latency, errors", cmd_check,
	  check_argp },
	{ "diff", "what changed from one recording to another, told apart from noise", cmd_diff,
	  diff_argp },
	{ "record", "write events for another urbscope: -o - | urbtop -", cmd_record,
	  record_argp },
	{ "export", "a run in a form that other programs read", cmd_export,
	  export_argp },
	{ "serve", "figures for Prometheus, over HTTP, as long as it runs", cmd_serve,
	  serve_argp },
	{ "list", "devices and endpoints, and how to select them", cmd_list,
	  list_argp },
	{ "doctor", "what this machine can do, and how to get the rest", cmd_doctor,
	  doctor_argp },
	{ "completion", "what a shell needs to complete commands and options", cmd_completion,
	  completion_argp },
};

const struct command *command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}
