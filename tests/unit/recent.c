// SPDX-License-Identifier: GPL-2.0
/* What happened last on an endpoint: in order, complete, and no more than there is room for. */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/run.h"
#include "urbscope/recent.h"

#define EP    urb_ep(1, 5, 0x81)
#define OTHER urb_ep(1, 5, 0x02)

struct fixture {
	struct tracker *tracker;
	struct recent *recent;
	struct recent_view view;
};

static void open_one(struct fixture *f)
{
	f->tracker = tracker_new(NULL);
	f->recent = recent_new();
	assert_non_null(f->tracker);
	assert_non_null(f->recent);
}

static void close_one(struct fixture *f)
{
	recent_free(f->recent);
	tracker_free(f->tracker);
}

static uint32_t feed(struct fixture *f, struct urb_event ev)
{
	struct track_step step;
	uint32_t serial;

	tracker_feed(f->tracker, &ev, &step);
	serial = step.serial;
	do
		assert_int_equal(recent_apply(f->recent, &step), 0);
	while (tracker_next(f->tracker, &step));
	return serial;
}

static void last_transfers_come_first(void **state)
{
	struct fixture f;
	uint32_t serial = 0;

	(void)state;
	open_one(&f);
	for (uint64_t i = 1; i <= 100; i++) {
		struct urb_event done = complete_event(i * 100 + 50, i, EP, 0);

		feed(&f, submit_event(i * 100, i, EP));
		done.complete.length = i;
		serial = feed(&f, done);
		feed(&f, submit_event(i * 100 + 60, i, OTHER));
	}
	assert_true(recent_of(f.recent, serial, &f.view));
	assert_int_equal(f.view.transfer_cnt, RECENT_TRANSFERS);
	for (uint64_t i = 0; i < RECENT_TRANSFERS; i++) {
		assert_int_equal(f.view.transfers[i].number, 100 - i);
		assert_int_equal(f.view.transfers[i].length, 100 - i);
		assert_int_equal(f.view.transfers[i].time_ns, (100 - i) * 100 + 50);
		assert_int_equal(f.view.transfers[i].submit_ns, (100 - i) * 100);
		assert_int_equal(f.view.transfers[i].left, 0);
	}
	assert_int_equal(f.view.error_cnt, 0);
	assert_false(recent_of(f.recent, serial + 100, &f.view));
	assert_int_equal(f.view.transfer_cnt, 0);
	close_one(&f);
}

/* Equal errors in a row are one entry, with their number and both ends. */
static void errors_in_a_row_are_one(void **state)
{
	static const int statuses[] = { -EPIPE, -EPIPE, -EPIPE, 0, -EPIPE, -EPROTO, -EPIPE };
	struct urb_event refusal = plain_event(URB_EV_SUBMIT_ERROR, 2000, 99, EP);
	struct fixture f;
	uint32_t serial = 0;

	(void)state;
	open_one(&f);
	for (uint64_t i = 0; i < 7; i++) {
		feed(&f, submit_event(1000 + i * 10, i + 1, EP));
		serial = feed(&f, complete_event(1005 + i * 10, i + 1, EP, statuses[i]));
	}
	refusal.submit_error.error = -ENOMEM;
	feed(&f, refusal);
	assert_true(recent_of(f.recent, serial, &f.view));
	assert_int_equal(f.view.error_cnt, 4);
	assert_int_equal(f.view.errors[0].status, -ENOMEM);
	assert_true(f.view.errors[0].refused);
	assert_int_equal(f.view.errors[1].status, -EPIPE);
	assert_int_equal(f.view.errors[1].count, 1);
	assert_int_equal(f.view.errors[2].status, -EPROTO);
	assert_int_equal(f.view.errors[3].status, -EPIPE);
	assert_int_equal(f.view.errors[3].count, 4);
	assert_int_equal(f.view.errors[3].first_ns, 1005);
	assert_int_equal(f.view.errors[3].last_ns, 1045);
	assert_false(f.view.errors[3].refused);
	for (int i = 0; i < 100; i++) {
		feed(&f, submit_event(3000 + i * 10, 1, EP));
		feed(&f, complete_event(3005 + i * 10, 1, EP, i & 1 ? -EPIPE : -EPROTO));
	}
	recent_of(f.recent, serial, &f.view);
	assert_int_equal(f.view.error_cnt, RECENT_ERRORS);
	assert_int_equal(f.view.errors[0].last_ns, 3995);
	close_one(&f);
}

