/* SPDX-License-Identifier: GPL-2.0 */
/* A part of a recording that was read, with its figures. */
#ifndef URBSCOPE_TEST_PART_H
#define URBSCOPE_TEST_PART_H

#include "../../src/cmd/figures.h"
#include "fakesource.h"
#include "urbscope/snapshot.h"

#define PART_EVENTS 320

struct part {
	struct source *src;
	struct figures figures;
	struct snapshot *snap;
	struct fault fault;
	struct urb_event ev[PART_EVENTS];
	size_t cnt;
	int end;
};

/* From `from` until `to`, since its beginning. */
void part_read(struct part *p, const struct fake_recording *r, uint64_t from, uint64_t to);
void part_release(struct part *p);

/* The figures of an endpoint, which must be there. */
const struct endpoint_figures *part_endpoint(const struct part *p, uint32_t ep);

#endif
