// SPDX-License-Identifier: GPL-2.0
/* The parts of a trace that have a fixed size. */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "urbscope/trace.h"

/* As PNG has it: no text, and whatever mends line ends breaks it. */
static const uint8_t head_magic[8] = { 0x89, 'U', 'R', 'B', '\r', '\n', 0x1a, '\n' };
static const uint8_t block_magic[4] = { 0x89, 'B', 'L', 'K' };
static const uint8_t trailer_magic[4] = { 0x89, 'E', 'N', 'D' };

/* The last four bytes are the CRC-32 of all before them. */
static void seal(uint8_t *bytes, size_t size)
{
	put_fixed(bytes + size - 4, crc32(0, bytes, size - 4), 4);
}

static bool is_sealed(const uint8_t *bytes, size_t size)
{
	return get_fixed(bytes + size - 4, 4) == crc32(0, bytes, size - 4);
}

void trace_head_pack(const struct trace_head *head, uint8_t bytes[TRACE_HEAD_BYTES])
{
	memset(bytes, 0, TRACE_HEAD_BYTES);
	memcpy(bytes, head_magic, sizeof(head_magic));
	put_fixed(bytes + 8, head->version, 2);
	put_fixed(bytes + 10, TRACE_HEAD_BYTES, 2);
	put_fixed(bytes + 12, head->features, 4);
	put_fixed(bytes + 16, head->run, 8);
	put_fixed(bytes + 24, head->seq, 8);
	put_fixed(bytes + 32, head->event, 8);
	seal(bytes, TRACE_HEAD_BYTES);
}

bool trace_is_head(const uint8_t bytes[4])
{
	return !memcmp(bytes, head_magic, 4);
}

int trace_head_unpack(struct trace_head *head, const uint8_t bytes[TRACE_HEAD_BYTES])
{
	if (!trace_is_head(bytes))
		return -EINVAL;
	*head = (struct trace_head){
		.version = get_fixed(bytes + 8, 2),
		.features = get_fixed(bytes + 12, 4),
		.run = get_fixed(bytes + 16, 8),
		.seq = get_fixed(bytes + 24, 8),
		.event = get_fixed(bytes + 32, 8),
	};
	return is_sealed(bytes, TRACE_HEAD_BYTES) ? 0 : -EBADMSG;
}

void trace_block_pack(const struct trace_block *block, uint8_t bytes[TRACE_BLOCK_BYTES])
{
	memset(bytes, 0, TRACE_BLOCK_BYTES);
	memcpy(bytes, block_magic, sizeof(block_magic));
	bytes[4] = block->type;
	bytes[5] = block->flags;
	put_fixed(bytes + 8, block->size, 4);
	put_fixed(bytes + 12, block->unpacked, 4);
	put_fixed(bytes + 16, block->events, 4);
	put_fixed(bytes + 20, block->run, 4);
	put_fixed(bytes + 24, block->seq, 8);
	put_fixed(bytes + 32, block->event, 8);
	put_fixed(bytes + 40, block->first_ns, 8);
	put_fixed(bytes + 48, block->last_ns, 8);
	put_fixed(bytes + 56, block->wall_ns, 8);
	put_fixed(bytes + 64, block->crc, 4);
	seal(bytes, TRACE_BLOCK_BYTES);
}

int trace_block_unpack(struct trace_block *block, const uint8_t bytes[TRACE_BLOCK_BYTES])
{
	if (memcmp(bytes, block_magic, sizeof(block_magic)))
		return -EINVAL;
	*block = (struct trace_block){
		.type = bytes[4],
		.flags = bytes[5],
		.size = get_fixed(bytes + 8, 4),
		.unpacked = get_fixed(bytes + 12, 4),
		.events = get_fixed(bytes + 16, 4),
		.run = get_fixed(bytes + 20, 4),
		.seq = get_fixed(bytes + 24, 8),
		.event = get_fixed(bytes + 32, 8),
		.first_ns = get_fixed(bytes + 40, 8),
		.last_ns = get_fixed(bytes + 48, 8),
		.wall_ns = get_fixed(bytes + 56, 8),
		.crc = get_fixed(bytes + 64, 4),
	};
	return is_sealed(bytes, TRACE_BLOCK_BYTES) ? 0 : -EBADMSG;
}

size_t trace_block_find(const uint8_t *bytes, size_t size)
{
	const uint8_t *at = bytes, *end = bytes + size;

	while ((at = memchr(at, block_magic[0], end - at))) {
		size_t left = end - at;

		if (!memcmp(at, block_magic, left < sizeof(block_magic) ? left : sizeof(block_magic)))
			return at - bytes;
		at++;
	}
	return size;
}

void trace_trailer_pack(uint64_t end_offset, uint8_t bytes[TRACE_TRAILER_BYTES])
{
	memcpy(bytes, trailer_magic, sizeof(trailer_magic));
	put_fixed(bytes + 4, end_offset, 8);
	seal(bytes, TRACE_TRAILER_BYTES);
}

int trace_trailer_unpack(uint64_t *end_offset, const uint8_t bytes[TRACE_TRAILER_BYTES])
{
	*end_offset = get_fixed(bytes + 4, 8);
	if (memcmp(bytes, trailer_magic, sizeof(trailer_magic)))
		return -EINVAL;
	return is_sealed(bytes, TRACE_TRAILER_BYTES) ? 0 : -EBADMSG;
}
