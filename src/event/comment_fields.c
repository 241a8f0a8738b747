// SPDX-License-Identifier: GPL-2.0
#include "event/comment_fields.h"

#define FIELD(key, kinds, type, member, form) \
	{ key, kinds, offsetof(struct type, member), sizeof(((struct type *)0)->member), form }

const struct field comment_event_fields[] = {
	FIELD("t", EVENTS, urb_event, time_ns, SINCE),
	FIELD("urb", EVENTS, urb_event, id, HEX),
	FIELD("ep", EVENTS, urb_event, ep, ENDPOINT),
	FIELD("stream", ANY, urb_event, stream, NUMBER),
	FIELD("type", ANY, urb_event, type, NUMBER),
	FIELD("seen", ANY, urb_event, seen, MOMENTS),
	FIELD("flags", ANY, urb_event, flags, FLAGS),
	FIELD("cpu", ANY, urb_event, cpu, NUMBER),
	FIELD("submit", CALLS, urb_event, submit.submit_ns, SINCE),
	FIELD("length", BIT(INFLIGHT), urb_event, submit.length, NUMBER),
	FIELD("length", BIT(SUBMIT_ERROR), urb_event, submit_error.length, NUMBER),
	FIELD("interval", CALLS, urb_event, submit.interval, NUMBER),
	FIELD("gfp", CALLS, urb_event, submit.gfp, HEX),
	FIELD("xfer", CALLS, urb_event, submit.xfer_flags, HEX),
	FIELD("pid", CALLS, urb_event, submit.pid, NUMBER),
	FIELD("comm", CALLS, urb_event, submit.comm, STRING),
	FIELD("slot", CALLS, urb_event, submit.slot, NUMBER),
	FIELD("entered", BIT(RETURNED), urb_event, returned.handler_ns, SINCE),
	FIELD("count", BIT(LOST), urb_event, lost.count, NUMBER),
	FIELD("what", BIT(STREAMS), urb_event, streams.what, NUMBER),
	FIELD("asked", BIT(STREAMS), urb_event, streams.asked, NUMBER),
	FIELD("result", BIT(STREAMS), urb_event, streams.result, RESULT),
	FIELD("gfp", BIT(STREAMS), urb_event, streams.gfp, HEX),
	FIELD("queued", BIT(STREAMS), urb_event, streams.queued, YES),
	FIELD("until", BIT(LOST), urb_event, lost.until_ns, SINCE),
	{ 0 },
};

const struct field comment_facts_fields[] = {
	FIELD("ids", ANY, urb_facts, has_ids, YES),
	FIELD("vid", ANY, urb_facts, vid, HEX),
	FIELD("pid", ANY, urb_facts, pid, HEX),
	FIELD("path", ANY, urb_facts, path, STRING),
	FIELD("name", ANY, urb_facts, name, STRING),
	FIELD("driver", ANY, urb_facts, driver, STRING),
	FIELD("speed", ANY, urb_facts, speed, NUMBER),
	FIELD("kind", ANY, urb_facts, type, NUMBER),
	FIELD("packet", ANY, urb_facts, max_packet, NUMBER),
	{ 0 },
};

const struct field comment_run_fields[] = {
	FIELD("source", OF_RUN, comment_run, kind, STRING),
	FIELD("clock", OF_RUN, comment_run, clock, STRING),
	FIELD("wall", OF_RUN, comment_run, wall_ns, NUMBER),
	FIELD("start", OF_RUN, comment_run, start_ns, NUMBER),
	FIELD("resolution", OF_RUN, comment_run, resolution_ns, NUMBER),
	FIELD("sees", OF_RUN, comment_run, sees, MOMENTS),
	FIELD("silent", OF_RUN, comment_run, silent, YES),
	FIELD("walks", OF_RUN, comment_run, walks, YES),
	FIELD("t", OF_END, comment_run, end_ns, NUMBER),
	FIELD("skipped", OF_END, comment_run, skipped, NUMBER),
	{ 0 },
};

const char *const comment_words[COMMENT_WORDS] = {
	[URB_EV_SUBMIT] = "submit",	[URB_EV_COMPLETE] = "complete",
	[URB_EV_SUBMIT_ERROR] = "error", [URB_EV_HANDLER] = "handler",
	[URB_EV_RETURNED] = "returned", [URB_EV_INFLIGHT] = "in-flight",
	[URB_EV_SYNC] = "sync",		[URB_EV_LOST] = "lost",
	[URB_EV_FACTS] = "facts",	[URB_EV_GONE] = "gone",
	[URB_EV_STREAMS] = "streams",
};

const char *const comment_moments[8] = { "submit", "queued", "done", "handler", "returned" };
const char *const comment_flags[8] = {
	"active", "handler-follows", "irq", "caller", "context", "sync-follows", "bogus",
	"told",
};
