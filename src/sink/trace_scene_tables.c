// SPDX-License-Identifier: GPL-2.0
#include "sink/trace_scene_tables.h"

#include <errno.h>
#include <stdlib.h>

/*
 * From so many on, numbers of URBs that were not used since the last time are forgotten before there is
 * room for more; over the most, those of all that are not in flight. They are given anew if one comes again.
 */
#define URBS_KEPT     (1u << 15)
#define URBS_MAX      (1u << 20)
#define ENDPOINTS_MAX 65536u

static uint32_t endpoint_add(struct trace_scene *scene, uint32_t ep)
{
	uint32_t room = scene->endpoint_room ? scene->endpoint_room * 2 : 64;
	struct scene_endpoint *all;

	if (scene->endpoint_cnt == ENDPOINTS_MAX) {
		scene->overflow = true;
		return SCENE_NONE;
	}
	if (scene->endpoint_cnt == scene->endpoint_room) {
		all = realloc(scene->endpoints, room * sizeof(*all));
		if (!all)
			return SCENE_NONE;
		scene->endpoints = all;
		scene->endpoint_room = room;
	}
	if (idmap_set(&scene->by_ep, ep, 0, scene->endpoint_cnt))
		return SCENE_NONE;
	scene->endpoints[scene->endpoint_cnt] = (struct scene_endpoint){
		.ep = ep,
		.head = SCENE_NONE,
		.tail = SCENE_NONE,
		.paired = scene->ever_lost,
		.lost = scene->any_lost,
		.ever_lost = scene->any_lost,
		.lost_until_ns = scene->any_until_ns,
		.sure = scene->walks && !scene->any_lost,
	};
	return scene->endpoint_cnt++;
}

uint32_t scene_endpoint_find(const struct trace_scene *scene, uint32_t ep)
{
	uint32_t i = idmap_find(&scene->by_ep, ep, 0);

	return i == IDMAP_NONE ? SCENE_NONE : i;
}

uint32_t scene_endpoint_get(struct trace_scene *scene, uint32_t ep)
{
	uint32_t i = scene_endpoint_find(scene, ep);

	if (i == SCENE_NONE)
		i = endpoint_add(scene, ep);
	if (i != SCENE_NONE)
		scene->endpoints[i].known = true;
	return i;
}

void scene_urb_open(struct trace_scene *scene, uint32_t i)
{
	struct scene_urb *urb = &scene->urbs[i];
	struct scene_endpoint *e = &scene->endpoints[urb->endpoint];

	urb->open = true;
	urb->next = SCENE_NONE;
	urb->prev = e->tail;
	if (e->tail != SCENE_NONE)
		scene->urbs[e->tail].next = i;
	else
		e->head = i;
	e->tail = i;
	e->open_cnt++;
	scene->open_cnt++;
}

void scene_urb_close(struct trace_scene *scene, uint32_t i)
{
	struct scene_urb *urb = &scene->urbs[i];
	struct scene_endpoint *e = &scene->endpoints[urb->endpoint];

	urb->open = urb->confirmed = false;
	if (urb->prev != SCENE_NONE)
		scene->urbs[urb->prev].next = urb->next;
	else
		e->head = urb->next;
	if (urb->next != SCENE_NONE)
		scene->urbs[urb->next].prev = urb->prev;
	else
		e->tail = urb->prev;
	e->open_cnt--;
	scene->open_cnt--;
}

/* Is its number worth keeping, though it is not in flight? */
static bool urb_stays(const struct trace_scene *scene, const struct scene_urb *urb)
{
	const struct scene_endpoint *e;

	if (urb->endpoint == SCENE_NONE)
		return urb->used;
	e = &scene->endpoints[urb->endpoint];
	/* that an endpoint has seen it may decide what is inherited there */
	return e->known && (urb->used || (urb->seen && !e->paired));
}

/* Copies the URBs that stay: what is in flight first. Returns how many; *open: of those in flight. */
static uint32_t urbs_staying(struct trace_scene *scene, struct scene_urb *to, uint32_t *open)
{
	struct scene_urb *old = scene->urbs;
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < scene->endpoint_cnt; i++) {
		struct scene_endpoint *e = &scene->endpoints[i];

		for (uint32_t at = e->head; at != SCENE_NONE; at = old[at].next)
			to[cnt++] = old[at];
		e->head = e->tail = SCENE_NONE;
		e->open_cnt = 0;
	}
	*open = cnt;
	for (uint32_t i = 0; i < scene->urb_cnt; i++) {
		if (!old[i].open && urb_stays(scene, &old[i]))
			to[cnt++] = old[i];
	}
	return cnt;
}

static int forget_unused(struct trace_scene *scene)
{
	struct scene_urb *urbs = malloc(scene->urb_room * sizeof(*urbs));
	uint32_t cnt, open;

	if (!urbs)
		return -ENOMEM;
	cnt = urbs_staying(scene, urbs, &open);
	if (cnt > URBS_MAX / 2)
		cnt = open;
	/* all of them in flight: nobody could keep that apart */
	if (cnt == URBS_MAX) {
		scene->overflow = true;
		cnt = open = 0;
	}
	free(scene->urbs);
	scene->urbs = urbs;
	scene->urb_cnt = cnt;
	scene->open_cnt = 0;
	idmap_clear(&scene->by_id);
	for (uint32_t i = 0; i < cnt; i++) {
		if (idmap_set(&scene->by_id, urbs[i].id, urbs[i].ep, i))
			return -ENOMEM;
		urbs[i].used = false;
		if (i < open)
			scene_urb_open(scene, i);
	}
	return 0;
}

/* Room for one more. 0 or -ENOMEM. */
static int urb_room(struct trace_scene *scene)
{
	uint32_t room = scene->urb_room ? scene->urb_room * 2 : 1024;
	struct scene_urb *all;

	if (scene->urb_cnt < scene->urb_room)
		return 0;
	if (scene->urb_cnt >= URBS_KEPT) {
		if (forget_unused(scene))
			return -ENOMEM;
		if (scene->urb_cnt <= scene->urb_room / 2 || scene->urb_room == URBS_MAX)
			return 0;
	}
	all = realloc(scene->urbs, room * sizeof(*all));
	if (!all)
		return -ENOMEM;
	scene->urbs = all;
	scene->urb_room = room;
	return 0;
}

uint32_t scene_urb_get(struct trace_scene *scene, uint64_t id, uint32_t ep)
{
	uint32_t i = idmap_find(&scene->by_id, id, ep);

	if (i != IDMAP_NONE) {
		scene->urbs[i].used = true;
		return i;
	}
	if (urb_room(scene))
		return SCENE_NONE;
	if (idmap_set(&scene->by_id, id, ep, scene->urb_cnt))
		return SCENE_NONE;
	scene->urbs[scene->urb_cnt] = (struct scene_urb){
		.id = id,
		.number = scene->numbered ? id : ++scene->last_number,
		.ep = ep,
		.endpoint = scene_endpoint_get(scene, ep),
		.next = SCENE_NONE,
		.prev = SCENE_NONE,
		.used = true,
	};
	return scene->urb_cnt++;
}
