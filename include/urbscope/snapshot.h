/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot: all figures of a run up to a moment, as plain values. Sinks see nothing else.
 * It is self-contained (one arena), so one may be kept and compared with a later one.
 * The words and the formulas are those of docs/figures.md.
 */
#ifndef URBSCOPE_SNAPSHOT_H
#define URBSCOPE_SNAPSHOT_H

#include "urbscope/course.h"
#include "urbscope/event.h"
#include "urbscope/hist.h"

/* Where the events came from, for the head of a report. Strings belong to the caller. */
struct snapshot_source {
	const char *kind;	/* "bpf", "usbmon", "pcap", ... */
	const char *path;	/* file, or NULL when live */
	const char *clock;	/* "monotonic", "realtime", "unknown" */
	uint64_t resolution_ns; /* of its time stamps */
	uint8_t sees;		/* enum urb_moment: what it can see at best */
	bool silent;		/* what it lost nobody tells */
};

/* A distribution of times. Counts, sums and maxima are exact, percentiles within 4.5 %. */
struct time_figures {
	bool seen;		/* false: the source cannot see it; shown as n/a */
	uint64_t count;
	uint64_t total_ns;
	uint64_t max_ns;
	double mean_ns;
	uint64_t p50_ns, p99_ns; /* 0 if count is 0 */
	const struct hist *hist; /* NULL if count is 0 */
};

/*
 * The time-weighted distribution of the number of URBs in flight over busy time (time with at
 * least one in flight, and gaps). time_ns[i] is exact; percentiles are exact depths.
 */
struct depth_figures {
	/* False: no submission was seen. Then only the arrays are set, for snapshot_interval(). */
	bool seen;
	double mean;
	uint32_t min, p1, p50, p99, max;
	const uint64_t *time_ns;
	size_t time_cnt;	/* entries in time_ns, trailing zeros cut; >= 1 if seen */
	const uint64_t *at_submit; /* [i]: submissions that brought the count to i */
	size_t at_submit_cnt;
};

/* Where the time of a gap goes, by the transfer that left nothing in flight and the one that ends it. */
enum gap_part {
	GAP_BEFORE_HANDLER,	/* given back, and its handler was not entered yet */
	GAP_IN_HANDLER,
	GAP_AFTER_HANDLER,	/* it has returned, and usb_submit_urb() was not called yet */
	GAP_IN_SUBMIT,		/* called, and the host controller driver had not accepted it yet */
	GAP_PARTS,
};

/* "before_handler", "in_handler", "after_handler", "in_submit". */
const char *gap_part_name(enum gap_part part);

struct gap_figures {
	uint64_t count, total_ns, max_ns;
	bool parted;		/* the source can tell parts */
	uint64_t part_ns[GAP_PARTS]; /* of total_ns; what is missing of it nobody has seen */
	double share;		/* of busy time, 0..1 */
	uint64_t p50_ns, p99_ns;
	const struct hist *hist; /* NULL if count is 0 */
};

struct status_count {
	int32_t status;		/* of completions: 0 or -errno */
	uint64_t count;
};

struct endpoint_figures {
	uint32_t ep;		/* urb_ep() */
	uint16_t stream;	/* 0 for the endpoint itself */
	uint8_t type;		/* enum urb_type */
	bool complete;		/* nothing lost, nothing unpaired, submissions were seen */
	bool certain;		/* false: after a loss, until what is in flight is known again */
	bool gone;		/* the device was unplugged */
	uint32_t serial;	/* of this endpoint in this run, from 1: stays when rows move */
	uint64_t gone_ns;	/* if gone: when */
	struct urb_facts facts;	/* all unknown where the source has none */

	struct {
		/* submitted + inherited = completed + open + missed */
		uint64_t submitted;	/* accepted in the window */
		uint64_t completed;	/* given back, inherited ones included, unpaired not */
		uint64_t inherited;	/* in flight when the window began */
		uint64_t inherited_late; /* of these, known by their completion only */
		uint64_t open;		/* in flight now */
		uint64_t missed;	/* ended unseen: the id was submitted again, or SYNC */
		uint64_t failed_submit; /* usb_submit_urb() returned an error */
		uint64_t unpaired;	/* completions without submission, and missed ones */
		uint64_t lost;		/* events known to be lost here */
	} transfers;
	const struct status_count *status; /* by status, 0 first, then falling */
	size_t status_cnt;
	uint64_t errors;	/* completions with a status other than 0 */
	uint64_t bytes;		/* sum of actual lengths */

