/* SPDX-License-Identifier: GPL-2.0 */
/* What writing and reading a block have in common. docs/trace.md is the definition. */
#ifndef URBSCOPE_TRACE_LAYOUT_H
#define URBSCOPE_TRACE_LAYOUT_H

#include "bytes.h"
#include "urbscope/trace.h"

/* A payload is these, each behind its length. An empty column means zeros. */
enum section {
	SECTION_RUN,
	SECTION_FACTS,
	SECTION_ENDPOINTS,
	SECTION_OPEN,
	SECTION_SHAPES,
	COLUMN_SHAPE,
	COLUMN_TIME,
	COLUMN_ID,
	COLUMN_A,
	COLUMN_B,
	COLUMN_C,
	SECTION_PLACES,
	SECTION_CNT
};

#define ENDPOINTS_MAX (1u << 17) /* named in a block */
#define KINDS	      16	/* kinds of events are smaller numbers */
#define KIND_LAST     URB_EV_STREAMS

/*
 * Three numbers of an event that its shape does not tell. The first is written as a difference to the
 * one before of that shape, so lengths that stay the same cost nothing.
 */
struct numbers {
	uint64_t a, b, c;
};

static inline struct numbers numbers_of(const struct urb_event *ev, uint64_t facts)
{
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		return (struct numbers){
			.a = ev->submit.length,
			.b = ev->seen & URB_SUBMIT ? zigzag(ev->time_ns - ev->submit.submit_ns) : 0,
			.c = ev->submit.slot ? zigzag(ev->submit.slot - ev->id) + 1 : 0,
		};
	case URB_EV_COMPLETE:
		return (struct numbers){
			.a = ev->complete.length,
			.b = zigzag((int64_t)ev->complete.status),
		};
	case URB_EV_SUBMIT_ERROR:
		return (struct numbers){
			.a = ev->submit_error.length,
			.b = zigzag((int64_t)ev->submit_error.error),
		};
	case URB_EV_RETURNED:
		return (struct numbers){ .b = zigzag(ev->time_ns - ev->returned.handler_ns) };
	case URB_EV_LOST:
		return (struct numbers){
			.a = ev->lost.count,
			.b = zigzag(ev->lost.until_ns - ev->time_ns),
		};
	case URB_EV_FACTS:
		return (struct numbers){ .a = facts };
	case URB_EV_STREAMS:
		return (struct numbers){
			.a = ev->streams.asked,
			.b = zigzag((int64_t)ev->streams.result),
			.c = ev->streams.what | ev->streams.queued << 2 | (uint64_t)ev->streams.gfp << 3,
		};
	default:
		return (struct numbers){ 0 };
	}
}

/* FACTS is for the caller. */
static inline void numbers_to(struct urb_event *ev, const struct numbers *n)
{
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		ev->submit.length = n->a;
		ev->submit.submit_ns = ev->seen & URB_SUBMIT ? ev->time_ns - unzigzag(n->b) : 0;
		ev->submit.slot = n->c ? ev->id + unzigzag(n->c - 1) : 0;
		break;
	case URB_EV_COMPLETE:
		ev->complete.length = n->a;
		ev->complete.status = unzigzag(n->b);
		break;
	case URB_EV_SUBMIT_ERROR:
		ev->submit_error.length = n->a;
		ev->submit_error.error = unzigzag(n->b);
		break;
	case URB_EV_RETURNED:
		ev->returned.handler_ns = ev->time_ns - unzigzag(n->b);
		break;
	case URB_EV_LOST:
		ev->lost.count = n->a;
		ev->lost.until_ns = ev->time_ns + unzigzag(n->b);
		break;
	case URB_EV_STREAMS:
		ev->streams.asked = n->a;
		ev->streams.result = unzigzag(n->b);
		ev->streams.what = n->c & 3;
		ev->streams.queued = n->c >> 2 & 1;
		ev->streams.gfp = n->c >> 3;
		break;
	}
}

void put_run(struct bytes *b, const struct trace_run *run);
void get_run(struct reader *r, struct trace_run *run);
void put_facts(struct bytes *b, const struct urb_facts *facts);
void get_facts(struct reader *r, struct urb_facts *facts);

#endif
