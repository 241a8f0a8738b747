// SPDX-License-Identifier: GPL-2.0
/* What happened around a violation. */
#include "check/check.h"

#include <string.h>

static enum moment_kind kind_of_streams(const struct step *step)
{
	switch (step->what) {
	case URB_STREAMS_ALLOC:
		return MOMENT_STREAMS_ASKED;
	case URB_STREAMS_FREE:
		return MOMENT_STREAMS_FREED;
	default:
		return MOMENT_STREAMS_ARE;
	}
}

static enum moment_kind kind_of(const struct step *step)
{
	switch (step->kind) {
	case TRACK_SUBMITTED:
		return MOMENT_SUBMITTED;
	case TRACK_INFLIGHT:
		return MOMENT_IN_FLIGHT;
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
		return MOMENT_COMPLETED;
	case TRACK_STREAMS:
		return kind_of_streams(step);
	default:
		return MOMENT_REFUSED;
	}
}

static struct check_moment moment_of(const struct step *step)
{
	return (struct check_moment){
		.time_ns = step->time_ns,
		.latency_ns = step->latency_ns,
		.urb = step->urb,
		.level = step->level,
		.length = step->length,
		.status = step->status,
		.kind = kind_of(step),
	};
}

void trail_add(struct trail *trail, const struct step *step)
{
	trail->moments[trail->cnt++ % SCENE_BEFORE] = moment_of(step);
}

void scene_begin(struct scene *scene, const struct trail *trail, uint64_t time_ns, uint32_t depth)
{
	uint32_t cnt = trail->cnt < SCENE_BEFORE ? trail->cnt : SCENE_BEFORE;

	memset(scene, 0, sizeof(*scene));
	scene->begun = true;
	scene->is.time_ns = time_ns;
	scene->is.depth = depth;
	for (uint32_t i = 0; i < cnt; i++)
		scene->is.moments[i] = trail->moments[(trail->cnt - cnt + i) % SCENE_BEFORE];
	scene->is.before_cnt = scene->is.cnt = cnt;
}

void scene_follow(struct scene *scene, const struct step *step)
{
	if (scene->begun && scene->is.cnt < scene->is.before_cnt + SCENE_AFTER)
		scene->is.moments[scene->is.cnt++] = moment_of(step);
}

void scene_drop(struct scene *scene)
{
	scene->begun = false;
}
