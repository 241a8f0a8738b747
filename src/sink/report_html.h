/* SPDX-License-Identifier: GPL-2.0 */
/* Inside sinks: the parts of report_html(). */
#ifndef URBSCOPE_SINK_REPORT_HTML_H
#define URBSCOPE_SINK_REPORT_HTML_H

#include <stdio.h>

#include "urbscope/findings.h"

/* What depends on how many endpoints there are to be shown. */
struct html_measure {
	size_t most_bins;	/* of a picture */
	size_t most_moments;	/* of each kind, for an endpoint; 0: its table is left out */
	bool open;		/* details are unfolded, */
	bool open_moments;	/* and the tables in them */
};

/* The details of an endpoint, to which links lead by "#eN", N its serial. */
void report_html_endpoint(FILE *out, const struct snapshot *snap, const struct endpoint_figures *ep,
			  const struct html_measure *measure);

/* The transfers around its worst moments. */
void report_html_moments(FILE *out, const struct snapshot *snap, const struct endpoint_figures *ep,
			 const struct html_measure *measure);

/* "3-1 0x81 bulk in" */
#define ENDPOINT_NAME_SIZE 80
void report_html_name(const struct endpoint_figures *ep, char buf[ENDPOINT_NAME_SIZE]);

#endif
