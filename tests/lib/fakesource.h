/* SPDX-License-Identifier: GPL-2.0 */
/* A recording in memory: a source of given events, a few with each read. */
#ifndef URBSCOPE_TEST_FAKESOURCE_H
#define URBSCOPE_TEST_FAKESOURCE_H

#include "urbscope/source.h"

struct fake_recording {
	const struct urb_event *events;
	size_t cnt;
	size_t at_once;		/* events a read; 0: all */
	uint64_t start_ns;	/* as in source_info */
	uint64_t end_ns;	/* time goes on until then, 0: with the last event */
	bool walks;
	bool ends_at_once;	/* tells the end with its last events, not after them */
};

/* The recording, which is copied, and its events stay the caller's. Aborts without memory. */
struct source *fake_source(const struct fake_recording *recording);

/* Fake sources that are open. */
int fake_sources_open(void);

#endif
