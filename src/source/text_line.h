/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line of usbmon's text (Documentation/usb/usbmon.rst), in both its forms:
 *
 *   ffff88022b5e8480 3575914560 C Ci:1:001:0 0 4 = 01050000	1u
 *   ffff88022b5e8480 3575914560 C Ci:001:00 0 4 = 01050000	1t, which has no bus
 *
 * Whatever stands before it (quoting, a logger's stamp) is passed over. What other tools make of
 * it is understood where it says the same: stamps in seconds (12.003456), "-" for the status of a
 * submission, an interval that is noise, payloads of any length.
 */
#ifndef URBSCOPE_SOURCE_TEXT_LINE_H
#define URBSCOPE_SOURCE_TEXT_LINE_H

#include "urbscope/event.h"

#define TEXT_DATA_MAX 32	/* DATA_MAX of drivers/usb/mon/mon_text.c */

struct text_record {
	uint64_t id;
	uint64_t stamp_ns;
	bool in_seconds;	/* the stamp has a point: it does not wrap */
	bool has_ep;		/* ep and type are valid, even if the rest could not be read */
	char kind;		/* 'S', 'C', 'E' */
	uint8_t type;		/* enum urb_type */
	uint32_t ep;		/* bus 0: not told */
	int32_t status;		/* of C and E */
	uint32_t length;
	uint32_t interval;
	bool has_setup;
	bool data_missing;	/* fewer bytes than usbmon would have written */
	uint8_t data_size;
	uint8_t setup[8];
	uint8_t data[TEXT_DATA_MAX];
};

enum text_meaning {
	TEXT_RECORD,
	TEXT_PROSE,		/* nothing like a record */
	TEXT_CUT,		/* a record that ends before its length does */
	TEXT_ODD,		/* like a record, and not to be understood */
};

/* `line` is without its newline. */
enum text_meaning text_line_parse(const char *line, size_t size, struct text_record *rec);

/* A blank, or what mail programs put before the lines they quote. */
bool text_is_margin(char c);

struct urb_event text_event(const struct text_record *rec, uint64_t time_ns);

#endif
