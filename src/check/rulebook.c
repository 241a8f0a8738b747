// SPDX-License-Identifier: GPL-2.0
/* What the kernel asks of everybody who submits URBs, as far as events tell. */
#include "check/check.h"

#include <errno.h>
#include <stdlib.h>

#define GFP_MAY_SLEEP 0x400	/* __GFP_DIRECT_RECLAIM, the same on every kernel since 4.10 */
#define FRAME_NS      1000000
#define MICROFRAME_NS 125000

/* Bulk streams, as far as it has been told how many are on. */
struct streams {
	bool known;
	uint32_t on;		/* streams 1 to this may be used; 0: they are off */
	bool used, called;	/* by a URB; allocated or freed: in this run */
	bool unjudged;		/* a URB used one while nothing was known */
	uint16_t most;		/* the highest of those */
	uint32_t asked, granted; /* when fewer were granted than asked for, the last time */
};

struct rulebook {
	uint64_t idle_threshold_ns;
	uint64_t submits;
	bool context_seen;	/* some submission told its GFP flags and its context */
	bool interval_seen;
	uint64_t halted_ns;	/* a transfer ended with -EPIPE; 0: none since all was well */
	uint64_t told_ns;	/* and so did one that was submitted after that */
	uint64_t empty_ns;	/* since when */
	bool some;
	struct streams streams;
	uint32_t level;
	uint8_t type;
	uint64_t interval_ns;
	struct scene scenes[CHECK_RULES];
	uint64_t bad[CHECK_RULES];
};

struct rulebook *rulebook_new(uint64_t idle_threshold_ns)
{
	struct rulebook *b = calloc(1, sizeof(*b));

	if (b)
		b->idle_threshold_ns = idle_threshold_ns;
	return b;
}

void rulebook_free(struct rulebook *b)
{
	free(b);
}

static void violate(struct rulebook *b, enum check_rule rule, const struct line *line, uint64_t from,
		    uint64_t length, uint32_t level)
{
	if (b->bad[rule]++)
		return;
	scene_begin(&b->scenes[rule], &line->trail, from, level);
	b->scenes[rule].is.length_ns = length;
	b->scenes[rule].sure = true;
}

/* Periodic: was it empty for longer than it is polled? Pauses are no business of the schedule. */
static void judge_empty(struct rulebook *b, const struct line *line, const struct step *step)
{
	uint64_t zero = step->time_ns - b->empty_ns;

	if (b->some && !b->level && zero > b->interval_ns && zero < b->idle_threshold_ns)
		violate(b, RULE_PERIODIC, line, b->empty_ns, zero, 0);
}

static uint64_t interval_of(const struct step *step, uint8_t speed)
{
	bool frames = speed == URB_SPEED_LOW || speed == URB_SPEED_FULL;

	return (uint64_t)step->interval * (frames ? FRAME_NS : MICROFRAME_NS);
}

/* How it was called, and with what. */
static void judge_call(struct rulebook *b, const struct line *line, const struct step *step)
{
	b->submits += step->kind == TRACK_SUBMITTED;
	b->type = step->type;
	if ((step->flags & URB_F_CALLER) && (step->flags & URB_F_CONTEXT)) {
		b->context_seen = true;
		if ((step->flags & URB_F_IN_IRQ) && (step->gfp & GFP_MAY_SLEEP))
			violate(b, RULE_GFP, line, step->time_ns, 0, step->level);
	}
	if (step->flags & URB_F_BOGUS)
		violate(b, RULE_TYPE, line, step->time_ns, 0, step->level);
}

/*
 * What a submission to that stream breaks. Where nothing is known, streams are on since a submission
 * to one was accepted.
 */
static enum check_rule stream_rule(const struct streams *s, const struct step *step)
{
	if (step->type != URB_TYPE_BULK)
		return RULE_NONE;
	if (!s->known)
		return s->used && !step->stream ? RULE_STREAM : RULE_NONE;
	if (!s->on)
		return step->stream ? RULE_ALLOCATED : RULE_NONE;
	return !step->stream || step->stream > s->on ? RULE_STREAM : RULE_NONE;
}

static void judge_stream(struct rulebook *b, const struct line *line, const struct step *step)
{
	struct streams *s = &b->streams;
	enum check_rule rule = stream_rule(s, step);

	if (rule != RULE_NONE)
		violate(b, rule, line, step->time_ns, 0, step->level);
	if (!step->stream || step->type != URB_TYPE_BULK)
		return;
	s->used = true;
	if (s->known)
		return;
	s->unjudged = true;
	if (step->stream > s->most)
		s->most = step->stream;
}

/* So many are on, without a call: so they were for what could not be judged. */
static void streams_told(struct streams *s, uint32_t on)
{
	if (!s->known && s->most <= on)
		s->unjudged = false;
	s->known = true;
	s->on = on;
}

/* What a call is to blame for, whatever was before it. */
static void judge_streams_call(struct rulebook *b, const struct line *line, const struct step *step)
{
	b->streams.called = true;
	if (step->queued)
		violate(b, RULE_DRAINED, line, step->time_ns, 0, step->level);
	if (step->what == URB_STREAMS_ALLOC && step->asked < 2)
		violate(b, RULE_TWO, line, step->time_ns, 0, step->level);
}

