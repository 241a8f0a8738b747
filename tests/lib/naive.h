/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The definitions, computed the slow way: from a whole list of events, by looking at every
 * transfer for every moment. No state is carried from one event to the next, nothing is shared
 * with the tracker. LOST, GONE, FACTS and more than one life of an address are not covered.
 */
#ifndef URBSCOPE_TEST_NAIVE_H
#define URBSCOPE_TEST_NAIVE_H

#include "urbscope/event.h"
#include "urbscope/hist.h"

#define NAIVE_LEVELS   256
#define NAIVE_STATUSES 8

struct naive_times {
	uint64_t count, total, max;
	uint64_t bucket[HIST_BUCKETS];
};

struct naive_figures {
	uint64_t submitted, completed, inherited, inherited_late, open, missed, failed_submit;
	uint64_t unpaired, bytes;
	struct { int32_t status; uint64_t count; } status[NAIVE_STATUSES];
	uint64_t now, max, busy, bursts, idle;
	uint64_t time_ns[NAIVE_LEVELS], at_submit[NAIVE_LEVELS];
	uint64_t part[4];	/* of gaps: before, in and after the handler, in usb_submit_urb() */
	struct naive_times gaps, turnaround, latency, service, giveback, handler;
	bool submission_seen;
};

/*
 * The figures of an endpoint, or of one of its streams if stream is not 0, in a run of these
 * events that ends at end_ns (or with the last event, if that is later).
 */
void naive_compute(const struct urb_event *events, size_t cnt, uint32_t ep, uint16_t stream,
		   uint64_t end_ns, uint64_t idle_threshold_ns, struct naive_figures *out);

/*
 * The same of a part of the run, [from_ns, to_ns): the lives are those of all events, cut to it. What
 * was in flight when it began is inherited; of transfers that only their completion tells of, that
 * must be in the part.
 */
void naive_compute_part(const struct urb_event *events, size_t cnt, uint32_t ep, uint16_t stream,
			uint64_t from_ns, uint64_t to_ns, uint64_t idle_threshold_ns,
			struct naive_figures *out);

/* Time with `level` transfers in flight between two moments, of events as above. */
uint64_t naive_time_at(const struct urb_event *events, size_t cnt, uint32_t ep, uint64_t from_ns,
		       uint64_t to_ns, uint64_t level);

#endif
