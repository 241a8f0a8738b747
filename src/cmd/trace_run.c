// SPDX-License-Identifier: GPL-2.0
#include "trace_run.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void join(char *text, size_t size, char *const *words)
{
	size_t at = 0;

	for (; *words && at < size; words++)
		at += snprintf(text + at, size - at, "%s%s", at ? " " : "", *words);
}

void trace_run_of(const struct source *src, char *const *command, struct trace_run *run)
{
	const struct source_info *info = source_info(src);
	struct utsname machine;

	memset(run, 0, sizeof(*run));
	if (info->run)
		*run = *info->run;
	snprintf(run->kind, sizeof(run->kind), "%s", info->kind);
	snprintf(run->clock, sizeof(run->clock), "%s", info->clock);
	run->resolution_ns = info->resolution_ns;
	run->start_ns = info->start_ns;
	run->sees = info->sees;
	run->silent = info->silent;
	run->walks = info->walks;
	snprintf(run->tool, sizeof(run->tool), "urbscope %s", URBSCOPE_VERSION);
	/* a recording of somewhere else says nothing of this machine */
	if (!info->live || uname(&machine))
		return;
	snprintf(run->host, sizeof(run->host), "%s", machine.nodename);
	snprintf(run->kernel, sizeof(run->kernel), "%s", machine.release);
	snprintf(run->machine, sizeof(run->machine), "%s", machine.machine);
	if (command)
		join(run->command, sizeof(run->command), command);
}

uint64_t trace_wall_of(const struct source *src)
{
	const struct source_info *info = source_info(src);

	if (info->live && !strcmp(info->clock, "monotonic"))
		return source_wall_ns();
	return info->wall_ns;
}
