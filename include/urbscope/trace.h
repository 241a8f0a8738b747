/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The `.urb` trace: its parts as values, and as bytes. docs/trace.md is the form; this is who writes
 * and reads it, block by block. What blocks to write, and what to make of those that are missing, is
 * up to the sink (trace_writer.h) and the source (source_open_trace()).
 */
#ifndef URBSCOPE_TRACE_H
#define URBSCOPE_TRACE_H

#include "urbscope/event.h"

#define TRACE_VERSION  1
#define TRACE_FEATURES 0u	/* bits of trace_head.features that this version understands */

#define TRACE_HEAD_BYTES    48
#define TRACE_BLOCK_BYTES   72	/* the head of a block */
#define TRACE_TRAILER_BYTES 16

#define TRACE_EVENTS_MAX    16384	/* in a block */
#define TRACE_PAYLOAD_MAX   (64u << 20) /* bytes, unpacked */

/* The first bytes of a file. */
struct trace_head {
	uint16_t version;
	uint32_t features;
	uint64_t run;		/* a random number that all files of one recording share */
	uint64_t seq, event;	/* numbers of the first block here and of its first event */
};

enum trace_block_type {
	TRACE_EVENTS = 1,
	TRACE_END,		/* the window ends; nothing follows but the trailer */
};

/* Flags of a block: */
#define TRACE_KEY   1u		/* it begins with what was known before it */
#define TRACE_WHOLE 2u		/* and nothing else was in flight anywhere */
#define TRACE_TOLD  4u		/* endpoints that show later have inherited nothing */
#define TRACE_DOUBT 8u		/* some of it is in doubt: who can begin earlier should */

struct trace_block {
	uint8_t type, flags;
	uint32_t size, unpacked; /* bytes of its payload, in the file and in itself */
	uint32_t events;
	uint32_t run;		/* the lower half of trace_head.run */
	uint64_t seq, event;	/* its number, and that of its first event */
	uint64_t first_ns, last_ns; /* what time the trace had reached before and has after it */
	uint64_t wall_ns;	/* as source_info.wall_ns, when it was written */
	uint32_t crc;		/* of the payload */
};

void trace_head_pack(const struct trace_head *head, uint8_t bytes[TRACE_HEAD_BYTES]);
void trace_block_pack(const struct trace_block *block, uint8_t bytes[TRACE_BLOCK_BYTES]);
void trace_trailer_pack(uint64_t end_offset, uint8_t bytes[TRACE_TRAILER_BYTES]);

/* Do these four bytes begin a trace? */
bool trace_is_head(const uint8_t bytes[4]);

/* 0, -EINVAL: these are not such bytes, or -EBADMSG: they were, and were changed since. */
int trace_head_unpack(struct trace_head *head, const uint8_t bytes[TRACE_HEAD_BYTES]);
int trace_block_unpack(struct trace_block *block, const uint8_t bytes[TRACE_BLOCK_BYTES]);
int trace_trailer_unpack(uint64_t *end_offset, const uint8_t bytes[TRACE_TRAILER_BYTES]);

/* Where the next block may begin: its first byte, or the end of what cannot be one. */
size_t trace_block_find(const uint8_t *bytes, size_t size);

/* What was watched, and how. Strings are cut to fit and end in NUL; any bytes may be in them. */
struct trace_run {
	/*
	 * trace_head.run of the trace that this is a part or a copy of: its ids are kept, so that parts
	 * can be put together again. 0: this is a recording of its own. It is in no block.
	 */
	uint64_t id;
	char kind[16], clock[16]; /* as in source.h */
	uint64_t resolution_ns;
	uint64_t start_ns;	/* the window began here; 0: with the first event */
	uint8_t sees;		/* enum urb_moment */
	bool silent;		/* what the source lost, nobody told */
	bool walks;		/* INFLIGHT has told what was in flight at the start */
	uint64_t late, skipped;	/* events out of order, records not understood: so far */
	char host[65], kernel[65], machine[65], tool[32];
	char command[512];	/* what was run and watched; empty: nothing was */
};

