/* SPDX-License-Identifier: GPL-2.0 */
/* Where in a trace to begin, and which files one is made of. */
#ifndef URBSCOPE_SOURCE_TRACE_SEEK_H
#define URBSCOPE_SOURCE_TRACE_SEEK_H

#include "urbscope/trace.h"

/*
 * The last block before start_ns + from_ns that tells what was known before it: by the index at the
 * end, or block by block where there is none. The file begins at `base` of `fd`; what it begins with
 * is *start_ns. False: there is nothing to be skipped, or it cannot be told.
 */
bool trace_seek(int fd, int64_t base, uint64_t from_ns, uint64_t *start_ns, struct trace_block *key,
		uint64_t *offset);

/*
 * A recording in several files has run.00000.urb, run.00001.urb, ... in place of run.urb. The name of
 * its next file, the number of which is *number at least, which becomes the next one's after that.
 * False: there is none. free() the name.
 */
bool trace_set_next(const char *path, unsigned int *number, char **name);

#endif
