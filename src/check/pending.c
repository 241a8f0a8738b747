// SPDX-License-Identifier: GPL-2.0
/*
 * IN endpoints that are empty while a URB to an OUT endpoint of the same device is in flight. Told by
 * the tracker's own levels, as they come: a transfer that turns out to have been in flight since the
 * beginning changes what is past. One of the IN endpoint: it never was empty. One of an OUT endpoint:
 * OUT was pending all the time.
 */
#include "check/check.h"

static void book(struct pending *p, uint64_t now)
{
	if (p->empty && now - p->empty_ns > p->longest_empty_ns)
		p->longest_empty_ns = now - p->empty_ns;
	if (p->both && now - p->both_ns > p->longest_ns)
		p->longest_ns = now - p->both_ns;
	if (p->both && !p->scene.sure && now - p->both_ns > p->assertion->limit)
		p->scene.sure = true;
	if (p->both && p->scene.sure && !p->scene.is.length_ns)
		p->scene.is.length_ns = now - p->both_ns;
}

static void turn(struct pending *p, const struct line *in, bool out_pending, uint64_t now)
{
	bool both = p->empty && out_pending;

	if (both == p->both)
		return;
	if (both) {
		p->both_ns = now;
		if (!p->scene.sure)
			scene_begin(&p->scene, &in->trail, now, 0);
	}
	p->both = both;
}

static struct line *sibling(const struct checker *self, const struct line *line)
{
	return &self->endpoints.line[line->sibling];
}

static bool out_pending(const struct checker *self, const struct line *of)
{
	const struct line *line = of;

	do {
		if (line->out_level)
			return true;
		line = sibling(self, line);
	} while (line != of);
	return false;
}

static void out_turn(struct checker *self, struct line *in, bool pending,
		     const struct track_step *step)
{
	for (uint32_t k = 0; k < self->pending_cnt; k++) {
		struct pending *p = &in->pendings[k];

		book(p, step->time_ns);
		if (step->kind == TRACK_INHERITED)
			p->longest_ns = p->longest_empty_ns;
		turn(p, in, pending, step->time_ns);
	}
}

static void out_step(struct checker *self, struct line *line, const struct track_step *step)
{
	bool before = out_pending(self, line), after;

	line->out_level = step->level;
	after = out_pending(self, line);
	if (before == after && step->kind != TRACK_INHERITED)
		return;
	for (struct line *in = sibling(self, line); in != line; in = sibling(self, in)) {
		if (urb_ep_is_in(in->ep) && !in->ended)
			out_turn(self, in, after, step);
	}
}

static void in_step(struct checker *self, struct line *line, const struct track_step *step)
{
	bool pending = out_pending(self, line);

	for (uint32_t k = 0; k < self->pending_cnt; k++) {
		struct pending *p = &line->pendings[k];

		book(p, step->time_ns);
		if (step->kind == TRACK_INHERITED) {
			p->longest_ns = p->longest_empty_ns = 0;
			p->scene.begun = p->scene.sure = false;
		}
		p->some |= step->level > 0;
		if (!p->empty && p->some && !step->level)
			p->empty_ns = step->time_ns;
		p->empty = p->some && !step->level;
		turn(p, line, pending, step->time_ns);
	}
}

void pending_step(struct checker *self, uint32_t index, const struct track_step *step)
{
	struct line *line = &self->endpoints.line[index];

	if (!self->pending_cnt || !urb_ep_endpoint(line->ep))
		return;
	if (urb_ep_is_in(line->ep))
		in_step(self, line, step);
	else
		out_step(self, line, step);
}

void pending_end(struct checker *self, struct line *line, uint64_t now)
{
	for (uint32_t k = 0; line->pendings && k < self->pending_cnt; k++) {
		book(&line->pendings[k], now);
		line->pendings[k].empty = line->pendings[k].both = false;
	}
}
