/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording in several files: run.00000.urb, run.00001.urb, ... for -o run.urb. A file is ended when
 * it has grown to a size or has lasted a time; while all of them take more than they may, the oldest
 * goes.
 */
#ifndef URBSCOPE_CMD_ROTATION_H
#define URBSCOPE_CMD_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rotation {
	uint64_t size, ns, max;	/* of one file; of all together. 0: no matter */
	const char *path;	/* the caller's */
	char *stem;		/* the same without ".urb" */
	char *folder;		/* in which the files are */
	unsigned int number;	/* of the file under way */
	uint64_t began_ns;	/* of that one */
	int fd;			/* of that one, if it is ours; -1: it is the caller's */
	struct rotated {
		unsigned int number;
		uint64_t bytes;
	} *kept;		/* files that were ended, oldest first */
	size_t kept_cnt, kept_room;
	uint64_t kept_bytes;
};

bool rotation_wanted(const struct rotation *r);

/* The folder that `path` is in; free() it. NULL: no memory. */
char *rotation_folder(const char *path);

/* The name of the first file of `path`; free() it. NULL: no memory. */
char *rotation_first(struct rotation *r, const char *path);

/* What there is of an older recording of that name goes, as an older file would. `now` as in loop_clock(). */
void rotation_begin(struct rotation *r, uint64_t now_ns);

/* Is it time for another file? `bytes` are in the present one. */
bool rotation_due(const struct rotation *r, uint64_t bytes, uint64_t now_ns);

/*
 * Opens the next file, the present one having got `bytes`: its descriptor, or -errno. The present one
 * stays open until rotation_turned().
 */
int rotation_open(struct rotation *r, uint64_t bytes);
void rotation_turned(struct rotation *r, int fd, uint64_t now_ns);

/* Removes the oldest files while they and `bytes` are too much. */
void rotation_trim(struct rotation *r, uint64_t bytes);

void rotation_release(struct rotation *r);

/* "100M", "2GiB", "65536": bytes. K, M and G are powers of 1024, as for dd. 0 or -EINVAL. */
int parse_size(const char *text, uint64_t *bytes);

#endif
