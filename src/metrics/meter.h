/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside metrics. A meter is the running account of one endpoint or one stream.
 *
 * While it is doubtful, from the first moment of a loss until the endpoint is certain again, the
 * level may be anything and pairs may be wrong: events are counted, no time is booked.
 *
 * The level is held from since_ns on; what it held before is in cells. Nothing is booked while
 * the level is 0: the next submission says whether that was a gap or idle.
 */
#ifndef URBSCOPE_METRICS_METER_H
#define URBSCOPE_METRICS_METER_H

#include "urbscope/metrics.h"

struct tracers;

/* Units of 64 bytes, handed out by number from chunks that never move. */
struct pool {
	char **chunks;
	uint32_t chunk_cnt, chunk_capacity;
	uint32_t used;		/* units, of all chunks */
	uint32_t free_group, free_hist; /* numbers; 0: none */
};

void pool_release(struct pool *pool);

enum { HIST_GROUPS = HIST_OCTAVES + 1 };

/* A histogram of which only the octaves in use have memory: four units. */
struct lazy_hist {
	uint64_t count, sum, max;
	uint32_t group[HIST_GROUPS]; /* units of 8 buckets; 0: all are 0 */
	uint32_t unit;
} __attribute__((aligned(64)));

/* Adds a time; *h may be NULL at first. Returns 0 or -ENOMEM. */
int lazy_hist_add(struct pool *pool, struct lazy_hist **h, uint64_t ns);
/* Adds all times of another. Returns 0 or -ENOMEM. */
int lazy_hist_merge(struct pool *pool, struct lazy_hist **h, const struct lazy_hist *from);
void lazy_hist_reset(struct pool *pool, struct lazy_hist *h);
void lazy_hist_release(struct pool *pool, struct lazy_hist **h);
/* `to` is zeroed. */
void lazy_hist_export(const struct pool *pool, const struct lazy_hist *h, struct hist *to);

/* Time and submissions of one level. */
struct cell {
	uint64_t time_ns;	/* cell 0: not used, gap time is the sum of gaps */
	uint64_t at_submit;
};

enum meter_hist {
	METER_LATENCY,
	METER_SERVICE,
	METER_GIVEBACK,
	METER_HANDLER,
	METER_TURNAROUND,
	METER_GAP,
	METER_HISTS,
};

/* Where the time of gaps went, and what is known of the transfer that has left nothing in flight. */
struct gap_parts {
	uint64_t ns[GAP_PARTS];
	bool watching;		/* its handler will be told of */
	uint64_t id;
	uint64_t handler_ns, returned_ns; /* UINT64_MAX: not yet */
};

/* Lines of the cache: 1 for each submission, 1 and 2 for each completion. */
struct meter {
	uint64_t since_ns;	/* when the level was last booked, or fell to 0 */
	struct cell *cells;	/* of level 0; there are cell_room unused ones before it */
	uint32_t cell_cnt;
	uint32_t level;
	uint32_t max;		/* of levels held for some time */
	uint8_t type;
	bool used, gone, start_seen;
	bool doubtful, doubted;	/* events were lost and it has not been certain since; ever */
	bool has_parts;		/* spares a look at .parts */
	bool awaits_sync;	/* doubtful: until the source has looked, whatever the level does */
	uint64_t active_ns;	/* time with level >= 1 */
	uint64_t submitted, completed, bytes;

	struct lazy_hist *hist[METER_HISTS];
	uint64_t ok;		/* completions with status 0 */
	uint64_t bursts;	/* 0: no transfer yet */

	uint64_t idle_ns;
	struct status_count *status; /* other than 0 */
	uint32_t status_cnt, status_capacity;
	uint32_t cell_room;
	uint32_t ep, serial;
	uint32_t next_stream;	/* of an endpoint: its first stream, of a stream: the next */
	uint64_t doubt_until_ns; /* if doubted: what was lost is not younger than that */
	uint64_t certain_ns;	/* if doubted: when it was certain again */
	uint16_t stream;
	struct urb_facts *facts; /* NULL: all unknown */
	struct gap_parts *parts; /* NULL: no handler was seen yet */
	uint64_t inherited, inherited_late, missed, failed_submit, unpaired;
	uint64_t lost;		/* on this endpoint, or on any while it was there */
	uint64_t gone_ns;	/* when it was unplugged, */
	uint64_t gone_lost;	/* any_lost then, */
	uint32_t gone_any_cnt;	/* and any_cnt */
} __attribute__((aligned(64)));

struct meters {
	struct meter *meter;
	uint32_t cnt, capacity;
};