/* usbcore itself refuses what is on already, or off: a call that went well was no second one. */
static void streams_changed(struct rulebook *b, const struct line *line, const struct step *step)
{
	struct streams *s = &b->streams;
	bool alloc = step->what == URB_STREAMS_ALLOC;

	if (!alloc && step->what != URB_STREAMS_FREE) {
		streams_told(s, step->length);
		return;
	}
	judge_streams_call(b, line, step);
	if (step->status) {
		if (s->known && alloc == (s->on > 0))
			violate(b, RULE_TWICE, line, step->time_ns, 0, step->level);
		return;
	}
	s->known = true;
	s->on = step->length;
	if (step->length >= step->asked)
		return;
	s->asked = step->asked;
	s->granted = step->length;
}

static void submitted(struct rulebook *b, const struct line *line, const struct step *step)
{
	bool periodic = step->type == URB_TYPE_ISO ||
			(step->type == URB_TYPE_INT && urb_ep_is_in(line->ep));

	judge_call(b, line, step);
	/* what a walk has found was submitted when nothing was known */
	if (step->kind == TRACK_SUBMITTED)
		judge_stream(b, line, step);
	if (periodic && step->interval && line->speed) {
		b->interval_seen = true;
		b->interval_ns = interval_of(step, line->speed);
		judge_empty(b, line, step);
	}
	b->some = true;
}

static void completed(struct rulebook *b, const struct line *line, const struct step *step)
{
	bool after = b->halted_ns && step->start_ns > b->halted_ns;

	if (step->type == URB_TYPE_CONTROL)
		return;
	if (!step->status && after)
		b->halted_ns = b->told_ns = 0;
	if (step->status != -EPIPE)
		return;
	/* a queue goes on for a while: it hears of a transfer when its turn comes */
	if (b->told_ns && step->start_ns > b->told_ns)
		violate(b, RULE_HALTED, line, step->time_ns, 0, step->level);
	else if (after && !b->told_ns)
		b->told_ns = step->time_ns;
	else if (!b->halted_ns)
		b->halted_ns = step->time_ns;
}

static void refused(struct rulebook *b, const struct line *line, const struct step *step)
{
	enum check_rule rule = RULE_ACCEPTED;

	switch (step->status) {
	case -EPERM:
		rule = RULE_KILL;
		break;
	case -EBUSY:
		rule = RULE_ACTIVE;
		break;
	/* the device, its configuration, or the bus has gone, or is going */
	case -ENODEV:
	case -ESHUTDOWN:
	case -ENOENT:
	case -EHOSTUNREACH:
		return;
	/* xhci says so, before it queues anything; others say it of other things */
	case -EINVAL:
		if (stream_rule(&b->streams, step) != RULE_NONE)
			rule = stream_rule(&b->streams, step);
		break;
	}
	violate(b, rule, line, step->time_ns, 0, step->level);
}

void rulebook_step(struct rulebook *b, const struct line *line, const struct step *step)
{
	for (int i = 0; i < CHECK_RULES; i++)
		scene_follow(&b->scenes[i], step);
	switch (step->kind) {
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
		submitted(b, line, step);
		break;
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
		completed(b, line, step);
		break;
	case TRACK_FAILED:
	case TRACK_FAILED_OPEN:
		refused(b, line, step);
		break;
	case TRACK_STREAMS:
		streams_changed(b, line, step);
		break;
	}
	if (b->level && !step->level)
		b->empty_ns = step->time_ns;
	b->level = step->level;
}

void rulebook_glance(struct rulebook *b, const struct line *line, const struct step *step)
{
	/* they may have been turned on or off unseen */
	b->streams.known = b->streams.used = false;
	if (step->kind == TRACK_SUBMITTED)
		judge_call(b, line, step);
	else if (step->kind == TRACK_STREAMS && step->what != URB_STREAMS_ARE)
		judge_streams_call(b, line, step);
	else if (step->kind == TRACK_FAILED || step->kind == TRACK_FAILED_OPEN)
		refused(b, line, step);
}

void rulebook_contradiction(struct rulebook *b, const struct line *line, uint64_t now)
{
	violate(b, RULE_ONCE, line, now, 0, b->level);
}

bool rulebook_ruling(const struct rulebook *b, enum check_rule rule, struct ruling *out)
{
	bool periodic = b->type == URB_TYPE_ISO || b->type == URB_TYPE_INT;

	out->seen = out->some = true;
	out->bad_cnt = b->bad[rule];
	out->scene = b->scenes[rule];
	switch (rule) {
	case RULE_ONCE:
	case RULE_ACTIVE:
	case RULE_ACCEPTED:
	case RULE_KILL:
	case RULE_HALTED:
	case RULE_TYPE:
		return true;
	case RULE_STREAM:
		out->seen = !b->streams.unjudged;
		out->streams_asked = b->streams.asked;
		out->streams_granted = b->streams.granted;
		return true;
	case RULE_ALLOCATED:
		out->seen = !b->streams.unjudged;
		return b->streams.used || b->bad[rule];
	case RULE_TWICE:
	case RULE_DRAINED:
	case RULE_TWO:
		return b->streams.called;
	/* what was there before the run began was submitted by nobody knows whom */
	case RULE_GFP:
		out->seen = b->context_seen;
		return b->submits;
	case RULE_PERIODIC:
		out->seen = b->interval_seen;
		return b->submits && periodic;
	default:
		return false;
	}
}
