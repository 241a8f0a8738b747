// SPDX-License-Identifier: GPL-2.0
#include "compare/figure.h"

#define FIELDS(x_, y_) .x = offsetof(struct batch, x_), .y = offsetof(struct batch, y_)

static const struct figure figures[COMPARE_FIGURES] = {
	[COMPARE_THROUGHPUT] = {
		.name = "throughput", FIELDS(bytes, busy_ns), .unit = 1e9, .needs = NEEDS_DEPTH,
		.worse = WORSE_IF_LOWER, .relative = true, .positive = true,
	},
	[COMPARE_DEPTH] = {
		.name = "depth", FIELDS(level_ns, busy_ns), .unit = 1, .needs = NEEDS_DEPTH,
		.relative = true, .positive = true,
	},
	[COMPARE_GAP_SHARE] = {
		.name = "gap_share", FIELDS(gap_ns, busy_ns), .unit = 1, .needs = NEEDS_DEPTH,
		.worse = WORSE_IF_HIGHER, .share = true,
	},
	[COMPARE_GAPS] = {
		.name = "gaps", FIELDS(gaps, completed), .unit = 1, .needs = NEEDS_DEPTH,
		.worse = WORSE_IF_HIGHER, .share = true, .counted = true,
	},
	[COMPARE_LATENCY] = {
		.name = "latency", FIELDS(latency_ns, latency_cnt), .unit = 1,
		.needs = NEEDS_LATENCY, .relative = true, .positive = true,
	},
	[COMPARE_ERRORS] = {
		.name = "errors", FIELDS(failures, completed), .unit = 1, .worse = WORSE_IF_HIGHER,
		.share = true, .counted = true,
	},
	[COMPARE_REFUSED] = {
		.name = "refused", FIELDS(refused, submissions), .unit = 1,
		.worse = WORSE_IF_HIGHER, .share = true, .counted = true,
	},
};

const struct figure *compare_figure_of(enum compare_figure figure)
{
	return &figures[figure];
}

const char *compare_figure_name(enum compare_figure figure)
{
	return figures[figure].name;
}

bool compare_is_share(enum compare_figure figure)
{
	return figures[figure].share;
}

const char *compare_verdict_name(enum compare_verdict verdict)
{
	static const char *const names[] = {
		[COMPARE_ABSENT] = "absent",
		[COMPARE_NO_DIFFERENCE] = "no-difference",
		[COMPARE_HIGHER] = "higher",
		[COMPARE_LOWER] = "lower",
		[COMPARE_TOO_SHORT] = "too-short",
		[COMPARE_IN_DOUBT] = "in-doubt",
		[COMPARE_UNLIKE] = "unlike-sources",
	};

	return names[verdict];
}

bool compare_is_worse(enum compare_figure figure, enum compare_verdict verdict)
{
	switch (figures[figure].worse) {
	case WORSE_IF_LOWER:
		return verdict == COMPARE_LOWER;
	case WORSE_IF_HIGHER:
		return verdict == COMPARE_HIGHER;
	default:
		return false;
	}
}
