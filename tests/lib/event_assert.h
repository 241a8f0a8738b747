/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event that was written against the same one read back, all of it but its ids: readers give
 * ids of their own.
 */
#ifndef URBSCOPE_TEST_EVENT_ASSERT_H
#define URBSCOPE_TEST_EVENT_ASSERT_H

#include "testmain.h"
#include "urbscope/event.h"

/* When a submission was that nobody saw is for each form to say; the handler no form tells. */
static inline void assert_same_submission(const struct urb_event *want, const struct urb_event *got)
{
	if (want->seen & URB_SUBMIT)
		assert_int_equal(got->submit.submit_ns, want->submit.submit_ns);
	assert_int_equal(got->submit.length, want->submit.length);
	assert_int_equal(got->submit.interval, want->submit.interval);
	assert_int_equal(got->submit.gfp, want->submit.gfp);
	assert_int_equal(got->submit.xfer_flags, want->submit.xfer_flags);
	assert_int_equal(got->submit.pid, want->submit.pid);
	assert_memory_equal(got->submit.comm, want->submit.comm, sizeof(want->submit.comm));
	assert_int_equal(!got->submit.slot, !want->submit.slot);
	assert_int_equal(got->submit.complete_fn, 0);
}

static inline void assert_same_body(const struct urb_event *want, const struct urb_event *got)
{
	switch (want->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		assert_same_submission(want, got);
		break;
	case URB_EV_COMPLETE:
		assert_int_equal(got->complete.length, want->complete.length);
		assert_int_equal(got->complete.status, want->complete.status);
		break;
	case URB_EV_SUBMIT_ERROR:
		assert_int_equal(got->submit_error.length, want->submit_error.length);
		assert_int_equal(got->submit_error.error, want->submit_error.error);
		break;
	case URB_EV_RETURNED:
		assert_int_equal(got->returned.handler_ns, want->returned.handler_ns);
		break;
	case URB_EV_LOST:
		assert_int_equal(got->lost.count, want->lost.count);
		assert_int_equal(got->lost.until_ns, want->lost.until_ns);
		break;
	case URB_EV_FACTS:
		assert_memory_equal(got->facts, want->facts, sizeof(*want->facts));
		break;
	case URB_EV_STREAMS:
		assert_int_equal(got->streams.what, want->streams.what);
		assert_int_equal(got->streams.asked, want->streams.asked);
		assert_int_equal(got->streams.result, want->streams.result);
		assert_int_equal(got->streams.gfp, want->streams.gfp);
		assert_int_equal(got->streams.queued, want->streams.queued);
		break;
	}
}

static inline void assert_same_event(const struct urb_event *want, const struct urb_event *got)
{
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->time_ns, want->time_ns);
	assert_int_equal(got->ep, want->ep);
	assert_int_equal(got->stream, want->stream);
	assert_int_equal(got->type, want->type);
	assert_int_equal(got->seen, want->seen);
	assert_int_equal(got->flags, want->flags);
	assert_int_equal(got->cpu, want->cpu);
	assert_same_body(want, got);
}

#endif
