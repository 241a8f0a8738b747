// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "layout.h"

struct shape {
	struct urb_event ev;	/* what its events have in common */
	uint64_t a;		/* of its last event */
	uint64_t *id;		/* of the last event of that endpoint and kind */
};

struct named_endpoint {
	uint32_t ep;
	uint64_t id[KINDS];
};

/* Things of one size that a block has, as many as it says. */
struct list {
	void *items;
	size_t cnt, room;
};

struct trace_decoder {
	uint8_t *payload;
	size_t room;
	ZSTD_DCtx *zstd;
	struct reader part[SECTION_CNT];
	bool absent[SECTION_CNT]; /* no bytes: zeros */
	struct trace_run run;
	bool has_run;
	struct list facts, endpoints, known, shapes;
	uint32_t events;	/* that are still to come */
	uint64_t time_ns, number;
	struct trace_place place;
};

struct trace_decoder *trace_decoder_new(void)
{
	struct trace_decoder *dec = calloc(1, sizeof(*dec));

	if (dec)
		dec->zstd = ZSTD_createDCtx();
	if (dec && dec->zstd)
		return dec;
	free(dec);
	errno = ENOMEM;
	return NULL;
}

void trace_decoder_free(struct trace_decoder *dec)
{
	if (!dec)
		return;
	ZSTD_freeDCtx(dec->zstd);
	free(dec->payload);
	free(dec->facts.items);
	free(dec->endpoints.items);
	free(dec->known.items);
	free(dec->shapes.items);
	free(dec);
}

