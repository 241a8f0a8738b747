// SPDX-License-Identifier: GPL-2.0
/*
 * Losses: from the first moment in which something may have been lost until the level is known
 * again, no figure depends on it. By hand, and on random queues of which random events are lost:
 * what is called certain is true, and no depth is booked that was not there.
 */
#include <errno.h>
#include <string.h>

#include "../lib/one_run.h"

#define OTHER urb_ep(1, 6, 0x81)

static void lose(uint64_t from_ns, uint64_t until_ns, uint32_t ep, uint64_t count, uint8_t flags)
{
	struct urb_event ev = plain_event(URB_EV_LOST, from_ns, 0, ep);

	ev.flags = flags;
	ev.lost.count = count;
	ev.lost.until_ns = until_ns;
	run_feed(&run, &ev);
}

static bool certain(uint32_t ep)
{
	return run_endpoint(&run, ep, 0)->certain;
}

static void draining_within_the_loss_ends_no_doubt(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	lose(5, 100, IN, 2, 0);
	run_submit(&run, 10, 1, IN);
	run_complete(&run, 20, 1, IN);	/* drained, and what is lost comes later */
	assert_false(certain(IN));
	run_submit(&run, 30, 2, IN);	/* whose completion is lost */
	run_submit(&run, 40, 3, IN);	/* whose completion is lost */
	run_submit(&run, 90, 4, IN);
	e = run_endpoint(&run, IN, 150);
	assert_int_equal(e->in_flight_max, 0);
	assert_int_equal(e->busy_ns, 0);
	assert_false(e->certain);
	assert_int_equal(run.snap->events.lost, 2);
}

/* A device that is over when the loss begins is not concerned; one that was pulled within it may be. */
static void loss_is_not_of_those_unplugged_before(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 10, 1, IN);
	run_plain(&run, URB_EV_GONE, 20, 0, IN);
	run_submit(&run, 0, 2, OTHER);
	run_complete(&run, 30, 2, OTHER);
	run_plain(&run, URB_EV_GONE, 60, 0, OTHER);
	lose(50, 70, URB_EP_ANY, 3, 0);
	e = run_endpoint(&run, IN, 100);
	assert_true(e->complete);
	assert_true(e->certain);
	assert_int_equal(e->transfers.lost, 0);
	e = run_endpoint(&run, OTHER, 100);
	assert_false(e->complete);
	assert_int_equal(e->transfers.lost, 3);
	assert_int_equal(run.snap->events.lost, 3);
}

static void draining_of_what_was_there_before_ends_no_doubt(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	lose(5, 10, IN, 1, 0);
	run_complete(&run, 20, 1, IN);	/* behind it there may be another, whose submission was lost */
	assert_false(certain(IN));
	run_submit(&run, 30, 3, IN);
	run_complete(&run, 40, 2, IN);	/* there was */
	assert_false(certain(IN));
	run_complete(&run, 50, 3, IN);
	assert_true(certain(IN));
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_max, 1);
	assert_int_equal(run_endpoint(&run, IN, 0)->busy_ns, 5);
}

static void draining_out_of_turn_ends_no_doubt(void **state)
{
	static const int unlinked[] = { -ENOENT, -ECONNRESET, -ESHUTDOWN };
	uint64_t t = 10;

	(void)state;
	lose(5, 10, IN, 1, 0);
	for (int i = 0; i < 3; i++) {
		struct urb_event ev = complete_event(t + 2, 1, IN, unlinked[i]);

		run_submit(&run, ++t, 1, IN);
		run_feed(&run, &ev);	/* taken back: older ones may stay where they are */
		assert_false(certain(IN));
		t += 10;
	}
	run_submit(&run, t, 1, IN);
	run_complete(&run, t + 1, 1, IN);
	assert_true(certain(IN));
}

static void draining_is_no_proof_where_a_sync_follows(void **state)
{
	(void)state;
	lose(5, 10, IN, 1, URB_F_SYNC_FOLLOWS);
	run_submit(&run, 20, 1, IN);
	run_complete(&run, 30, 1, IN);
	assert_false(certain(IN));
	run_plain(&run, URB_EV_SYNC, 40, 0, URB_EP_ANY);
	assert_true(certain(IN));
}

static void sync_from_within_the_loss_ends_no_doubt(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	lose(5, 50, IN, 1, URB_F_SYNC_FOLLOWS);
	run_plain(&run, URB_EV_INFLIGHT, 40, 1, IN);
	run_plain(&run, URB_EV_SYNC, 40, 0, URB_EP_ANY);
	assert_false(certain(IN));
	run_plain(&run, URB_EV_INFLIGHT, 50, 1, IN);
	run_plain(&run, URB_EV_SYNC, 50, 0, URB_EP_ANY);
	assert_true(certain(IN));
}

