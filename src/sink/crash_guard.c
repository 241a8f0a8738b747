// SPDX-License-Identifier: GPL-2.0
#include "sink/crash_guard.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))

/* A handler has no argument of ours. */
static struct {
	int fd;
	struct termios modes;
	char bytes[256];
	size_t size;
	struct sigaction before[DEADLY];
} guard;

/* SA_RESETHAND has put the default in place: the signal comes again, and is deadly. */
static void restore(int sig)
{
	tcflow(guard.fd, TCOOFF); /* so that TCOON starts what Ctrl-S has stopped */
	tcflow(guard.fd, TCOON);
	/* nothing can be done if this fails */
	if (write(guard.fd, guard.bytes, guard.size) < 0)
		guard.size = 0;
	tcsetattr(guard.fd, TCSANOW, &guard.modes);
	raise(sig);
}

void crash_guard_on(int fd, const struct termios *modes, const char *bytes, size_t size)
{
	struct sigaction action = {.sa_handler = restore, .sa_flags = (int)SA_RESETHAND};
	size_t i;

	guard.fd = fd;
	guard.modes = *modes;
	guard.size = size < sizeof(guard.bytes) ? size : sizeof(guard.bytes);
	memcpy(guard.bytes, bytes, guard.size);
	for (i = 0; i < DEADLY; i++) {
		sigaction(deadly[i], NULL, &guard.before[i]);
		if (guard.before[i].sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
}

void crash_guard_off(void)
{
	size_t i;

	for (i = 0; guard.size && i < DEADLY; i++)
		if (guard.before[i].sa_handler == SIG_DFL)
			sigaction(deadly[i], &guard.before[i], NULL);
	guard.size = 0;
}
