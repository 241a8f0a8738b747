/* SPDX-License-Identifier: GPL-2.0 */
#ifndef URBSCOPE_TEST_CAPNAIVE_H
#define URBSCOPE_TEST_CAPNAIVE_H

#include "urbscope/event.h"

#define ROOM	  (1 << 20)
#define LOST_ROOM (1 << 20)	/* buses up to 15 */

struct capture {
	const uint8_t *at, *end;
	bool big;		/* byte order of the file */
	bool backwards;		/* time runs so */
	uint32_t link;
	uint64_t unit_ns;	/* of a stamp */
	struct urb_event *events;
	uint32_t *data_length;	/* by event: what the record says */
	size_t cnt;
	uint64_t skipped;
	bool lost[LOST_ROOM];	/* by endpoint: a record of it could not be understood */
};

_Noreturn void die(const char *what);
void add(struct capture *c, const struct urb_event *ev, uint32_t length);

/* A log of usbmon's text; `at` and `end` are all of it. */
void read_text(struct capture *c);

#endif
