/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pictures in a page, as SVG that scales with it. Whatever carries a meaning by its colour says it
 * in words, too: what is drawn is in the label.
 */
#ifndef URBSCOPE_SINK_HTML_CHART_H
#define URBSCOPE_SINK_HTML_CHART_H

#include <stdio.h>

#include "urbscope/snapshot.h"

/*
 * The depth of an endpoint over the window, least to most and mean, with what share of each bin was
 * gaps under it; `most_bins` bins at most. `name` is the endpoint's, untrusted.
 */
void chart_depth(FILE *out, const char *name, const struct endpoint_figures *ep, uint64_t length_ns,
		 size_t most_bins);

/* One bar of a distribution. */
struct chart_bar {
	char label[64];		/* its title: "2 in flight", "1.00 us to 2.00 us" */
	double share;		/* 0..1; what is not 0 can be seen */
	const char *class;	/* or NULL */
};

/*
 * A distribution. `title` says of what, `summary` what it says in words (both may hold anything);
 * `from` and `to` stand under its ends.
 */
struct chart_bars {
	const char *title, *summary, *from, *to;
	const struct chart_bar *bars;
	size_t cnt;
};

void chart_bars(FILE *out, const struct chart_bars *chart);

/* A bar in one line, of the shares of busy time at 0, 1, 2-3, 4-7 and 8 or more in flight. */
void chart_bands(FILE *out, const struct endpoint_figures *ep);

#endif
