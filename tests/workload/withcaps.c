// SPDX-License-Identifier: GPL-2.0
/*
 * withcaps [-r] MASK COMMAND...: runs a command as nobody, or with -r as root, with exactly the
 * capabilities of MASK (a hexadecimal number, bits as in linux/capability.h), to prove which ones
 * urbscope needs.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

static int set_caps(uint64_t mask)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = mask, .permitted = mask, .inheritable = mask },
		{ .effective = mask >> 32, .permitted = mask >> 32, .inheritable = mask >> 32 },
	};

	return syscall(SYS_capset, &head, data);
}

/* Ambient capabilities survive the exec of a file that has none of its own. */
static int raise_ambient(uint64_t mask)
{
	for (int cap = 0; cap < 64; cap++) {
		if (mask >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -1;
	}
	return 0;
}

/* Executing gives root all that is in its bounding set. */
static int stay_root(uint64_t mask)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (!(mask >> cap & 1) && prctl(PR_CAPBSET_DROP, cap))
			return -1;
	}
	return set_caps(mask);
}

static int become_nobody(uint64_t mask)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgid(NOBODY) || setuid(NOBODY) || set_caps(mask))
		return -1;
	return raise_ambient(mask);
}

int main(int argc, char **argv)
{
	int as_root = argc > 1 && !strcmp(argv[1], "-r");
	uint64_t mask;

	argv += as_root;
	argc -= as_root;
	if (argc < 3) {
		fputs("usage: withcaps [-r] HEXMASK COMMAND...\n", stderr);
		return 2;
	}
	mask = strtoull(argv[1], NULL, 16);
	if (as_root ? stay_root(mask) : become_nobody(mask)) {
		fprintf(stderr, "withcaps: %s\n", strerror(errno));
		return 2;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "withcaps: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
