// SPDX-License-Identifier: GPL-2.0
#include "trace_seek.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool block_at(int fd, int64_t at, struct trace_block *block)
{
	uint8_t bytes[TRACE_BLOCK_BYTES];

	return pread(fd, bytes, sizeof(bytes), at) == sizeof(bytes) && !trace_block_unpack(block, bytes);
}

/* The END block by what the file ends with. */
static bool end_of(int fd, int64_t base, int64_t *at, struct trace_block *end)
{
	uint8_t bytes[TRACE_TRAILER_BYTES];
	int64_t size = lseek(fd, 0, SEEK_END);
	uint64_t offset;

	if (size < (int64_t)sizeof(bytes) ||
	    pread(fd, bytes, sizeof(bytes), size - sizeof(bytes)) != sizeof(bytes) ||
	    trace_trailer_unpack(&offset, bytes) || offset > (uint64_t)size)
		return false;
	*at = base + offset;
	return block_at(fd, *at, end) && end->type == TRACE_END && end->size <= TRACE_PAYLOAD_MAX;
}

/* 1: found, 0: the index has nothing before that, -1: there is no index to be trusted. */
static int by_index(int fd, int64_t base, uint64_t until_ns, uint64_t *offset)
{
	struct trace_decoder *dec = trace_decoder_new();
	struct trace_place place;
	struct trace_block end;
	uint8_t *payload = NULL;
	const char *why;
	int found = -1, got = 0;
	int64_t at;

	if (dec && end_of(fd, base, &at, &end))
		payload = malloc(end.size + 1);
	if (payload && pread(fd, payload, end.size, at + TRACE_BLOCK_BYTES) == (ssize_t)end.size &&
	    !trace_decoder_block(dec, &end, payload, &why)) {
		found = 0;
		while ((got = trace_decoder_place(dec, &place)) > 0 && place.first_ns <= until_ns) {
			*offset = place.offset;
			found = 1;
		}
	}
	free(payload);
	trace_decoder_free(dec);
	return got < 0 ? -1 : found;
}

static bool by_heads(int fd, int64_t base, uint64_t until_ns, uint64_t *offset)
{
	uint64_t at = TRACE_HEAD_BYTES;
	struct trace_block block;
	bool found = false;

	while (block_at(fd, base + at, &block) && block.first_ns <= until_ns) {
		if (block.flags & TRACE_KEY && !(block.flags & TRACE_DOUBT)) {
			*offset = at;
			found = true;
		}
		at += TRACE_BLOCK_BYTES + block.size;
	}
	return found;
}

bool trace_seek(int fd, int64_t base, uint64_t from_ns, uint64_t *start_ns, struct trace_block *key,
		uint64_t *offset)
{
	struct trace_block first;
	uint64_t until_ns;
	int found;

	if (!block_at(fd, base + TRACE_HEAD_BYTES, &first) || !(first.flags & TRACE_KEY))
		return false;
	*start_ns = first.first_ns;
	until_ns = first.first_ns + from_ns;
	found = by_index(fd, base, until_ns, offset);
	if (found < 0)
		found = by_heads(fd, base, until_ns, offset);
	return found > 0 && *offset > TRACE_HEAD_BYTES && block_at(fd, base + *offset, key) &&
	       key->run == first.run && key->flags & TRACE_KEY && key->first_ns <= until_ns;
}

/* "STEM.NUMBER.urb": the number, or -1. */
static int64_t number_of(const char *name, const char *stem, size_t stem_size)
{
	const char *digits = name + stem_size + 1;
	char *end;
	int64_t number;

	if (strncmp(name, stem, stem_size) || name[stem_size] != '.' || strspn(digits, "0123456789") < 5)
		return -1;
	number = strtoll(digits, &end, 10);
	return strcmp(end, ".urb") || number > INT32_MAX ? -1 : number;
}

bool trace_set_next(const char *path, unsigned int *number, char **name)
{
	const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
	size_t stem_size = strlen(stem);
	char *folder = slash ? strndup(path, slash + 1 - path) : strdup("./");
	DIR *dir = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	int64_t least = -1;

	if (stem_size > 4 && !strcmp(stem + stem_size - 4, ".urb"))
		stem_size -= 4;
	while (dir && (entry = readdir(dir))) {
		int64_t n = number_of(entry->d_name, stem, stem_size);

		if (n >= *number && (least < 0 || n < least))
			least = n;
	}
	if (dir)
		closedir(dir);
	free(folder);
	if (least < 0 || asprintf(name, "%.*s.%05" PRId64 ".urb", (int)(stem - path + stem_size), path,
				  least) < 0)
		return false;
	*number = least + 1;
	return true;
}
