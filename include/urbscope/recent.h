/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happened last on each endpoint, one by one: transfers, errors, and who submits. Metrics
 * fills it from the tracker's steps, a live view shows it. Memory is that of the endpoints with
 * traffic: some 4 KiB each.
 */
#ifndef URBSCOPE_RECENT_H
#define URBSCOPE_RECENT_H

#include "urbscope/event.h"

#define RECENT_TRANSFERS 32
#define RECENT_ERRORS	 16
#define RECENT_CALLERS	 8

struct recent_transfer {
	uint64_t number;	/* the how-many-th of the endpoint, from 1 */
	uint64_t time_ns;	/* of its end */
	uint64_t submit_ns, queued_ns, done_ns, handler_ns; /* if in .seen */
	uint8_t seen;		/* enum urb_moment */
	bool inherited;		/* in flight when the window began */
	uint16_t stream;
	int32_t status;
	uint32_t length;	/* actual, bytes */
	uint32_t left;		/* in flight after it, on the endpoint */
};

/* One after the other with the same status are one entry. */
struct recent_error {
	uint64_t first_ns, last_ns;
	uint64_t count;
	int32_t status;
	bool refused;		/* by usb_submit_urb(): `status` is its error */
};

/* At level full: from where the driver submits. */
struct recent_caller {
	uint64_t count;		/* submissions */
	uint64_t complete_fn;	/* kernel address: for symbols, never shown raw */
	uint32_t pid;		/* if !in_irq */
	uint32_t gfp;		/* of the last one */
	char comm[16];
	bool in_irq;		/* from interrupt context: task and pid say nothing */
	bool context_known;	/* false: in_irq could not be told */
};

/* Of one endpoint. The last first. */
struct recent_view {
	size_t transfer_cnt, error_cnt, caller_cnt;
	struct recent_transfer transfers[RECENT_TRANSFERS];
	struct recent_error errors[RECENT_ERRORS];
	struct recent_caller callers[RECENT_CALLERS]; /* most frequent first */
	uint64_t other_calls;	/* submissions of callers that are not in the list */
};

struct recent;
struct track_step;

/* NULL with errno ENOMEM. */
struct recent *recent_new(void);
void recent_free(struct recent *self);

/* Takes the next step of the tracker. 0 or -ENOMEM. */
int recent_apply(struct recent *self, const struct track_step *step);

/* Copies what is known of an endpoint; false, and all empty, if nothing is. */
bool recent_of(const struct recent *self, uint32_t serial, struct recent_view *out);

#endif
