/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside expose: the series of endpoints, which outlive endpoints and snapshots. One is all endpoints
 * that are alike in all labels; what each snapshot adds goes to it.
 */
#ifndef URBSCOPE_EXPOSE_SERIES_H
#define URBSCOPE_EXPOSE_SERIES_H

#include "sink/expose/labels.h"
#include "sink/expose/tally.h"

/*
 * Snapshots take back what turns out to have been wrong: a submission that comes to fail, a stretch that
 * was held to go on. `sum` follows them, `shown` is the most that it ever was.
 */
struct counter {
	int64_t sum;
	uint64_t shown;
};

enum series_counter {
	SERIES_SUBMISSIONS,
	SERIES_COMPLETIONS,
	SERIES_REFUSED,
	SERIES_UNPAIRED,
	SERIES_LOST,
	SERIES_BYTES,
	SERIES_BURSTS,
	SERIES_BUSY_NS,
	SERIES_GAP_NS,
	SERIES_IDLE_NS,
	SERIES_UNPOSTED_NS,
	SERIES_DEPTH_NS,
	SERIES_COUNTERS,
};

enum series_tally {
	SERIES_DEPTHS,
	SERIES_GAPS,
	SERIES_LATENCY,
	SERIES_SERVICE,
	SERIES_TURNAROUND,
	SERIES_TALLIES,
};

struct series_status {
	int32_t status;		/* STATUS_OTHER: those that found no room */
	struct counter count;
};

#define SERIES_STATUSES 64
#define STATUS_OTHER	INT32_MIN

struct series {
	struct labels labels;
	/* The youngest of its endpoints that are plugged in, in the last snapshot; NULL: gone. */
	const struct endpoint_figures *now;
	uint64_t seen_at;	/* the last snapshot in which it was not gone, or its first */
	bool is_in;
	bool sees_depth;	/* a submission was seen */
	bool sees[SERIES_TALLIES];
	bool sees_parts;	/* of gaps */
	struct counter counter[SERIES_COUNTERS];
	struct counter part_ns[GAP_PARTS];
	struct tally tally[SERIES_TALLIES];
	struct series_status *status; /* other than 0; room for SERIES_STATUSES, NULL: none yet */
	size_t status_cnt;
};

struct series_table {
	struct series **series;	/* by the text of their labels */
	size_t cnt, capacity;
	size_t gone_max;
	struct series **of;	/* of each endpoint in the last snapshot; NULL: not known */
	struct series *gone;	/* the sum of those that found no room; NULL: none yet */
	uint64_t snapshots;
};

void series_table_release(struct series_table *table);

/*
 * Takes what `to` has more than `from`, NULL: all. Both must live until the next call: `now` points into
 * `to`. Returns 0, or -ENOMEM: something of it is missing.
 */
int series_take(struct series_table *table, const struct snapshot *to, const struct snapshot *from);

void counter_add(struct counter *counter, uint64_t to, uint64_t from);

#endif
