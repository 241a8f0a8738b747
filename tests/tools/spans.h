/* SPDX-License-Identifier: GPL-2.0 */
/* When each transfer of an endpoint was in flight, and what follows from that the slow way. */
#ifndef URBSCOPE_TEST_SPANS_H
#define URBSCOPE_TEST_SPANS_H

#include "../lib/jsonread.h"

#define SPAN_OPEN UINT64_MAX
#define LEVELS	  1024

struct span {
	uint64_t start_ns, end_ns;	/* SPAN_OPEN: until the window ends */
};

struct spans {
	struct span *all;
	size_t cnt, room;
};

void spans_add(struct spans *s, uint64_t start_ns, uint64_t end_ns);

struct span_figures {
	uint64_t time_ns[LEVELS];	/* with so many in flight, up to the end; [0]: gaps */
	uint64_t gap_cnt, gap_max_ns;
};

/* Looks at all spans for every moment; what is open ends at end_ns. */
void spans_compute(const struct spans *s, uint64_t end_ns, uint64_t idle_ns, struct span_figures *out);

/* Prints what of the report's endpoint at `where` differs; true: something does. */
bool spans_differ(const struct span_figures *f, const struct json_value *report, const char *where);

/* A file as a whole, with a NUL behind it; "-": standard input. NULL: it cannot be read. */
char *slurp(const char *path, size_t *size);

struct json_value *read_report(const char *path);

#endif
