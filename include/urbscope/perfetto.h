/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transfers as a trace for Perfetto (ui.perfetto.dev): a track a device, in it one an endpoint, in that
 * a counter of what is in flight, and as many tracks as there were transfers in flight at once. A
 * transfer is a slice of one of them, from start_ns to end_ns; none overlaps another on its track.
 * Packets are not in order of time: a slice is written when its transfer is told. Perfetto sorts.
 */
#ifndef URBSCOPE_PERFETTO_H
#define URBSCOPE_PERFETTO_H

#include <stdio.h>

#include "urbscope/transfer.h"

struct perfetto_config {
	bool realtime;		/* stamps are ns since 1970, not of CLOCK_MONOTONIC */
	uint64_t at_ns;		/* at this time, clocks differed so: */
	uint64_t wall_ns;	/* CLOCK_REALTIME - stamps; 0: not known */
	uint64_t boot_ns;	/* CLOCK_BOOTTIME - stamps, if has_boot */
	bool has_boot;
	/* The name of the function at a kernel address, or NULL. May be NULL itself. */
	const char *(*symbol)(void *ctx, uint64_t address);
	void *symbol_ctx;
};

struct perfetto;

/* Writes the beginning. NULL with errno ENOMEM. */
struct perfetto *perfetto_new(FILE *out, const struct perfetto_config *config);
void perfetto_free(struct perfetto *self);

/* Of events, it takes FACTS for the names of tracks, and LOST, which becomes an instant. */
void perfetto_event(struct perfetto *self, const struct urb_event *ev);
void perfetto_transfer(struct perfetto *self, const struct transfer *t);
void perfetto_level(struct perfetto *self, const struct transfer_level *level);

/* 0, or -errno of the first failure since the beginning. */
int perfetto_flush(struct perfetto *self);

#endif
