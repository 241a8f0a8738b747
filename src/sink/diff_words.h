/* SPDX-License-Identifier: GPL-2.0 */
/* Inside sink: what the text of a comparison and others that show it have in common. */
#ifndef URBSCOPE_SINK_DIFF_WORDS_H
#define URBSCOPE_SINK_DIFF_WORDS_H

#include "urbscope/compare.h"

#define DIFF_CELL	  48
#define DIFF_CHANGE_WIDTH 35	/* "no difference told apart from noise" */

/* "throughput", "mean depth", "gaps/URB", ... */
const char *diff_label(enum compare_figure figure);

/* The value of a figure: "5.76 MB/s", "37.1%", "211us", "3/8.42k"; "-" if there is none. */
void diff_value(enum compare_figure figure, const struct compare_estimate *e, char buf[DIFF_CELL]);

/*
 * What is to be said of the difference, in DIFF_CHANGE_WIDTH if that can be:
 * "+12 % (95 %: +9..+15)", "no difference told apart from noise", "too short to tell".
 */
void diff_change(const struct compare_endpoint *ep, enum compare_figure figure, char buf[DIFF_CELL]);

/* "17e9:6006 1-1", "bus 1 address 5": a device on one side. Not yet clean. */
void diff_device(const struct compare_device *device, char *buf, size_t size);

/* Is the figure worth a row? */
bool diff_shows(const struct compare_endpoint *ep, enum compare_figure figure);

#endif
