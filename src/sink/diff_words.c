// SPDX-License-Identifier: GPL-2.0
#include "sink/diff_words.h"

#include <math.h>
#include <stdio.h>

#include "urbscope/format.h"

/* From here on a change is told as a factor: +212 % is harder to see than x3.12. */
#define FACTOR_FROM 2.

const char *diff_label(enum compare_figure figure)
{
	static const char *const labels[] = {
		[COMPARE_THROUGHPUT] = "throughput", [COMPARE_DEPTH] = "mean depth",
		[COMPARE_GAP_SHARE] = "gap share",   [COMPARE_GAPS] = "gaps/URB",
		[COMPARE_LATENCY] = "latency",	     [COMPARE_ERRORS] = "errors",
		[COMPARE_REFUSED] = "refused",
	};

	return labels[figure];
}

void diff_value(enum compare_figure figure, const struct compare_estimate *e, char buf[DIFF_CELL])
{
	char a[FMT_SIZE], b[FMT_SIZE];

	switch (figure) {
	case COMPARE_THROUGHPUT:
		snprintf(buf, DIFF_CELL, "%s MB/s", fmt_mbps(a, e->value));
		break;
	case COMPARE_DEPTH:
		snprintf(buf, DIFF_CELL, "%s", fmt_mean(a, e->value));
		break;
	case COMPARE_GAP_SHARE:
	case COMPARE_GAPS:
		snprintf(buf, DIFF_CELL, "%s", fmt_percent(a, e->value));
		break;
	case COMPARE_LATENCY:
		snprintf(buf, DIFF_CELL, "%s", fmt_duration_tight(a, (uint64_t)llround(e->value)));
		break;
	default:
		snprintf(buf, DIFF_CELL, "%s/%s", fmt_count(a, e->count), fmt_count(b, e->of));
	}
}

/* So many decimals that an interval of this width has two digits, about. */
static int decimals_for(double width)
{
	if (width >= 4)
		return 0;
	return width >= 0.4 ? 1 : 2;
}

/* "x3.1" or "+12 %", with the interval. What does not fit has decimals to spare. */
static void change_in(const char *sign, const char *unit, const double value[3], char buf[DIFF_CELL])
{
	bool endless = !isfinite(value[2]);
	int decimals = endless ? 1 : decimals_for(value[2] - value[1]), used;
	char number[3][DIFF_CELL];

	do {
		for (int i = 0; i < 3; i++)
			snprintf(number[i], sizeof(number[i]), *sign == '+' ? "%+.*f" : "x%.*f", decimals,
				 value[i]);
		used = snprintf(buf, DIFF_CELL, "%s%s (95 %%: %s%s%s%s)", number[0], unit,
				endless ? "from " : "", number[1], endless ? "" : "..",
				endless ? "" : number[2]);
	} while (used > DIFF_CHANGE_WIDTH && decimals--);
}

static void difference(enum compare_figure figure, const struct compare_result *r,
		       char buf[DIFF_CELL])
{
	double factor[3] = { 1 + r->change, 1 + r->low, 1 + r->high };
	double percent[3] = { 100 * r->change, 100 * r->low, 100 * r->high };

	if (r->relative && r->change >= FACTOR_FROM)
		change_in("x", "", factor, buf);
	else if (r->relative || compare_is_share(figure))
		change_in("+", r->relative ? " %" : " points", percent, buf);
	else
		snprintf(buf, DIFF_CELL, "%s", r->change > 0 ? "there was none before" :
			 "there is none any more");
}

void diff_change(const struct compare_endpoint *ep, enum compare_figure figure, char buf[DIFF_CELL])
{
	const struct compare_result *r = &ep->result[figure];
	bool lost = ep->lost[COMPARE_BEFORE] || ep->lost[COMPARE_AFTER];
	const char *words = "";

	switch (r->verdict) {
	case COMPARE_HIGHER:
	case COMPARE_LOWER:
		difference(figure, r, buf);
		return;
	case COMPARE_NO_DIFFERENCE:
		words = "no difference told apart from noise";
		break;
	case COMPARE_TOO_SHORT:
		words = "too short to tell";
		break;
	case COMPARE_IN_DOUBT:
		words = lost ? "in doubt: events were lost" : "in doubt: events are missing";
		break;
	case COMPARE_UNLIKE:
		words = "not of the same moments";
		break;
	case COMPARE_ABSENT:
		break;
	}
	snprintf(buf, DIFF_CELL, "%s", words);
}

bool diff_shows(const struct compare_endpoint *ep, enum compare_figure figure)
{
	const struct compare_result *r = &ep->result[figure];

	if (r->verdict == COMPARE_ABSENT)
		return false;
	return figure != COMPARE_REFUSED || r->side[COMPARE_BEFORE].count ||
	       r->side[COMPARE_AFTER].count;
}