static void loss_told_behind_a_sync_ends_its_trust(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	lose(5, 20, IN, 1, URB_F_SYNC_FOLLOWS);
	run_plain(&run, URB_EV_INFLIGHT, 30, 1, IN);
	run_plain(&run, URB_EV_SYNC, 30, 0, URB_EP_ANY);
	lose(25, 40, IN, 1, URB_F_SYNC_FOLLOWS);	/* came late: time does not run backwards */
	assert_false(certain(IN));
	assert_int_equal(run_endpoint(&run, IN, 100)->busy_ns, 5);
}

static void completion_of_the_unknown_renews_doubt(void **state)
{
	(void)state;
	lose(5, 10, IN, 1, 0);
	run_submit(&run, 20, 1, IN);
	run_complete(&run, 30, 1, IN);
	assert_true(certain(IN));
	run_submit(&run, 40, 2, IN);
	run_complete(&run, 50, 9, IN);	/* out of turn, as with streams that nobody told of */
	assert_false(certain(IN));
	run_complete(&run, 60, 2, IN);
	assert_false(certain(IN));	/* submitted before that */
	run_submit(&run, 70, 3, IN);
	run_complete(&run, 80, 3, IN);
	assert_true(certain(IN));
	assert_int_equal(run_endpoint(&run, IN, 0)->busy_ns, 10 + 10);	/* the gap, and 2 until 9 */
}

static void submission_of_the_unended_renews_doubt(void **state)
{
	(void)state;
	lose(5, 10, IN, 1, 0);
	run_submit(&run, 20, 1, IN);
	run_complete(&run, 30, 1, IN);
	run_submit(&run, 40, 2, IN);
	run_submit(&run, 50, 2, IN);
	assert_false(certain(IN));
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_max, 1);
}

static void without_a_loss_nothing_is_doubted(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 10, 1, IN);
	run_complete(&run, 20, 1, IN);
	run_complete(&run, 30, 1, IN);
	assert_true(certain(IN));
	assert_int_equal(run_endpoint(&run, IN, 0)->busy_ns, 20);
}

static void endpoint_born_within_the_loss_is_in_doubt(void **state)
{
	(void)state;
	lose(5, 100, URB_EP_ANY, 1, URB_F_SYNC_FOLLOWS);
	run_plain(&run, URB_EV_SYNC, 50, 0, URB_EP_ANY);
	run_submit(&run, 60, 1, IN);
	assert_false(certain(IN));
	run_plain(&run, URB_EV_SYNC, 100, 0, URB_EP_ANY);
	assert_true(certain(IN));
	run_submit(&run, 110, 1, OUT);	/* was not there when the queues were looked at */
	assert_true(certain(OUT));
}

static void successor_of_a_doubted_endpoint_is_in_doubt_for_as_long(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	lose(5, 50, IN, 1, 0);
	run_complete(&run, 10, 1, IN);
	run_plain(&run, URB_EV_GONE, 20, 0, IN);
	run_submit(&run, 30, 2, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->serial, 2);
	assert_false(certain(IN));
	run_complete(&run, 55, 2, IN);
	run_plain(&run, URB_EV_GONE, 60, 0, IN);
	run_submit(&run, 70, 2, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->serial, 3);
	assert_true(certain(IN));
}

/* A queue as it truly is: URBs end in turn, but for those that are taken back. */
#define DEPTH  6
#define IDS    (2 * DEPTH)
#define EVENTS 300

struct queue {
	uint64_t id[DEPTH];	/* oldest first */
	uint32_t level, max;
	uint64_t now_ns;
	uint64_t time_ns[DEPTH + 1];
	uint64_t last_id;
};

static bool is_queued(const struct queue *q, uint64_t id)
{
	for (uint32_t i = 0; i < q->level; i++) {
		if (q->id[i] == id)
			return true;
	}
	return false;
}

/* Drivers submit the same few URBs again, or a new one each time. */
static uint64_t pick_id(struct queue *q, uint64_t *seed, bool fresh)
{
	uint64_t id;

	if (fresh)
		return ++q->last_id;
	do
		id = 1 + random_below(seed, IDS);
	while (is_queued(q, id));
	return id;
}

static void pass_time(struct queue *q, uint64_t ns)
{
	q->time_ns[q->level] += ns;
	q->now_ns += ns;
}

static struct urb_event next_event(struct queue *q, uint64_t *seed, bool fresh)
{
	uint32_t at = 0;
	int status = 0;
	struct urb_event ev;

