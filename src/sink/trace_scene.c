// SPDX-License-Identifier: GPL-2.0
#include "trace_scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/trace_scene_tables.h"

int trace_scene_init(struct trace_scene *scene, const struct trace_run *run)
{
	memset(scene, 0, sizeof(*scene));
	scene->walks = run->walks;
	scene->numbered = run->id;
	if (idmap_init(&scene->by_id, 1024))
		return -ENOMEM;
	if (!idmap_init(&scene->by_ep, 64) && !idmap_init(&scene->gone, 16))
		return 0;
	trace_scene_release(scene);
	return -ENOMEM;
}

void trace_scene_release(struct trace_scene *scene)
{
	idmap_release(&scene->by_id);
	idmap_release(&scene->by_ep);
	idmap_release(&scene->gone);
	free(scene->urbs);
	free(scene->endpoints);
}

/* What contradicts what is known is a doubt after a loss, unless there is one already. */
static void endpoint_wonder(struct scene_endpoint *e, uint64_t now_ns)
{
	e->sure = false;
	if (e->lost || !e->ever_lost)
		return;
	e->lost = true;
	if (now_ns > e->lost_until_ns)
		e->lost_until_ns = now_ns;
}

static void endpoint_doubt(struct scene_endpoint *e, uint64_t until_ns)
{
	e->sure = false;
	e->lost = e->ever_lost = e->paired = true;
	if (until_ns > e->lost_until_ns)
		e->lost_until_ns = until_ns;
}

static void endpoint_trust(struct scene_endpoint *e)
{
	e->sure = true;
	e->lost = e->awaits_sync = false;
}

static void on_submit(struct trace_scene *scene, uint32_t i, const struct urb_event *ev,
		      uint64_t slot)
{
	struct scene_urb *urb = &scene->urbs[i];
	struct scene_endpoint *e = &scene->endpoints[urb->endpoint];

	e->known = true;
	if (urb->open && ev->kind == URB_EV_INFLIGHT) {
		urb->confirmed = true;
		return;
	}
	if (urb->open) {
		endpoint_wonder(e, ev->time_ns);
		scene_urb_close(scene, i);
	}
	urb->start_ns = ev->time_ns;
	urb->slot = slot;
	urb->stream = ev->stream;
	urb->type = ev->type;
	urb->length = ev->submit.length;
	urb->confirmed = ev->kind == URB_EV_INFLIGHT;
	scene_urb_open(scene, i);
}

/*
 * As src/metrics/doubt.c has it: what ends in turn proves that all older is over. Before any loss
 * one such end is enough: that is how the model knows what it inherited.
 */
static void on_complete(struct trace_scene *scene, uint32_t i, const struct urb_event *ev)
{
	struct scene_urb *urb = &scene->urbs[i];
	struct scene_endpoint *e = &scene->endpoints[urb->endpoint];
	int32_t status = ev->complete.status;
	bool in_turn = status != -ENOENT && status != -ECONNRESET && status != -ESHUTDOWN;

	e->known = true;
	if (!urb->open) {
		if (e->paired || urb->seen || ev->flags & URB_F_TOLD)
			endpoint_wonder(e, ev->time_ns);
		e->sure = false;
		return;
	}
	scene_urb_close(scene, i);
	e->paired = true;
	if (!in_turn || e->sure)
		return;
	if (!e->lost || (!e->open_cnt && !e->awaits_sync && urb->start_ns > e->lost_until_ns))
		endpoint_trust(e);
}

/* The COMPLETE before it was missed. */
static void on_handler(struct trace_scene *scene, uint32_t i, const struct urb_event *ev)
{
	scene_urb_close(scene, i);
	endpoint_wonder(&scene->endpoints[scene->urbs[i].endpoint], ev->time_ns);
}

static void on_sync(struct trace_scene *scene, uint32_t endpoint, const struct urb_event *ev)
{
	struct scene_endpoint *e = &scene->endpoints[endpoint];
	uint32_t i = e->head, next;

	for (; i != SCENE_NONE; i = next) {
		struct scene_urb *urb = &scene->urbs[i];

		next = urb->next;
		if (!urb->confirmed && urb->start_ns <= ev->time_ns)
			scene_urb_close(scene, i);
		urb->confirmed = false;
	}
	if (ev->time_ns >= e->lost_until_ns)
		endpoint_trust(e);
}

static uint32_t generation_of(const struct trace_scene *scene, uint32_t ep)
{
	uint32_t cnt = idmap_find(&scene->gone, ep & ~UINT32_C(0xff), 0);

	return cnt == IDMAP_NONE ? 0 : cnt;
}

static int on_gone(struct trace_scene *scene, const struct urb_event *ev)
{
	uint32_t cnt = generation_of(scene, ev->ep);

	for (uint32_t address = 0; address <= 0xff; address++) {
		uint32_t i = scene_endpoint_find(scene, (ev->ep & ~UINT32_C(0xff)) | address);
		struct scene_endpoint *e = &scene->endpoints[i];

		if (i == SCENE_NONE)
			continue;
		/* what is plugged in here next begins with nothing in flight */
		e->paired = true;
		e->has_facts = false;
		e->known = e->open_cnt;
	}
	return idmap_set(&scene->gone, ev->ep & ~UINT32_C(0xff), 0, cnt + 1);
}

