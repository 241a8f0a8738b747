// SPDX-License-Identifier: GPL-2.0
/* What begins, ends and concerns a transfer or an endpoint: losses, handlers, unplugging. */
#include "../lib/one_run.h"

static void submit_of_open_id_ends_the_old_transfer(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 10, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_now, 1);
	assert_int_equal(e->transfers.missed, 1);
	assert_int_equal(e->transfers.unpaired, 1);
	assert_false(e->complete);
}

static void submit_error_after_submit_ends_the_transfer(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_plain(&run, URB_EV_SUBMIT_ERROR, 8, 1, IN);
	e = run_endpoint(&run, IN, 20);
	assert_int_equal(e->transfers.submitted, 0);
	assert_int_equal(e->transfers.failed_submit, 1);
	assert_int_equal(e->in_flight_now, 0);
	assert_int_equal(e->depth.time_ns[1], 8);
	assert_true(e->complete);
}

static void submit_error_of_active_urb_ends_nothing(void **state)
{
	struct urb_event ev = plain_event(URB_EV_SUBMIT_ERROR, 8, 1, IN);

	(void)state;
	ev.flags = URB_F_ACTIVE;
	run_submit(&run, 0, 1, IN);
	run_feed(&run, &ev);
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_now, 1);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.failed_submit, 1);
}

static void handler_time_is_awaited(void **state)
{
	const struct endpoint_figures *e;
	struct urb_event ev = queued_event(0, 10, 1, IN);

	(void)state;
	run_feed(&run, &ev);
	ev = done_event(100, 1, IN);
	run_feed(&run, &ev);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_now, 0);
	assert_int_equal(e->latency.count, 0);
	run_plain(&run, URB_EV_HANDLER, 130, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->service.total_ns, 90);
	assert_int_equal(e->giveback_delay.total_ns, 30);
	assert_int_equal(e->latency.total_ns, 130);
}

static void lost_handler_leaves_what_is_known(void **state)
{
	const struct endpoint_figures *e;
	struct urb_event ev = queued_event(0, 10, 1, IN);

	(void)state;
	run_feed(&run, &ev);
	ev = done_event(100, 1, IN);
	run_feed(&run, &ev);
	run_submit(&run, 150, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->latency.total_ns, 100);
	assert_int_equal(e->giveback_delay.count, 0);
	assert_int_equal(e->in_flight_now, 1);
	assert_true(e->complete);
}

static void returned_gives_the_handler_time(void **state)
{
	struct urb_event ev = plain_event(URB_EV_RETURNED, 170, 1, IN);

	(void)state;
	ev.seen = URB_RETURNED;
	ev.returned.handler_ns = 130;
	run_feed(&run, &ev);
	assert_int_equal(run_endpoint(&run, IN, 0)->handler.total_ns, 40);
}

static void loss_on_any_endpoint_lasts_until_each_has_drained(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 0, 2, OUT);
	run_lost(&run, 5, URB_EP_ANY, 3);
	run_complete(&run, 10, 1, IN);
	run_submit(&run, 20, 1, IN);
	run_complete(&run, 30, 1, IN);
	assert_true(run_endpoint(&run, IN, 0)->certain);
	assert_false(run_endpoint(&run, IN, 0)->complete);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.lost, 3);
	assert_false(run_endpoint(&run, OUT, 0)->certain);
	assert_int_equal(run.snap->events.lost, 3);
}

static void loss_on_one_endpoint_leaves_others_alone(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 0, 2, OUT);
	run_lost(&run, 5, IN, 1);
	assert_false(run_endpoint(&run, IN, 0)->certain);
	assert_true(run_endpoint(&run, OUT, 0)->certain);
	assert_true(run_endpoint(&run, OUT, 0)->complete);
}

