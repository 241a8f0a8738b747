/* SPDX-License-Identifier: GPL-2.0 */
/* A transfer as a whole, one row: what docs/export.md has as columns. */
#ifndef URBSCOPE_TRANSFER_H
#define URBSCOPE_TRANSFER_H

#include "urbscope/event.h"

enum transfer_end {
	TRANSFER_COMPLETED,
	TRANSFER_OPEN,		/* still in flight when the window ended */
	TRANSFER_MISSED,	/* over by end_ns; when and how, nobody saw */
	TRANSFER_REFUSED,	/* usb_submit_urb() returned .status */
	TRANSFER_UNPAIRED,	/* a completion without a submission */
	TRANSFER_ENDS
};

#define TRANSFER_NO_GAP UINT64_MAX

struct transfer {
	uint64_t number;	/* from 1, in the order in which they were first seen */
	uint32_t ep;		/* urb_ep() */
	uint32_t serial;	/* of the endpoint: another one for what is plugged in anew */
	uint16_t stream;	/* 0: none */
	uint8_t type;		/* enum urb_type */
	uint8_t end;		/* enum transfer_end */
	uint8_t seen;		/* enum urb_moment: which of these are valid */
	uint8_t flags;		/* enum urb_event_flag, of its submission */
	bool submitted;		/* its submission was seen: asked_bytes and the caller's are of it */
	bool inherited;		/* was in flight before the window began, or before it was seen */
	uint64_t submit_ns, queued_ns, done_ns, handler_ns, returned_ns;
	uint64_t start_ns, end_ns; /* in flight from, to; equal if it never was */
	uint64_t gap_ns;	/* the endpoint stood empty that long before it; TRANSFER_NO_GAP: n/a */
	uint32_t depth;		/* in flight on its endpoint just after it was submitted; 0: n/a */
	uint32_t asked_bytes;
	uint32_t actual_bytes;	/* if its completion was seen */
	int32_t status;		/* the same; REFUSED: the error */
	uint32_t interval, gfp, xfer_flags, pid;
	uint64_t slot;		/* the driver's URB; opaque */
	uint32_t place;		/* from 0: of one place of an endpoint no two were in flight at once */
	uint64_t complete_fn;	/* kernel address, for symbols */
	char comm[16];
	const struct urb_facts *facts; /* of its endpoint; NULL: none; valid during the call only */
};

/* In flight on an endpoint from time_ns on. */
struct transfer_level {
	uint64_t time_ns;
	uint32_t ep, serial, level;
	uint8_t type;		/* of the endpoint: enum urb_type */
};

/* "completed", "open", ... */
const char *transfer_end_name(unsigned int end);

#endif
