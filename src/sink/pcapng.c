// SPDX-License-Identifier: GPL-2.0
/*
 * Written by hand: libpcap writes pcap only, which has neither comments nor the name of a clock
 * (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html).
 */
#include "urbscope/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/usbmon.h"
#include "sink/out.h"
#include "urb_numbers.h"

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define USBMON_MMAPPED	 220
#define NANOSECONDS	 9	/* if_tsresol: 10^-9 */

enum block { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6 };
enum option { OPT_END = 0, OPT_COMMENT = 1, IF_NAME = 2, IF_TSRESOL = 9, SHB_USERAPPL = 4, ISB_ENDTIME = 3 };

/* Readers take no blocks of more than 16 MiB. */
#define BLOCK_MAX (15u << 20)

#define XFER_DIR_IN 0x200	/* URB_DIR_IN of include/linux/usb.h */

struct pcapng_writer {
	FILE *out;
	struct comment_run run;
	struct urb_numbers numbers;
	bool begun;		/* the interface has been written; block[] is a packet */
	uint64_t base_ns;	/* of comments: the last packet's time */
	uint8_t *block;		/* the one that grows: the interface, then each packet */
	size_t size, room;
	int err;
};

static void put(struct pcapng_writer *self, const void *data, size_t size)
{
	size_t room = self->room;
	uint8_t *bigger;

	/* 4: what fills it up to 32 bits; 16: the end of the block */
	while (self->size + size + 20 > room)
		room *= 2;
	if (room != self->room) {
		bigger = room > BLOCK_MAX * 2 ? NULL : realloc(self->block, room);
		if (!bigger) {
			self->err = self->err ? self->err : -ENOMEM;
			return;
		}
		self->block = bigger;
		self->room = room;
	}
	memcpy(self->block + self->size, data, size);
	self->size += size;
	while (self->size % 4)
		self->block[self->size++] = 0;
}

static void put32(struct pcapng_writer *self, uint32_t value)
{
	put(self, &value, sizeof(value));
}

static void put_option(struct pcapng_writer *self, enum option code, const void *value, size_t size)
{
	put32(self, (uint32_t)size << 16 | code);
	put(self, value, size);
}

/* A block begins with its kind and size; that is known when it is handed on. */
static void block_begin(struct pcapng_writer *self, enum block kind)
{
	self->size = 0;
	put32(self, kind);
	put32(self, 0);
}

static void block_end(struct pcapng_writer *self)
{
	uint32_t size;

	put32(self, OPT_END);
	size = self->size + 4;
	put32(self, size);
	memcpy(self->block + 4, &size, sizeof(size));
	if (self->err || fwrite(self->block, 1, size, self->out) == size)
		return;
	self->err = errno ? -errno : -EIO;
}

static void section(struct pcapng_writer *self)
{
	static const char by[] = "urbscope " URBSCOPE_VERSION;
	const uint64_t length = UINT64_MAX;	/* not known */

	block_begin(self, SECTION);
	put32(self, BYTE_ORDER_MAGIC);
	put32(self, 1);		/* version 1.0 */
	put(self, &length, sizeof(length));
	put_option(self, SHB_USERAPPL, by, sizeof(by) - 1);
	block_end(self);
}

/* It stays open: what comes before the first packet belongs to it. */
static void interface_begin(struct pcapng_writer *self)
{
	const uint8_t resolution = NANOSECONDS;
	char comment[COMMENT_MAX];
	size_t size = comment_run(&self->run, comment);

	block_begin(self, INTERFACE);
	put32(self, USBMON_MMAPPED);
	put32(self, 0);		/* no limit to the size of packets */
	put_option(self, IF_NAME, self->run.kind, strnlen(self->run.kind, sizeof(self->run.kind)));
	put_option(self, IF_TSRESOL, &resolution, sizeof(resolution));
	put_option(self, OPT_COMMENT, comment, size);
}

struct pcapng_writer *pcapng_writer_new(FILE *out, const struct comment_run *run)
{
	struct pcapng_writer *self = calloc(1, sizeof(*self));

