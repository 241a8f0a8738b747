// SPDX-License-Identifier: GPL-2.0
/*
 * parread: several readers on one block device at once, past the page cache, so that each
 * holds one request in flight: a UAS disk answers with as many streams.
 *
 *   parread DEV --readers N --size BYTES --count C
 *
 * Each reader makes C reads of BYTES (a multiple of 512), reader r of N at offsets r, r + N, ...
 * in units of BYTES, wrapped at the end of the device. Prints one line a reader:
 *
 *   reader R reads N bytes B errors E first_ns T0 last_ns T1      (CLOCK_MONOTONIC)
 *
 * Exit: 0; 1 when a read failed (unplugged, say); 2 cannot run.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READERS_MAX 64
#define ALIGN_BYTES 4096

struct config {
	const char *path;
	unsigned int readers;
	size_t size_bytes;
	uint64_t count;
};

struct reader {
	const struct config *config;
	pthread_t thread;
	unsigned int index;
	int fd;
	uint64_t blocks;
	uint64_t reads, bytes, errors;
	uint64_t first_ns, last_ns;
	int err;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void *reader_run(void *arg)
{
	struct reader *self = arg;
	const struct config *c = self->config;
	void *buf;

	if (posix_memalign(&buf, ALIGN_BYTES, c->size_bytes)) {
		self->err = -ENOMEM;
		return NULL;
	}
	self->first_ns = now_ns();
	for (uint64_t i = 0; i < c->count; i++) {
		uint64_t block = (self->index + i * c->readers) % self->blocks;
		ssize_t n = pread(self->fd, buf, c->size_bytes, (off_t)(block * c->size_bytes));

		if (n <= 0) {
			self->err = n < 0 ? -errno : -EIO;
			self->errors++;
			break;
		}
		self->reads++;
		self->bytes += (uint64_t)n;
	}
	self->last_ns = now_ns();
	free(buf);
	return NULL;
}

static int parse(struct config *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "readers", required_argument, NULL, 'r' },
		{ "size", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			c->readers = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 's':
			c->size_bytes = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			c->count = strtoull(optarg, NULL, 0);
			break;
		default:
			return -EINVAL;
		}
	}
	if (optind != argc - 1 || !c->readers || c->readers > READERS_MAX || !c->size_bytes ||
	    c->size_bytes % 512)
		return -EINVAL;
	c->path = argv[optind];
	return 0;
}

static int run(const struct config *c, int fd, uint64_t blocks)
{
	struct reader readers[READERS_MAX] = { 0 };
	int failed = 0;

	for (unsigned int i = 0; i < c->readers; i++) {
		readers[i] = (struct reader){ .config = c, .index = i, .fd = fd, .blocks = blocks };
		if (pthread_create(&readers[i].thread, NULL, reader_run, &readers[i])) {
			fprintf(stderr, "parread: cannot start reader %u\n", i);
			exit(2);
		}
	}
	for (unsigned int i = 0; i < c->readers; i++) {
		struct reader *r = &readers[i];

		pthread_join(r->thread, NULL);
		printf("reader %u reads %" PRIu64 " bytes %" PRIu64 " errors %" PRIu64
		       " first_ns %" PRIu64 " last_ns %" PRIu64 "\n",
		       i, r->reads, r->bytes, r->errors, r->first_ns, r->last_ns);
		if (r->err) {
			fprintf(stderr, "parread: reader %u: %s\n", i, strerror(-r->err));
			failed = 1;
		}
	}
	return failed;
}

int main(int argc, char **argv)
{
	struct config c = { .readers = 4, .size_bytes = 65536, .count = 64 };
	off_t end;
	int fd;

	if (parse(&c, argc, argv)) {
		fprintf(stderr, "usage: parread DEV --readers N --size BYTES --count C\n");
		return 2;
	}
	fd = open(c.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "parread: %s: %s\n", c.path, strerror(errno));
		return 2;
	}
	end = lseek(fd, 0, SEEK_END);
	if (end < (off_t)c.size_bytes) {
		fprintf(stderr, "parread: %s is smaller than one read\n", c.path);
		return 2;
	}
	return run(&c, fd, (uint64_t)end / c.size_bytes);
}
