/* SPDX-License-Identifier: GPL-2.0 */
/* What stands before each packet of a capture of USB: two forms of usbmon's, and USBPcap's. */
#ifndef URBSCOPE_SOURCE_PCAP_USB_H
#define URBSCOPE_SOURCE_PCAP_USB_H

#include "urbscope/event.h"
#include "urbscope/idmap.h"

enum capture_link {
	CAPTURE_USBMON = 189,		/* 48 bytes, in the byte order of this host */
	CAPTURE_USBMON_MMAPPED = 220,	/* 64 bytes, of which the first 48 are the same */
	CAPTURE_USBPCAP = 249,		/* little endian */
};

struct capture_packet {
	const uint8_t *data;
	uint32_t size;			/* bytes that were captured */
	uint64_t time_ns;
};

/* The parts of a control transfer that facts come from; NULL: not in this packet. */
struct capture_control {
	const uint8_t *setup;		/* 8 bytes */
	const uint8_t *answer;		/* data of an IN transfer */
	uint32_t answer_size;
};

/* USBPcap's transfers: lengths that the record of their end does not repeat. */
struct capture_lengths {
	struct idmap by_id;
};

enum capture_meaning {
	CAPTURE_EVENT,
	CAPTURE_PART,			/* of a transfer: a stage between its two ends */
	CAPTURE_SKIPPED,		/* not the record of a URB, or too short to tell */
};

/* 0 or -ENOMEM. */
int capture_lengths_init(struct capture_lengths *lengths);
void capture_lengths_release(struct capture_lengths *lengths);

enum capture_meaning capture_decode(enum capture_link link, const struct capture_packet *packet,
				    struct capture_lengths *lengths, struct urb_event *ev,
				    struct capture_control *control);

#endif
