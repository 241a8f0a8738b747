// SPDX-License-Identifier: GPL-2.0
#include "pcap_ng.h"

#include <string.h>

/* draft-ietf-opsawg-pcapng, sections 3.1, 4.1 and 4.2 */
#define SECTION	    0x0a0d0d0a	/* in either byte order */
#define INTERFACE   1
#define SNAPLEN	    12		/* of an interface: from this byte */
#define SNAPLEN_END 16
#define INTERFACE_SIZE 20	/* the least */

static uint32_t number(const struct pcapng_blocks *self, const uint8_t *at)
{
	if (self->big)
		return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
	return (uint32_t)at[3] << 24 | at[2] << 16 | at[1] << 8 | at[0];
}

static void begin_block(struct pcapng_blocks *self)
{
	self->kind = number(self, self->head);
	if (self->kind == SECTION) {
		bool big = self->head[8] == 0x1a; /* of 0x1a2b3c4d */

		self->mixed |= self->begun && big != self->big;
		self->begun = true;
		self->big = big;
	}
	self->size = number(self, self->head + 4);
	self->lost = self->size < PCAPNG_HEAD || self->size % 4;
}

/* Some bytes more of the block that is going on. */
static void step_on(struct pcapng_blocks *self, uint8_t **data, size_t *size)
{
	size_t step, end = self->at < PCAPNG_HEAD ? PCAPNG_HEAD : self->size;

	if (self->at >= SNAPLEN && self->at < SNAPLEN_END && end > SNAPLEN_END)
		end = SNAPLEN_END;
	step = end - self->at < *size ? end - self->at : *size;
	if (self->at < PCAPNG_HEAD)
		memcpy(self->head + self->at, *data, step);
	else if (self->kind == INTERFACE && self->size >= INTERFACE_SIZE &&
		 self->at < SNAPLEN_END)
		memset(*data, 0, step);
	self->at += step;
	*data += step;
	*size -= step;
	if (self->at == PCAPNG_HEAD)
		begin_block(self);
	if (self->at >= PCAPNG_HEAD && self->at == self->size)
		self->at = 0;
}

/* Whole blocks without a limit, which nearly all are: how many bytes they have together. */
static size_t pass_over(const struct pcapng_blocks *self, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (size - at > PCAPNG_HEAD) {
		uint32_t kind = number(self, data + at), length = number(self, data + at + 4);

		if (kind == SECTION || kind == INTERFACE || length < PCAPNG_HEAD || length % 4 ||
		    length > size - at)
			break;
		at += length;
	}
	return at;
}

void pcapng_lift_limits(struct pcapng_blocks *self, uint8_t *data, size_t size)
{
	while (size && !self->lost) {
		size_t whole = self->at ? 0 : pass_over(self, data, size);

		data += whole;
		size -= whole;
		step_on(self, &data, &size);
	}
}
