// SPDX-License-Identifier: GPL-2.0
#include "pcap_comments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* draft-ietf-opsawg-pcapng, section 4; where in a block of each kind its options begin */
enum block { INTERFACE = 1, OBSOLETE_PACKET = 2, SIMPLE_PACKET = 3, STATISTICS = 5, PACKET = 6,
	     SECTION = 0x0a0d0d0a };
#define BYTE_ORDER_MAGIC  0x1a2b3c4d
#define HEAD		  12	/* tells kind, size and, of a section, the byte order */
#define INTERFACE_OPTIONS 16
#define STATISTICS_OPTIONS 20
#define PACKET_CAPTURED	  20	/* bytes of the packet, which has its options behind it */
#define PACKET_DATA	  28
#define OPT_COMMENT	  1
#define BLOCK_MAX	  (16u << 20) /* as libpcap has it */

struct kept_comment {
	uint64_t packet;
	uint32_t size;
};

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint16_t read16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void pcap_comments_release(struct pcap_comments *self)
{
	free(self->block);
	free(self->kept);
}

/* Room for `size` bytes at the end of an array. 0 or -ENOMEM. */
static int make_room(void *array, size_t *room, size_t size)
{
	size_t wanted = *room ? *room : 4096;
	void *old, *bigger;

	while (wanted < size)
		wanted *= 2;
	if (wanted == *room)
		return 0;
	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, wanted);
	if (!bigger)
		return -ENOMEM;
	memcpy(array, &bigger, sizeof(bigger));
	*room = wanted;
	return 0;
}

static int keep(struct pcap_comments *self, const char *text, size_t size)
{
	struct kept_comment head = { .packet = self->packet_cnt, .size = size };

	if (self->kept_at == self->kept_size)
		self->kept_at = self->kept_size = 0;
	if (make_room(&self->kept, &self->kept_room, self->kept_size + sizeof(head) + size))
		return -ENOMEM;
	memcpy(self->kept + self->kept_size, &head, sizeof(head));
	memcpy(self->kept + self->kept_size + sizeof(head), text, size);
	self->kept_size += sizeof(head) + size;
	return 0;
}

static int take_comment(struct pcap_comments *self, const char *text, size_t size)
{
	switch (comment_word(text, size)) {
	case COMMENT_RUN:
		if (comment_read_run(text, size, &self->run))
			self->bad_cnt++;
		else
			self->ours = true;
		return 0;
	case COMMENT_END:
		if (comment_read_run(text, size, &self->run))
			self->bad_cnt++;
		else
			self->ended = true;
		return 0;
	case COMMENT_PACKET:
	case COMMENT_EVENT:
		return keep(self, text, size);
	case COMMENT_NONE:
		break;
	}
	return 0;
}

/* `end`: where the block's size stands once more. */
static int take_options(struct pcap_comments *self, const uint8_t *block, size_t at, size_t end)
{
	int err = 0;

	while (!err && at + 4 <= end) {
		uint16_t code = read16(block + at), size = read16(block + at + 2);

		at += 4;
		if (!code || size > end - at)
			break;
		if (code == OPT_COMMENT)
			err = take_comment(self, (const char *)block + at, size);
		at += (size + 3u) & ~3u;
	}
	return err;
}

static int take_packet(struct pcap_comments *self, const uint8_t *block, size_t size)
{
	uint32_t captured;

	self->packet_cnt++;
	self->off = !self->ours;
	if (self->off || size < PACKET_DATA + 4)
		return 0;
	captured = read32(block + PACKET_CAPTURED);
	if (captured > size - PACKET_DATA - 4)
		return 0;
	return take_options(self, block, PACKET_DATA + ((captured + 3u) & ~3u), size - 4);
}

/* A whole block. */
static int take_block(struct pcap_comments *self, const uint8_t *block, size_t size)
{
	switch (read32(block)) {
	case SECTION:
		self->off = self->section || read32(block + 8) != BYTE_ORDER_MAGIC;
		self->section = true;
		break;
	case INTERFACE:
		self->off = self->interface;
		self->interface = true;
		if (!self->off)
			return take_options(self, block, INTERFACE_OPTIONS, size - 4);
		break;
	case OBSOLETE_PACKET:
	case SIMPLE_PACKET:
		self->packet_cnt++;
		break;
	case STATISTICS:
		return take_options(self, block, STATISTICS_OPTIONS, size - 4);
	case PACKET:
		return take_packet(self, block, size);
	}
	return 0;
}

/* The block's size; 0: there is none like it. */
static size_t size_of(const uint8_t *block)
{
	uint32_t size = read32(block + 4);

	if (read32(block) == SECTION && read32(block + 8) != BYTE_ORDER_MAGIC)
		return 0;
	return size < HEAD || size % 4 || size > BLOCK_MAX ? 0 : size;
}

/* Some bytes more of a block that comes in pieces. */
static int piece_together(struct pcap_comments *self, const uint8_t **data, size_t *left)
{
	size_t size = self->have < HEAD ? HEAD : size_of(self->block), step;
	int err = 0;

	if (!size) {
		self->off = true;
		return 0;
	}
	step = size - self->have < *left ? size - self->have : *left;
	if (make_room(&self->block, &self->block_room, self->have + step))
		return -ENOMEM;
	memcpy(self->block + self->have, *data, step);
	self->have += step;
	*data += step;
	*left -= step;
	if (self->have >= HEAD && self->have == size_of(self->block)) {
		err = take_block(self, self->block, self->have);
		self->have = 0;
	}
	return err;
}

int pcap_comments_see(struct pcap_comments *self, const uint8_t *data, size_t left)
{
	int err = 0;

	while (!err && left && !self->off) {
		size_t size = self->have || left < HEAD ? 0 : size_of(data);

		if (size && size <= left) {
			err = take_block(self, data, size);
			data += size;
			left -= size;
		} else {
			err = piece_together(self, &data, &left);
		}
	}
	return err;
}

const char *pcap_comments_peek(const struct pcap_comments *self, uint64_t packet, size_t *size)
{
	struct kept_comment head;

	if (self->kept_at == self->kept_size)
		return NULL;
	memcpy(&head, self->kept + self->kept_at, sizeof(head));
	if (head.packet > packet)
		return NULL;
	*size = head.size;
	return self->kept + self->kept_at + sizeof(head);
}

void pcap_comments_pop(struct pcap_comments *self)
{
	struct kept_comment head;

	memcpy(&head, self->kept + self->kept_at, sizeof(head));
	self->kept_at += sizeof(head) + head.size;
}
