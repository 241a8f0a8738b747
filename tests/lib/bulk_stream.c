// SPDX-License-Identifier: GPL-2.0
#include "bulk_stream.h"

#define LENGTH 16384

struct trace_run bulk_run(uint64_t start_ns)
{
	return (struct trace_run){
		.kind = "bpf", .clock = "monotonic", .resolution_ns = 1,
		.sees = URB_QUEUED | URB_DONE, .start_ns = start_ns, .walks = true,
	};
}

void bulk_facts(struct trace_writer *out, uint64_t time_ns, uint32_t ep,
		const struct urb_facts *facts)
{
	struct urb_event ev = {
		.time_ns = time_ns, .ep = ep, .kind = URB_EV_FACTS, .type = URB_TYPE_BULK,
		.facts = facts,
	};

	trace_writer_event(out, &ev);
}

void bulk_event(struct trace_writer *out, uint64_t time_ns, uint32_t ep, uint64_t id, bool submit)
{
	struct urb_event ev = {
		.time_ns = time_ns, .id = id, .ep = ep,
		.kind = submit ? URB_EV_SUBMIT : URB_EV_COMPLETE, .type = URB_TYPE_BULK,
		.seen = submit ? URB_QUEUED : URB_DONE,
	};

	if (submit)
		ev.submit.length = LENGTH;
	else
		ev.complete.length = LENGTH;
	trace_writer_event(out, &ev);
}
