// SPDX-License-Identifier: GPL-2.0
#include "run.h"

#include <stdlib.h>

void run_init(struct run *run, const struct track_config *tc, const struct metrics_config *mc)
{
	run->tracker = tracker_new(tc);
	run->metrics = metrics_new(mc);
	run->snap = NULL;
	if (!run->tracker || !run->metrics)
		abort();
}

void run_release(struct run *run)
{
	snapshot_free(run->snap);
	metrics_free(run->metrics);
	tracker_free(run->tracker);
}

void run_feed(struct run *run, const struct urb_event *event)
{
	struct track_step step;

	tracker_feed(run->tracker, event, &step);
	do {
		if (metrics_apply(run->metrics, &step))
			abort();
	} while (tracker_next(run->tracker, &step));
}

const struct endpoint_figures *run_endpoint(struct run *run, uint32_t ep, uint64_t now_ns)
{
	const struct endpoint_figures *found = NULL;

	snapshot_free(run->snap);
	run->snap = metrics_snapshot(run->metrics, now_ns, NULL, 0);
	if (!run->snap)
		abort();
	for (size_t i = 0; i < run->snap->endpoint_cnt; i++)
		if (run->snap->endpoints[i].ep == ep)
			found = &run->snap->endpoints[i];
	return found;
}

struct urb_event plain_event(enum urb_event_kind kind, uint64_t time_ns, uint64_t id, uint32_t ep)
{
	return (struct urb_event){ .kind = kind, .time_ns = time_ns, .id = id, .ep = ep };
}

struct urb_event submit_event(uint64_t time_ns, uint64_t id, uint32_t ep)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT, time_ns, id, ep);

	ev.type = URB_TYPE_BULK;
	ev.seen = URB_SUBMIT;
	ev.submit.submit_ns = time_ns;
	return ev;
}

struct urb_event complete_event(uint64_t time_ns, uint64_t id, uint32_t ep, int status)
{
	struct urb_event ev = plain_event(URB_EV_COMPLETE, time_ns, id, ep);

	ev.type = URB_TYPE_BULK;
	ev.seen = URB_HANDLER;
	ev.complete.status = status;
	ev.complete.length = 512;
	return ev;
}

struct urb_event queued_event(uint64_t submit_ns, uint64_t queued_ns, uint64_t id, uint32_t ep)
{
	struct urb_event ev = submit_event(queued_ns, id, ep);

	ev.seen = URB_SUBMIT | URB_QUEUED;
	ev.submit.submit_ns = submit_ns;
	return ev;
}

struct urb_event done_event(uint64_t time_ns, uint64_t id, uint32_t ep)
{
	struct urb_event ev = complete_event(time_ns, id, ep, 0);

	ev.seen = URB_DONE;
	ev.flags = URB_F_HANDLER_FOLLOWS;
	return ev;
}

void run_submit(struct run *run, uint64_t time_ns, uint64_t id, uint32_t ep)
{
	struct urb_event ev = submit_event(time_ns, id, ep);

	run_feed(run, &ev);
}

void run_complete(struct run *run, uint64_t time_ns, uint64_t id, uint32_t ep)
{
	struct urb_event ev = complete_event(time_ns, id, ep, 0);

	run_feed(run, &ev);
}

void run_plain(struct run *run, enum urb_event_kind kind, uint64_t time_ns, uint64_t id,
	       uint32_t ep)
{
	struct urb_event ev = plain_event(kind, time_ns, id, ep);

	run_feed(run, &ev);
}

void run_lost(struct run *run, uint64_t time_ns, uint32_t ep, uint64_t count)
{
	struct urb_event ev = plain_event(URB_EV_LOST, time_ns, 0, ep);

	ev.lost.count = count;
	ev.lost.until_ns = time_ns;
	run_feed(run, &ev);
}

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t random_below(uint64_t *state, uint64_t below)
{
	return random_next(state) % below;
}
