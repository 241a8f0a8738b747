/* SPDX-License-Identifier: GPL-2.0 */
/* A packet's header as usbmon has it in captures of link type 220, for what makes such captures. */
#ifndef URBSCOPE_TEST_USBMON_PACKET_H
#define URBSCOPE_TEST_USBMON_PACKET_H

#include <stdint.h>

struct usbmon_packet {
	uint64_t id;
	uint8_t type, transfer, endpoint, device;
	uint16_t bus;
	char flag_setup, flag_data;
	int64_t ts_sec;
	int32_t ts_usec;
	int32_t status;
	uint32_t length, captured;
	uint8_t setup[8];
	int32_t interval, start_frame;
	uint32_t xfer_flags, ndesc;
};

_Static_assert(sizeof(struct usbmon_packet) == 64, "usbmon's layout");

#endif
