// SPDX-License-Identifier: GPL-2.0
/* What is called out, and what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../lib/fakesnap.h"
#include "urbscope/report.h"

#define MS 1000000ULL

/* The kinds found of one endpoint, as a set of bits. */
static unsigned int kinds(const struct endpoint_figures *ep)
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t n = findings_of_endpoint(ep, found), i;
	unsigned int set = 0;

	for (i = 0; i < n; i++) {
		assert_ptr_equal(found[i].endpoint, ep);
		set |= 1U << found[i].kind;
	}
	return set;
}

static unsigned int kinds_of(struct fake_endpoint f)
{
	struct snapshot *snap;
	unsigned int set;

	f.transfers = f.transfers ? f.transfers : 1000;
	snap = fake_snapshot(&f, 1, 1000 * MS);
	set = kinds(&snap->endpoints[0]);
	fake_free(snap);
	return set;
}

#define BULK_OUT .ep = 0x010502, .type = URB_TYPE_BULK
#define BULK_IN	 .ep = 0x010581, .type = URB_TYPE_BULK

static void sync_is_one_in_flight_with_gaps(void **state)
{
	(void)state;
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_OUT, .gap_cnt = 9,
			 .depth_ns = {50 * MS, 950 * MS}}), 1 << FINDING_SYNC);
	/* back to back: nothing waits */
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_OUT, .depth_ns = {0, 950 * MS}}), 0);
	/* gaps below one per cent */
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_OUT, .gap_cnt = 9,
			 .depth_ns = {9 * MS, 991 * MS}}), 0);
	/* a handful of transfers is no pattern */
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_OUT, .gap_cnt = 2, .transfers = 3,
			 .depth_ns = {50 * MS, 950 * MS}}), 0);
}

static void control_and_interrupt_are_synchronous_by_nature(void **state)
{
	(void)state;
	assert_int_equal(kinds_of((struct fake_endpoint){.ep = 0x010500,
			 .type = URB_TYPE_CONTROL, .gap_cnt = 9,
			 .depth_ns = {50 * MS, 950 * MS}}), 0);
	assert_int_equal(kinds_of((struct fake_endpoint){.ep = 0x010503, .type = URB_TYPE_INT,
			 .gap_cnt = 9, .depth_ns = {50 * MS, 950 * MS}}), 0);
}

static void a_queue_that_runs_dry_has_gaps(void **state)
{
	(void)state;
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_OUT, .gap_cnt = 9,
			 .depth_ns = {50 * MS, 0, 950 * MS}}), 1 << FINDING_GAPS);
}

static void an_empty_in_endpoint_is_unposted(void **state)
{
	(void)state;
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_IN, .gap_cnt = 9,
			 .depth_ns = {50 * MS, 0, 950 * MS}}), 1 << FINDING_UNPOSTED);
	/* one at a time: both are true, and the cause comes first */
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_IN, .gap_cnt = 9,
			 .depth_ns = {50 * MS, 950 * MS}}),
			 1 << FINDING_SYNC | 1 << FINDING_UNPOSTED);
	assert_int_equal(kinds_of((struct fake_endpoint){BULK_IN, .depth_ns = {0, 0, MS}}), 0);
}

static void what_a_protocol_demands_is_told_as_such(void **state)
{
	static const struct {
		const char *driver, *says;
	} drivers[] = {
		{"usb-storage", "usb-storage sends one command at a time, by its protocol"},
		{"uas", "uas sends the commands that the block layer gives it, by its protocol"},
		{"cdc_acm", NULL},
		{"uas-like", NULL},
	};
	struct finding found[FINDINGS_PER_ENDPOINT];
	char text[FINDING_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		struct fake_endpoint f = {BULK_IN, .transfers = 1000, .gap_cnt = 9,
					  .driver = drivers[i].driver, .depth_ns = {50 * MS, 950 * MS}};
		struct snapshot *snap = fake_snapshot(&f, 1, 1000 * MS);

		assert_int_equal(findings_of_endpoint(fake_ep(snap, 0), found), 2);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(found[k].by_protocol, drivers[i].says != NULL);
			finding_sentence(&found[k], text, sizeof(text));
			assert_true(strlen(text) + 1 < sizeof(text));
			if (drivers[i].says)
				assert_non_null(strstr(text, drivers[i].says));
			else
				assert_null(strstr(text, "protocol"));
		}
		fake_free(snap);
	}
}

static const char *sentence_of(const struct endpoint_figures *ep)
{
	static char text[FINDING_SIZE];
	struct finding found[FINDINGS_PER_ENDPOINT];

	assert_int_equal(findings_of_endpoint(ep, found), 1);
	finding_sentence(&found[0], text, sizeof(text));
	return text;
}

