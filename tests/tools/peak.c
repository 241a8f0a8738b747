// SPDX-License-Identifier: GPL-2.0
/*
 * peak [-o FILE] COMMAND...: runs it with its output thrown away and prints the most memory that it had
 * at a time, in KiB. -o: leaves its output alone, and writes that to FILE. Exits as the command did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *file = argc > 2 && !strcmp(argv[1], "-o") ? argv[2] : NULL;
	FILE *out = file ? fopen(file, "we") : stdout;
	struct rusage usage;
	int status;
	pid_t pid;

	argc -= file ? 2 : 0;
	argv += file ? 2 : 0;
	if (argc < 2 || !out) {
		fprintf(stderr, "usage: peak [-o FILE] COMMAND...\n");
		return 2;
	}
	pid = fork();
	if (!pid) {
		if (!file)
			dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		fprintf(stderr, "peak: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 2;
	fprintf(out, "%ld\n", usage.ru_maxrss);
	if (fclose(out))
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
