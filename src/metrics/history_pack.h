/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside metrics: the figures of an endpoint in few bytes. Numbers are of variable length, seven
 * bits a byte; distributions hold only what is not 0.
 */
#ifndef URBSCOPE_METRICS_HISTORY_PACK_H
#define URBSCOPE_METRICS_HISTORY_PACK_H

#include "metrics/figures.h"
#include "urbscope/history.h"

/* Grows; a failed allocation sets `failed`, and what is put in then is dropped. */
struct pack {
	uint8_t *bytes;
	size_t used, room;
	bool failed;
};

struct unpack {
	const uint8_t *at, *end;
};

/* One endpoint with its streams. */
void pack_endpoint(struct pack *pack, const struct endpoint_figures *total,
		   const struct endpoint_figures *interval);

/* The serial and the trend of the next endpoint; `at` goes behind it. False at the end. */
bool unpack_point(struct unpack *from, uint32_t *serial, struct history_point *point);

/* The serial of the next endpoint; it stays the next. False at the end. */
bool unpack_serial(const struct unpack *from, uint32_t *serial);

/*
 * The next endpoint with its streams; what belongs to the run and to the interval lies in an arena
 * each. Of facts and addresses nothing is set: history_recall() takes them from a later total.
 */
void unpack_endpoint(struct unpack *from, struct arena *run, struct endpoint_figures *total,
		     struct arena *part, struct endpoint_figures *interval);

/* Goes behind the next endpoint. */
void unpack_skip(struct unpack *from);

#endif