static void loss_concerns_an_endpoint_that_shows_up_later(void **state)
{
	(void)state;
	run_lost(&run, 0, URB_EP_ANY, 1);
	run_submit(&run, 10, 1, IN);
	assert_false(run_endpoint(&run, IN, 0)->complete);
	assert_false(run_endpoint(&run, IN, 0)->certain);
}

static void loss_ends_inheriting(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_lost(&run, 5, IN, 1);
	run_complete(&run, 10, 2, IN);	/* its submission is the event that was lost */
	run_complete(&run, 20, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->transfers.inherited, 0);
	assert_int_equal(e->transfers.unpaired, 1);
	assert_int_equal(e->in_flight_max, 1);
}

static void loss_anywhere_ends_inheriting_everywhere(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_lost(&run, 5, URB_EP_ANY, 1);
	run_complete(&run, 10, 2, IN);
	run_complete(&run, 10, 3, OUT);	/* an endpoint that is seen for the first time */
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.inherited, 0);
	assert_int_equal(run_endpoint(&run, OUT, 0)->transfers.inherited, 0);
}

static void sync_of_any_reaches_every_endpoint(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 0, 2, OUT);
	run_submit(&run, 0, 3, OUT);
	run_lost(&run, 5, URB_EP_ANY, 1);
	run_plain(&run, URB_EV_INFLIGHT, 10, 3, OUT);
	run_plain(&run, URB_EV_SYNC, 10, 0, URB_EP_ANY);
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_now, 0);
	assert_true(run_endpoint(&run, IN, 0)->certain);
	assert_int_equal(run_endpoint(&run, OUT, 0)->in_flight_now, 1);
	assert_int_equal(run_endpoint(&run, OUT, 0)->transfers.missed, 1);
	assert_true(run_endpoint(&run, OUT, 0)->certain);
}

static void doubt_books_no_time(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 10, 2, IN);
	run_lost(&run, 20, IN, 1);		/* the completion of 1 */
	run_submit(&run, 30, 3, IN);
	run_complete(&run, 40, 3, IN);
	run_plain(&run, URB_EV_INFLIGHT, 50, 2, IN);
	run_plain(&run, URB_EV_SYNC, 50, 0, URB_EP_ANY);
	run_complete(&run, 60, 2, IN);
	run_submit(&run, 65, 4, IN);
	run_complete(&run, 75, 4, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_max, 2);	/* never 3 */
	assert_int_equal(e->depth.time_cnt, 3);
	assert_int_equal(e->depth.time_ns[0], 5);
	assert_int_equal(e->depth.time_ns[1], 10 + 10 + 10);
	assert_int_equal(e->depth.time_ns[2], 10);
	assert_int_equal(e->busy_ns, 45);
	assert_int_equal(e->latency.count, 1);	/* of 4: the others may have lived twice */
	assert_int_equal(e->latency.max_ns, 10);
	assert_int_equal(e->transfers.completed, 3);
	assert_int_equal(e->transfers.missed, 1);
}

static void doubt_of_an_endpoint_is_that_of_its_streams(void **state)
{
	const struct endpoint_figures *e;
	struct urb_event ev;

	(void)state;
	ev = submit_event(0, 1, IN);
	ev.stream = 1;
	run_feed(&run, &ev);
	run_lost(&run, 20, IN, 1);
	ev = submit_event(30, 2, IN);
	ev.stream = 2;				/* a stream that is seen for the first time */
	run_feed(&run, &ev);
	e = run_endpoint(&run, IN, 40);
	assert_int_equal(e->stream_cnt, 2);
	assert_int_equal(e->streams[0].busy_ns, 20);
	assert_int_equal(e->streams[1].busy_ns, 0);
	assert_int_equal(e->streams[1].in_flight_max, 0);
	run_plain(&run, URB_EV_INFLIGHT, 50, 1, IN);
	run_plain(&run, URB_EV_INFLIGHT, 50, 2, IN);
	run_plain(&run, URB_EV_SYNC, 50, 0, URB_EP_ANY);
	e = run_endpoint(&run, IN, 60);
	assert_int_equal(e->streams[0].busy_ns, 30);
	assert_int_equal(e->streams[1].busy_ns, 10);
}

