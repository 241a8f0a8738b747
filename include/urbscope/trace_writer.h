/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a trace (docs/trace.md), to a file or a pipe. Events gather in a block, which is written
 * when it is full or with the next tick, so what a crash costs is what came since.
 */
#ifndef URBSCOPE_TRACE_WRITER_H
#define URBSCOPE_TRACE_WRITER_H

#include "urbscope/trace.h"

struct trace_writer;

/*
 * `fd` stays the caller's; what is written begins where it stands. `id`: a number for this recording
 * and no other, 0: one is drawn. NULL with errno; failures to write show at the next tick.
 */
struct trace_writer *trace_writer_new(int fd, const struct trace_run *run, uint64_t id);
void trace_writer_free(struct trace_writer *self);

void trace_writer_event(struct trace_writer *self, const struct urb_event *ev);

/* source_info.wall_ns is this from now on; 0 at first. */
void trace_writer_wall(struct trace_writer *self, uint64_t wall_ns);

/* What the source has counted so far: trace_run.late and .skipped. */
void trace_writer_counts(struct trace_writer *self, uint64_t late, uint64_t skipped);

/*
 * The window has reached `now`; all that came is written out. 0, or -errno of the first failure: what
 * was written before is whole, and nothing more is.
 */
int trace_writer_tick(struct trace_writer *self, uint64_t now_ns);

/*
 * The same, and the window ends. Also after a failure: if there is room for the end now, it is written.
 * Returns the first failure all the same.
 */
int trace_writer_end(struct trace_writer *self, uint64_t now_ns);

/* Ends this file; what follows goes to another, which can be read without it. As trace_writer_tick(). */
int trace_writer_rotate(struct trace_writer *self, int fd, uint64_t now_ns);

/* Bytes and events so far: of this file, of all. */
uint64_t trace_writer_bytes(const struct trace_writer *self);
uint64_t trace_writer_events(const struct trace_writer *self);

#endif
