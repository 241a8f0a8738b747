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

/* "17e9:6006 1-1 0x81 bulk in (after: 17e9:6006 1-2)". Not yet clean. */
#define DIFF_TITLE 400
void diff_title(const struct comparison *c, const struct compare_endpoint *ep, char *buf, size_t size);

/*
 * The endpoints without verdicts, if there are any: the title and why, "...: before only". Not yet
 * clean.
 */
bool diff_has_others(const struct comparison *c);
void diff_each_other(const struct comparison *c, void (*put)(void *ctx, const char *other), void *ctx);

/* The end of a long name is what tells it from others. */
const char *diff_end_of_name(const char *name, size_t most);

/* What is to be known of the whole, a sentence or two at a time. Not yet clean. */
void diff_each_note(const struct comparison *c, void (*put)(void *ctx, const char *note), void *ctx);

/* Is the figure worth a row? */
bool diff_shows(const struct compare_endpoint *ep, enum compare_figure figure);

#endif
