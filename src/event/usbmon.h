/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record of usbmon's, as /dev/usbmon* and captures of link type 220 have it. Captures of link type
 * 189 have the first USBMON_SHORT bytes of it.
 */
#ifndef URBSCOPE_EVENT_USBMON_H
#define URBSCOPE_EVENT_USBMON_H

#include <stddef.h>
#include <stdint.h>

/* struct mon_bin_hdr of drivers/usb/mon/mon_bin.c, which has no header for programs */
struct usbmon_record {
	uint64_t id;
	uint8_t type;		/* 'S', 'C', 'E'; '@' fills up to the ring's end */
	uint8_t transfer;	/* as in urb->pipe: usbmon_type() */
	uint8_t endpoint;	/* with the direction of the data */
	uint8_t device;
	uint16_t bus;
	char flag_setup;	/* 0: setup is valid */
	char flag_data;		/* 0: data follows */
	int64_t ts_sec;
	int32_t ts_usec;
	int32_t status;		/* C: of the URB; E: what usb_submit_urb() returned */
	uint32_t length;	/* S: asked for; C: actual */
	uint32_t captured;
	uint8_t setup[8];
	int32_t interval;
	int32_t start_frame;
	uint32_t xfer_flags;
	uint32_t descriptors;	/* of isochronous packets */
};

#define USBMON_SHORT 48

_Static_assert(sizeof(struct usbmon_record) == 64, "mon_bin_hdr has 64 bytes");
_Static_assert(offsetof(struct usbmon_record, interval) == USBMON_SHORT, "link type 189");

/* enum urb_type of what urb->pipe says, USBPcap too; URB_TYPE_UNKNOWN for other values. */
uint8_t usbmon_type(unsigned int transfer);

#endif
