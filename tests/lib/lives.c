// SPDX-License-Identifier: GPL-2.0
#include "lives.h"

#include <string.h>

#include "run.h"

#define MAX_IDS 16

enum state { CLOSED, OPEN, WAITING, IN_HANDLER };

struct generator {
	const struct lives *lives;
	uint64_t *seed;
	struct urb_event *events;
	size_t cnt, max;
	uint64_t now;
	enum state state[LIVES_MAX_EPS][MAX_IDS];
	uint16_t stream[LIVES_MAX_EPS][MAX_IDS];
	uint64_t handler_ns[LIVES_MAX_EPS][MAX_IDS];
};

static bool chance(struct generator *g, unsigned int percent)
{
	return random_below(g->seed, 100) < percent;
}

void lives_draw(struct lives *lives, uint64_t *seed)
{
	lives->losses = random_below(seed, 2);
	lives->inherited = random_below(seed, 2);
	lives->handlers = random_below(seed, 2);
	lives->eps = 1 + random_below(seed, LIVES_MAX_EPS);
	lives->ids = 1 + random_below(seed, MAX_IDS);
	lives->streams = random_below(seed, 2) ? random_below(seed, 4) : 0;
	for (unsigned int i = 0; i < lives->eps; i++)
		lives->ep[i] = urb_ep(1, 2 + i / 2, i % 2 ? 0x81 : 0x02);
}

static struct urb_event *emit(struct generator *g, enum urb_event_kind kind, unsigned int e,
			      unsigned int id)
{
	struct urb_event *ev;
	uint64_t back = 0;

	if (g->cnt == g->max || (g->lives->losses && chance(g, 5)))
		return NULL;
	if (chance(g, 1))
		back = random_below(g->seed, 50);
	ev = &g->events[g->cnt++];
	*ev = plain_event(kind, g->now > back ? g->now - back : 0, 0x1000 + id * 0x100,
			  g->lives->ep[e]);
	ev->stream = g->stream[e][id];
	ev->type = URB_TYPE_BULK;
	return ev;
}

static void pass_time(struct generator *g)
{
	uint64_t r = random_below(g->seed, 100);

	if (r < 35)
		return;
	if (r < 90)
		g->now += random_below(g->seed, 300);
	else if (r < 97)
		g->now += LIVES_IDLE_NS - 2 + random_below(g->seed, 5);
	else
		g->now += random_below(g->seed, 20000);
}

static void do_submit(struct generator *g, unsigned int e, unsigned int id)
{
	struct urb_event *ev;

	g->stream[e][id] = g->lives->streams ? random_below(g->seed, g->lives->streams + 1) : 0;
	g->state[e][id] = OPEN;
	ev = emit(g, URB_EV_SUBMIT, e, id);
	if (!ev)
		return;
	ev->seen = URB_SUBMIT;
	ev->submit.submit_ns = ev->time_ns;
	if (g->lives->handlers) {
		ev->seen |= URB_QUEUED;
		ev->submit.submit_ns -= random_below(g->seed, 80) % (ev->time_ns + 1);
		if (chance(g, 5))
			ev->seen = URB_QUEUED;
	}
}

static void do_complete(struct generator *g, unsigned int e, unsigned int id)
{
	static const int status[] = { 0, 0, 0, 0, -121, -104, -2, -32 };
	struct urb_event *ev = emit(g, URB_EV_COMPLETE, e, id);

	g->state[e][id] = g->lives->handlers ? WAITING : CLOSED;
	if (!ev)
		return;
	ev->complete.status = status[random_below(g->seed, 8)];
	ev->complete.length = random_below(g->seed, 4096);
	ev->seen = g->lives->handlers ? URB_DONE : URB_HANDLER;
	if (g->lives->handlers)
		ev->flags = URB_F_HANDLER_FOLLOWS;
}

static void do_handler(struct generator *g, unsigned int e, unsigned int id)
{
	struct urb_event *ev = emit(g, URB_EV_HANDLER, e, id);

	g->state[e][id] = IN_HANDLER;
	g->handler_ns[e][id] = g->now;
	if (ev)
		ev->seen = URB_HANDLER;
}

static void do_returned(struct generator *g, unsigned int e, unsigned int id)
{
	struct urb_event *ev = emit(g, URB_EV_RETURNED, e, id);

	g->state[e][id] = CLOSED;
	if (!ev)
		return;
	ev->seen = URB_RETURNED;
	ev->returned.handler_ns = g->handler_ns[e][id];
}

static void do_refuse(struct generator *g, unsigned int e, unsigned int id)
{
	struct urb_event *ev = emit(g, URB_EV_SUBMIT_ERROR, e, id);
	bool active = g->state[e][id] == OPEN && chance(g, 50);

	if (g->state[e][id] == OPEN && !active)
		g->state[e][id] = CLOSED;
	if (!ev)
		return;
	ev->seen = URB_SUBMIT;
	ev->flags = active ? URB_F_ACTIVE : 0;
	ev->submit_error.error = active ? -16 : -19;
}

/* A walk of the queue: names all in flight, now and then not the whole of it. */
static void do_sync(struct generator *g, unsigned int e)
{
	struct urb_event *ev;

	for (unsigned int id = 0; id < g->lives->ids; id++)
		if (g->state[e][id] == OPEN)
			emit(g, URB_EV_INFLIGHT, e, id);
	ev = emit(g, URB_EV_SYNC, e, 0);
	if (ev) {
		ev->id = 0;
		ev->stream = 0;
	}
}

static void do_something(struct generator *g)
{
	unsigned int e = random_below(g->seed, g->lives->eps);
	unsigned int id = random_below(g->seed, g->lives->ids);

	if (chance(g, 3)) {
		do_refuse(g, e, id);
		return;
	}
	if (g->lives->losses && chance(g, 2)) {
		do_sync(g, e);
		return;
	}
	switch (g->state[e][id]) {
	case CLOSED:
		do_submit(g, e, id);
		break;
	case OPEN:
		do_complete(g, e, id);
		break;
	case WAITING:
		do_handler(g, e, id);
		break;
	case IN_HANDLER:
		if (chance(g, 50))
			do_submit(g, e, id);
		else
			do_returned(g, e, id);
		break;
	}
}

void lives_generate(const struct lives *lives, uint64_t *seed, struct urb_event *events,
		    size_t cnt)
{
	struct generator g = { .lives = lives, .seed = seed, .events = events, .max = cnt };

	g.now = random_below(seed, 100000);
	for (unsigned int e = 0; lives->inherited && e < lives->eps; e++) {
		for (unsigned int id = 0; id < lives->ids; id++) {
			if (chance(&g, 50))
				continue;
			g.state[e][id] = OPEN;
			if (lives->streams)
				g.stream[e][id] = random_below(seed, lives->streams + 1);
			if (chance(&g, 30))
				emit(&g, URB_EV_INFLIGHT, e, id);
		}
	}
	while (g.cnt < g.max) {
		pass_time(&g);
		do_something(&g);
	}
}
