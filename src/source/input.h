/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording as bytes. Its first ones can be looked at, also on a pipe, before it is known who
 * will read it; they are handed out once more.
 */
#ifndef URBSCOPE_SOURCE_INPUT_H
#define URBSCOPE_SOURCE_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "urbscope/fault.h"

#define INPUT_HEAD 4	/* bytes tell all forms apart */

struct input {
	const char *path;	/* the caller's; "-" is standard input */
	int fd;
	uint8_t head[INPUT_HEAD];
	size_t head_cnt, head_at; /* looked at; handed out again */
};

/* 0, or -errno with the fault filled in. */
int input_open(struct input *in, const char *path, struct fault *fault);

/* Waits for the head, or for as much as there ever is. 0, or -errno with the fault filled in. */
int input_look(struct input *in, struct fault *fault);

/* Like read(): bytes, 0 at the end, or -1 with errno. */
ssize_t input_read(struct input *in, void *buf, size_t size);

/* The path, in words. */
const char *input_name(const struct input *in);

void input_close(struct input *in);

#endif