static struct urb_event call(uint64_t i, const char *comm, uint32_t pid, uint64_t fn, bool irq)
{
	struct urb_event ev = submit_event(i * 10, i, EP);

	ev.flags = URB_F_CALLER | URB_F_CONTEXT | (irq ? URB_F_IN_IRQ : 0);
	ev.submit.pid = pid;
	ev.submit.complete_fn = fn;
	snprintf(ev.submit.comm, sizeof(ev.submit.comm), "%s", comm);
	return ev;
}

static void callers_are_counted(void **state)
{
	struct fixture f;
	uint32_t serial = 0;
	uint64_t i = 1;

	(void)state;
	open_one(&f);
	feed(&f, submit_event(1, 100000, EP)); /* level basic: nobody is named */
	serial = feed(&f, call(i++, "dd", 7, 0x1000, false));
	assert_true(recent_of(f.recent, serial, &f.view));
	assert_int_equal(f.view.caller_cnt, 1);
	for (int k = 0; k < 3; k++)
		feed(&f, call(i++, "swapper", k, 0x1000, true)); /* pid is noise there */
	feed(&f, call(i++, "dd", 7, 0x2000, false));
	recent_of(f.recent, serial, &f.view);
	assert_int_equal(f.view.caller_cnt, 3);
	assert_true(f.view.callers[0].in_irq);
	assert_int_equal(f.view.callers[0].count, 3);
	assert_string_equal(f.view.callers[1].comm, "dd");
	/* more than there is room for: what was seen most stays, and nothing is lost from the sum */
	for (uint32_t k = 0; k < 50; k++)
		feed(&f, call(i++, "many", 1000 + k, 0x3000, false));
	recent_of(f.recent, serial, &f.view);
	assert_int_equal(f.view.caller_cnt, RECENT_CALLERS);
	assert_int_equal(f.view.callers[0].count, 3);
	uint64_t sum = f.view.other_calls;
	for (size_t k = 0; k < RECENT_CALLERS; k++)
		sum += f.view.callers[k].count;
	assert_int_equal(sum, i - 1);
	close_one(&f);
}

/* As BPF tells: given back first, then the handler. */
static void handlers_find_their_transfer(void **state)
{
	struct fixture f;
	uint32_t serial = 0;

	(void)state;
	open_one(&f);
	for (uint64_t id = 1; id <= 2; id++)
		feed(&f, queued_event(id * 10, id * 10 + 1, id, EP));
	for (uint64_t id = 1; id <= 2; id++) {
		struct urb_event done = done_event(100 + id, id, EP);

		done.flags |= URB_F_HANDLER_FOLLOWS;
		serial = feed(&f, done);
	}
	for (uint64_t id = 1; id <= 2; id++) {
		struct urb_event handler = plain_event(URB_EV_HANDLER, 200 + id, id, EP);

		handler.seen = URB_HANDLER;
		feed(&f, handler);
	}
	recent_of(f.recent, serial, &f.view);
	assert_int_equal(f.view.transfer_cnt, 2);
	for (uint64_t id = 1; id <= 2; id++) {
		const struct recent_transfer *t = &f.view.transfers[2 - id];

		assert_int_equal(t->submit_ns, id * 10);
		assert_int_equal(t->queued_ns, id * 10 + 1);
		assert_int_equal(t->done_ns, 100 + id);
		assert_true(t->seen & URB_HANDLER);
		assert_int_equal(t->handler_ns, 200 + id);
		assert_int_equal(t->left, 2 - id);
	}
	close_one(&f);
}

static const struct CMUnitTest tests[] = {
	TEST("recent-transfers-come-last-first", last_transfers_come_first),
	TEST("recent-errors-in-a-row-are-one", errors_in_a_row_are_one),
	TEST("recent-callers-are-counted", callers_are_counted),
	TEST("recent-handlers-find-their-transfer", handlers_find_their_transfer),
};

TEST_MAIN(tests)
