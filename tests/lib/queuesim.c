// SPDX-License-Identifier: GPL-2.0
#include "queuesim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_submit(struct sim *s, uint64_t id)
{
	struct urb_event ev = submit_event(s->now, id, s->ep);

	ev.submit.length = s->length;
	ev.submit.slot = id;
	if (s->device_free < s->now)
		s->device_free = s->now;
	s->device_free += SIM_DEVICE;
	s->posted[s->cnt] = id;
	s->ends[s->cnt++] = s->device_free;
	checkrun_feed(&s->run, &ev);
	s->now++;
}

int sim_reap(struct sim *s, uint64_t *id)
{
	int status = ++s->taken % 7 ? 0 : -EPROTO;
	struct urb_event ev;

	if (s->now < s->ends[0])
		s->now = s->ends[0];
	ev = complete_event(s->ends[0] > s->now ? s->ends[0] : s->now, s->posted[0], s->ep, status);
	*id = s->posted[0];
	s->cnt--;
	memmove(s->posted, s->posted + 1, s->cnt * sizeof(s->posted[0]));
	memmove(s->ends, s->ends + 1, s->cnt * sizeof(s->ends[0]));
	checkrun_feed(&s->run, &ev);
	return status;
}

static void resubmit_active(struct sim *s)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, s->now, s->posted[0], s->ep);

	ev.flags = URB_F_ACTIVE;
	ev.submit_error.error = -EBUSY;
	checkrun_feed(&s->run, &ev);
}

void sim_close(struct sim *s, enum sim_variant v)
{
	if (v == LEAVE)
		return;
	s->now += SIM_HOST;
	while (s->cnt) {
		struct urb_event ev = complete_event(s->now, s->posted[--s->cnt], s->ep,
						     v == UNLINK ? -ECONNRESET : -ENOENT);

		checkrun_feed(&s->run, &ev);
	}
}

static void run_in(struct sim *s, uint32_t depth, enum sim_variant v)
{
	uint32_t slots = v == SHORT ? depth - 1 : v == ONE_MORE ? depth + 1 : depth;
	uint32_t last = v == WAIT_EACH ? 1 : slots;
	uint64_t ended[SIM_DEPTH_MAX], id;
	uint32_t ended_cnt = 0;

	s->length = v == WRONG_LENGTH ? SIM_BUF_LEN / 2 : SIM_BUF_LEN;
	for (uint32_t i = 0; i < last; i++)
		sim_submit(s, i + 1);
	for (uint32_t i = 0; i < 12 * depth && s->cnt; i++) {
		int status = sim_reap(s, &id);

		s->now += SIM_HOST;
		if (v == DOUBLE_SUBMIT && s->cnt)
			resubmit_active(s);
		if (v == WAIT_EACH)
			sim_submit(s, id % slots + 1);
		else if (v == DRAIN_FIRST || (v == OUT_OF_ORDER && i % 16 < 2))
			ended[ended_cnt++] = id;
		else if (v != NO_RESUBMIT_ON_ERROR || !status)
			sim_submit(s, id);
		if (ended_cnt && (v == DRAIN_FIRST ? !s->cnt : i % 16 == 1)) {
			for (uint32_t k = 0; k < ended_cnt; k++)
				sim_submit(s, ended[v == DRAIN_FIRST ? k : ended_cnt - 1 - k]);
			ended_cnt = 0;
		}
	}
	sim_close(s, v);
}

static void run_out(struct sim *s, uint32_t depth, enum sim_variant v)
{
	uint32_t slots = v == SHORT ? depth - 1 : v == ONE_MORE ? depth + 1 : depth;
	uint64_t id;

	s->length = SIM_BUF_LEN;
	for (uint32_t i = 0; i < 30 * depth; i++) {
		uint32_t slot = v == OUT_OF_ORDER && i == depth + 3 ? i + 1 : i;

		while (s->cnt == slots || (v == WAIT_EACH && s->cnt) ||
		       (v == DRAIN_FIRST && s->cnt && i % slots == 0))
			sim_reap(s, &id);
		for (uint32_t k = 0; k < s->cnt && v == OUT_OF_ORDER; k++) {
			if (s->posted[k] != slot % slots + 1)
				continue;
			sim_reap(s, &id);
			k = UINT32_MAX;
		}
		if (v == DOUBLE_SUBMIT && s->cnt)
			resubmit_active(s);
		sim_submit(s, slot % slots + 1);
		s->now += SIM_HOST;
	}
	if (v == RIGHT)
		while (s->cnt) /* flush */
			sim_reap(s, &id);
	sim_close(s, v);
}

void sim_begin(struct sim *s, uint32_t ep, uint32_t depth)
{
	struct fault fault = { "" };
	struct assertion *a;
	char model[64];

	*s = (struct sim){ .ep = ep, .length = SIM_BUF_LEN };
	checkrun_init(&s->run);
	a = checkrun_assert(&s->run, ASSERT_MIN_BYTES, "0"); /* makes the target */
	snprintf(model, sizeof(model), "bulk-%s-queue:depth=%u%s", ep == SIM_IN ? "in" : "out", depth,
		 ep == SIM_IN ? ",buf_len=512" : "");
	if (!assertion_parse_model(model, a, &fault))
		return;
	fprintf(stderr, "queuesim: %s\n", fault.text);
	abort();
}

void sim_turn_over(struct sim *s, uint32_t times)
{
	uint64_t id;

	while (times--) {
		sim_reap(s, &id);
		sim_submit(s, id);
	}
}

void sim_traffic(struct sim *s, uint32_t depth, enum sim_variant v)
{
	if (s->ep == SIM_IN)
		run_in(s, depth, v);
	else
		run_out(s, depth, v);
}

void sim_run(struct sim *s, uint32_t ep, uint32_t depth, enum sim_variant v)
{
	sim_begin(s, ep, depth);
	sim_traffic(s, depth, v);
	checkrun_finish(&s->run, s->now, NULL);
}

unsigned int sim_broken(const struct sim *s)
{
	unsigned int broken = 0;

	for (size_t i = 0; i < s->run.report->cnt; i++) {
		if (s->run.report->results[i].verdict == VERDICT_VIOLATED)
			broken |= 1u << s->run.report->results[i].rule;
	}
	return broken;
}

void sim_end_as(struct sim *s, enum sim_ending how)
{
	s->now += SIM_HOST;
	for (uint32_t i = 0; i < s->cnt; i++) {
		bool last = i + 1 == s->cnt;
		int status = how == ALL_STALLED ? -EPIPE : how == ALL_FAILED ? -EPROTO :
			     how == FLUSHED || last ? 0 : -ENOENT;
		uint32_t k = how == LAST_GOT_THROUGH ? s->cnt - 1 - i : i;
		struct urb_event ev = complete_event(s->now, s->posted[k], s->ep, status);

		checkrun_feed(&s->run, &ev);
	}
	s->cnt = 0;
}

void sim_open(struct sim *s, const uint64_t *ids, uint32_t times)
{
	for (uint32_t i = 0; i < 4; i++)
		sim_submit(s, ids[i]);
	sim_turn_over(s, times);
}
