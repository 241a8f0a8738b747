/* SPDX-License-Identifier: GPL-2.0 */
/* Inside a scene: its endpoints and URBs, by index, and how many of them are kept. */
#ifndef URBSCOPE_SINK_TRACE_SCENE_TABLES_H
#define URBSCOPE_SINK_TRACE_SCENE_TABLES_H

#include "sink/trace_scene.h"

/* SCENE_NONE: it is not known. */
uint32_t scene_endpoint_find(const struct trace_scene *scene, uint32_t ep);

/* The endpoint, known from now on; SCENE_NONE: there is no room (scene->overflow) or no memory. */
uint32_t scene_endpoint_get(struct trace_scene *scene, uint32_t ep);

/*
 * The URB of an id, with a number of its own; SCENE_NONE: there is no memory. One that is new may
 * move all others.
 */
uint32_t scene_urb_get(struct trace_scene *scene, uint64_t id, uint32_t ep);

/* Its endpoint must be known. From now on it is the youngest in flight there, or not in flight. */
void scene_urb_open(struct trace_scene *scene, uint32_t i);
void scene_urb_close(struct trace_scene *scene, uint32_t i);

#endif
