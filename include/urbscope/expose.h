/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Prometheus scrapes: a snapshot as metrics, in the three formats that scrapers ask for. Names,
 * units and definitions are those of docs/exporter.md.
 *
 *	e = expose_new(NULL);
 *	for each scrape {
 *		expose_take(e, metrics_snapshot(...));
 *		format = expose_choose(the request's Accept header);
 *		expose_write(e, format, &agent, &out);
 *		answer with expose_content_type(format) and out.data, out.len;
 *	}
 *
 * Counters never fall, whatever a snapshot corrects after the fact: what is shown is the sum of what
 * each snapshot added. Endpoints that are alike in all labels (a device that was plugged in again) are
 * one series: it goes on.
 */
#ifndef URBSCOPE_EXPOSE_H
#define URBSCOPE_EXPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "urbscope/check.h"
#include "urbscope/snapshot.h"

enum expose_format {
	EXPOSE_TEXT,		/* Prometheus' text format 0.0.4 */
	EXPOSE_OPENMETRICS,	/* OpenMetrics 1.0.0, text */
	EXPOSE_PROTOBUF,	/* io.prometheus.client, delimited; alone has native histograms */
	EXPOSE_FORMATS,
};

/*
 * The best format by an Accept header: the highest q-value, of equal ones the first named. EXPOSE_TEXT
 * if it is NULL or names nothing that there is.
 */
enum expose_format expose_choose(const char *accept);

/* The Content-Type of an answer. */
const char *expose_content_type(enum expose_format format);

/* "text", "openmetrics", "protobuf": the label of urbscope_scrapes_total. */
const char *expose_format_name(enum expose_format format);

/* Zero means the default for everything. */
struct expose_config {
	/*
	 * So many series of endpoints that are gone are kept; the rest, the longest gone first, are summed
	 * up under device="gone". Default EXPOSE_GONE_MAX.
	 */
	size_t gone_max;
};

#define EXPOSE_GONE_MAX 256

struct expose;

/* NULL config: all defaults. Returns NULL with errno ENOMEM. */
struct expose *expose_new(const struct expose_config *config);
void expose_free(struct expose *self);

/*
 * Takes the newest snapshot of a run, and takes it over: it is freed by the next call or by
 * expose_free(). All are of one run, in the order in which they were made. Returns 0, or -ENOMEM:
 * then some of what it added is missing for good.
 */
int expose_take(struct expose *self, struct snapshot *snap);

/* The one that was taken last, NULL before. */
const struct snapshot *expose_snapshot(const struct expose *self);

/* What a check says by now. Results of one name are one: the worst verdict, the sum of violations. */
struct expose_assertion {
	const char *name;	/* UTF-8 or not: it is cleaned */
	enum verdict verdict;
	uint64_t violations;
};

struct expose_http_code {
	unsigned int code;	/* 200 */
	uint64_t requests;
};

/* What the snapshot does not know. Strings may be NULL, which is "". */
struct expose_agent {
	const char *version;
	const char *level;	/* "basic", "full" */
	uint64_t start_wall_ns;	/* watching began, since 1970; 0: not known, and absent */
	struct {
		uint64_t cpu_ns;	/* user and system */
		uint64_t resident_bytes;
		uint64_t open_fds;
		uint64_t start_wall_ns; /* 0: nothing of the process is known, and all absent */
	} process;
	uint64_t scrapes[EXPOSE_FORMATS];
	uint64_t scrape_cnt, scrape_ns; /* finished ones, and what they took in all */
	const struct expose_http_code *codes;
	size_t code_cnt;
	const struct expose_assertion *assertions;
	size_t assertion_cnt;
};

/* Grows as needed; begins as { 0 }. `data` is malloc()ed, the caller's, and not a string. */
struct expose_out {
	char *data;
	size_t len, size;
};

/*
 * Writes all metrics behind what is in `out`. Nothing but the agent's facts is there before the first
 * expose_take(). Returns 0, or -ENOMEM: then out->len is what it was.
 */
int expose_write(struct expose *self, enum expose_format format,
		 const struct expose_agent *agent, struct expose_out *out);

#endif