/* One more; NULL if there is no memory or there are too many. */
static void *list_add(struct list *list, size_t size, size_t max)
{
	size_t room = list->room ? list->room * 2 : 16;
	void *items;

	if (list->cnt == max)
		return NULL;
	if (list->cnt == list->room) {
		items = realloc(list->items, room * size);
		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	return (char *)list->items + size * list->cnt++;
}

static int unpack(struct trace_decoder *dec, const struct trace_block *block, const uint8_t *payload,
		  const char **why)
{
	uint8_t *more;
	size_t got;

	if (block->crc != crc32(0, payload, block->size))
		return -EBADMSG;
	*why = "its size";
	if (block->unpacked > TRACE_PAYLOAD_MAX || block->events > TRACE_EVENTS_MAX ||
	    !block->size != !block->unpacked)
		return -EPROTO;
	if (block->unpacked > dec->room) {
		more = realloc(dec->payload, block->unpacked);
		if (!more)
			return -ENOMEM;
		dec->payload = more;
		dec->room = block->unpacked;
	}
	if (!block->size)
		return 0;
	got = ZSTD_decompressDCtx(dec->zstd, dec->payload, block->unpacked, payload, block->size);
	*why = "its compression";
	return ZSTD_isError(got) || got != block->unpacked ? -EPROTO : 0;
}

static int take_sections(struct trace_decoder *dec, size_t size)
{
	struct reader all = { 0 };

	/* of an empty block all are empty */
	if (size)
		all = (struct reader){ dec->payload, dec->payload + size, false };
	for (size_t i = 0; i < SECTION_CNT; i++) {
		dec->part[i] = size ? get_part(&all, get_varint(&all)) : all;
		dec->absent[i] = dec->part[i].at == dec->part[i].end;
	}
	return all.bad || all.at != all.end ? -EPROTO : 0;
}

static int take_facts(struct trace_decoder *dec)
{
	struct reader *r = &dec->part[SECTION_FACTS];

	while (r->at < r->end) {
		struct urb_facts *facts = list_add(&dec->facts, sizeof(*facts), ENDPOINTS_MAX);

		if (!facts)
			return -ENOMEM;
		get_facts(r, facts);
		if (r->bad)
			return -EPROTO;
	}
	return 0;
}

static int take_known(struct trace_decoder *dec, struct reader *r, uint32_t ep, uint8_t flags)
{
	struct trace_known *known = list_add(&dec->known, sizeof(*known), ENDPOINTS_MAX);
	uint64_t facts;

	if (!known)
		return -ENOMEM;
	*known = (struct trace_known){ .ep = ep, .flags = flags };
	known->generation = get_limited(r, UINT32_MAX);
	facts = get_limited(r, dec->facts.cnt);
	if (facts)
		known->facts = (struct urb_facts *)dec->facts.items + facts - 1;
	return 0;
}

static int take_endpoints(struct trace_decoder *dec)
{
	struct reader *r = &dec->part[SECTION_ENDPOINTS];

	while (r->at < r->end) {
		struct named_endpoint *e = list_add(&dec->endpoints, sizeof(*e), ENDPOINTS_MAX);
		uint8_t flags;

		if (!e)
			return -ENOMEM;
		memset(e, 0, sizeof(*e));
		e->ep = get_limited(r, UINT32_MAX);
		flags = get_limited(r, TRACE_KNOWN | TRACE_SURE | TRACE_LOST | TRACE_NAMED |
						  TRACE_ONCE);
		if (flags && take_known(dec, r, e->ep, flags))
			return -ENOMEM;
		if (r->bad || (flags && !(flags & TRACE_KNOWN)))
			return -EPROTO;
	}
	return 0;
}

static void take_shape(struct trace_decoder *dec, struct reader *r, struct shape *shape)
{
	uint64_t endpoint = get_varint(r);
	struct named_endpoint *e = dec->endpoints.items;
	struct urb_event *ev = &shape->ev;
	uint32_t interval, gfp, xfer_flags, pid;
	char comm[sizeof(ev->submit.comm)];

	memset(shape, 0, sizeof(*shape));
	ev->kind = get_limited(r, KIND_LAST);
	ev->type = get_limited(r, URB_TYPE_UNKNOWN);
	ev->seen = get_limited(r, UINT8_MAX);
	ev->flags = get_limited(r, UINT8_MAX);
	ev->stream = get_limited(r, UINT16_MAX);
	ev->cpu = get_limited(r, UINT16_MAX);
	interval = get_limited(r, UINT32_MAX);
	gfp = get_limited(r, UINT32_MAX);
	xfer_flags = get_limited(r, UINT32_MAX);
	pid = get_limited(r, UINT32_MAX);
	get_string(r, comm, sizeof(comm));
	if (!ev->kind || endpoint >= dec->endpoints.cnt) {
		r->bad = true;
		return;
	}
	ev->ep = e[endpoint].ep;
	shape->id = &e[endpoint].id[ev->kind];
	if (ev->kind != URB_EV_SUBMIT && ev->kind != URB_EV_INFLIGHT)
		return;
	ev->submit.interval = interval;
	ev->submit.gfp = gfp;
	ev->submit.xfer_flags = xfer_flags;
	ev->submit.pid = pid;
	memcpy(ev->submit.comm, comm, sizeof(comm));
}

static int take_shapes(struct trace_decoder *dec)
{
	struct reader *r = &dec->part[SECTION_SHAPES];

	while (r->at < r->end) {
		struct shape *shape = list_add(&dec->shapes, sizeof(*shape), TRACE_EVENTS_MAX);

		if (!shape)
			return -ENOMEM;
		take_shape(dec, r, shape);
		if (r->bad)
			return -EPROTO;
	}
	return 0;
}

static int take_run(struct trace_decoder *dec)
{
	struct reader *r = &dec->part[SECTION_RUN];

	dec->has_run = r->at < r->end;
	if (dec->has_run)
		get_run(r, &dec->run);
	return r->bad ? -EPROTO : 0;
}

int trace_decoder_block(struct trace_decoder *dec, const struct trace_block *block,
			const uint8_t *payload, const char **why)
{
	static const struct {
		int (*take)(struct trace_decoder *dec);
		const char *what;
	} parts[] = {
		{ take_run, "what it says of the run" },
		{ take_facts, "its facts of devices" },
		{ take_endpoints, "its endpoints" },
		{ take_shapes, "its shapes of events" },
	};
	int err = unpack(dec, block, payload, why);

	dec->events = 0;
	dec->facts.cnt = dec->endpoints.cnt = dec->known.cnt = dec->shapes.cnt = 0;
	dec->time_ns = block->first_ns;
	dec->number = 0;
	dec->place = (struct trace_place){ 0 };
	dec->has_run = false;
	if (err)
		return err;
	*why = "its sections";
	err = take_sections(dec, block->unpacked);
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++) {
		*why = parts[i].what;
		err = parts[i].take(dec);
	}
	if (!err)
		dec->events = block->events;
	return err;
}

