/* SPDX-License-Identifier: GPL-2.0 */
/* Inside expose: which metrics there are, in the order in which they are written. */
#ifndef URBSCOPE_EXPOSE_FAMILIES_H
#define URBSCOPE_EXPOSE_FAMILIES_H

#include "sink/expose/series.h"
#include "sink/expose/write.h"

/* Of all events of the source: they never fall. */
struct run_counters {
	struct counter submit, complete, refused, lost, skipped, dropped;
};

/* `snap` may be NULL: then there is nothing of the run. */
void put_source(struct writer *w, const struct snapshot *snap, const struct run_counters *counters,
	     const struct expose_agent *agent);
void put_endpoints(struct writer *w, const struct series_table *table);
void put_agent(struct writer *w, const struct expose_agent *agent);

/* One sample; the first of a family begins it. */
void put_value(struct writer *w, const struct family *family, const struct labels *base,
	       const struct label *extra, struct value value);

/* After the last one. */
void put_end(struct writer *w);

static inline struct value units(uint64_t number)
{
	return (struct value){ .number = number };
}

static inline struct value seconds(uint64_t ns)
{
	return (struct value){ .number = ns, .is_ns = true };
}

/* To begin a family whose samples are not single values. */
void put_begin(struct writer *w, const struct family *family);

#endif
