/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracker pairs submissions with completions and knows what is in flight, by endpoint and
 * by stream. It takes events in order of time, from any source, and hands each one's effect to
 * its caller as a struct track_step. It calls no clock, prints nothing and, once its tables have
 * grown to the size of the run, allocates nothing.
 *
 *	struct track_step step;
 *
 *	tracker_feed(tracker, &event, &step);
 *	do
 *		metrics_apply(metrics, &step);
 *	while (tracker_next(tracker, &step));
 *
 * Time never runs backwards behind the tracker: an event that is older than its predecessor is
 * taken as of the same time. FACTS carry knowledge, not traffic: their time counts for nothing.
 * What does not fit into memory or into the limits of the config becomes a loss, not an error.
 *
 * What ends a transfer, apart from its completion:
 *  - a submission of its id (or HANDLER without COMPLETE): its completion was missed;
 *  - SYNC, if no INFLIGHT has named it since the SYNC before and it is not younger than that;
 *  - SUBMIT_ERROR of its id without URB_F_ACTIVE.
 * A completion of an id that is not open is inherited if its endpoint has neither seen the id
 * nor a paired completion before, and is not the successor of one that was unplugged, and if it is
 * without URB_F_TOLD; any other is unpaired.
 */
#ifndef URBSCOPE_TRACK_H
#define URBSCOPE_TRACK_H

#include "urbscope/event.h"

#define TRACK_NONE UINT32_MAX

/* Zero means the default for everything. */
struct track_config {
	bool has_start;		/* the run began at start_ns, not with its first event */
	uint64_t start_ns;
	uint32_t max_endpoints;	/* default 4,096; over it, unplugged ones make room */
	uint32_t max_gone;	/* so many unplugged ones stay when others come; default: all */
	uint32_t max_streams;	/* default 4,096, of all endpoints together */
	uint32_t max_in_flight;	/* default 262,144; a submission over it counts as lost */
};

enum track_kind {
	/* Nothing that a figure depends on: a confirmation, an event of an unknown endpoint. */
	TRACK_NOTHING,
	/* .level and .stream_level rose: a submission, or a transfer inherited and named. */
	TRACK_SUBMITTED,
	TRACK_INFLIGHT,
	/* .level and .stream_level fell: `transfer` was given back. */
	TRACK_COMPLETED,
	/* ... ended unseen, at an unknown time up to now. */
	TRACK_MISSED,
	/* ... counted from its S to its E record (usbmon), and was no submission after all. */
	TRACK_FAILED_OPEN,
	/*
	 * A transfer was given back of which nothing was known, and so was in flight since the
	 * run began: all levels so far were one too low. .level is what it was, and is now right.
	 */
	TRACK_INHERITED,
	TRACK_UNPAIRED,		/* a completion without a submission */
	TRACK_FAILED,		/* a submission that was refused outright */
	/*
	 * All that will be known of a transfer whose COMPLETE said URB_F_HANDLER_FOLLOWS is
	 * known: its HANDLER event was seen, or was lost (URB_HANDLER not in transfer.seen).
	 */
	TRACK_SETTLED,
	TRACK_RETURNED,
	TRACK_LOST,		/* .endpoint is TRACK_NONE if it may concern any */
	TRACK_SYNCED,		/* .level is what was in flight at the event's time_ns, and since */
	TRACK_FACTS,
	TRACK_GONE,		/* .endpoint was unplugged */
	TRACK_STREAMS,		/* as the event; nothing in flight changes */
	TRACK_DROPPED,		/* no room for the endpoint: the event is lost */
};

/* A transfer, with the moments that were seen of it. */
struct track_transfer {
	uint64_t id;
	uint64_t start_ns;	/* when it began to count as in flight */
	uint64_t submit_ns, queued_ns, done_ns, handler_ns; /* valid if in .seen */
	uint8_t seen;		/* enum urb_moment */
	bool inherited;		/* by INFLIGHT or as in TRACK_INHERITED */
};

struct track_step {
	uint8_t kind;		/* enum track_kind */
	bool new_endpoint;	/* .endpoint is used for the first time, or anew */
	bool new_stream;	/* the same for .stream */
	bool settled_later;	/* COMPLETED, INHERITED: a SETTLED step may follow */
	bool stream_dropped;	/* no room for this stream: in the figures of .endpoint only */
	bool first_dropped;	/* DROPPED: this endpoint's first event */
	bool sync_follows;	/* LOST: a SYNCED step will tell when it is over */
	uint32_t ep;		/* urb_ep() */
	/* Index, small and dense; TRACK_NONE: none. One in use made room if .new_endpoint says so. */
	uint32_t endpoint;
	uint32_t stream;	/* index, small and dense over all endpoints; TRACK_NONE: none */
	uint32_t predecessor;	/* new_endpoint: the one unplugged here before; TRACK_NONE: none */
	uint32_t serial;	/* of the endpoint: never used again */
	uint32_t level, stream_level; /* in flight after this step */
	uint64_t lost_cnt;	/* LOST, DROPPED: events */
	uint64_t lost_until_ns;	/* LOST: none of them was later */
	uint64_t time_ns;	/* of the event, never less than that of the step before */
	const struct urb_event *event; /* the caller's */
	/* SUBMITTED to INHERITED, SETTLED; of a SUBMITTED what is known of it so far. */
	struct track_transfer transfer;
};

struct tracker;

/* NULL config: all defaults. Returns NULL with errno ENOMEM. */
struct tracker *tracker_new(const struct track_config *config);
void tracker_free(struct tracker *self);

/*
 * Takes the next event and tells its first effect. `event` must live until the last step was
 * fetched.
 */
void tracker_feed(struct tracker *self, const struct urb_event *event, struct track_step *step);

/*
 * With many transfers in flight, what an event needs is in no near cache, and each place tells
 * where the next one is. tracker_ahead() goes that way for `cnt` events (TRACK_AHEAD at most)
 * that will be fed next, all at once, so that they wait together instead of one after the other.
 * Returns how many endpoints, by index, it has put into endpoint[] for metrics_ahead(). They are
 * a good guess; nothing depends on them but time.
 */
#define TRACK_AHEAD 64

uint32_t tracker_ahead(const struct tracker *self, const struct urb_event *event, uint32_t cnt,
		       uint32_t *endpoint);

/* False: so little is known that all of it is near, and tracker_ahead() would only take time. */
bool tracker_ahead_pays(const struct tracker *self);

/* Further effects of the same event, in order; false: there are none. */
bool tracker_next(struct tracker *self, struct track_step *step);

/* Transfers in flight on all endpoints. */
uint32_t tracker_in_flight(const struct tracker *self);

/* One that is in flight. */
struct track_open {
	uint64_t id;
	uint64_t start_ns;	/* when it began to count */
	uint32_t ep;		/* urb_ep() */
	uint16_t stream;
};

/* Names each transfer in flight, in no order: for who begins to write a recording now. */
void tracker_each_open(const struct tracker *self,
		       void (*see)(void *ctx, const struct track_open *open), void *ctx);

#endif
