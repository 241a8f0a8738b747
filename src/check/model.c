// SPDX-License-Identifier: GPL-2.0
/*
 * Queue models: what can be seen from outside of the bulk IN and bulk OUT queues of the kernel series
 * "rust: usb" (June 2026).
 *
 * While an endpoint is empty its queue may be closed and another opened, on other URBs or on the same
 * in another order. No event tells that, so the turns are also followed as if each time it had been:
 * what is wrong with one of the two accounts only is no violation.
 */
#include "check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/turns.h"
#include "urbscope/findings.h"

#define KEPT_SHARE 0.9
#define KEPT_MIN   10	/* transfers before POSTED and FILLED are judged */

struct model {
	bool in;
	uint32_t depth, buf_len;
	struct turns turns;
	struct turns anew;	/* as if the queue had been opened when the endpoint was empty */
	bool may_be_new;	/* `anew` has no fault yet, and is not the same as `turns` */
	bool after_trouble;	/* ... and it was empty after errors, which is when queues are reopened */
	bool was_skipping;	/* a slot was forgotten, or it was reopened: `turns` will tell */
	bool closing;		/* a URB was cancelled since the last submission */
	bool trouble;		/* the same, or the last one failed */
	uint32_t slots_max;
	uint64_t submits, opened_submits, cancelled, flushed; /* opened: since it was empty after errors */
	uint64_t kept_of, unkept; /* POSTED: completions; FILLED: submissions */
	bool late;		/* the last of them was not kept, and the host has not been back since */
	bool overlapped;	/* submitted while another one was in flight */
	bool slotless;		/* the driver's URBs are not known: the numbers mean nothing */
	uint32_t level;
	struct scene scenes[CHECK_RULES];
	uint64_t bad[CHECK_RULES];
};

struct model *model_new(const struct assertion *a)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->in = a->kind == ASSERT_BULK_IN_QUEUE;
	m->depth = (uint32_t)a->limit;
	m->buf_len = a->buf_len;
	if (!turns_init(&m->turns, m->depth) && !turns_init(&m->anew, m->depth))
		return m;
	model_free(m);
	return NULL;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	turns_release(&m->turns);
	turns_release(&m->anew);
	free(m);
}

static void violate(struct model *m, enum check_rule rule, const struct line *line,
		    const struct step *step)
{
	if (m->bad[rule]++)
		return;
	scene_begin(&m->scenes[rule], &line->trail, step->time_ns, step->level);
	m->scenes[rule].sure = true;
}

/*
 * Does it explain the faults that the queue was opened anew? Without an error before it, only that
 * other URBs come, or in another order: else each time that it runs empty would excuse a lost slot.
 */
static bool may_be_new(const struct model *m, unsigned int faults, unsigned int faults_anew)
{
	return m->may_be_new && !faults_anew &&
	       (m->after_trouble || !(faults & (TURN_FEW | TURN_SKIPPED)));
}

static void take_new(struct model *m)
{
	struct turns old = m->turns;

	m->turns = m->anew;
	m->anew = old;
	m->may_be_new = false;
}

static void blame(struct model *m, unsigned int faults, const struct line *line,
		  const struct step *step)
{
	/* one that was reopened would have all its slots */
	if ((faults & TURN_FEW) && m->was_skipping)
		faults = (faults & ~(unsigned int)TURN_FEW) | TURN_SKIPPED;
	if (faults & (TURN_MORE | TURN_FEW))
		violate(m, RULE_SLOTS, line, step);
	if (faults & TURN_SKIPPED)
		violate(m, RULE_RESUBMIT, line, step);
	if (faults & TURN_ORDER)
		violate(m, RULE_ORDER, line, step);
}

/* The endpoint was empty: perhaps a queue is being opened. */
static void may_open(struct model *m)
{
	turns_clear(&m->anew);
	m->may_be_new = true;
	m->after_trouble = m->trouble;
}

static void take_turn(struct model *m, const struct line *line, const struct step *step)
{
	unsigned int faults, faults_anew;

	faults = turns_submit(&m->turns, step->urb, m->in);
	faults_anew = turns_submit(&m->anew, step->urb, m->in);
	if (faults && may_be_new(m, faults, faults_anew)) {
		m->was_skipping |= faults & TURN_SKIPPED;
		take_new(m);
	} else {
		blame(m, faults, line, step);
	}
	if (faults_anew || m->anew.lapped)
		m->may_be_new = false;
	if (m->turns.lapped)
		m->was_skipping = false;
	if (m->turns.cnt > m->slots_max)
		m->slots_max = m->turns.cnt;
}

/*
 * For one transfer: were the others where they ought to be? A host that was not run for a while, as
 * happens on a busy machine, finds several so. That is one delay, and counts once: until it submits
 * again (IN), or until it has something to reap again (OUT).
 */
static void count_kept(struct model *m, enum check_rule rule, bool kept, const struct line *line,
		       const struct step *step)
{
	/* a queue that has lost a slot stops there once a round */
	if (m->late || m->bad[RULE_RESUBMIT])
		return;
	/* while it is being opened, not all are there; where they are known, the slots tell */
	if (m->slotless && m->opened_submits <= m->depth)
		return;
	m->kept_of++;
	if (kept)
		return;
	m->unkept++;
	m->late = true;
	if (!m->scenes[rule].begun)
		scene_begin(&m->scenes[rule], &line->trail, step->time_ns, step->level);
}