	pass_time(q, 1 + random_below(seed, 20));
	if (!q->level || (q->level < DEPTH && random_below(seed, 2))) {
		ev = submit_event(q->now_ns, pick_id(q, seed, fresh), IN);
		q->id[q->level++] = ev.id;
		if (q->level > q->max)
			q->max = q->level;
		return ev;
	}
	if (!random_below(seed, 8)) {
		at = random_below(seed, q->level);
		status = -ENOENT;
	}
	ev = complete_event(q->now_ns, q->id[at], IN, status);
	memmove(q->id + at, q->id + at + 1, (--q->level - at) * sizeof(*q->id));
	return ev;
}

static void look(const struct queue *q)
{
	for (uint32_t i = 0; i < q->level; i++)
		run_plain(&run, URB_EV_INFLIGHT, q->now_ns, q->id[i], IN);
	run_plain(&run, URB_EV_SYNC, q->now_ns, 0, URB_EP_ANY);
}

/* Returns whether it is certain. */
static bool compare(const struct queue *q)
{
	const struct endpoint_figures *e = run_endpoint(&run, IN, q->now_ns);

	if (!e)
		return true;
	if (e->certain)
		assert_int_equal(e->in_flight_now, q->level);
	assert_true(e->in_flight_max <= q->max);
	assert_true(e->depth.time_cnt <= DEPTH + 1);
	for (size_t i = 0; i < e->depth.time_cnt; i++)
		assert_true(e->depth.time_ns[i] <= q->time_ns[i]);
	return e->certain;
}

/* One run; `looks`: the source tells by SYNC. Counts the recoveries. */
static void random_losses(uint64_t seed, bool looks, uint32_t *recovered)
{
	struct queue q = { .last_id = IDS };
	uint8_t flags = looks ? URB_F_SYNC_FOLLOWS : 0;
	bool fresh = random_below(&seed, 2), was_certain = true;
	uint32_t ep = random_below(&seed, 4) ? IN : URB_EP_ANY;
	uint64_t losing_until = 0;

	for (int i = 0; i < EVENTS; i++) {
		struct urb_event ev;
		bool is;

		if (!random_below(&seed, 80)) {
			losing_until = q.now_ns + random_below(&seed, 400);
			lose(q.now_ns, losing_until, ep, 1, flags);
		}
		if (looks && !random_below(&seed, 20))
			look(&q);
		ev = next_event(&q, &seed, fresh);
		if (q.now_ns > losing_until || random_below(&seed, 2))
			run_feed(&run, &ev);
		is = compare(&q);
		*recovered += is && !was_certain;
		was_certain = is;
	}
}

static void any_loss_leaves_only_truth(void **state)
{
	uint32_t recovered[2] = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		random_losses(seed, seed & 1, &recovered[seed & 1]);
		run_release(&run);
		run_init(&run, NULL, NULL);
	}
	/* it is not by doubting for ever */
	assert_true(recovered[0] > 500);
	assert_true(recovered[1] > 1000);
}

static const struct CMUnitTest tests[] = {
	RUN_TEST("draining-within-the-loss-ends-no-doubt", draining_within_the_loss_ends_no_doubt),
	RUN_TEST("loss-is-not-of-those-unplugged-before", loss_is_not_of_those_unplugged_before),
	RUN_TEST("draining-of-what-was-there-before-ends-no-doubt",
		  draining_of_what_was_there_before_ends_no_doubt),
	RUN_TEST("draining-out-of-turn-ends-no-doubt", draining_out_of_turn_ends_no_doubt),
	RUN_TEST("draining-is-no-proof-where-a-sync-follows",
		  draining_is_no_proof_where_a_sync_follows),
	RUN_TEST("sync-from-within-the-loss-ends-no-doubt", sync_from_within_the_loss_ends_no_doubt),
	RUN_TEST("loss-told-behind-a-sync-ends-its-trust", loss_told_behind_a_sync_ends_its_trust),
	RUN_TEST("completion-of-the-unknown-renews-doubt", completion_of_the_unknown_renews_doubt),
	RUN_TEST("submission-of-the-unended-renews-doubt", submission_of_the_unended_renews_doubt),
	RUN_TEST("without-a-loss-nothing-is-doubted", without_a_loss_nothing_is_doubted),
	RUN_TEST("endpoint-born-within-the-loss-is-in-doubt",
		  endpoint_born_within_the_loss_is_in_doubt),
	RUN_TEST("successor-of-a-doubted-endpoint-is-in-doubt-for-as-long",
		  successor_of_a_doubted_endpoint_is_in_doubt_for_as_long),
	RUN_TEST("any-loss-leaves-only-truth", any_loss_leaves_only_truth),
};

TEST_MAIN(tests)
