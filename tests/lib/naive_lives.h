/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the naive figures: which transfers there were, by looking at all events for each. */
#ifndef URBSCOPE_TEST_NAIVE_LIVES_H
#define URBSCOPE_TEST_NAIVE_LIVES_H

#include "naive.h"

#define NEVER SIZE_MAX
#define KNOWN (SIZE_MAX - 1)	/* life.begin: before the part, and known when that begins */

/* A transfer: which events begin and end it, and when. */
struct life {
	size_t begin, end;	/* event; begin NEVER: before all, end NEVER: open */
	uint64_t start_ns, end_ns;
	uint16_t stream;
};

struct naive {
	const struct urb_event *events;
	size_t cnt;
	size_t first;		/* event of the part: those before are past */
	uint32_t ep;
	uint64_t start_ns, end_ns;
	uint64_t *time;		/* of each event, never running backwards */
	struct life *lives;
	size_t life_cnt;
	uint64_t *moments;	/* all distinct times, in order */
	size_t moment_cnt;
};

void naive_init(struct naive *n, const struct urb_event *events, size_t cnt, uint32_t ep,
		uint64_t end_ns);
void naive_release(struct naive *n);

/* Are two events of one id on one endpoint? Can the event begin a transfer? */
bool naive_same(const struct naive *n, size_t i, size_t j);
bool naive_is_begin(const struct naive *n, size_t i);

/* The transfer that event i ends; NULL: none. */
const struct life *naive_life_ending(const struct naive *n, size_t i);

/* Transfers in flight at a moment, of all streams if stream is 0. */
uint64_t naive_level_at(const struct naive *n, uint16_t stream, uint64_t t);

#endif