static void submitted(struct model *m, const struct line *line, const struct step *step)
{
	m->submits++;
	m->late &= !m->in;
	if (step->level > m->depth)
		violate(m, RULE_MAX, line, step);
	m->overlapped |= step->level > 1;
	if (m->in && m->buf_len && step->kind == TRACK_SUBMITTED && step->length != m->buf_len)
		violate(m, RULE_LENGTH, line, step);
	m->slotless |= step->slotless;
	if (step->level == 1)
		may_open(m);
	m->trouble = m->closing = false;
	m->opened_submits++;
	if (m->slotless) {
		if (!m->in)
			count_kept(m, RULE_FILLED, step->level >= m->depth, line, step);
		return;
	}
	take_turn(m, line, step);
	if (!m->in && m->turns.lapped)
		count_kept(m, RULE_FILLED, turns_all_posted(&m->turns, step->urb), line, step);
}

static void cancelled(struct model *m, const struct line *line, const struct step *step)
{
	m->cancelled++;
	m->flushed += step->status == -ESHUTDOWN;
	if (step->status == -ECONNRESET)
		violate(m, RULE_KILLED, line, step);
	m->closing = true;
}

static void judge_posted(struct model *m, const struct line *line, const struct step *step)
{
	bool all_known = m->turns.lapped || m->turns.cnt == m->depth;

	if (m->slotless)
		count_kept(m, RULE_POSTED, step->level + 1 >= m->depth, line, step);
	else if (all_known && turns_know(&m->turns, step->urb))
		count_kept(m, RULE_POSTED, turns_all_posted(&m->turns, step->urb), line, step);
}

static void completed(struct model *m, const struct line *line, const struct step *step)
{
	bool cancel = status_is_cancel(step->status);

	if (cancel)
		cancelled(m, line, step);
	m->late &= m->in;
	/* those that fail come all together: no device sets their pace */
	if (m->in && !step->status)
		judge_posted(m, line, step);
	turns_end(&m->turns, step->urb, step->status && !cancel);
	turns_end(&m->anew, step->urb, step->status && !cancel);
	m->trouble = step->status || m->closing;
	/* after a stall as after a close, it fills anew */
	if (!step->level && (m->closing || step->status == -EPIPE))
		m->opened_submits = 0;
	/* whoever opens it again may take other URBs */
	if (!step->level && m->closing) {
		turns_clear(&m->turns);
		m->may_be_new = m->was_skipping = false;
	}
}

void model_step(struct model *m, const struct line *line, const struct step *step)
{
	for (int i = 0; i < CHECK_RULES; i++)
		scene_follow(&m->scenes[i], step);
	switch (step->kind) {
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
		submitted(m, line, step);
		break;
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
		completed(m, line, step);
		break;
	case TRACK_FAILED:
	case TRACK_FAILED_OPEN:
		if (step->active)
			violate(m, RULE_ACTIVE, line, step);
		else
			m->turns.refused = m->anew.refused = true;
		break;
	}
	m->level = step->level;
}

void model_end(struct model *m, const struct line *line)
{
	struct step step = { .kind = TRACK_NOTHING, .level = m->level };

	if (line->gone)
		return;
	/* usbcore had to end them: nobody else did before the interface was given up */
	if (line->trail.cnt)
		step.time_ns = line->trail.moments[(line->trail.cnt - 1) % SCENE_BEFORE].time_ns;
	if (m->flushed || m->level)
		violate(m, RULE_CLOSED, line, &step);
}

/* Has the model this rule? */
static bool has_rule(const struct model *m, enum check_rule rule)
{
	switch (rule) {
	case RULE_LENGTH:
		return m->in && m->buf_len;
	case RULE_POSTED:
	case RULE_RESUBMIT:
		return m->in;
	case RULE_PIPELINED:
	case RULE_FILLED:
		return !m->in;
	default:
		return rule <= RULE_KILLED;
	}
}

static void judge_kept(const struct model *m, struct ruling *out)
{
	out->some &= m->kept_of >= KEPT_MIN;
	out->whole = true;
	out->has_share = out->some;
	out->share = m->kept_of ? 1 - (double)m->unkept / (double)m->kept_of : 0;
	if (out->some && (double)m->unkept > (1 - KEPT_SHARE) * (double)m->kept_of)
		out->bad_cnt = m->unkept;
	out->scene.sure = out->bad_cnt;
}

bool model_ruling(const struct model *m, enum check_rule rule, struct ruling *out)
{
	if (!has_rule(m, rule))
		return false;
	out->some = m->submits > m->depth;
	out->seen = true;
	out->bad_cnt = m->bad[rule];
	out->scene = m->scenes[rule];
	switch (rule) {
	case RULE_SLOTS:
	case RULE_ORDER:
	case RULE_RESUBMIT:
		out->seen = !m->slotless;
		break;
	case RULE_POSTED:
		judge_kept(m, out);
		break;
	case RULE_FILLED: /* a queue that never overlaps is PIPELINED's */
		judge_kept(m, out);
		if (!m->overlapped)
			out->bad_cnt = 0;
		break;
	case RULE_PIPELINED:
		out->whole = true;
		out->bad_cnt = out->some && m->depth > 1 && !m->overlapped &&
			       (m->slotless || m->slots_max > 1);
		break;
	case RULE_KILLED: /* nothing cancelled, nothing wrong */
		out->some = true;
		break;
	case RULE_CLOSED:
		out->some = m->submits;
		break;
	default:
		break;
	}
	return true;
}