static void sync_ends_what_was_not_named(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 1, 2, IN);
	run_submit(&run, 2, 3, IN);
	run_lost(&run, 5, IN, 1);
	run_plain(&run, URB_EV_INFLIGHT, 10, 2, IN);
	run_plain(&run, URB_EV_INFLIGHT, 10, 4, IN);
	run_plain(&run, URB_EV_SYNC, 10, 0, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->in_flight_now, 2);
	assert_int_equal(e->transfers.missed, 2);
	assert_int_equal(e->transfers.inherited, 1);
	assert_true(e->certain);
	assert_false(e->complete);
}

static void sync_spares_younger_transfers(void **state)
{
	struct urb_event ev;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_submit(&run, 20, 2, IN);
	ev = plain_event(URB_EV_SYNC, 10, 0, IN);	/* walked before, told after */
	run_feed(&run, &ev);
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_now, 1);
	run_complete(&run, 30, 2, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.unpaired, 1);
}

static void gone_device_has_a_successor_of_its_own(void **state)
{
	const struct endpoint_figures *e;

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_plain(&run, URB_EV_GONE, 10, 0, urb_ep(1, 5, 0));
	run_complete(&run, 20, 1, IN);
	run_submit(&run, 30, 1, IN);
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(run.snap->endpoint_cnt, 2);
	assert_int_equal(e->serial, 2);
	assert_false(e->gone);
	assert_true(e[-1].gone);
	assert_int_equal(e[-1].transfers.completed, 1);
	assert_int_equal(e[-1].in_flight_now, 0);
}

static void gone_device_with_urbs_in_flight_keeps_its_events(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_plain(&run, URB_EV_GONE, 10, 0, urb_ep(1, 5, 0));
	run_submit(&run, 20, 2, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->serial, 1);
	assert_int_equal(run_endpoint(&run, IN, 0)->in_flight_now, 2);
}

static void successor_inherits_nothing_unseen(void **state)
{
	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 5, 1, IN);
	run_lost(&run, 6, URB_EP_ANY, 1);
	run_plain(&run, URB_EV_GONE, 10, 0, urb_ep(1, 5, 0));
	run_submit(&run, 30, 1, IN);
	assert_true(run_endpoint(&run, IN, 0)->complete);
	assert_true(run_endpoint(&run, IN, 0)->certain);
	run_complete(&run, 35, 9, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->transfers.unpaired, 1);
}

static void facts_do_not_move_the_window(void **state)
{
	struct urb_facts facts = { .has_ids = true, .vid = 0x525, .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, 3, 0, IN);

	(void)state;
	ev.facts = &facts;
	run_feed(&run, &ev);
	facts.vid = 0;
	run_submit(&run, 1000, 1, IN);
	assert_int_equal(run_endpoint(&run, IN, 0)->facts.vid, 0x525);
	assert_int_equal(run.snap->start_ns, 1000);
}

static void full_table_evicts_the_oldest_gone_endpoint(void **state)
{
	struct track_config config = { .max_endpoints = 2 };
	struct run small;

	(void)state;
	run_init(&small, &config, NULL);
	run_submit(&small, 0, 1, urb_ep(1, 1, 1));
	run_complete(&small, 1, 1, urb_ep(1, 1, 1));
	run_submit(&small, 2, 1, urb_ep(1, 2, 1));
	run_submit(&small, 3, 1, urb_ep(1, 3, 1));
	run_submit(&small, 4, 2, urb_ep(1, 3, 1));
	assert_null(run_endpoint(&small, urb_ep(1, 3, 1), 0));
	assert_int_equal(small.snap->endpoints_dropped, 1);
	assert_int_equal(small.snap->events.lost, 2);
	run_plain(&small, URB_EV_GONE, 5, 0, urb_ep(1, 1, 0));
	run_submit(&small, 6, 1, urb_ep(1, 4, 1));
	assert_non_null(run_endpoint(&small, urb_ep(1, 4, 1), 0));
	assert_null(run_endpoint(&small, urb_ep(1, 1, 1), 0));
	run_submit(&small, 7, 1, urb_ep(1, 1, 1));	/* no room for it any more */
	assert_int_equal(run_endpoint(&small, urb_ep(1, 4, 1), 0)->transfers.submitted, 1);
	run_release(&small);
}