struct metrics {
	struct metrics_config config;
	bool started;
	uint64_t start_ns, last_ns;
	struct meters endpoints, streams;
	struct pool pool;
	uint64_t submit, complete, submit_error, lost;
	uint64_t any_lost;	/* events lost on any endpoint */
	uint32_t any_cnt;	/* how many times that was told */
	bool any_doubt;		/* and it concerns endpoints that show up now, too */
	bool any_awaits_sync;
	uint64_t any_until_ns;
	uint64_t endpoints_dropped, streams_dropped;
	struct {
		struct meter *sum; /* NULL: there are none; of what a meter knows of itself */
		uint64_t cnt, lost, unposted_ns;
	} forgotten;
	struct tracers *tracers; /* NULL: no course was asked for */
};

/* NULL if there is none of that index. */
static inline struct meter *meters_get(const struct meters *meters, uint32_t index)
{
	if (index >= meters->cnt || !meters->meter[index].used)
		return NULL;
	return &meters->meter[index];
}

/* What meters need of the run. */
struct meter_run {
	struct pool *pool;
	uint64_t start_ns;
	uint64_t idle_threshold_ns;
};

/*
 * A transfer begins at `now`; the driver's call was at `submit_ns`. Returns 0 or -ENOMEM: then
 * the level is right, and what could not be booked is missing.
 */
int meter_start(struct meter *m, const struct meter_run *run, uint64_t now, uint64_t submit_ns);

/* Events may have been lost up to until_ns; only SYNCED can tell when that is over, or any drain. */
struct doubt {
	uint64_t until_ns;
	bool awaits_sync;
};

/* Books up to `now`, and nothing from then on; or takes the level for true from now on. */
void meter_doubt(struct meter *m, uint64_t now, const struct doubt *doubt);
void meter_trust(struct meter *m, uint64_t now);

/* Counts a submission at the present level. */
void meter_at_submit(struct meter *m);

/*
 * parts.c. parts_watch() after an end that has left nothing in flight; 0 or -ENOMEM. The others only if
 * .parts is there: the transfer's handler was entered, has returned; the gap ends.
 */
int parts_watch(struct meter *m, const struct track_step *step);
void parts_handler(struct meter *m, const struct track_transfer *t);
void parts_returned(struct meter *m, const struct track_step *step);
void parts_book(struct meter *m, uint64_t now, uint64_t submit_ns);

/* A transfer ends. */
void meter_end(struct meter *m, uint64_t now);

/*
 * A transfer ends that was in flight since the run began and was not counted. Nothing has been in
 * doubt until now: after a loss the tracker finds none.
 */
int meter_inherit(struct meter *m, const struct meter_run *run, uint64_t now);

/* So many completions more have that status. */
int meter_status(struct meter *m, int32_t status, uint64_t count);

/* After a loss an id may have lived twice: are the times of this transfer those of one life? */
static inline bool meter_times_hold(const struct meter *m, const struct track_transfer *t)
{
	return !m->doubted || (!m->doubtful && t->start_ns >= m->certain_ns);
}

/* Its latency, and when that began; false if one of its ends was not seen. */
static inline bool transfer_latency(const struct track_transfer *t, uint64_t *from_ns, uint64_t *ns)
{
	uint64_t last = t->seen & URB_HANDLER ? t->handler_ns : t->done_ns;

	*from_ns = t->seen & URB_SUBMIT ? t->submit_ns : t->queued_ns;
	*ns = last > *from_ns ? last - *from_ns : 0;
	return t->seen & (URB_SUBMIT | URB_QUEUED) && t->seen & (URB_DONE | URB_HANDLER);
}

/* Frees what the meter holds and forgets all. */
void meter_reset(struct meter *m, struct pool *pool);

/* Adds what a meter with nothing in flight has counted and booked. 0 or -ENOMEM. */
int meter_merge(struct meter *m, struct pool *pool, const struct meter *from);

/* forgotten.c: a meter is about to be used for another endpoint. 0 or -ENOMEM. */
int forgotten_add(struct metrics *self, const struct meter *m);
void forgotten_release(struct metrics *self);

/*
 * doubt.c: which endpoints may be told wrong, and when that is over.
 *
 * A loss is a stretch: it begins at the step's time, and what was lost is not younger than
 * doubt_until_ns. Whatever the level does in between, it is in doubt: an endpoint that drains early
 * in the stretch may lose something later in it.
 */
void doubt_lost(struct metrics *self, const struct track_step *step);

/* The queues were looked at, at the event's time; a loss told meanwhile may be younger than that. */
void doubt_synced(struct metrics *self, struct meter *m, const struct track_step *step);
void doubt_any_synced(struct metrics *self, const struct urb_event *sync);

/* Of a meter that was in doubt once: what this step of a transfer says of its level. */
void doubt_judge(struct metrics *self, struct meter *m, const struct track_step *step);

/*
 * Losses on any endpoint concern one that shows up later too: its first events may be among
 * them. It is known that it was not there yet if it follows an unplugged one (`old`, or NULL), or
 * if the queues have been looked at since. What may go on being lost concerns it in any case.
 */
bool doubt_at_birth(const struct metrics *self, const struct meter *old, uint64_t now,
		    struct doubt *doubt);

#endif
