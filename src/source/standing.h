/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands at a moment of a recording: which transfers are in flight, what is known of devices,
 * which endpoints an earlier loss leaves in doubt. Told at that moment, it lets a tracker and its
 * metrics begin there as if they had seen what was before.
 *
 * It follows the rules of docs/figures.md, which the tracker (pairs) and metrics (doubt) follow
 * too; a source sees neither.
 */
#ifndef URBSCOPE_SOURCE_STANDING_H
#define URBSCOPE_SOURCE_STANDING_H

#include "urbscope/idmap.h"
#include "urbscope/source.h"

/* A transfer in flight; or an id that its endpoint has seen, while that keeps it from being inherited. */
struct stand {
	struct urb_event ev;	/* that began it */
	uint64_t start_ns;
	uint32_t endpoint;
	uint32_t prev, next;	/* of the endpoint; next: of free ones too */
	bool open;
	bool confirmed;		/* named by INFLIGHT since the last SYNC */
};

struct stand_endpoint {
	uint32_t ep;
	uint32_t level, first;
	bool paired;		/* inherits nothing more */
	bool gone;
	bool doubtful, doubted, awaits_sync;
	uint64_t until_ns;	/* what was lost is not younger */
	uint64_t lost, any_lost; /* since it came into doubt: here, and anywhere */
	bool streams_known;	/* and so many bulk streams are on: */
	uint32_t streams;
	uint32_t gone_any_cnt;	/* losses on any endpoint before it went */
	struct urb_facts *facts; /* NULL: none told */
};

struct standing {
	struct idmap by_ep, ids;
	struct stand_endpoint *endpoints;
	uint32_t endpoint_cnt, endpoint_room;
	struct stand *stands;
	uint32_t stand_cnt, stand_room, stand_free;
	uint32_t open_cnt;
	bool lost;		/* ever */
	uint32_t any_cnt;	/* losses on any endpoint, ever */
	bool any_doubt, any_awaits_sync; /* they concern endpoints that show up now, too */
	uint64_t any_until_ns;
	uint64_t now_ns;
	bool news;		/* *doubted of the current event */
};

/* NULL with errno ENOMEM. */
struct standing *standing_new(void);
void standing_free(struct standing *self);

/*
 * The next event, at `now_ns`, which never runs backwards. *doubted: its endpoint comes into doubt
 * with it, though it is no LOST itself: because of a loss that was told before. 0 or -ENOMEM.
 */
int standing_feed(struct standing *self, const struct urb_event *ev, uint64_t now_ns, bool *doubted);

/*
 * Emits what stands, as of `now_ns`. `walks`: the source has named what was in flight at its beginning,
 * so all is known; else it is where an endpoint inherits nothing more. There SYNC says so.
 */
void standing_tell(const struct standing *self, uint64_t now_ns, bool walks, source_emit emit,
		   void *ctx);

/* Is a completion of an unknown id on this endpoint not of a transfer that was inherited? */
bool standing_told(const struct standing *self, const struct urb_event *complete);

/* Were events lost, so that what comes may leave endpoints in doubt again? */
bool standing_lost(const struct standing *self);

#endif
