// SPDX-License-Identifier: GPL-2.0
/*
 * Queue models: what can be seen from outside of the bulk IN and bulk OUT queues of the kernel series
 * "rust: usb" (June 2026). A slot is a URB, known by its number; slots are numbered in the order of
 * their first submission.
 *
 * A rule that is broken is not to drag others along: a queue that has fewer slots is held to the
 * order of those it has, a slot that was forgotten is skipped.
 */
#include "check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/findings.h"

#define KEPT_SHARE 0.9
#define KEPT_MIN   10	/* transfers before POSTED and FILLED are judged */

enum slot_state { SLOT_UNUSED, SLOT_POSTED, SLOT_ENDED, SLOT_FORGOTTEN };

struct slot {
	uint32_t urb;
	uint8_t state;
	bool failed;		/* the last time */
};

struct model {
	bool in;
	uint32_t depth, buf_len;
	struct slot *slots;
	uint32_t slot_cnt, slots_max;
	uint32_t next;		/* whose turn it is, once there are slot_cnt of them */
	bool lapped;		/* a slot was submitted for the second time */
	bool refused;		/* a submission failed: turns mean nothing any more */
	bool may_reopen;	/* empty, and not because all went well */
	uint64_t submits, cancelled, flushed;
	uint64_t kept_of, unkept; /* POSTED: completions; FILLED: submissions */
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
	m->slots = calloc(m->depth, sizeof(*m->slots));
	if (m->slots)
		return m;
	free(m);
	return NULL;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	free(m->slots);
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

static struct slot *find_slot(const struct model *m, uint32_t urb)
{
	for (uint32_t i = 0; i < m->slot_cnt; i++) {
		if (m->slots[i].urb == urb)
			return &m->slots[i];
	}
	return NULL;
}

/* The queue was closed. Whoever opens it again may take other URBs. */
static void forget_slots(struct model *m)
{
	m->slot_cnt = 0;
	m->next = 0;
	m->lapped = m->refused = false;
}

static struct slot *add_slot(struct model *m, const struct line *line, const struct step *step)
{
	/* the last one failed, and then another URB: that is a queue opened anew */
	if (m->may_reopen && (m->slot_cnt == m->depth || m->lapped))
		forget_slots(m);
	if (m->slot_cnt == m->depth || m->lapped) {
		violate(m, RULE_SLOTS, line, step); /* one more than there ought to be */
		return NULL;
	}
	m->slots[m->slot_cnt] = (struct slot){ .urb = step->urb };
	if (m->slot_cnt == m->slots_max)
		m->slots_max++;
	return &m->slots[m->slot_cnt++];
}

/* Slots whose turn it was, that completed with an error and are passed over. */
static void skip_forgotten(struct model *m, const struct slot *taken, const struct line *line,
			   const struct step *step)
{
	while (&m->slots[m->next] != taken && m->in &&
	       (m->slots[m->next].state == SLOT_FORGOTTEN ||
		(m->slots[m->next].state == SLOT_ENDED && m->slots[m->next].failed))) {
		if (m->slots[m->next].state == SLOT_ENDED)
			violate(m, RULE_RESUBMIT, line, step);
		m->slots[m->next].state = SLOT_FORGOTTEN;
		m->next = (m->next + 1) % m->slot_cnt;
	}
}

static void take_turn(struct model *m, struct slot *slot, const struct line *line,
		      const struct step *step)
{
	if (!m->lapped) {
		m->lapped = true;
		m->next = 0;
		if (m->slot_cnt < m->depth)
			violate(m, RULE_SLOTS, line, step);
	}
	if (m->refused)
		return;
	skip_forgotten(m, slot, line, step);
	if (&m->slots[m->next] != slot)
		violate(m, RULE_ORDER, line, step);
	m->next = (uint32_t)(slot - m->slots + 1) % m->slot_cnt;
}

/* For one transfer: were the others where they ought to be? */
static void count_kept(struct model *m, enum check_rule rule, bool kept, const struct line *line,
		       const struct step *step)
{
	/* a queue that has lost a slot stops there once a round */
	if (m->bad[RULE_RESUBMIT])
		return;
	m->kept_of++;
	if (kept)
		return;
	m->unkept++;
	if (!m->scenes[rule].begun)
		scene_begin(&m->scenes[rule], &line->trail, step->time_ns, step->level);
}

static void submitted(struct model *m, const struct line *line, const struct step *step)
{
	struct slot *slot = find_slot(m, step->urb);

	m->submits++;
	m->may_reopen &= step->level == 1;
	if (step->level > m->depth)
		violate(m, RULE_MAX, line, step);
	m->overlapped |= step->level > 1;
	if (m->in && m->buf_len && step->kind == TRACK_SUBMITTED && step->length != m->buf_len)
		violate(m, RULE_LENGTH, line, step);
	m->slotless |= step->slotless;
	if (m->slotless) {
		if (!m->in && m->submits > m->depth)
			count_kept(m, RULE_FILLED, step->level >= m->depth, line, step);
		return;
	}
	if (slot)
		take_turn(m, slot, line, step);
	else
		slot = add_slot(m, line, step);
	if (slot)
		slot->state = SLOT_POSTED;
	if (!m->in && m->lapped)
		count_kept(m, RULE_FILLED, step->level >= m->slot_cnt, line, step);
}

/* One that failed may have been forgotten: that is RULE_RESUBMIT's. */
static bool all_others_posted(const struct model *m, const struct slot *slot)
{
	for (uint32_t i = 0; i < m->slot_cnt; i++) {
		const struct slot *other = &m->slots[i];

		if (other != slot && other->state == SLOT_ENDED && !other->failed)
			return false;
	}
	return true;
}

static void completed(struct model *m, const struct line *line, const struct step *step)
{
	struct slot *slot = find_slot(m, step->urb);

	if (status_is_cancel(step->status)) {
		m->cancelled++;
		m->flushed += step->status == -ESHUTDOWN;
		if (step->status == -ECONNRESET)
			violate(m, RULE_KILLED, line, step);
		if (slot)
			slot->state = SLOT_ENDED;
		return;
	}
	/* while it is being opened, not all are there */
	if (m->in && m->slotless && m->submits > m->depth)
		count_kept(m, RULE_POSTED, step->level + 1 >= m->depth, line, step);
	if (m->slotless || !slot)
		return;
	if (m->in && (m->lapped || m->slot_cnt == m->depth))
		count_kept(m, RULE_POSTED, all_others_posted(m, slot), line, step);
	slot->state = SLOT_ENDED;
	slot->failed = step->status;
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
		m->may_reopen = !step->level && step->status;
		if (!step->level && status_is_cancel(step->status))
			forget_slots(m);
		break;
	case TRACK_FAILED:
	case TRACK_FAILED_OPEN:
		if (step->active)
			violate(m, RULE_ACTIVE, line, step);
		else
			m->refused = true;
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
