/* SPDX-License-Identifier: GPL-2.0 */
/* For fuzzers of what a file may hold: the file, in memory, and the selectors it is read by. */
#ifndef URBSCOPE_FUZZ_RECORDING_H
#define URBSCOPE_FUZZ_RECORDING_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

#include "urbscope/source.h"

#define TEXTS 4

struct recording {
	int fd;
	char path[64];
	struct selector selectors[TEXTS];
	struct source_config config;
};

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

static inline FILE *nowhere(void)
{
	static FILE *file;

	if (!file)
		file = fopen("/dev/null", "w");
	must(file);
	return file;
}

static inline void recording_put(struct recording *rec, const void *bytes, size_t size)
{
	must(write(rec->fd, bytes, size) == (ssize_t)size);
}

/* An empty file, read by those of the texts whose bits `which` has. */
static inline void recording_init(struct recording *rec, const char *const texts[TEXTS],
				  uint8_t which)
{
	struct fault fault = { "" };

	*rec = (struct recording){ .fd = memfd_create("recording", MFD_CLOEXEC) };
	must(rec->fd >= 0);
	snprintf(rec->path, sizeof(rec->path), "/proc/self/fd/%d", rec->fd);
	rec->config.selectors = rec->selectors;
	for (unsigned int i = 0; i < TEXTS; i++) {
		if (which >> i & 1)
			must(!selector_parse(texts[i], &rec->selectors[rec->config.selector_cnt++],
					     &fault));
	}
}

static inline void recording_release(struct recording *rec)
{
	close(rec->fd);
}

#endif
