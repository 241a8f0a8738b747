/* SPDX-License-Identifier: GPL-2.0 */
/* A file that is packed with zstd while it is written. */
#ifndef URBSCOPE_PACKED_H
#define URBSCOPE_PACKED_H

#include <stdbool.h>
#include <stdio.h>

/* Does a file of that name want to be packed: does it end in .zst? NULL: no. */
bool packed_by_name(const char *name);

/*
 * What is written to the stream that it returns goes to `out` packed, in one frame with a checksum;
 * fclose() ends the frame and closes `out`, too, which belongs to it from now on. fflush() hands on what
 * is worth a block. NULL with errno: `out` is as before.
 */
FILE *packed_open(FILE *out);

#endif
