/* SPDX-License-Identifier: GPL-2.0 */
/* Traces in files without a name: written, and read back. Any failure aborts the program. */
#ifndef URBSCOPE_TEST_TRACES_H
#define URBSCOPE_TEST_TRACES_H

#include "urbscope/source.h"
#include "urbscope/trace_writer.h"

/* What a reader got. */
struct got {
	struct urb_event *ev;
	struct urb_facts *facts; /* facts[i] is of ev[i] */
	size_t cnt, room;
	int end;		/* the last status of source_read() */
	struct source_info info;
	uint64_t late, skipped, now_ns;
	struct fault fault;
};

/* Recorded by BPF, from 1000 ns on. */
struct trace_run trace_run_example(void);

/* A block each `block` events (0: one for all); `ended`: with its end. The descriptor. */
int trace_written(const struct trace_run *run, const struct urb_event *events, size_t cnt,
		  size_t block, bool ended);

/* The same of bytes. */
int trace_of_bytes(const void *bytes, size_t size);

/* All bytes of a descriptor, which is closed; free() them. */
uint8_t *trace_bytes(int fd, size_t *size);

/* Opens what a descriptor has, from its beginning. The descriptor stays the caller's. */
struct source *trace_opened(int fd, const struct source_config *config);

/* Reads all of it and closes it. NULL config: everything. */
void trace_read_all(int fd, const struct source_config *config, struct got *got);
void got_release(struct got *got);

/* A source_emit for a struct got. */
void got_event(void *ctx, const struct urb_event *ev);

#endif