	if (!self || urb_numbers_init(&self->numbers)) {
		pcapng_writer_free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->out = out;
	self->run = *run;
	self->room = 4096;
	self->block = malloc(self->room);
	if (!self->block) {
		pcapng_writer_free(self);
		errno = ENOMEM;
		return NULL;
	}
	section(self);
	interface_begin(self);
	return self;
}

void pcapng_writer_free(struct pcapng_writer *self)
{
	if (!self)
		return;
	urb_numbers_release(&self->numbers);
	free(self->block);
	free(self);
}

/* The order of urb->pipe. usbmon has no word for what is not known; the comment has. */
static uint8_t transfer_of(uint8_t type)
{
	static const uint8_t transfers[] = { 2, 0, 3, 1 };

	return type < sizeof(transfers) ? transfers[type] : 3;
}

static void fill_submit(struct usbmon_record *p, const struct urb_event *ev)
{
	p->type = 'S';
	p->status = -EINPROGRESS;
	p->length = ev->submit.length;
	p->interval = ev->submit.interval;
	p->xfer_flags = ev->submit.xfer_flags;
	/* control transfers go both ways; which way, only the flags tell */
	if (!(p->endpoint & 0x7f) && p->xfer_flags & XFER_DIR_IN)
		p->endpoint |= 0x80;
}

static void fill(struct usbmon_record *p, const struct urb_event *ev)
{
	bool in = ev->ep & 0x80;

	*p = (struct usbmon_record){
		.id = ev->id,
		.transfer = transfer_of(ev->type),
		.endpoint = urb_ep_endpoint(ev->ep),
		.device = urb_ep_address(ev->ep),
		.bus = urb_ep_bus(ev->ep),
		.flag_setup = '-',
		/* where the device's data would go this way, and is not here */
		.flag_data = in == (ev->kind == URB_EV_COMPLETE) ? 'Z' : in ? '<' : '>',
	};
	switch (ev->kind) {
	case URB_EV_SUBMIT:
		fill_submit(p, ev);
		break;
	case URB_EV_COMPLETE:
		p->type = 'C';
		p->status = ev->complete.status;
		p->length = ev->complete.length;
		break;
	default:
		p->type = 'E';
		p->status = ev->submit_error.error;
		p->length = ev->submit_error.length;
		break;
	}
}

static void packet_begin(struct pcapng_writer *self, const struct urb_event *ev)
{
	uint64_t stamp = ev->time_ns + self->run.wall_ns;
	struct usbmon_record p;

	block_end(self);
	self->begun = true;
	self->base_ns = ev->time_ns;
	fill(&p, ev);
	p.ts_sec = stamp / 1000000000;
	p.ts_usec = stamp % 1000000000 / 1000;
	block_begin(self, PACKET);
	put32(self, 0);		/* the interface */
	put32(self, stamp >> 32);
	put32(self, stamp);
	put32(self, sizeof(p));
	put32(self, sizeof(p));
	put(self, &p, sizeof(p));
}

void pcapng_writer_event(struct pcapng_writer *self, const struct urb_event *ev)
{
	struct urb_event mine = *ev;
	char comment[COMMENT_MAX];
	size_t size;

	if (self->err)
		return;
	self->err = urb_numbers_replace(&self->numbers, &mine);
	if (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_COMPLETE || ev->kind == URB_EV_SUBMIT_ERROR) {
		packet_begin(self, &mine);
		size = comment_packet(&mine, comment);
	} else {
		size = comment_event(&mine, self->base_ns, comment);
	}
	if (size)
		put_option(self, OPT_COMMENT, comment, size);
	if (!self->err && self->size > BLOCK_MAX)
		self->err = -EMSGSIZE;
}

int pcapng_writer_flush(struct pcapng_writer *self)
{
	if (!self->err)
		self->err = out_finish(self->out);
	return self->err;
}

int pcapng_writer_end(struct pcapng_writer *self, uint64_t end_ns, uint64_t skipped)
{
	uint64_t stamp = end_ns + self->run.wall_ns;
	uint32_t halves[] = { stamp >> 32, stamp };
	char comment[COMMENT_MAX];
	size_t size;

	self->run.end_ns = end_ns;
	self->run.skipped = skipped;
	size = comment_end(&self->run, comment);
	block_end(self);
	block_begin(self, STATISTICS);
	put32(self, 0);		/* the interface */
	put32(self, halves[0]);
	put32(self, halves[1]);
	put_option(self, ISB_ENDTIME, halves, sizeof(halves));
	put_option(self, OPT_COMMENT, comment, size);
	block_end(self);
	return pcapng_writer_flush(self);
}
