/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events on a pipe, from one urbscope to another: `ssh board urbscope record -o - | urbtop -`.
 * A struct stream_header, then records, each a struct stream_record and the body of its kind.
 *
 * This is for two programs of one version that talk right now. It is not a file format: it has
 * no checksums and no index, and a reader refuses any other version. Raw kernel addresses do
 * not go into it: transfers carry small numbers.
 */
#ifndef URBSCOPE_STREAM_H
#define URBSCOPE_STREAM_H

#include <stdint.h>
#include <stdio.h>

#include "urbscope/event.h"

#define STREAM_MAGIC   "URBPIPE"
#define STREAM_VERSION 3
#define STREAM_ORDER   0x01020304u /* the writer's byte order, which the reader must share */

struct stream_header {
	char magic[8];
	uint32_t order;
	uint32_t version;
	uint64_t start_ns;	/* the window began here, 0: with the first event */
	uint64_t resolution_ns;
	uint8_t sees;		/* enum urb_moment */
	uint8_t pad[7];
	char kind[16];		/* of the source at the other end: "bpf" */
	char clock[16];
	char host[64];
};

/* record.kind: an enum urb_event_kind, or: */
#define STREAM_TICK 200	/* nothing new, but time went on to time_ns; a stream that is alive ticks */
#define STREAM_END  201	/* the window ends at time_ns; nothing follows */

struct stream_record {
	uint16_t size;		/* bytes, this struct included */
	uint8_t kind;
	uint8_t type;
	uint8_t seen;
	uint8_t flags;
	uint16_t stream;
	uint32_t ep;
	uint32_t id;		/* of the transfer while it is open, from 1; 0: none */
	uint64_t time_ns;
};

struct stream_submit {
	uint64_t submit_ns;
	uint32_t length, interval, gfp, xfer_flags, pid;
	uint32_t cpu;
	uint32_t slot;		/* of the driver's URB, from 1; 0: not known */
	uint32_t pad;
	char comm[16];
};

struct stream_complete {
	uint32_t length;
	int32_t status;		/* COMPLETE: status; SUBMIT_ERROR: error */
};

struct stream_returned {
	uint64_t handler_ns;
};

struct stream_lost {
	uint64_t count, until_ns;
};

struct stream_streams {
	uint32_t asked;
	int32_t result;
	uint32_t gfp;
	uint8_t what;		/* enum urb_streams_what */
	uint8_t queued;
	uint16_t pad;
};

struct stream_facts {
	uint16_t vid, pid, max_packet;
	uint8_t speed, has_ids;
	char path[32], name[64], driver[32];
};

_Static_assert(sizeof(struct stream_header) == 136, "layout on the pipe");
_Static_assert(sizeof(struct stream_record) == 24, "layout on the pipe");
_Static_assert(sizeof(struct stream_submit) == 56, "layout on the pipe");
_Static_assert(sizeof(struct stream_streams) == 16, "layout on the pipe");
_Static_assert(sizeof(struct stream_facts) == 136, "layout on the pipe");

#define STREAM_RECORD_MAX (sizeof(struct stream_record) + sizeof(struct stream_facts))

#endif