static void on_lost_or_sync(struct trace_scene *scene, const struct urb_event *ev)
{
	uint32_t begin = 0, end = scene->endpoint_cnt;

	if (ev->ep != URB_EP_ANY) {
		begin = scene_endpoint_get(scene, ev->ep);
		end = begin == SCENE_NONE ? begin : begin + 1;
	} else if (ev->kind == URB_EV_SYNC) {
		if (ev->time_ns >= scene->any_until_ns)
			scene->any_lost = false;
	} else {
		scene->any_lost = scene->ever_lost = true;
		if (ev->lost.until_ns > scene->any_until_ns)
			scene->any_until_ns = ev->lost.until_ns;
	}
	for (; begin < end; begin++) {
		struct scene_endpoint *e = &scene->endpoints[begin];

		if (ev->kind == URB_EV_SYNC) {
			on_sync(scene, begin, ev);
			continue;
		}
		endpoint_doubt(e, ev->lost.until_ns);
		e->awaits_sync |= !!(ev->flags & URB_F_SYNC_FOLLOWS);
	}
}

static int on_facts(struct trace_scene *scene, const struct urb_event *ev)
{
	uint32_t i = scene_endpoint_get(scene, ev->ep);

	if (i == SCENE_NONE)
		return scene->overflow ? 0 : -ENOMEM;
	scene->endpoints[i].facts = *ev->facts;
	scene->endpoints[i].has_facts = true;
	return 0;
}

static int name_slot(struct trace_scene *scene, const struct urb_event *ev, struct urb_event *named)
{
	uint32_t i;

	if (!ev->submit.slot || scene->numbered)
		return 0;
	if (ev->submit.slot == ev->id) {
		named->submit.slot = named->id;
		return 0;
	}
	i = scene_urb_get(scene, ev->submit.slot, ev->ep);
	if (i == SCENE_NONE)
		return -ENOMEM;
	named->submit.slot = scene->urbs[i].number;
	return 0;
}

/* An event of a URB. */
static int on_urb(struct trace_scene *scene, const struct urb_event *ev, struct urb_event *named)
{
	bool submits = ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_INFLIGHT;
	uint32_t i = scene_urb_get(scene, ev->id, ev->ep);
	struct scene_urb *urb;

	if (i == SCENE_NONE)
		return -ENOMEM;
	named->id = scene->urbs[i].number;
	if (submits) {
		named->submit.complete_fn = 0;
		if (name_slot(scene, ev, named))
			return -ENOMEM;
		/* a slot of its own may have moved all, this one too */
		if (ev->submit.slot && ev->submit.slot != ev->id)
			i = scene_urb_get(scene, ev->id, ev->ep);
		if (i == SCENE_NONE)
			return -ENOMEM;
	}
	urb = &scene->urbs[i];
	if (urb->endpoint == SCENE_NONE)
		return scene->overflow ? 0 : -ENOMEM;
	if (submits)
		on_submit(scene, i, ev, named->submit.slot);
	else if (ev->kind == URB_EV_COMPLETE)
		on_complete(scene, i, ev);
	else if (urb->open && ev->kind == URB_EV_HANDLER)
		on_handler(scene, i, ev);
	else if (urb->open && ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE))
		scene_urb_close(scene, i);
	urb->seen = true;
	scene->endpoints[urb->endpoint].ghosts |= !urb->open;
	return 0;
}

int trace_scene_event(struct trace_scene *scene, const struct urb_event *ev,
		      struct urb_event *named)
{
	*named = *ev;
	switch (ev->kind) {
	case URB_EV_LOST:
	case URB_EV_SYNC:
		on_lost_or_sync(scene, ev);
		break;
	case URB_EV_STREAMS:
		break;
	case URB_EV_FACTS:
		named->id = 0;
		return on_facts(scene, ev);
	case URB_EV_GONE:
		named->id = 0;
		return on_gone(scene, ev);
	default:
		return on_urb(scene, ev, named);
	}
	named->id = 0;
	return 0;
}

static void tell_open(const struct trace_scene *scene, const struct scene_endpoint *e,
		      struct trace_encoder *enc)
{
	for (uint32_t i = e->head; i != SCENE_NONE; i = scene->urbs[i].next) {
		const struct scene_urb *urb = &scene->urbs[i];
		struct trace_open open = {
			.number = urb->number,
			.slot = urb->slot,
			.ep = urb->ep,
			.length = urb->length,
			.stream = urb->stream,
			.type = urb->type,
		};

		trace_encoder_open(enc, &open);
	}
}

uint8_t trace_scene_tell(const struct trace_scene *scene, struct trace_encoder *enc)
{
	bool whole = scene->walks && !scene->any_lost && !scene->overflow;
	bool doubt = scene->any_lost || scene->overflow;

	for (uint32_t i = 0; i < scene->endpoint_cnt; i++) {
		const struct scene_endpoint *e = &scene->endpoints[i];
		struct trace_known known = {
			.ep = e->ep,
			.generation = generation_of(scene, e->ep),
			.flags = (e->sure ? TRACE_SURE : 0) | (e->lost ? TRACE_LOST : 0) |
				 (e->paired ? TRACE_NAMED : 0) | (e->ever_lost ? TRACE_ONCE : 0),
			.facts = e->has_facts ? &e->facts : NULL,
		};

		doubt |= e->lost || (e->ghosts && !e->paired);
		if (!e->known)
			continue;
		trace_encoder_known(enc, &known);
		whole &= e->sure;
	}
	for (uint32_t i = 0; i < scene->endpoint_cnt; i++)
		tell_open(scene, &scene->endpoints[i], enc);
	return TRACE_KEY | (whole ? TRACE_WHOLE : 0) | (scene->ever_lost ? TRACE_TOLD : 0) |
	       (doubt ? TRACE_DOUBT : 0);
}
