/* SPDX-License-Identifier: GPL-2.0 */
/* Makes captures, in memory: every form that is read, and packets that should not be there. */
#ifndef URBSCOPE_TEST_MKPCAP_H
#define URBSCOPE_TEST_MKPCAP_H

#include "urbscope/event.h"

#define MKPCAP_PACKETS 256

struct mkpcap_form {
	unsigned int link;	/* 189, 220, 249; any other for what is to be refused */
	bool big;		/* byte order of the writer */
	bool nano;		/* stamps of nanoseconds, not of microseconds */
	bool ng;		/* pcapng */
	uint32_t snaplen;	/* 0: 262144 */
};

struct mkpcap {
	struct mkpcap_form form;
	uint8_t data[1 << 16];
	size_t size;
	size_t packets_at;	/* size of what stands before the first packet */
	size_t end[MKPCAP_PACKETS]; /* of each packet */
	size_t cnt;
};

/* With one interface, if it is pcapng. */
void mkpcap_init(struct mkpcap *m, const struct mkpcap_form *form);

/* One more, pcapng only. */
void mkpcap_interface(struct mkpcap *m, unsigned int link, uint32_t snaplen);

/* One more section, without interfaces, in the byte order of the form; pcapng only. */
void mkpcap_section(struct mkpcap *m);

/* `size` bytes of a packet that had `full_size`, on an interface (0 in pcap). */
void mkpcap_packet(struct mkpcap *m, unsigned int interface, uint64_t time_ns, const void *data,
		   size_t size, size_t full_size);

/*
 * SUBMIT, COMPLETE or SUBMIT_ERROR (usbmon only) with the length it says, `data` if it is not
 * NULL, and the setup packet (8 bytes) of a control submission. Statuses go as they are.
 */
void mkpcap_event(struct mkpcap *m, const struct urb_event *ev, const void *setup, const void *data,
		  size_t size);

/* A header of USBPcap: 28 bytes into `out`. `up`: the end of a transfer. */
void mkpcap_usbpcap(uint8_t *out, const struct urb_event *ev, bool up, unsigned int transfer,
		    unsigned int stage, uint32_t status, uint32_t length);

#endif
