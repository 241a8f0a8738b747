/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording that is begun and ended from the screen, in the middle of a run. It begins with what
 * is known then: devices, what is in flight, and where that is not certain.
 */
#ifndef URBSCOPE_CMD_KEEP_H
#define URBSCOPE_CMD_KEEP_H

#include "figures.h"
#include "urbscope/top.h"
#include "urbscope/trace_writer.h"

struct keep {
	struct trace_writer *writer; /* NULL: nothing is recorded */
	int fd;
	char name[64];
	uint64_t flush_ns;	/* of loop_clock() */
};

/*
 * Begins one in a new file of the current directory, or ends the one that there is; what came of it
 * is told on the screen. `now`: the snapshot of this moment.
 */
void keep_toggle(struct keep *keep, struct figures *figures, const struct snapshot *now,
		 struct top_view *view);

/* The next event, after it was counted. */
void keep_event(struct keep *keep, const struct urb_event *ev);

/* Now and then; a failure ends it, and is told. */
void keep_tick(struct keep *keep, const struct source *src, struct top_view *view);

/* The file is whole after this. */
void keep_release(struct keep *keep, const struct source *src);

#endif
