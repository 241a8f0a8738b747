// SPDX-License-Identifier: GPL-2.0
#include "check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINES 16
#define FIRST_HELD  16
#define HELD_MAX    65536	/* a queue that deep has no beginning worth waiting for */

static void line_release(struct line *line, uint32_t model_cnt)
{
	for (uint32_t i = 0; line->models && i < model_cnt; i++)
		model_free(line->models[i]);
	free(line->models);
	rulebook_free(line->rulebook);
	free(line->held);
	free(line->watches);
	free(line->pendings);
	memset(line, 0, sizeof(*line));
}

void lines_release(struct checker *self, struct lines *lines)
{
	for (uint32_t i = 0; i < lines->cnt; i++)
		line_release(&lines->line[i], self->model_cnt);
	free(lines->line);
}

static bool lines_grow(struct lines *lines, uint32_t index)
{
	uint32_t capacity = lines->capacity ? lines->capacity : FIRST_LINES;
	struct line *p;

	while (capacity <= index)
		capacity *= 2;
	if (capacity == lines->capacity)
		return true;
	p = realloc(lines->line, capacity * sizeof(*p));
	if (!p)
		return false;
	memset(p + lines->capacity, 0, (capacity - lines->capacity) * sizeof(*p));
	lines->line = p;
	lines->capacity = capacity;
	return true;
}

struct line *lines_get(const struct lines *lines, uint32_t index)
{
	return index < lines->cnt && lines->line[index].used ? &lines->line[index] : NULL;
}

/* Takes a line out of the ring of its device. */
static void leave_device(struct lines *lines, uint32_t index)
{
	uint32_t i = index;

	while (lines->line[i].sibling != index)
		i = lines->line[i].sibling;
	lines->line[i].sibling = lines->line[index].sibling;
}

static void join_device(struct lines *lines, uint32_t index)
{
	struct line *line = &lines->line[index];

	line->sibling = index;
	for (uint32_t i = 0; i < lines->cnt; i++) {
		struct line *other = &lines->line[i];

		if (i == index || !other->used || other->ended || other->ep >> 8 != line->ep >> 8)
			continue;
		line->sibling = other->sibling;
		other->sibling = index;
		return;
	}
}

static int add_models(struct checker *self, struct line *line)
{
	line->models = calloc(self->model_cnt + 1, sizeof(struct model *));
	if (!line->models)
		return -ENOMEM;
	for (uint32_t i = 0; i < self->model_cnt; i++) {
		line->models[i] = model_new(self->models[i]);
		if (!line->models[i])
			return -ENOMEM;
	}
	return 0;
}

struct line *lines_renew(struct checker *self, struct lines *lines, uint32_t index, uint32_t ep,
			 bool stream)
{
	struct line *line;

	if (!lines_grow(lines, index))
		return NULL;
	line = &lines->line[index];
	if (line->used && !stream)
		leave_device(lines, index);
	line_release(line, self->model_cnt);
	line->used = true;
	line->ep = ep;
	if (index >= lines->cnt)
		lines->cnt = index + 1;
	if (!stream) {
		join_device(lines, index);
		line->pendings = calloc(self->pending_cnt + 1, sizeof(*line->pendings));
		if (!line->pendings)
			return NULL;
		memcpy(line->pendings, self->pendings, self->pending_cnt * sizeof(*line->pendings));
		line->rulebook = self->rules ? rulebook_new(self->config.idle_threshold_ns) : NULL;
		if (self->rules && !line->rulebook)
			return NULL;
	}
	line->watches = calloc(self->watch_cnt + 1, sizeof(*line->watches));
	if (!line->watches)
		return NULL;
	memcpy(line->watches, self->watches, self->watch_cnt * sizeof(*line->watches));
	return add_models(self, line) ? NULL : line;
}

/* No transfer: a matter of the rules alone. */
static void tell_streams(struct line *line, const struct step *step)
{
	trail_add(&line->trail, step);
	if (line->rulebook)
		rulebook_step(line->rulebook, line, step);
}

static void tell(struct checker *self, struct line *line, const struct step *step)
{
	if (step->kind == TRACK_STREAMS) {
		tell_streams(line, step);
		return;
	}
	for (uint32_t i = 0; i < self->watch_cnt; i++)
		line->watches[i].ops->step(&line->watches[i], line, step);
	for (uint32_t i = 0; line->pendings && i < self->pending_cnt; i++)
		scene_follow(&line->pendings[i].scene, step);
	trail_add(&line->trail, step);
	/* theirs is the moment itself: it is the last on the trail */
	for (uint32_t i = 0; i < self->model_cnt; i++)
		model_step(line->models[i], line, step);
	if (line->rulebook)
		rulebook_step(line->rulebook, line, step);
}

/*
 * Each inherited transfer among them raises the levels before it by one. They all were there when
 * the run began.
 */
static void tell_held(struct checker *self, struct line *line)
{
	uint32_t more = line->inherited;

	line->told = true;
	for (uint32_t i = 0; i < more; i++) {
		struct step step = { .kind = TRACK_INFLIGHT, .time_ns = self->start_ns, .level = i + 1 };

		tell(self, line, &step);
	}
	for (uint32_t i = 0; i < line->held_cnt; i++) {
		struct step *step = &line->held[i];

		more -= step->kind == TRACK_INHERITED;
		step->level += more;
		tell(self, line, step);
	}
	free(line->held);
	line->held = NULL;
	line->held_cnt = line->held_capacity = 0;
}

static int hold(struct line *line, const struct step *step)
{
	if (line->held_cnt == line->held_capacity) {
		uint32_t capacity = line->held_capacity ? line->held_capacity * 2 : FIRST_HELD;
		struct step *p = realloc(line->held, capacity * sizeof(*p));

		if (!p)
			return -ENOMEM;
		line->held = p;
		line->held_capacity = capacity;
	}
	line->held[line->held_cnt++] = *step;
	line->inherited += step->kind == TRACK_INHERITED;
	return 0;
}

int line_step(struct checker *self, struct line *line, const struct step *step)
{
	if (line->ended) {
		if (line->rulebook)
			rulebook_glance(line->rulebook, line, step);
		return 0;
	}
	if (!line->told && (step->kind == TRACK_COMPLETED || line->held_cnt == HELD_MAX))
		tell_held(self, line);
	if (!line->told)
		return hold(line, step);
	tell(self, line, step);
	return 0;
}

void line_end(struct checker *self, struct line *line, uint64_t now)
{
	if (line->ended)
		return;
	if (!line->told)
		tell_held(self, line);
	line->ended = true;
	for (uint32_t i = 0; i < self->watch_cnt; i++)
		line->watches[i].ops->end(&line->watches[i], line, now);
	for (uint32_t i = 0; i < self->model_cnt; i++)
		model_end(line->models[i], line);
	if (line->pendings)
		pending_end(self, line, now);
}
