/* SPDX-License-Identifier: GPL-2.0 */
/* A run with a checker: tracker, metrics and check together. Any failure aborts the program. */
#ifndef URBSCOPE_TEST_CHECKRUN_H
#define URBSCOPE_TEST_CHECKRUN_H

#include "run.h"
#include "urbscope/check.h"

struct checkrun {
	struct tracker *tracker;
	struct metrics *metrics;
	struct checker *checker;
	struct check_spec spec;
	uint64_t idle_ns;	/* 1,000 unless changed before the first event */
	uint8_t sees;		/* enum urb_moment: as BPF unless changed */
	struct snapshot *snap;
	struct check_report *report;
};

/* A run that began at 0; what must hold is added to its one target, which selects all. */
void checkrun_init(struct checkrun *run);
void checkrun_target(struct checkrun *run, const char *selector);
struct assertion *checkrun_assert(struct checkrun *run, enum assertion_kind kind, const char *limit);
void checkrun_feed(struct checkrun *run, const struct urb_event *event);
/* The end: fills in the report. NULL: nothing is doubtful. */
void checkrun_finish(struct checkrun *run, uint64_t now_ns, const struct check_doubts *doubts);
void checkrun_release(struct checkrun *run);

/* The one result on an endpoint (of its first assertion). */
const struct check_result *checkrun_result(const struct checkrun *run, uint32_t ep);

#endif
