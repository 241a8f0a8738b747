/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The report of a run, as text for people and as JSON for programs. Both take a snapshot of the
 * whole run and a file, and return 0, or -errno of the first failure to write or of memory.
 */
#ifndef URBSCOPE_REPORT_H
#define URBSCOPE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "urbscope/findings.h"
#include "urbscope/json.h"
#include "urbscope/snapshot.h"

/* Schema "urbscope.report/1". */
int report_json(const struct snapshot *snap, FILE *out);

/*
 * A table laid out for `width` columns, at least 40; wider shows more. No escape sequences.
 * `utf8` as of text_locale_is_utf8().
 */
int report_text(const struct snapshot *snap, int width, bool utf8, FILE *out);

/*
 * A page that needs nothing else and fetches nothing, UTF-8 whatever the locale is. It draws what
 * it finds of struct endpoint_figures.course. Its size is bounded: the more endpoints, the coarser.
 */
int report_html(const struct snapshot *snap, FILE *out);

/*
 * One line of schema "urbscope.top/1": what happened in an interval, endpoints as in the report.
 * time_ns is the end of the interval on the clock of the source.
 */
int report_interval_json(const struct snapshot *interval, FILE *out);

/* An endpoint as an element of "endpoints", for other reports that hold some. */
void report_json_endpoint(struct json *j, const struct endpoint_figures *ep);

/*
 * A finding as a sentence without its object: "synchronous: never more than one URB in flight;
 * the bus waited for the host 13.2% of the busy time (40 gaps, longest 1.23 ms)". FINDING_SIZE is room
 * for any.
 */
#define FINDING_SIZE 640
void finding_sentence(const struct finding *f, char *buf, size_t size);

/* Its object: "1-1.2 0x81 bulk in", "1-1.2 0x81 #3"; empty for the run. Not yet clean. */
void finding_object(const struct finding *f, char *buf, size_t size);

/*
 * The names of the statuses other than 0, most frequent first: "EPIPE x3, EPROTO x1". Returns
 * how many bytes that takes, like snprintf().
 */
size_t status_names(const struct endpoint_figures *ep, char *buf, size_t size);

#endif
