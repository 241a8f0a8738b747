/* SPDX-License-Identifier: GPL-2.0 */
/* Writes events to a pipe or a file, in the form of stream.h. */
#ifndef URBSCOPE_STREAM_WRITER_H
#define URBSCOPE_STREAM_WRITER_H

#include <stdio.h>

#include "urbscope/event.h"
#include "urbscope/snapshot.h"

struct stream_writer;

/*
 * Writes the header. `out` stays the caller's. NULL with errno ENOMEM; failures to write show
 * at stream_writer_flush().
 */
struct stream_writer *stream_writer_new(FILE *out, const struct snapshot_source *source,
					uint64_t start_ns);
void stream_writer_free(struct stream_writer *self);

void stream_writer_event(struct stream_writer *self, const struct urb_event *ev);

/* The window has reached `now`, or ends there. */
void stream_writer_tick(struct stream_writer *self, uint64_t now_ns);
void stream_writer_end(struct stream_writer *self, uint64_t now_ns);

/* Hands everything to the file. 0, or -errno of the first failure since the beginning. */
int stream_writer_flush(struct stream_writer *self);

#endif
