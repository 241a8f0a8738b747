// SPDX-License-Identifier: GPL-2.0
#include "choices.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* An empty or relative XDG_CONFIG_HOME counts for nothing (XDG base directory specification). */
static int path_of(char *buf, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (config && *config == '/')
		n = snprintf(buf, size, "%s/urbscope/urbtop", config);
	else if (home && *home == '/')
		n = snprintf(buf, size, "%s/.config/urbscope/urbtop", home);
	else
		return -ENOENT;
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int read_choices(struct top_view *view)
{
	char path[PATH_MAX], said[160];
	FILE *in;
	int err;

	if (path_of(path, sizeof(path)))
		return 0;
	in = fopen(path, "re");
	if (!in) {
		err = errno;
		if (err == ENOENT || err == ENOTDIR)
			return 0;
		snprintf(said, sizeof(said), "Configuration not read: %s", strerror(err));
		top_say(view, said);
		return 0;
	}
	err = top_config_read(view, in);
	fclose(in);
	return err == -ENOMEM ? err : 0;
}

/* The folders that lead to a file. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

void write_choices(const struct top_view *view)
{
	char path[PATH_MAX - 8], new[PATH_MAX];
	FILE *out;
	int err;

	if (!top_config_changed(view) || path_of(path, sizeof(path)))
		return;
	make_folders(path);
	snprintf(new, sizeof(new), "%s.new", path);
	out = fopen(new, "we");
	err = out ? top_config_write(view, out) : -errno;
	if (out && fclose(out) && !err)
		err = -errno;
	if (!err && rename(new, path))
		err = -errno;
	if (!err)
		return;
	unlink(new);
	fprintf(stderr, "urbtop: what was chosen is not remembered: %s\n", strerror(-err));
}

int new_file(const char *stem, const char *ending, char *name, size_t size)
{
	time_t now = time(NULL);
	char when[32], more[8] = "";
	struct tm tm;
	int fd;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	for (int i = 1; i < 100; i++) {
		snprintf(name, size, "%s-%s%s%s", stem, when, more, ending);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
		snprintf(more, sizeof(more), "-%d", i);
	}
	return -EEXIST;
}

void save_screen(const struct canvas *canvas, struct top_view *view)
{
	char name[64], said[160];
	int fd = new_file("urbtop", ".txt", name, sizeof(name)), err = fd < 0 ? -fd : 0;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !out) {
		err = errno;
		close(fd);
	}
	for (int y = 0; out && y < canvas->height; y++)
		canvas_print(canvas, y, out);
	if (out && (fflush(out) || ferror(out)))
		err = errno ? errno : EIO;
	if (out && fclose(out) && !err)
		err = errno;
	if (err)
		snprintf(said, sizeof(said), "The screen was not written: %s", strerror(err));
	else
		snprintf(said, sizeof(said), "The screen is in %s", name);
	top_say(view, said);
}
