/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Selectors name endpoints, the same way everywhere: DEVICE/ENDPOINT[#STREAM].
 *
 *   DEVICE    17e9:6006 or 17e9:* (vid:pid, four hexadecimal digits), 1-1.2 (port path, or usb1
 *             for a root hub), 1:5 (bus:address, decimal), driver=uas, *
 *   ENDPOINT  0x81, in, out, bulk, int, iso, control, bulk-in, int-out, ..., *
 *   STREAM    1 to 65535 (a live source cannot tell streams from 63 on apart: selecting one of
 *             them selects them all)
 *
 * "/ENDPOINT" may be left out: all of the device. Several selectors are OR.
 */
#ifndef URBSCOPE_SELECTOR_H
#define URBSCOPE_SELECTOR_H

#include "urbscope/event.h"
#include "urbscope/fault.h"

enum selector_by {
	SEL_BUS = 1 << 0,
	SEL_ADDRESS = 1 << 1,
	SEL_VID = 1 << 2,
	SEL_PID = 1 << 3,
	SEL_PATH = 1 << 4,
	SEL_DRIVER = 1 << 5,
	SEL_ENDPOINT = 1 << 6,
	SEL_IN = 1 << 7,
	SEL_OUT = 1 << 8,
	SEL_TYPE = 1 << 9,
	SEL_STREAM = 1 << 10,
};

struct selector {
	unsigned int by; /* enum selector_by: all that is named must match */
	uint16_t bus, vid, pid, stream;
	uint8_t address, endpoint, type;
	char path[32];
	char driver[32];
};

/* 0, or -EINVAL with the fault filled in. */
int selector_parse(const char *text, struct selector *sel, struct fault *fault);

/*
 * Does it select this endpoint (and this stream of it)? Facts that are unknown match no
 * selector that asks for them.
 */
bool selector_match(const struct selector *sel, uint32_t ep, uint16_t stream, uint8_t type,
		    const struct urb_facts *facts);

#endif
