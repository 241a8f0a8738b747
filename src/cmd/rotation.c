// SPDX-License-Identifier: GPL-2.0
#include "rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define ENDING ".urb"
#define PIECES 8	/* of --max-size, if nothing is said of a file's */

int parse_size(const char *text, uint64_t *bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	char *end;
	double value = strtod(text, &end);

	if (end == text || !isfinite(value) || value < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++, value *= 1024) {
		size_t size = strlen(units[i]);
		const char *rest = end + size;

		if (strncmp(end, units[i], size) ||
		    (*rest && strcmp(rest, "B") && (!size || strcmp(rest, "iB"))))
			continue;
		if (value > 1e18)
			return -EINVAL;
		*bytes = value;
		return 0;
	}
	return -EINVAL;
}

bool rotation_wanted(const struct rotation *r)
{
	return r->size || r->ns || r->max;
}

static char *name_of(const struct rotation *r, unsigned int number)
{
	char *name;

	return asprintf(&name, "%s.%05u" ENDING, r->stem, number) < 0 ? NULL : name;
}

char *rotation_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : slash - path);
}

char *rotation_first(struct rotation *r, const char *path)
{
	size_t size = strlen(path), ending = strlen(ENDING);

	if (size > ending && !strcmp(path + size - ending, ENDING))
		size -= ending;
	if (r->max && !r->size)
		r->size = r->max / PIECES;
	r->fd = -1;
	r->path = path;
	r->stem = strndup(path, size);
	r->folder = rotation_folder(path);
	return r->stem && r->folder ? name_of(r, 0) : NULL;
}

static void remove_number(const struct rotation *r, unsigned int number)
{
	char *name = name_of(r, number);

	if (name)
		unlink(name);
	free(name);
}

void rotation_begin(struct rotation *r, uint64_t now_ns)
{
	unsigned int number = 1;
	struct stat stat;
	char *name;

	/* one file of that name would be taken for the recording */
	if (!lstat(r->path, &stat) && S_ISREG(stat.st_mode))
		unlink(r->path);
	for (;; number++) {
		name = name_of(r, number);
		if (!name || unlink(name))
			break;
		free(name);
	}
	free(name);
	r->began_ns = now_ns;
}

bool rotation_due(const struct rotation *r, uint64_t bytes, uint64_t now_ns)
{
	return (r->size && bytes >= r->size) || (r->ns && now_ns - r->began_ns >= r->ns);
}

static int keep(struct rotation *r, uint64_t bytes)
{
	size_t room = r->kept_room ? r->kept_room * 2 : 16;
	struct rotated *more;

	if (r->kept_cnt == r->kept_room) {
		more = realloc(r->kept, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->kept = more;
		r->kept_room = room;
	}
	r->kept[r->kept_cnt++] = (struct rotated){ r->number, bytes };
	r->kept_bytes += bytes;
	return 0;
}

int rotation_open(struct rotation *r, uint64_t bytes)
{
	char *name = name_of(r, r->number + 1);
	int fd = -1, err = ENOMEM;

	if (name && !keep(r, bytes)) {
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		err = errno;
	}
	free(name);
	return fd < 0 ? -err : fd;
}

void rotation_turned(struct rotation *r, int fd, uint64_t now_ns)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	r->number++;
	r->began_ns = now_ns;
}

void rotation_trim(struct rotation *r, uint64_t bytes)
{
	size_t gone = 0;

	while (r->max && gone < r->kept_cnt && r->kept_bytes + bytes > r->max) {
		remove_number(r, r->kept[gone].number);
		r->kept_bytes -= r->kept[gone++].bytes;
	}
	r->kept_cnt -= gone;
	if (gone)
		memmove(r->kept, r->kept + gone, r->kept_cnt * sizeof(*r->kept));
}

void rotation_release(struct rotation *r)
{
	if (r->fd >= 0 && r->stem)
		close(r->fd);
	free(r->stem);
	free(r->folder);
	free(r->kept);
}
