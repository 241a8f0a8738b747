/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A generator of random lives of URBs: inherited, refused, cancelled, lost halves, reused
 * addresses, streams, equal time stamps, zero-length transfers, idle pauses, time that runs back.
 */
#ifndef URBSCOPE_TEST_LIVES_H
#define URBSCOPE_TEST_LIVES_H

#include "urbscope/event.h"

#define LIVES_IDLE_NS UINT64_C(1000)	/* pauses are made to lie around this threshold */
#define LIVES_MAX_EPS 5

struct lives {
	bool losses;		/* events go missing, SYNC follows */
	bool inherited;		/* some are in flight at the beginning */
	bool handlers;		/* HANDLER and RETURNED, as BPF sees them */
	unsigned int eps, ids, streams;
	uint32_t ep[LIVES_MAX_EPS];
};

/* Draws what kind of run it is to be. */
void lives_draw(struct lives *lives, uint64_t *seed);

/* Fills in exactly cnt events. */
void lives_generate(const struct lives *lives, uint64_t *seed, struct urb_event *events,
		    size_t cnt);

#endif
