// SPDX-License-Identifier: GPL-2.0
/* What stands, as events. */
#include <string.h>

#include "standing.h"

struct teller {
	const struct standing *self;
	uint64_t now_ns;
	bool walks;
	source_emit emit;
	void *ctx;
	const struct stand_endpoint *first_lost; /* says what was lost on any endpoint */
};

static struct urb_event about(const struct teller *t, const struct stand_endpoint *e,
			      enum urb_event_kind kind)
{
	return (struct urb_event){
		.time_ns = t->now_ns,
		.ep = e->ep,
		.kind = kind,
		.type = e->facts ? e->facts->type : URB_TYPE_UNKNOWN,
	};
}

/* How and by whom it was submitted is a matter of the time when it was. */
static void tell_in_flight(const struct teller *t, const struct stand *s)
{
	struct urb_event ev = s->ev;

	ev.kind = URB_EV_INFLIGHT;
	ev.time_ns = t->now_ns;
	ev.seen &= URB_QUEUED;
	ev.flags = 0;
	ev.submit.submit_ns = ev.submit.complete_fn = 0;
	ev.submit.gfp = ev.submit.pid = 0;
	memset(ev.submit.comm, 0, sizeof(ev.submit.comm));
	t->emit(t->ctx, &ev);
}

/* The list has the youngest first. */
static void tell_all_in_flight(const struct teller *t, const struct stand_endpoint *e, bool confirmed)
{
	const struct stand *stands = t->self->stands;
	uint32_t last = e->first;

	while (last != IDMAP_NONE && stands[last].next != IDMAP_NONE)
		last = stands[last].next;
	for (uint32_t i = last; i != IDMAP_NONE; i = stands[i].prev) {
		if (stands[i].open && (!confirmed || stands[i].confirmed))
			tell_in_flight(t, &stands[i]);
	}
}

static void tell_lost(const struct teller *t, const struct stand_endpoint *e)
{
	struct urb_event ev = about(t, e, URB_EV_LOST);

	ev.flags = e->awaits_sync ? URB_F_SYNC_FOLLOWS : 0;
	ev.lost.count = e->lost + (e == t->first_lost ? e->any_lost : 0);
	ev.lost.until_ns = e->until_ns;
	/* INFLIGHT makes its transfer younger than the loss: its end must not prove that all is known */
	if (e->level && ev.lost.until_ns < t->now_ns)
		ev.lost.until_ns = t->now_ns;
	t->emit(t->ctx, &ev);
}

static void tell_endpoint(const struct teller *t, const struct stand_endpoint *e)
{
	struct urb_event ev;

	if (e->facts) {
		ev = about(t, e, URB_EV_FACTS);
		ev.facts = e->facts;
		t->emit(t->ctx, &ev);
	}
	if (e->streams_known) {
		ev = about(t, e, URB_EV_STREAMS);
		ev.streams.what = URB_STREAMS_ARE;
		ev.streams.result = e->streams;
		t->emit(t->ctx, &ev);
	}
	tell_all_in_flight(t, e, false);
	if (e->level && (t->walks || e->paired)) {
		/* what INFLIGHT has just named must not count as named for the next SYNC */
		ev = about(t, e, URB_EV_SYNC);
		t->emit(t->ctx, &ev);
		tell_all_in_flight(t, e, true);
	}
	if (e->doubtful)
		tell_lost(t, e);
}

/* A loss on any endpoint is counted once, on the one that has seen most of it. */
static const struct stand_endpoint *find_first_lost(const struct standing *self)
{
	const struct stand_endpoint *found = NULL;

	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		const struct stand_endpoint *e = &self->endpoints[i];

		if (e->doubtful && (!found || e->any_lost > found->any_lost))
			found = e;
	}
	return found;
}

/* Of what was unplugged only what has URBs in flight still; the device may be followed already. */
void standing_tell(const struct standing *self, uint64_t now_ns, bool walks, source_emit emit,
		   void *ctx)
{
	struct teller t = { self, now_ns, walks, emit, ctx, find_first_lost(self) };

	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		const struct stand_endpoint *e = &self->endpoints[i];
		struct urb_event gone = about(&t, e, URB_EV_GONE);

		if (!e->gone || !e->level)
			continue;
		tell_endpoint(&t, e);
		emit(ctx, &gone);
	}
	for (uint32_t i = 0; i < self->endpoint_cnt; i++) {
		if (!self->endpoints[i].gone)
			tell_endpoint(&t, &self->endpoints[i]);
	}
}
