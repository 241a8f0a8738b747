/* SPDX-License-Identifier: GPL-2.0 */
/* The packets of a trace for Perfetto: all are of one sequence. */
#ifndef URBSCOPE_SINK_PERFETTO_OUT_H
#define URBSCOPE_SINK_PERFETTO_OUT_H

#include <perfetto.pb-c.h>
#include <stdio.h>

#include "urbscope/perfetto.h"

/* Perfetto's numbers */
enum perfetto_event { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3, COUNTER = 4 };

#define PERFETTO_CATEGORY 1	/* the number of the one that there is */
#define PERFETTO_TEXT	  192	/* bytes of a name or a string, at most */

struct perfetto_out {
	FILE *file;
	uint8_t *buf;
	size_t room;
	int err;		/* the first failure */
};

void perfetto_out_release(struct perfetto_out *out);

void perfetto_fail(struct perfetto_out *out, int err);

/* The clocks; and the numbers of the columns' names, which are column + 1. */
void perfetto_put_start(struct perfetto_out *out, const struct perfetto_config *config);

void perfetto_put_packet(struct perfetto_out *out, Pf__TracePacket *packet);
void perfetto_put_event(struct perfetto_out *out, Pf__TracePacket *packet, Pf__TrackEvent *event,
			enum perfetto_event type, uint64_t time_ns);

struct perfetto_track {
	uint64_t uuid, parent;	/* parent 0: none */
	const char *name;	/* may hold anything */
	int rank;		/* among its siblings */
	bool counter;
};

void perfetto_put_track(struct perfetto_out *out, const struct perfetto_track *track);

#endif