/* A transfer takes 0.8 ms of 1000; three of them and the one under way go on for longer than 2 ms. */
static void a_depth_is_named_that_would_bridge_the_gaps(void **state)
{
	struct fake_endpoint out = {BULK_OUT, .transfers = 1000, .gap_cnt = 400,
				    .depth_ns = {200 * MS, 800 * MS}};
	struct snapshot *snap = fake_snapshot(&out, 1, 1000 * MS);
	struct endpoint_figures *ep = fake_ep(snap, 0);

	(void)state;
	ep->gaps.p99_ns = 2 * MS;
	assert_non_null(strstr(sentence_of(ep), "; 4 in flight would bridge 99% of the gaps"));
	ep->gaps.p99_ns = 8 * MS / 10;
	assert_non_null(strstr(sentence_of(ep), "; 2 in flight would bridge"));
	ep->gaps.p99_ns++;
	assert_non_null(strstr(sentence_of(ep), "; 3 in flight would bridge"));
	strcpy(ep->facts.driver, "uas");
	assert_null(strstr(sentence_of(ep), "bridge"));
	fake_free(snap);
}

static void no_depth_is_named_if_the_host_takes_longer(void **state)
{
	struct fake_endpoint out = {BULK_OUT, .transfers = 1000, .gap_cnt = 999,
				    .depth_ns = {501 * MS, 499 * MS}};
	struct snapshot *snap = fake_snapshot(&out, 1, 1000 * MS);

	(void)state;
	assert_non_null(strstr(sentence_of(fake_ep(snap, 0)),
			       "; gaps take longer than transfers: a queue would bridge a part of them"));
	fake_free(snap);
}

/* 200 ms of gaps; what is less than 2 % of it is not worth a word. */
static void parts_of_gaps_are_told_the_most_first(void **state)
{
	struct fake_endpoint out = {BULK_OUT, .transfers = 1000, .gap_cnt = 400,
				    .depth_ns = {200 * MS, 0, 800 * MS}};
	struct snapshot *snap = fake_snapshot(&out, 1, 1000 * MS);
	struct endpoint_figures *ep = fake_ep(snap, 0);

	(void)state;
	ep->gaps.part_ns[GAP_BEFORE_HANDLER] = 30 * MS;
	ep->gaps.part_ns[GAP_IN_HANDLER] = 3 * MS;
	ep->gaps.part_ns[GAP_AFTER_HANDLER] = 150 * MS;
	ep->gaps.part_ns[GAP_IN_SUBMIT] = 17 * MS;
	assert_null(strstr(sentence_of(ep), "handler"));
	ep->gaps.parted = true;
	assert_non_null(strstr(sentence_of(ep), "): 75.0% of that between the completion handler's return and the next "
			       "usb_submit_urb(), 15.0% before the completion handler ran, 8.5% in usb_submit_urb()"));
	assert_null(strstr(sentence_of(ep), "in the completion handler"));
	fake_free(snap);
}

/* Never fewer than two in flight, and yet a tenth of a second each: most of that in the queue. */
static void a_queue_that_never_runs_low_may_be_too_deep(void **state)
{
	static const uint64_t depths[FAKE_DEPTHS] = {0, 0, 0, 0, 0, 0, 0, 0, 1000 * MS};
	struct fake_endpoint out = {BULK_OUT, .latency_ns = 100 * MS, .transfers = 80};
	struct snapshot *snap;
	struct endpoint_figures *ep;
	struct finding found[FINDINGS_PER_ENDPOINT];
	char text[200];

	(void)state;
	memcpy(out.depth_ns, depths, sizeof(depths));
	snap = fake_snapshot(&out, 1, 1000 * MS);
	ep = fake_ep(snap, 0);
	ep->depth.p1 = 8;
	assert_int_equal(kinds(ep), 1 << FINDING_DEEP);
	findings_of_endpoint(ep, found);
	assert_int_equal(found[0].count, 8);
	finding_sentence(&found[0], text, sizeof(text));
	assert_string_equal(text, "too deep: hardly ever fewer than 8 URBs in flight, and half of the "
			    "transfers took 100 ms or longer, most of it waiting in the queue");
	ep->latency.p50_ns--;
	assert_int_equal(kinds(ep), 0);
	ep->latency.p50_ns++;
	ep->depth.p1 = 1; /* it does run low: what is queued is needed */
	assert_int_equal(kinds(ep), 0);
	ep->depth.p1 = 8;
	ep->type = URB_TYPE_ISO; /* has its own pace */
	assert_int_equal(kinds(ep), 0);
	ep->type = URB_TYPE_BULK;
	ep->ep |= 0x80; /* waits for the device, not in a queue */
	assert_int_equal(kinds(ep), 0);
	fake_free(snap);
}