static void evicted_endpoint_leaves_no_ids(void **state)
{
	struct track_config config = { .max_endpoints = 1 };
	struct urb_event ev = done_event(10, 1, IN);
	struct run small;

	(void)state;
	run_init(&small, &config, NULL);
	run_submit(&small, 0, 1, IN);
	run_feed(&small, &ev);			/* waits for its handler */
	run_plain(&small, URB_EV_GONE, 20, 0, IN);
	run_submit(&small, 30, 2, urb_ep(1, 6, 1));
	run_plain(&small, URB_EV_HANDLER, 40, 1, urb_ep(1, 6, 1));
	assert_int_equal(run_endpoint(&small, urb_ep(1, 6, 1), 0)->latency.count, 0);
	run_release(&small);
}

static void ids_once_seen_are_forgotten_at_the_first_pair(void **state)
{
	struct track_config config = { .max_in_flight = 2 };
	struct run small;

	(void)state;
	run_init(&small, &config, NULL);
	run_complete(&small, 0, 1, IN);
	run_submit(&small, 1, 2, IN);
	run_complete(&small, 2, 2, IN);
	run_submit(&small, 3, 3, IN);
	run_submit(&small, 4, 4, IN);
	assert_int_equal(run_endpoint(&small, IN, 0)->in_flight_now, 2);
	run_release(&small);
}

static void call_after_its_own_event_is_clamped(void **state)
{
	struct urb_event ev = queued_event(900, 150, 1, IN);

	(void)state;
	run_submit(&run, 0, 1, IN);
	run_complete(&run, 100, 1, IN);
	run_feed(&run, &ev);
	assert_int_equal(run_endpoint(&run, IN, 0)->turnaround.total_ns, 50);
}

static void streams_have_their_own_level(void **state)
{
	const struct endpoint_figures *e;
	struct urb_event ev;

	(void)state;
	for (uint16_t id = 1; id <= 3; id++) {
		ev = submit_event(0, id, IN);
		ev.stream = id == 3 ? 2 : id;
		run_feed(&run, &ev);
	}
	run_complete(&run, 10, 2, IN);		/* without its stream: that is known */
	e = run_endpoint(&run, IN, 0);
	assert_int_equal(e->stream_cnt, 2);
	assert_int_equal(e->streams[1].stream, 2);
	assert_int_equal(e->streams[1].in_flight_max, 2);
	assert_int_equal(e->streams[1].in_flight_now, 1);
	assert_int_equal(e->in_flight_now, 2);
}

static void in_flight_over_the_limit_is_lost(void **state)
{
	struct track_config config = { .max_in_flight = 2 };
	struct run small;

	(void)state;
	run_init(&small, &config, NULL);
	for (uint64_t id = 1; id <= 3; id++)
		run_submit(&small, id, id, IN);
	assert_int_equal(run_endpoint(&small, IN, 0)->in_flight_now, 2);
	assert_int_equal(small.snap->endpoints[0].transfers.lost, 1);
	run_release(&small);
}

