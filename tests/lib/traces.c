// SPDX-License-Identifier: GPL-2.0
#include "traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct trace_run trace_run_example(void)
{
	return (struct trace_run){
		.kind = "bpf", .clock = "monotonic", .resolution_ns = 7, .start_ns = 1000,
		.sees = URB_QUEUED | URB_DONE, .walks = true, .host = "example", .kernel = "6.1",
		.tool = "test", .command = "dd if=/dev/sda",
	};
}

int trace_written(const struct trace_run *run, const struct urb_event *events, size_t cnt,
		  size_t block, bool ended)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct trace_writer *writer = trace_writer_new(fd, run, 0x1122334455667788);
	uint64_t now = run->start_ns;

	must(fd >= 0 && writer);
	for (size_t i = 0; i < cnt; i++) {
		trace_writer_event(writer, &events[i]);
		if (events[i].time_ns > now && events[i].kind != URB_EV_FACTS)
			now = events[i].time_ns;
		if (block && i % block == block - 1)
			must(!trace_writer_tick(writer, now));
	}
	if (ended)
		must(!trace_writer_end(writer, now + 1000));
	else
		must(!trace_writer_tick(writer, now));
	trace_writer_free(writer);
	return fd;
}

int trace_of_bytes(const void *bytes, size_t size)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	return fd;
}

uint8_t *trace_bytes(int fd, size_t *size)
{
	uint8_t *bytes;

	*size = lseek(fd, 0, SEEK_END);
	bytes = malloc(*size + 1);
	must(bytes && pread(fd, bytes, *size, 0) == (ssize_t)*size);
	close(fd);
	return bytes;
}

struct source *trace_opened(int fd, const struct source_config *config)
{
	static const struct source_config everything;
	static char paths[8][64]; /* a source keeps the pointer */
	static unsigned int next;
	char *path = paths[next++ % 8];
	struct fault fault = { "" };
	struct source *src;

	snprintf(path, sizeof(paths[0]), "/proc/self/fd/%d", fd);
	src = source_open_trace(path, config ? config : &everything, &fault);
	must(src);
	return src;
}

void got_event(void *ctx, const struct urb_event *ev)
{
	struct got *got = ctx;

	if (got->cnt == got->room) {
		got->room = got->room ? got->room * 2 : 64;
		got->ev = realloc(got->ev, got->room * sizeof(*got->ev));
		got->facts = realloc(got->facts, got->room * sizeof(*got->facts));
		must(got->ev && got->facts);
	}
	got->ev[got->cnt] = *ev;
	if (ev->kind == URB_EV_FACTS)
		got->facts[got->cnt] = *ev->facts;
	got->cnt++;
}

void trace_read_all(int fd, const struct source_config *config, struct got *got)
{
	struct source *src = trace_opened(fd, config);

	got->cnt = 0;
	got->fault.text[0] = '\0';
	do
		got->end = source_read(src, got_event, got, &got->fault);
	while (got->end >= 0);
	got->info = *source_info(src);
	got->info.run = NULL; /* is going */
	got->now_ns = source_now(src);
	got->late = source_late(src);
	got->skipped = source_skipped(src);
	source_close(src);
	close(fd);
	for (size_t i = 0; i < got->cnt; i++) {
		if (got->ev[i].kind == URB_EV_FACTS)
			got->ev[i].facts = &got->facts[i];
	}
}

void got_release(struct got *got)
{
	free(got->ev);
	free(got->facts);
	memset(got, 0, sizeof(*got));
}
