// SPDX-License-Identifier: GPL-2.0
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool bytes_grow(struct bytes *b, size_t more)
{
	size_t room = b->room ? b->room : 256;
	uint8_t *data;

	while (room - b->size < more)
		room *= 2;
	data = realloc(b->data, room);
	if (!data) {
		b->err = -ENOMEM;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

void put_bytes(struct bytes *b, const void *data, size_t size)
{
	if (b->room - b->size < size && !bytes_grow(b, size))
		return;
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
}

void put_string(struct bytes *b, const char *text, size_t size)
{
	put_varint(b, size);
	put_bytes(b, text, size);
}

uint64_t get_limited(struct reader *r, uint64_t max)
{
	uint64_t value = get_varint(r);

	if (value <= max)
		return value;
	r->bad = true;
	return 0;
}

struct reader get_part(struct reader *r, uint64_t size)
{
	struct reader part = { r->at, r->at, false };

	if (size > (uint64_t)(r->end - r->at)) {
		r->bad = part.bad = true;
		return part;
	}
	r->at += size;
	part.end = r->at;
	return part;
}

void get_string(struct reader *r, char *text, size_t size)
{
	struct reader part = get_part(r, get_varint(r));
	size_t cnt = part.end - part.at;

	memset(text, 0, size);
	memcpy(text, part.at, cnt < size ? cnt : size - 1);
}
