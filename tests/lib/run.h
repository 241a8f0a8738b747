/* SPDX-License-Identifier: GPL-2.0 */
/* A tracker and its metrics, and events in one line each. Any failure aborts the program. */
#ifndef URBSCOPE_TEST_RUN_H
#define URBSCOPE_TEST_RUN_H

#include "urbscope/metrics.h"

struct run {
	struct tracker *tracker;
	struct metrics *metrics;
	struct snapshot *snap;	/* the last one that run_endpoint() looked at */
};

/* Either config may be NULL. */
void run_init(struct run *run, const struct track_config *tc, const struct metrics_config *mc);
void run_release(struct run *run);
void run_feed(struct run *run, const struct urb_event *event);

/* The figures of an endpoint up to now_ns, of the youngest at that address; NULL: unknown. */
const struct endpoint_figures *run_endpoint(struct run *run, uint32_t ep, uint64_t now_ns);

/* As usbmon sees them. */
struct urb_event submit_event(uint64_t time_ns, uint64_t id, uint32_t ep);
struct urb_event complete_event(uint64_t time_ns, uint64_t id, uint32_t ep, int status);
/* As BPF sees them. */
struct urb_event queued_event(uint64_t submit_ns, uint64_t queued_ns, uint64_t id, uint32_t ep);
struct urb_event done_event(uint64_t time_ns, uint64_t id, uint32_t ep);
/* All others. */
struct urb_event plain_event(enum urb_event_kind kind, uint64_t time_ns, uint64_t id, uint32_t ep);

void run_submit(struct run *run, uint64_t time_ns, uint64_t id, uint32_t ep);
void run_complete(struct run *run, uint64_t time_ns, uint64_t id, uint32_t ep);
void run_plain(struct run *run, enum urb_event_kind kind, uint64_t time_ns, uint64_t id,
	       uint32_t ep);
void run_lost(struct run *run, uint64_t time_ns, uint32_t ep, uint64_t count);

/* Pseudo-random numbers that are the same everywhere (splitmix64). */
uint64_t random_next(uint64_t *state);
/* 0 to below - 1. */
uint64_t random_below(uint64_t *state, uint64_t below);

#endif
