// SPDX-License-Identifier: GPL-2.0
#include "serve.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/resource.h>

static uint64_t ns_of(const struct timeval *t)
{
	return t->tv_sec * UINT64_C(1000000000) + t->tv_usec * UINT64_C(1000);
}

static uint64_t resident_bytes(void)
{
	FILE *in = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (in && fscanf(in, "%*u %lu", &pages) != 1)
		pages = 0;
	if (in)
		fclose(in);
	return (uint64_t)pages * sysconf(_SC_PAGESIZE);
}

static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t cnt = 0;

	while (dir && (entry = readdir(dir)))
		cnt += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return cnt ? cnt - 1 : 0; /* without the one that looks */
}

void serve_process(struct expose_agent *agent, uint64_t start_wall_ns)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		return;
	agent->process.cpu_ns = ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime);
	agent->process.resident_bytes = resident_bytes();
	agent->process.open_fds = open_fds();
	agent->process.start_wall_ns = start_wall_ns;
}
