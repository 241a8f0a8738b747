/* SPDX-License-Identifier: GPL-2.0 */
/* Writes events as usbmon's text does (drivers/usb/mon/mon_text.c), and as people send it. */
#ifndef URBSCOPE_TEST_MKTEXT_H
#define URBSCOPE_TEST_MKTEXT_H

#include <stdio.h>

#include "urbscope/event.h"

struct mktext_form {
	bool old;	/* 1t */
	bool quoted;	/* with prose between, and quoted in parts */
	bool crlf;
	bool broken;	/* lines go on after 76 columns, as mail programs have it */
	bool seconds;	/* stamps of 12.000345, as another tool writes them */
};

/*
 * SUBMIT, COMPLETE or SUBMIT_ERROR with the length it says and as much of `data`, 64 bytes, as
 * usbmon shows; `setup`: 8 bytes, of a control submission.
 */
void mktext_event(FILE *out, const struct mktext_form *form, const struct urb_event *ev,
		  const uint8_t *setup, const uint8_t *data);

#endif
