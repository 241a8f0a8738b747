/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the source of a trace: trace.c finds blocks, trace_block.c makes events of them. */
#ifndef URBSCOPE_SOURCE_TRACE_SOURCE_H
#define URBSCOPE_SOURCE_TRACE_SOURCE_H

#include "input.h"
#include "select.h"
#include "source.h"
#include "urbscope/idmap.h"
#include "urbscope/trace.h"

struct trace_source {
	struct source base;
	struct input in;
	struct selection selection;
	struct trace_decoder *dec;
	struct trace_head head;
	struct trace_run run;
	struct idmap gone;	/* how many devices have left an address, by urb_ep() of its endpoint 0 */
	uint64_t seq, event;	/* what the next block ought to begin with */
	uint64_t reached_ns;
	bool opened, begun;	/* the head was read; the first TRACE_KEY block was */
	bool headless;		/* the head was damaged */
	bool lost;		/* since the last TRACE_KEY block */
	bool skipping;		/* at bytes that are no block */
	bool ended, closed;	/* the END block was read; the trailer was */
	bool eof;
	bool leapt;		/* over what was not asked for */
	bool middle;		/* begins where other events were before */
	bool told;		/* then: what shows from now on inherits nothing */
	struct idmap flags;	/* trace_known.flags of endpoints, when they were told last */
	uint64_t from_ns, start_ns; /* asked for; start of the window, where it was looked up */
	bool set;		/* of several files; the number of the next one: */
	unsigned int set_next;
	uint8_t *buf;
	size_t room, have, at;	/* bytes in buf, and of those used */
	struct source_emission {
		source_emit emit;
		void *ctx;
		int cnt;
	} out;
};

/* Something is not as it was written. */
static inline void trace_damage(struct trace_source *src)
{
	src->base.info.damaged++;
}

/*
 * Tells the events of a whole block, which the decoder has: the next one or a later one, and what is
 * between is lost. 0, -EPROTO: it is not as docs/trace.md says, or -ENOMEM.
 */
int trace_take_block(struct trace_source *src, const struct trace_block *block);

#endif