static void cancelled_transfers_are_no_errors(void **state)
{
	static struct status_count status[] = {{0, 990}, {-ENOENT, 4}, {-ECONNRESET, 3},
					       {-ESHUTDOWN, 2}};
	struct fake_endpoint f = {BULK_OUT, .transfers = 1000, .depth_ns = {0, MS}};
	struct snapshot *snap = fake_snapshot(&f, 1, 1000 * MS);
	struct endpoint_figures *ep = fake_ep(snap, 0);
	const struct status_count *own = ep->status;

	(void)state;
	ep->status = status;
	ep->status_cnt = 4;
	assert_int_equal(kinds(ep), 0);
	status[3].status = -EPIPE;
	assert_int_equal(kinds(ep), 1 << FINDING_ERRORS);
	ep->status = own;
	ep->status_cnt = 1;
	ep->transfers.failed_submit = 1;
	assert_int_equal(kinds(ep), 1 << FINDING_SUBMIT_ERRORS);
	fake_free(snap);
}

static void doubt_comes_before_judgement(void **state)
{
	static const struct fake_endpoint two[] = {
		{BULK_OUT, .transfers = 1000, .gap_cnt = 9, .depth_ns = {50 * MS, 950 * MS}},
		{BULK_IN, .transfers = 1000, .depth_ns = {0, 0, 950 * MS}},
	};
	struct snapshot *snap = fake_snapshot(two, 2, 1000 * MS);
	struct finding *found;
	size_t cnt;

	(void)state;
	snap->events.lost = 5;
	fake_ep(snap, 1)->transfers.lost = 5;
	fake_ep(snap, 1)->complete = false;
	found = findings_new(snap, &cnt);
	assert_int_equal(cnt, 3);
	assert_int_equal(found[0].kind, FINDING_EVENTS_LOST);
	assert_null(found[0].endpoint);
	assert_int_equal(found[0].count, 5);
	assert_int_equal(found[1].kind, FINDING_LOST);
	assert_ptr_equal(found[1].endpoint, &snap->endpoints[1]);
	assert_int_equal(found[2].kind, FINDING_SYNC);
	assert_true(found[2].share == 0.05);
	free(found);
	fake_free(snap);
}

static void a_stream_may_be_synchronous(void **state)
{
	struct fake_endpoint f = {BULK_OUT, .transfers = 1000, .gap_cnt = 9, .streams = 3,
				  .depth_ns = {50 * MS, 950 * MS}};
	struct snapshot *snap = fake_snapshot(&f, 1, 1000 * MS);
	struct finding *found;
	size_t cnt;

	(void)state;
	fake_ep(snap, 0)->in_flight_max = 3;
	fake_ep(snap, 0)->gaps = (struct gap_figures){0};
	found = findings_new(snap, &cnt);
	assert_int_equal(cnt, 0);
	free(found);
	fake_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"sync-is-one-in-flight-with-gaps", sync_is_one_in_flight_with_gaps, NULL, NULL,
		 NULL},
		{"control-and-interrupt-are-synchronous-by-nature",
		 control_and_interrupt_are_synchronous_by_nature, NULL, NULL, NULL},
		{"what-a-protocol-demands-is-told-as-such", what_a_protocol_demands_is_told_as_such, NULL,
		 NULL, NULL},
		{"a-depth-is-named-that-would-bridge-the-gaps", a_depth_is_named_that_would_bridge_the_gaps,
		 NULL, NULL, NULL},
		{"no-depth-is-named-if-the-host-takes-longer", no_depth_is_named_if_the_host_takes_longer,
		 NULL, NULL, NULL},
		{"parts-of-gaps-are-told-the-most-first", parts_of_gaps_are_told_the_most_first, NULL, NULL, NULL},
		{"a-queue-that-never-runs-low-may-be-too-deep",
		 a_queue_that_never_runs_low_may_be_too_deep, NULL, NULL, NULL},
		{"a-queue-that-runs-dry-has-gaps", a_queue_that_runs_dry_has_gaps, NULL, NULL,
		 NULL},
		{"an-empty-in-endpoint-is-unposted", an_empty_in_endpoint_is_unposted, NULL, NULL,
		 NULL},
		{"cancelled-transfers-are-no-errors", cancelled_transfers_are_no_errors, NULL,
		 NULL, NULL},
		{"doubt-comes-before-judgement", doubt_comes_before_judgement, NULL, NULL, NULL},
		{"a-stream-may-be-synchronous", a_stream_may_be_synchronous, NULL, NULL, NULL},
	};

	if (getenv("T"))
		cmocka_set_test_filter(getenv("T"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
