/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far the reading of a recording has come: a line on stderr, drawn over again, while that is a
 * terminal; it is gone before anything else is written. Never where the events are of this moment.
 */
#ifndef URBSCOPE_CMD_PROGRESS_H
#define URBSCOPE_CMD_PROGRESS_H

#include "urbscope/source.h"

struct progress {
	const struct source *src; /* NULL: nobody is to see it */
	source_emit emit;	/* to hand each event on to */
	void *ctx;
	uint64_t events;
	uint64_t size;		/* of the file, in bytes; 0: a pipe, or not known */
	uint64_t began_ns, shown_ns; /* of loop_clock() */
	int width;		/* of what stands there, 0: nothing */
};

/* What there is to tell. */
struct progress_state {
	uint64_t at, size;	/* bytes; size 0: not known */
	uint64_t events, elapsed_ns;
};

/* `wanted`: what it is drawn over is free, and the source is a recording. */
void progress_begin(struct progress *p, const struct source *src, bool wanted, source_emit emit,
		    void *ctx, uint64_t now_ns);

/* A source_emit with the progress as its ctx: counts, and hands on. */
void progress_event(void *progress, const struct urb_event *ev);

/* Draws it, if it is time to. */
void progress_turn(struct progress *p, uint64_t now_ns);
void progress_end(struct progress *p);

/* The line: "34.0% of 1.20GB, 12.3M events, 4.10M/s, 12.0 s left". */
void progress_line(const struct progress_state *state, char *buf, size_t size);

#endif
