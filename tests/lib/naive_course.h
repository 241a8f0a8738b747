/* SPDX-License-Identifier: GPL-2.0 */
/* The course of an endpoint by its definition, the slow way, like naive.h; LOST is not covered. */
#ifndef URBSCOPE_TEST_NAIVE_COURSE_H
#define URBSCOPE_TEST_NAIVE_COURSE_H

#include "urbscope/course.h"
#include "urbscope/event.h"

#define NAIVE_MOMENTS (COURSE_GAPS + COURSE_DELAYS + 2 * COURSE_ERRORS)

struct naive_run {
	const struct urb_event *events;
	size_t cnt;
	uint64_t end_ns, idle_threshold_ns;
};

/* Bin i is of bin_ns from the time of the first event and i * bin_ns on. */
void naive_bins(const struct naive_run *run, uint32_t ep, uint64_t bin_ns, size_t bin_cnt,
		struct course_bin *out);

void naive_sizes(const struct naive_run *run, uint32_t ep, uint64_t size[COURSE_SIZES]);

/* `eps` are all endpoints of the run: transfers are counted over all. Returns how many moments. */
size_t naive_moments(const struct naive_run *run, uint32_t ep, const uint32_t *eps, size_t ep_cnt,
		     struct course_moment out[NAIVE_MOMENTS]);

#endif