	uint32_t in_flight_now;	/* while !certain: what was counted, which may be anything */
	uint32_t in_flight_max;	/* of the certain time */
	uint64_t busy_ns;
	uint64_t bursts;
	uint64_t idle_ns;	/* zero intervals of the idle threshold or longer */
	uint64_t unposted_ns;	/* IN endpoints: gap and idle time, else 0 */
	struct depth_figures depth;
	struct gap_figures gaps;
	struct time_figures latency, service, giveback_delay, handler, turnaround;

	const struct endpoint_figures *streams; /* by stream id; figures as above */
	size_t stream_cnt;
	/* NULL for streams, without traffic, and unless metrics_config.with_course asked for it. */
	const struct course *course;
};

/*
 * Did anything happen on it, or was anything in flight? A live source tells the facts of every
 * endpoint of a bus, and most of them do nothing.
 */
static inline bool endpoint_had_traffic(const struct endpoint_figures *ep)
{
	return ep->transfers.submitted || ep->transfers.completed || ep->transfers.inherited ||
	       ep->transfers.failed_submit || ep->transfers.unpaired || ep->transfers.lost;
}

struct snapshot {
	struct snapshot_source source;
	uint64_t start_ns, end_ns;	/* the window: first to last event, or to now when live */
	uint64_t idle_threshold_ns;
	struct {
		uint64_t submit, complete, submit_error;
		uint64_t lost;		/* known to be lost */
		uint64_t skipped;	/* read and not understood */
	} events;
	const struct endpoint_figures *endpoints; /* by bus, address, endpoint; gone ones too */
	size_t endpoint_cnt;
	/*
	 * Unplugged endpoints that made room for others (track_config.max_gone), added up: counts,
	 * times and distributions are sums, maxima the largest; ep is URB_EP_ANY, serial 0, nothing is
	 * known of the device, and there are no streams and no course. NULL: there are none. In an
	 * interval: those that made room in it, with the whole of their runs.
	 */
	const struct endpoint_figures *forgotten;
	uint64_t endpoints_forgotten;
	uint64_t endpoints_dropped;	/* did not fit into the table: their events are lost */
	uint64_t streams_dropped;	/* events that count in no stream, for the same reason */
};

/* Frees a snapshot made by metrics_snapshot() or snapshot_interval(). NULL is fine. */
void snapshot_free(struct snapshot *snap);

/*
 * What happened between two snapshots of one run: counts, times and distributions are the
 * differences, in_flight_now is that of `to`, in_flight_max the highest depth held for any certain
 * time in between. `from` NULL stands for the start of the run. Returns NULL with errno ENOMEM.
 *
 * The maximum of a difference of histograms is not known: figures say the upper boundary of the
 * highest bucket that grew, cut to the maximum so far. An inherited transfer that came to light
 * after `from` raised all levels of the run by one: differences are to `from` as it would have
 * been with this known, so that depth.time_ns[1] on is exact for the time in between. A gap
 * belongs to the interval in which it ends, with all of its length. A figure that fell (a
 * submission that came to fail) differs by 0.
 */
struct snapshot *snapshot_interval(const struct snapshot *from, const struct snapshot *to);

/*
 * The figures of the levels in an earlier snapshot of the same endpoint, as they would have been had
 * been known what has come to light since. With k transfers more from the beginning of the run on,
 * every level was k higher, there were no zero intervals, and all the time that was not spent at a
 * higher level was at level k. Other figures are not concerned.
 */
struct endpoint_earlier {
	const struct endpoint_figures *from;
	uint64_t shift;		/* k */
	uint64_t lowest_ns;	/* time at level k, if that is not 0 */
	uint64_t busy_ns, bursts, idle_ns, unposted_ns;
	const struct gap_figures *gaps;
	const struct time_figures *turnaround;
};

/* `window_ns` is the length of the window of `from`. `from` may be NULL: it was not there. */
struct endpoint_earlier endpoint_earlier(const struct endpoint_figures *from,
					 const struct endpoint_figures *to, uint64_t window_ns);

/* depth.time_ns[level] and depth.at_submit[level] of it. */
uint64_t earlier_time_ns(const struct endpoint_earlier *e, size_t level);
uint64_t earlier_at_submit(const struct endpoint_earlier *e, size_t level);

#endif
