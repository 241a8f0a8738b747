/* SPDX-License-Identifier: GPL-2.0 */
/* Inside expose: what a format must be able to write, and what it is given. */
#ifndef URBSCOPE_EXPOSE_WRITE_H
#define URBSCOPE_EXPOSE_WRITE_H

#include "sink/expose/labels.h"
#include "sink/expose/tally.h"
#include "urbscope/expose.h"

enum family_kind {
	FAMILY_COUNTER,
	FAMILY_GAUGE,
	FAMILY_INFO,		/* a gauge that is 1, where the format knows no better */
	FAMILY_SUMMARY,		/* count and sum alone */
	FAMILY_HISTOGRAM,
};

struct family {
	const char *name;	/* as OpenMetrics has it: without _total and _info */
	enum family_kind kind;
	const char *unit;	/* NULL: none; else the name ends with it */
	const char *help;	/* neither quotes nor line breaks */
};

/* A number, in units or, of a family whose unit is seconds, in ns. */
struct value {
	uint64_t number;
	bool is_ns;
};

/* A boundary of a classic histogram, and the last cell of a tally that is not over it. */
struct bound {
	char text[23];		/* as a label: the same in all formats, and in the Prometheus' own way */
	uint8_t text_len;
	double value;
	uint32_t cell;
};

/* Boundaries never change: histograms of all machines and all versions add up. */
#define TIME_BOUNDS  22
#define DEPTH_BOUNDS 14
extern const struct bound time_bounds[TIME_BOUNDS];
extern const struct bound depth_bounds[DEPTH_BOUNDS];

struct bounds {
	const struct bound *bound;
	size_t cnt;
	bool is_time;
};

struct writer {
	const struct writer_ops *ops;
	struct expose_out *out;
	const struct family *family; /* NULL: none was begun */
	size_t name_len;	/* of its name */
	size_t family_at;	/* where it begins in `out` */
	bool openmetrics;
	bool failed;		/* no memory */
};

struct writer_ops {
	/* The first sample of `family` follows; all of them together, and each family once. */
	void (*begin)(struct writer *w);
	/* `base` or `extra` may be NULL. */
	void (*value)(struct writer *w, const struct labels *base, const struct label *extra,
		      struct value value);
	void (*summary)(struct writer *w, uint64_t count, struct value sum);
	void (*histogram)(struct writer *w, const struct labels *base, const struct tally *tally,
			  const struct bounds *bounds);
	void (*end)(struct writer *w);	/* of the family that was begun */
	void (*finish)(struct writer *w);
};

extern const struct writer_ops text_writer, protobuf_writer;

/* Counts at each boundary, those below included. */
void bounds_count(const struct bounds *bounds, const struct tally *tally, uint64_t *cumulative);

#endif
