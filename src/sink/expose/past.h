/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside expose: figures of several endpoints added up, to be taken from a later sum of them. Streams
 * and what no series shows are left out.
 */
#ifndef URBSCOPE_EXPOSE_PAST_H
#define URBSCOPE_EXPOSE_PAST_H

#include "urbscope/snapshot.h"

struct past {
	struct endpoint_figures sum;	/* points into the rest */
	struct hist gaps, latency, service, turnaround;
	uint64_t *time_ns, *at_submit;
	struct status_count *status;
};

/* Begins as { 0 }. Returns 0 or -ENOMEM: then it is not to be used. */
int past_add(struct past *past, const struct endpoint_figures *ep);
void past_release(struct past *past);

#endif
