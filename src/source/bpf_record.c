// SPDX-License-Identifier: GPL-2.0
/* Records of the ring become events. */
#include "bpf.h"

#include <errno.h>
#include <string.h>

static void from_head(struct urb_event *ev, const struct wire_head *head)
{
	memset(ev, 0, sizeof(*ev));
	ev->time_ns = head->time_ns;
	ev->ep = head->ep;
	ev->stream = head->stream;
	ev->type = head->flags & WIRE_TYPE_MASK;
}

static void from_full(struct urb_event *ev, const struct wire_submit_full *rec)
{
	uint8_t flags = rec->basic.head.flags;

	ev->submit.complete_fn = rec->complete_fn;
	ev->submit.xfer_flags = rec->xfer_flags;
	ev->submit.interval = ev->type & 1 ? rec->interval : 0; /* iso and int */
	ev->submit.pid = rec->pid;
	memcpy(ev->submit.comm, rec->comm, sizeof(ev->submit.comm));
	ev->submit.comm[sizeof(ev->submit.comm) - 1] = '\0';
	if (flags & WIRE_F_IN_IRQ)
		ev->flags |= URB_F_IN_IRQ;
	if (flags & WIRE_F_CONTEXT)
		ev->flags |= URB_F_CONTEXT;
	if (flags & WIRE_F_HAS_CALL) {
		ev->flags |= URB_F_CALLER;
		ev->seen |= URB_SUBMIT;
		ev->submit.submit_ns = rec->submit_ns;
		ev->submit.gfp = rec->gfp;
	}
}

static bool submit_event(struct urb_event *ev, const void *data, size_t size)
{
	const struct wire_submit *rec = data;

	if (size < sizeof(*rec))
		return false;
	ev->kind = rec->head.kind == WIRE_INFLIGHT ? URB_EV_INFLIGHT : URB_EV_SUBMIT;
	ev->id = rec->urb;
	ev->cpu = rec->cpu;
	ev->seen = URB_QUEUED;
	ev->submit.length = rec->length;
	ev->submit.slot = rec->slot;
	if (rec->more & WIRE_M_BOGUS)
		ev->flags |= URB_F_BOGUS;
	if (rec->head.flags & WIRE_F_FULL) {
		if (size < sizeof(struct wire_submit_full))
			return false;
		from_full(ev, data);
	}
	return true;
}

static bool complete_event(struct urb_event *ev, const void *data, size_t size)
{
	const struct wire_complete *rec = data;

	if (size < sizeof(*rec))
		return false;
	ev->id = rec->urb;
	if (rec->head.kind == WIRE_SUBMIT_ERROR) {
		ev->kind = URB_EV_SUBMIT_ERROR;
		ev->flags = rec->head.flags & WIRE_F_ACTIVE ? URB_F_ACTIVE : 0;
		ev->submit_error.error = rec->status;
		ev->submit_error.length = rec->length;
		return true;
	}
	ev->kind = URB_EV_COMPLETE;
	ev->seen = URB_DONE;
	ev->flags = rec->head.flags & WIRE_F_FULL ? URB_F_HANDLER_FOLLOWS : 0;
	ev->complete.status = rec->status;
	ev->complete.length = rec->length;
	return true;
}

static bool handler_event(struct urb_event *ev, const void *data, size_t size)
{
	const struct wire_handler *rec = data;

	if (size < sizeof(*rec))
		return false;
	ev->id = rec->urb;
	ev->cpu = rec->cpu;
	if (rec->head.kind == WIRE_HANDLER) {
		ev->kind = URB_EV_HANDLER;
		ev->seen = URB_HANDLER;
	} else {
		ev->kind = URB_EV_RETURNED;
		ev->seen = URB_RETURNED;
		ev->returned.handler_ns = rec->handler_ns;
	}
	return true;
}

static bool facts_event(struct urb_event *ev, struct urb_facts *facts, const void *data, size_t size)
{
	const struct wire_facts *rec = data;

	if (size < sizeof(*rec))
		return false;
	*facts = (struct urb_facts){
		.has_ids = true,
		.vid = rec->vid,
		.pid = rec->pid,
		.speed = rec->speed,
		.type = ev->type,
		.max_packet = rec->max_packet,
	};
	_Static_assert(sizeof(facts->path) >= WIRE_PATH && sizeof(facts->name) >= WIRE_NAME &&
			       sizeof(facts->driver) >= WIRE_DRIVER,
		       "strings fit");
	memcpy(facts->path, rec->path, WIRE_PATH);
	memcpy(facts->name, rec->name, WIRE_NAME);
	memcpy(facts->driver, rec->driver, WIRE_DRIVER);
	facts->path[WIRE_PATH - 1] = facts->name[WIRE_NAME - 1] = facts->driver[WIRE_DRIVER - 1] = '\0';
	ev->kind = URB_EV_FACTS;
	ev->facts = facts;
	return true;
}

static bool streams_event(struct urb_event *ev, const void *data, size_t size)
{
	const struct wire_streams *rec = data;

	_Static_assert((int)URB_STREAMS_ARE == WIRE_STREAMS_ARE &&
			       (int)URB_STREAMS_ALLOC == WIRE_STREAMS_ALLOC &&
			       (int)URB_STREAMS_FREE == WIRE_STREAMS_FREE,
		       "the same in both");
	if (size < sizeof(*rec) || rec->what > WIRE_STREAMS_FREE)
		return false;
	ev->kind = URB_EV_STREAMS;
	ev->streams.what = rec->what;
	ev->streams.asked = rec->asked;
	ev->streams.result = rec->result;
	ev->streams.gfp = rec->gfp;
	ev->streams.queued = rec->queued;
	return true;
}

static int keep(struct bpf_source *src, const struct urb_event *ev)
{
	if (ev->kind != URB_EV_INFLIGHT)
		return reorder_add(&src->reorder, ev);
	return src->walk.running ? walk_add(&src->walk, ev) : 0;
}

int bpf_record(void *ctx, void *data, size_t size)
{
	struct bpf_source *src = ctx;
	const struct wire_head *head = data;
	struct urb_facts facts;
	struct urb_event ev;
	bool good = true;

	if (size < sizeof(*head))
		return 0;
	from_head(&ev, head);
	switch (head->kind) {
	case WIRE_SUBMIT:
	case WIRE_INFLIGHT:
		good = submit_event(&ev, data, size);
		break;
	case WIRE_COMPLETE:
	case WIRE_SUBMIT_ERROR:
		good = complete_event(&ev, data, size);
		break;
	case WIRE_HANDLER:
	case WIRE_RETURNED:
		good = handler_event(&ev, data, size);
		break;
	case WIRE_FACTS:
		good = facts_event(&ev, &facts, data, size);
		break;
	case WIRE_GONE:
		ev.kind = URB_EV_GONE;
		break;
	case WIRE_STREAMS:
		good = streams_event(&ev, data, size);
		break;
	case WIRE_WALKED:
		src->walk.devices++;
		return 0;
	default:
		good = false;
	}
	if (!good || src->error)
		return 0;
	src->error = keep(src, &ev);
	return 0;
}
