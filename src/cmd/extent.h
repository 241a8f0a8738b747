/* SPDX-License-Identifier: GPL-2.0 */
/* How long a recording is: it is read once for that, in pieces, beside other things. */
#ifndef URBSCOPE_CMD_EXTENT_H
#define URBSCOPE_CMD_EXTENT_H

#include "urbscope/source.h"

struct extent {
	struct source *src;
	bool some;
	uint64_t first_ns;
	uint64_t length_ns;	/* once known */
};

/* Only of what can be read again. 0, or -errno with the fault filled in. */
int extent_open(struct extent *extent, const char *path, struct fault *fault);

/* Reads on. 1: it is not known yet; 0: it is; -errno with the fault filled in. */
int extent_go_on(struct extent *extent, struct fault *fault);

/* An extent that is all zero, or was closed, is fine. */
void extent_close(struct extent *extent);

/* Can this recording be read more than once? */
bool extent_is_file(const char *path);

#endif
