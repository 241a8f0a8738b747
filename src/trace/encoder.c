// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "layout.h"
#include "urbscope/idmap.h"

#define NONE UINT32_MAX

/* What many events have in common; each is written once a block. */
struct shape {
	uint32_t endpoint;	/* its place in the block */
	uint32_t interval, gfp, xfer_flags, pid;
	uint16_t stream, cpu;
	uint8_t kind, type, seen, flags;
	char comm[16];
};

_Static_assert(sizeof(struct shape) == 44, "compared as bytes: no padding");

struct known_shape {
	struct shape shape;
	uint32_t slot;		/* where table[] has it */
	uint64_t a;		/* of its last event */
};

struct named_endpoint {
	uint32_t ep;
	uint32_t shape[KINDS];	/* the last of that kind, or NONE */
	uint64_t id[KINDS];	/* of its last event */
};

#define RECENT	    16
#define SHAPE_TABLE (2 * TRACE_EVENTS_MAX)

struct trace_encoder {
	struct bytes part[SECTION_CNT];
	struct bytes payload, packed;
	ZSTD_CCtx *zstd;
	struct idmap by_ep;
	struct {
		uint32_t ep, place;
	} recent[RECENT];	/* of by_ep */
	struct named_endpoint *endpoints;
	uint32_t endpoint_cnt, endpoint_room;
	struct known_shape *shapes;
	uint32_t shape_cnt, shape_room;
	uint32_t table[SHAPE_TABLE];
	uint32_t events, facts_cnt;
	uint64_t time_ns;	/* of the last event */
	uint64_t number;	/* of the last transfer in flight */
	struct trace_place place;
	int err;
};

struct trace_encoder *trace_encoder_new(void)
{
	struct trace_encoder *enc = calloc(1, sizeof(*enc));