const struct trace_run *trace_decoder_run(const struct trace_decoder *dec)
{
	return dec->has_run ? &dec->run : NULL;
}

const struct trace_known *trace_decoder_known(const struct trace_decoder *dec, size_t *cnt)
{
	*cnt = dec->known.cnt;
	return dec->known.items;
}

int trace_decoder_open(struct trace_decoder *dec, struct trace_open *open)
{
	struct reader *r = &dec->part[SECTION_OPEN];
	const struct named_endpoint *e = dec->endpoints.items;
	uint64_t endpoint, slot;

	if (r->at == r->end)
		return 0;
	endpoint = get_varint(r);
	dec->number += unzigzag(get_varint(r));
	slot = get_varint(r);
	*open = (struct trace_open){
		.number = dec->number,
		.slot = slot ? dec->number + unzigzag(slot - 1) : 0,
	};
	open->stream = get_limited(r, UINT16_MAX);
	open->type = get_limited(r, URB_TYPE_UNKNOWN);
	open->length = get_limited(r, UINT32_MAX);
	if (r->bad || endpoint >= dec->endpoints.cnt)
		return -EPROTO;
	open->ep = e[endpoint].ep;
	return 1;
}

int trace_decoder_place(struct trace_decoder *dec, struct trace_place *place)
{
	struct reader *r = &dec->part[SECTION_PLACES];

	if (r->at == r->end)
		return 0;
	dec->place.offset += get_varint(r);
	dec->place.first_ns += get_varint(r);
	dec->place.event += get_varint(r);
	*place = dec->place;
	return r->bad ? -EPROTO : 1;
}

static inline uint64_t next(struct trace_decoder *dec, enum section column)
{
	return dec->absent[column] ? 0 : get_varint(&dec->part[column]);
}

/* Every column has just as many numbers as the block has events. */
static int columns_end(const struct trace_decoder *dec)
{
	for (size_t i = COLUMN_SHAPE; i <= COLUMN_C; i++) {
		if (dec->part[i].at != dec->part[i].end)
			return -EPROTO;
	}
	return 0;
}

int trace_decoder_event(struct trace_decoder *dec, struct urb_event *ev)
{
	struct shape *shapes = dec->shapes.items, *shape;
	struct numbers n;
	uint64_t i;

	if (!dec->events)
		return columns_end(dec);
	dec->events--;
	i = next(dec, COLUMN_SHAPE);
	if (i >= dec->shapes.cnt)
		return -EPROTO;
	shape = &shapes[i];
	dec->time_ns += unzigzag(next(dec, COLUMN_TIME));
	*shape->id += unzigzag(next(dec, COLUMN_ID));
	shape->a += unzigzag(next(dec, COLUMN_A));
	n = (struct numbers){ shape->a, next(dec, COLUMN_B), next(dec, COLUMN_C) };
	*ev = shape->ev;
	ev->time_ns = dec->time_ns;
	ev->id = *shape->id;
	numbers_to(ev, &n);
	if (ev->kind == URB_EV_FACTS) {
		if (n.a >= dec->facts.cnt)
			return -EPROTO;
		ev->facts = (struct urb_facts *)dec->facts.items + n.a;
	}
	if (ev->kind == URB_EV_STREAMS && ev->streams.what > URB_STREAMS_FREE)
		return -EPROTO;
	for (i = COLUMN_SHAPE; i <= COLUMN_C; i++) {
		if (dec->part[i].bad)
			return -EPROTO;
	}
	return 1;
}
