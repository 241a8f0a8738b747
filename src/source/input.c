// SPDX-License-Identifier: GPL-2.0
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) >= 8, "recordings are larger than 2 GiB: build with -D_FILE_OFFSET_BITS=64");

int input_open(struct input *in, const char *path, struct fault *fault)
{
	int err;

	*in = (struct input){ .path = path };
	in->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (in->fd >= 0)
		return 0;
	err = -errno;
	fault_set(fault, "%s: %s", path, strerror(-err));
	return err;
}

int input_look(struct input *in, struct fault *fault)
{
	while (in->head_cnt < INPUT_HEAD) {
		ssize_t got = read(in->fd, in->head + in->head_cnt, INPUT_HEAD - in->head_cnt);
		struct pollfd readable = { .fd = in->fd, .events = POLLIN };
		int err = -errno;

		if (!got)
			break;
		if (got > 0) {
			in->head_cnt += got;
		} else if (err == -EAGAIN) {
			poll(&readable, 1, -1);
		} else if (err != -EINTR) {
			fault_set(fault, "%s: %s", input_name(in), strerror(-err));
			return err;
		}
	}
	return 0;
}

ssize_t input_read(struct input *in, void *buf, size_t size)
{
	size_t left = in->head_cnt - in->head_at;

	if (!left)
		return read(in->fd, buf, size);
	if (left > size)
		left = size;
	memcpy(buf, in->head + in->head_at, left);
	in->head_at += left;
	return left;
}

const char *input_name(const struct input *in)
{
	return strcmp(in->path, "-") ? in->path : "standard input";
}

void input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
}