	if (!enc)
		return NULL;
	memset(enc->table, 0xff, sizeof(enc->table));
	enc->zstd = ZSTD_createCCtx();
	if (!enc->zstd || idmap_init(&enc->by_ep, 64)) {
		trace_encoder_free(enc);
		errno = ENOMEM;
		return NULL;
	}
	ZSTD_CCtx_setParameter(enc->zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(enc->zstd, ZSTD_c_checksumFlag, 1);
	return enc;
}

void trace_encoder_free(struct trace_encoder *enc)
{
	if (!enc)
		return;
	for (size_t i = 0; i < SECTION_CNT; i++)
		free(enc->part[i].data);
	free(enc->payload.data);
	free(enc->packed.data);
	free(enc->endpoints);
	free(enc->shapes);
	idmap_release(&enc->by_ep);
	ZSTD_freeCCtx(enc->zstd);
	free(enc);
}

void trace_encoder_begin(struct trace_encoder *enc, uint64_t first_ns)
{
	for (size_t i = 0; i < SECTION_CNT; i++)
		enc->part[i].size = 0;
	for (uint32_t i = 0; i < enc->shape_cnt; i++)
		enc->table[enc->shapes[i].slot] = NONE;
	idmap_clear(&enc->by_ep);
	for (size_t i = 0; i < RECENT; i++)
		enc->recent[i].place = NONE;
	enc->endpoint_cnt = enc->shape_cnt = enc->events = enc->facts_cnt = 0;
	enc->time_ns = first_ns;
	enc->number = 0;
	enc->place = (struct trace_place){ 0 };
	enc->err = 0;
}

void trace_encoder_run(struct trace_encoder *enc, const struct trace_run *run)
{
	put_run(&enc->part[SECTION_RUN], run);
}

/* Room for one more of `size` bytes, or NULL. */
static void *grown(struct trace_encoder *enc, void *array, uint32_t cnt, uint32_t *room, size_t size)
{
	uint32_t want = *room ? *room * 2 : 16;
	void *more;

	if (cnt < *room)
		return array;
	more = realloc(array, want * size);
	if (!more) {
		enc->err = -ENOMEM;
		return NULL;
	}
	*room = want;
	return more;
}

/* A row for an endpoint that the block has not named yet; its flags are the caller's. */
static uint32_t name_endpoint(struct trace_encoder *enc, uint32_t ep)
{
	struct named_endpoint *all = grown(enc, enc->endpoints, enc->endpoint_cnt,
					   &enc->endpoint_room, sizeof(*all)), *e;

	if (!all || enc->endpoint_cnt == ENDPOINTS_MAX || idmap_set(&enc->by_ep, ep, 0, enc->endpoint_cnt)) {
		enc->err = enc->err ? enc->err : -ENOMEM;
		return NONE;
	}
	enc->endpoints = all;
	e = &all[enc->endpoint_cnt];
	memset(e, 0, sizeof(*e));
	memset(e->shape, 0xff, sizeof(e->shape));
	e->ep = ep;
	put_varint(&enc->part[SECTION_ENDPOINTS], ep);
	return enc->endpoint_cnt++;
}

static uint32_t endpoint_of(struct trace_encoder *enc, uint32_t ep)
{
	uint32_t slot = (ep ^ ep >> 4 ^ ep >> 8) % RECENT, i;

	if (enc->recent[slot].ep == ep && enc->recent[slot].place < enc->endpoint_cnt)
		return enc->recent[slot].place;
	i = idmap_find(&enc->by_ep, ep, 0);
	if (i == IDMAP_NONE) {
		i = name_endpoint(enc, ep);
		put_varint(&enc->part[SECTION_ENDPOINTS], 0);
	}
	enc->recent[slot].ep = ep;
	enc->recent[slot].place = i;
	return i;
}

void trace_encoder_known(struct trace_encoder *enc, const struct trace_known *known)
{
	struct bytes *part = &enc->part[SECTION_ENDPOINTS];

	name_endpoint(enc, known->ep);
	put_varint(part, known->flags | TRACE_KNOWN);
	put_varint(part, known->generation);
	put_varint(part, known->facts ? enc->facts_cnt + 1 : 0);
	if (!known->facts)
		return;
	put_facts(&enc->part[SECTION_FACTS], known->facts);
	enc->facts_cnt++;
}

void trace_encoder_open(struct trace_encoder *enc, const struct trace_open *open)
{
	struct bytes *part = &enc->part[SECTION_OPEN];

	put_varint(part, endpoint_of(enc, open->ep));
	put_varint(part, zigzag(open->number - enc->number));
	put_varint(part, open->slot ? zigzag(open->slot - open->number) + 1 : 0);
	put_varint(part, open->stream);
	put_varint(part, open->type);
	put_varint(part, open->length);
	enc->number = open->number;
}

void trace_encoder_place(struct trace_encoder *enc, const struct trace_place *place)
{
	struct bytes *part = &enc->part[SECTION_PLACES];

	put_varint(part, place->offset - enc->place.offset);
	put_varint(part, place->first_ns - enc->place.first_ns);
	put_varint(part, place->event - enc->place.event);
	enc->place = *place;
}

static uint32_t shape_hash(const struct shape *shape)
{
	uint32_t word[sizeof(*shape) / 4], h = 0;

	memcpy(word, shape, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		h = (h ^ word[i]) * 0x9e3779b1;
	return (h ^ h >> 15) % SHAPE_TABLE;
}

static void put_shape(struct bytes *b, const struct shape *s)
{
	put_varint(b, s->endpoint);
	put_varint(b, s->kind);
	put_varint(b, s->type);
	put_varint(b, s->seen);
	put_varint(b, s->flags);
	put_varint(b, s->stream);
	put_varint(b, s->cpu);
	put_varint(b, s->interval);
	put_varint(b, s->gfp);
	put_varint(b, s->xfer_flags);
	put_varint(b, s->pid);
	put_string(b, s->comm, strnlen(s->comm, sizeof(s->comm)));
}

static uint32_t find_shape(struct trace_encoder *enc, const struct shape *shape)
{
	uint32_t slot = shape_hash(shape);
	struct known_shape *all;

	for (; enc->table[slot] != NONE; slot = (slot + 1) % SHAPE_TABLE) {
		if (!memcmp(&enc->shapes[enc->table[slot]].shape, shape, sizeof(*shape)))
			return enc->table[slot];
	}
	all = grown(enc, enc->shapes, enc->shape_cnt, &enc->shape_room, sizeof(*all));
	if (!all)
		return NONE;
	enc->shapes = all;
	all[enc->shape_cnt] = (struct known_shape){ .shape = *shape, .slot = slot };
	enc->table[slot] = enc->shape_cnt;
	put_shape(&enc->part[SECTION_SHAPES], shape);
	return enc->shape_cnt++;
}

static void take_shape(struct shape *s, const struct urb_event *ev, uint32_t endpoint)
{
	*s = (struct shape){
		.endpoint = endpoint,
		.stream = ev->stream,
		.cpu = ev->cpu,
		.kind = ev->kind,
		.type = ev->type,
		.seen = ev->seen,
		.flags = ev->flags,
	};
	if (ev->kind != URB_EV_SUBMIT && ev->kind != URB_EV_INFLIGHT)
		return;
	s->interval = ev->submit.interval;
	s->gfp = ev->submit.gfp;
	s->xfer_flags = ev->submit.xfer_flags;
	s->pid = ev->submit.pid;
	/* what is behind its end, if anything, makes another shape of the same words */
	memcpy(s->comm, ev->submit.comm, sizeof(s->comm) - 1);
}

void trace_encoder_event(struct trace_encoder *enc, const struct urb_event *ev)
{
	uint32_t endpoint = endpoint_of(enc, ev->ep), i;
	struct named_endpoint *e;
	struct numbers n;
	struct shape shape;

	if (endpoint == NONE)
		return;
	e = &enc->endpoints[endpoint];
	take_shape(&shape, ev, endpoint);
	i = e->shape[ev->kind];
	if (i == NONE || memcmp(&enc->shapes[i].shape, &shape, sizeof(shape))) {
		i = find_shape(enc, &shape);
		if (i == NONE)
			return;
		e->shape[ev->kind] = i;
	}
	n = numbers_of(ev, enc->facts_cnt);
	put_varint(&enc->part[COLUMN_SHAPE], i);
	put_varint(&enc->part[COLUMN_TIME], zigzag(ev->time_ns - enc->time_ns));
	put_varint(&enc->part[COLUMN_ID], zigzag(ev->id - e->id[ev->kind]));
	put_varint(&enc->part[COLUMN_A], zigzag(n.a - enc->shapes[i].a));
	put_varint(&enc->part[COLUMN_B], n.b);
	put_varint(&enc->part[COLUMN_C], n.c);
	enc->shapes[i].a = n.a;
	e->id[ev->kind] = ev->id;
	enc->time_ns = ev->time_ns;
	enc->events++;
	if (ev->kind == URB_EV_FACTS) {
		put_facts(&enc->part[SECTION_FACTS], ev->facts);
		enc->facts_cnt++;
	}
}

uint32_t trace_encoder_events(const struct trace_encoder *enc)
{
	return enc->events;
}

/* A zero is one byte, so a column of nothing else has as many zero bytes as there are events. */
static bool is_zero(const struct bytes *b, uint32_t events)
{
	return b->size == events && (!events || (!b->data[0] && !memcmp(b->data, b->data + 1, events - 1)));
}

static void put_together(struct trace_encoder *enc)
{
	struct bytes *payload = &enc->payload;

	payload->size = 0;
	for (size_t i = 0; i < SECTION_CNT; i++) {
		const struct bytes *part = &enc->part[i];
		bool absent = i >= COLUMN_SHAPE && i <= COLUMN_C && is_zero(part, enc->events);

		put_string(payload, (const char *)part->data, absent ? 0 : part->size);
		enc->err = enc->err ? enc->err : part->err;
	}
	enc->err = enc->err ? enc->err : payload->err;
	if (!enc->err && payload->size > TRACE_PAYLOAD_MAX)
		enc->err = -EOVERFLOW;
	/* nothing but empty sections */
	if (payload->size == SECTION_CNT)
		payload->size = 0;
}

static int pack(struct trace_encoder *enc)
{
	struct bytes *packed = &enc->packed;
	size_t room = ZSTD_compressBound(enc->payload.size), got;

	packed->size = 0;
	if (packed->room < TRACE_BLOCK_BYTES + room && !bytes_grow(packed, TRACE_BLOCK_BYTES + room))
		return -ENOMEM;
	packed->size = TRACE_BLOCK_BYTES;
	if (!enc->payload.size)
		return 0;
	got = ZSTD_compress2(enc->zstd, packed->data + TRACE_BLOCK_BYTES, room, enc->payload.data,
			     enc->payload.size);
	if (ZSTD_isError(got))
		return -ENOMEM;
	packed->size += got;
	return 0;
}

int trace_encoder_finish(struct trace_encoder *enc, struct trace_block *block,
			 const uint8_t **bytes, size_t *size)
{
	const uint8_t *payload;

	if (!enc->err)
		put_together(enc);
	if (!enc->err)
		enc->err = pack(enc);
	if (enc->err)
		return enc->err;
	payload = enc->packed.data + TRACE_BLOCK_BYTES;
	block->size = enc->packed.size - TRACE_BLOCK_BYTES;
	block->unpacked = enc->payload.size;
	block->events = enc->events;
	block->crc = crc32(0, payload, block->size);
	trace_block_pack(block, enc->packed.data);
	*bytes = enc->packed.data;
	*size = enc->packed.size;
	return 0;
}
