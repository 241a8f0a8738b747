/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers as bytes: fixed ones little-endian, others as varints (LEB128), signed ones in zigzag. */
#ifndef URBSCOPE_TRACE_BYTES_H
#define URBSCOPE_TRACE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10	/* bytes */

static inline void put_fixed(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = value >> 8 * i;
}

static inline uint64_t get_fixed(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

/* Small numbers of either sign become small ones without. Works modulo 2^64. */
static inline uint64_t zigzag(uint64_t value)
{
	return value << 1 ^ -(value >> 63);
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ -(value & 1);
}

/* Bytes that grow. A failure to do so stays in err. */
struct bytes {
	uint8_t *data;
	size_t size, room;
	int err;
};

/* Makes room; false if there is none. */
bool bytes_grow(struct bytes *b, size_t more);

static inline void put_varint(struct bytes *b, uint64_t value)
{
	if (b->room - b->size < VARINT_MAX && !bytes_grow(b, VARINT_MAX))
		return;
	while (value >= 0x80) {
		b->data[b->size++] = value | 0x80;
		value >>= 7;
	}
	b->data[b->size++] = value;
}

void put_bytes(struct bytes *b, const void *data, size_t size);

/* A length and so many bytes. */
void put_string(struct bytes *b, const char *text, size_t size);

/* What is left to be read. A read past the end, or of a number of more than 64 bits, sets bad. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static inline uint64_t get_varint(struct reader *r)
{
	uint64_t value = 0;

	/* most are of one byte */
	if (r->at < r->end && *r->at < 0x80)
		return *r->at++;
	for (unsigned int shift = 0; r->at < r->end && shift < 64; shift += 7) {
		uint8_t byte = *r->at++;

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	r->bad = true;
	return 0;
}

/* The same, of at most `max`. */
uint64_t get_limited(struct reader *r, uint64_t max);

/* A string into `size` bytes, cut to fit, with its NUL; what is behind it is zero. */
void get_string(struct reader *r, char *text, size_t size);

/* The next bytes by themselves. */
struct reader get_part(struct reader *r, uint64_t size);

#endif
