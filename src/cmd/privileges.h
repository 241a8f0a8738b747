/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Privileges are for attaching the probes. Who watches for days does it without any: what it reads
 * then, strings of devices and requests of clients, is not to be trusted.
 */
#ifndef URBSCOPE_CMD_PRIVILEGES_H
#define URBSCOPE_CMD_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "urbscope/source.h"

struct privileges {
	const char *user;	/* whom to become; NULL: nobody else */
	uid_t uid;
	gid_t gid;
	const char *folder;	/* files will be made in it and removed; NULL: in none */
	bool command;		/* one runs, and is to be stopped, whoever it has become by then */
};

/* For --user: finds whom to become. 0, or -errno with the fault filled in. */
int privileges_user(struct privileges *p, const char *name, struct fault *fault);

/*
 * Gives up every capability for good, but for those that the source, the folder or the command cannot
 * do without; nothing that is executed from now on can bring them back. To be called when everything
 * is open that needs privileges, and the command has been started: that keeps what its caller has.
 * Capabilities are of a thread: no other may run yet. 0, or -errno with the fault filled in.
 */
int privileges_drop(const struct privileges *p, const struct source *src, struct fault *fault);

#endif