/* What is known of an endpoint before the first event of a block. */
#define TRACE_KNOWN 1u		/* flags: anything is */
#define TRACE_SURE  2u		/* what is in flight there is what the block tells */
#define TRACE_LOST  4u		/* not sure, because events were lost */
#define TRACE_ONCE  16u		/* it was so once */
#define TRACE_NAMED 8u		/* it inherits nothing more: completions need URB_F_TOLD */

struct trace_known {
	uint32_t ep;
	uint32_t generation;	/* how many devices have left this address */
	uint8_t flags;
	const struct urb_facts *facts; /* NULL: none */
};

/* A transfer in flight before the first event of a block. */
struct trace_open {
	uint64_t number, slot;	/* as urb_event.id and .submit.slot; 0: no slot known */
	uint32_t ep;
	uint32_t length;
	uint16_t stream;
	uint8_t type;
};

/* Where a block with TRACE_KEY and without TRACE_DOUBT is. */
struct trace_place {
	uint64_t offset, first_ns, event;
};

/*
 * Writes blocks. First trace_encoder_begin(); for a TRACE_KEY block, what is known; its events; then
 * trace_encoder_finish(). What goes wrong in between shows there.
 */
struct trace_encoder;

/* NULL with errno ENOMEM. */
struct trace_encoder *trace_encoder_new(void);
void trace_encoder_free(struct trace_encoder *enc);

/* Times are told from first_ns on. */
void trace_encoder_begin(struct trace_encoder *enc, uint64_t first_ns);

void trace_encoder_run(struct trace_encoder *enc, const struct trace_run *run);
void trace_encoder_known(struct trace_encoder *enc, const struct trace_known *known);
void trace_encoder_open(struct trace_encoder *enc, const struct trace_open *open);
void trace_encoder_place(struct trace_encoder *enc, const struct trace_place *place);

/* Ids and slots must be small numbers: they are written as they are. At most TRACE_EVENTS_MAX. */
void trace_encoder_event(struct trace_encoder *enc, const struct urb_event *ev);

uint32_t trace_encoder_events(const struct trace_encoder *enc);

/*
 * The block as bytes, valid until the next call; fills in its size, unpacked, events and crc. 0, or
 * -ENOMEM, or -EOVERFLOW if it came to more than TRACE_PAYLOAD_MAX.
 */
int trace_encoder_finish(struct trace_encoder *enc, struct trace_block *block,
			 const uint8_t **bytes, size_t *size);

/* Reads blocks, one at a time. What it gives is valid until the next trace_decoder_block(). */
struct trace_decoder;

struct trace_decoder *trace_decoder_new(void);
void trace_decoder_free(struct trace_decoder *dec);

/*
 * Takes a block in. -EBADMSG: its bytes were changed since they were written. -EPROTO: they were not,
 * and are not what docs/trace.md says: `why` says what is wrong. -ENOMEM.
 */
int trace_decoder_block(struct trace_decoder *dec, const struct trace_block *block,
			const uint8_t *payload, const char **why);

/* Of a TRACE_KEY or TRACE_END block, else NULL. */
const struct trace_run *trace_decoder_run(const struct trace_decoder *dec);

/* Endpoints with TRACE_KNOWN. */
const struct trace_known *trace_decoder_known(const struct trace_decoder *dec, size_t *cnt);

/* The next one, in order of submission. 1, 0: there is none, or -EPROTO. */
int trace_decoder_open(struct trace_decoder *dec, struct trace_open *open);
int trace_decoder_place(struct trace_decoder *dec, struct trace_place *place);

/* The same for events; facts are valid as long as the block is. */
int trace_decoder_event(struct trace_decoder *dec, struct urb_event *ev);

#endif