/* Its submission found no room: it was not in flight from the beginning, nor is the past another. */
static void completion_of_what_found_no_room_is_not_inherited(void **state)
{
	struct track_config config = { .max_in_flight = 1 };
	const struct endpoint_figures *e;
	struct run small;

	(void)state;
	run_init(&small, &config, NULL);
	run_submit(&small, 0, 1, IN);
	run_submit(&small, 40, 2, IN);		/* no room: what is in flight is not certain from here on */
	run_complete(&small, 90, 2, IN);
	e = run_endpoint(&small, IN, 100);
	assert_int_equal(e->transfers.inherited, 0);
	assert_int_equal(e->transfers.unpaired, 1);
	assert_int_equal(e->busy_ns, 40);
	assert_int_equal(e->depth.time_ns[1], 40);
	assert_int_equal(e->in_flight_max, 1);
	run_release(&small);
}

static const struct CMUnitTest tests[] = {
	RUN_TEST("submit-of-open-id-ends-the-old-transfer",
		     submit_of_open_id_ends_the_old_transfer),
	RUN_TEST("submit-error-after-submit-ends-the-transfer",
		     submit_error_after_submit_ends_the_transfer),
	RUN_TEST("submit-error-of-active-urb-ends-nothing",
		     submit_error_of_active_urb_ends_nothing),
	RUN_TEST("handler-time-is-awaited", handler_time_is_awaited),
	RUN_TEST("lost-handler-leaves-what-is-known", lost_handler_leaves_what_is_known),
	RUN_TEST("returned-gives-the-handler-time", returned_gives_the_handler_time),
	RUN_TEST("loss-on-any-endpoint-lasts-until-each-has-drained",
		     loss_on_any_endpoint_lasts_until_each_has_drained),
	RUN_TEST("loss-on-one-endpoint-leaves-others-alone",
		     loss_on_one_endpoint_leaves_others_alone),
	RUN_TEST("loss-concerns-an-endpoint-that-shows-up-later",
		     loss_concerns_an_endpoint_that_shows_up_later),
	RUN_TEST("loss-ends-inheriting", loss_ends_inheriting),
	RUN_TEST("loss-anywhere-ends-inheriting-everywhere",
		     loss_anywhere_ends_inheriting_everywhere),
	RUN_TEST("doubt-books-no-time", doubt_books_no_time),
	RUN_TEST("doubt-of-an-endpoint-is-that-of-its-streams",
		     doubt_of_an_endpoint_is_that_of_its_streams),
	RUN_TEST("sync-of-any-reaches-every-endpoint", sync_of_any_reaches_every_endpoint),
	RUN_TEST("sync-ends-what-was-not-named", sync_ends_what_was_not_named),
	RUN_TEST("sync-spares-younger-transfers", sync_spares_younger_transfers),
	RUN_TEST("gone-device-has-a-successor-of-its-own",
		     gone_device_has_a_successor_of_its_own),
	RUN_TEST("gone-device-with-urbs-in-flight-keeps-its-events",
		     gone_device_with_urbs_in_flight_keeps_its_events),
	RUN_TEST("completion-of-what-found-no-room-is-not-inherited",
		     completion_of_what_found_no_room_is_not_inherited),
	RUN_TEST("successor-inherits-nothing-unseen", successor_inherits_nothing_unseen),
	RUN_TEST("facts-do-not-move-the-window", facts_do_not_move_the_window),
	RUN_TEST("full-table-evicts-the-oldest-gone-endpoint",
		     full_table_evicts_the_oldest_gone_endpoint),
	RUN_TEST("evicted-endpoint-leaves-no-ids", evicted_endpoint_leaves_no_ids),
	RUN_TEST("ids-once-seen-are-forgotten-at-the-first-pair",
		     ids_once_seen_are_forgotten_at_the_first_pair),
	RUN_TEST("call-after-its-own-event-is-clamped", call_after_its_own_event_is_clamped),
	RUN_TEST("streams-have-their-own-level", streams_have_their_own_level),
	RUN_TEST("in-flight-over-the-limit-is-lost", in_flight_over_the_limit_is_lost),
};

TEST_MAIN(tests)
