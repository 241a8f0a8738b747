// SPDX-License-Identifier: GPL-2.0
/* Parts of a recording, case by case. */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/part.h"
#include "../lib/run.h"
#include "urbscope/trace.h"

#define EP urb_ep(1, 5, 0x81)

static struct urb_facts facts_of(const char *name)
{
	struct urb_facts facts = { .has_ids = true, .vid = 0x17e9, .type = URB_TYPE_BULK };

	snprintf(facts.name, sizeof(facts.name), "%s", name);
	return facts;
}

static struct urb_event facts_event(uint64_t time_ns, uint32_t ep, const struct urb_facts *facts)
{
	struct urb_event ev = plain_event(URB_EV_FACTS, time_ns, 0, ep);

	ev.type = facts->type;
	ev.facts = facts;
	return ev;
}

/* What the driver's URB is stays known, who submitted it when does not. */
static void test_in_flight_is_inherited(void **state)
{
	struct urb_facts facts = facts_of("Dock");
	struct urb_event events[] = {
		facts_event(1000, EP, &facts),
		queued_event(1100, 1110, 7, EP),
		queued_event(1200, 1210, 8, EP),
		done_event(1300, 7, EP),
		done_event(1700, 8, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .start_ns = 1000 };
	static struct part p;

	(void)state;
	events[2].submit.slot = 99;
	events[2].submit.length = 512;
	events[2].submit.gfp = 0xcc0;
	events[2].stream = 3;
	events[2].flags = URB_F_CALLER | URB_F_IN_IRQ;
	part_read(&p, &r, 500, UINT64_MAX);
	assert_int_equal(p.snap->start_ns, 1500);
	assert_int_equal(p.ev[0].kind, URB_EV_FACTS);
	assert_string_equal(part_endpoint(&p, EP)->facts.name, "Dock");
	assert_int_equal(p.ev[1].kind, URB_EV_INFLIGHT);
	assert_int_equal(p.ev[1].time_ns, 1500);
	assert_int_equal(p.ev[1].id, 8);
	assert_int_equal(p.ev[1].stream, 3);
	assert_int_equal(p.ev[1].submit.slot, 99);
	assert_int_equal(p.ev[1].submit.length, 512);
	assert_int_equal(p.ev[1].submit.gfp | p.ev[1].submit.submit_ns | p.ev[1].flags, 0);
	assert_int_equal(part_endpoint(&p, EP)->transfers.inherited, 1);
	assert_int_equal(part_endpoint(&p, EP)->busy_ns, 200);
	assert_int_equal(part_endpoint(&p, EP)->latency.count, 0);
	assert_true(part_endpoint(&p, EP)->complete);
	part_release(&p);
}

/* It means that all is named: known of an endpoint that inherits nothing more, or by a walk. */
static void test_sync_where_all_is_named(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x02);
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(1000, 2, other), complete_event(1000, 2, other, 0),
		submit_event(1000, 3, other), complete_event(2000, 1, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 5 };
	static struct part p;

	(void)state;
	for (int walks = 0; walks < 2; walks++) {
		unsigned int syncs = 0;

		r.walks = walks;
		part_read(&p, &r, 500, UINT64_MAX);
		for (size_t i = 0; i < p.cnt; i++) {
			if (p.ev[i].kind == URB_EV_SYNC)
				assert_true(++syncs && (walks || p.ev[i].ep == other));
		}
		assert_int_equal(syncs, walks ? 2 : 1);
		assert_int_equal(part_endpoint(&p, EP)->transfers.inherited, 1);
		part_release(&p);
	}
}

static void test_nothing_younger_is_read(void **state)
{
	struct urb_event events[] = {
		submit_event(1000, 1, EP), complete_event(2000, 1, EP, 0), submit_event(3000, 2, EP),
		complete_event(2500, 2, EP, 0), submit_event(4000, 3, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .at_once = 1, .start_ns = 1000 };
	static struct part p;
	int open_before = fake_sources_open();

	(void)state;
	part_read(&p, &r, 0, 1500);
	/* closed, and what it said of itself is still there */
	assert_int_equal(fake_sources_open(), open_before);
	assert_string_equal(source_info(p.src)->kind, "fake");
	assert_string_equal(source_info(p.src)->run->host, "host");
	assert_int_equal(p.cnt, 2);
	assert_int_equal(source_now(p.src), 2500);
	assert_int_equal(source_late(p.src), 0);
	part_release(&p);
}

static void test_late_and_skipped_are_of_the_part(void **state)
{
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(3000, 2, EP), complete_event(2500, 1, EP, 0),
		submit_event(4000, 3, EP), complete_event(3500, 2, EP, 0), submit_event(5000, 4, EP),
		submit_event(4500, 5, EP),
	};
	struct fake_recording r = { .events = events, .cnt = 7, .at_once = 1, .start_ns = 1000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 2800, 4000);
	assert_int_equal(source_late(p.src), 1);
	part_release(&p);
}

static void test_outside_is_told(void **state)
{
	struct urb_event events[] = { submit_event(1000, 1, EP), complete_event(2000, 1, EP, 0) };
	struct fake_recording r = { .events = events, .cnt = 2 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 1001, UINT64_MAX);
	assert_int_equal(p.end, -EINVAL);
	assert_non_null(strstr(p.fault.text, "--from 1.001e-06s"));
	assert_non_null(strstr(p.fault.text, "ends 1e-06s after"));
	part_release(&p);
	/* its last moment is not */
	part_read(&p, &r, 1000, UINT64_MAX);
	assert_int_equal(p.end, -ENODATA);
	assert_int_equal(part_endpoint(&p, EP)->transfers.completed, 1);
	part_release(&p);
}

/* A stream that is alive ticks. */
static void test_time_passes_without_events(void **state)
{
	struct urb_event events[] = { submit_event(1000, 1, EP) };
	struct fake_recording r = { .events = events, .cnt = 1, .start_ns = 1000, .end_ns = 9000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 2000, 5000);
	assert_int_equal(p.end, -ENODATA);
	assert_int_equal(p.snap->end_ns - p.snap->start_ns, 3000);
	assert_int_equal(part_endpoint(&p, EP)->busy_ns, 3000);
	assert_int_equal(part_endpoint(&p, EP)->transfers.open, 1);
	part_release(&p);
}

/* The first device was unplugged with a URB in flight; the second is another one. */
static void test_unplugged_before(void **state)
{
	struct urb_facts first = facts_of("First"), second = facts_of("Second");
	uint32_t other = urb_ep(1, 6, 0x81);
	struct urb_event events[] = {
		facts_event(1000, EP, &first), submit_event(1000, 1, EP),
		plain_event(URB_EV_GONE, 1100, 0, EP & ~0xffu),
		facts_event(1150, other, &first), submit_event(1150, 5, other),
		complete_event(1160, 5, other, 0), plain_event(URB_EV_GONE, 1170, 0, other & ~0xffu),
		facts_event(1180, other, &second), submit_event(1180, 6, other),
		complete_event(1300, 1, EP, -108), complete_event(1300, 6, other, 0),
		facts_event(1400, EP, &second), submit_event(1400, 2, EP),
		complete_event(1500, 2, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 14, .start_ns = 1000 };
	static struct part p;

	(void)state;
	part_read(&p, &r, 200, UINT64_MAX);
	assert_int_equal(p.snap->endpoint_cnt, 3);
	assert_true(part_endpoint(&p, EP)->gone);
	assert_int_equal(part_endpoint(&p, EP)->transfers.inherited, 1);
	assert_int_equal(part_endpoint(&p, EP)->transfers.completed, 1);
	assert_string_equal(part_endpoint(&p, EP)->facts.name, "First");
	assert_string_equal(p.snap->endpoints[1].facts.name, "Second");
	assert_int_equal(p.snap->endpoints[1].transfers.submitted, 1);
	assert_string_equal(part_endpoint(&p, other)->facts.name, "Second");
	assert_false(part_endpoint(&p, other)->gone);
	assert_int_equal(part_endpoint(&p, other)->transfers.inherited, 1);
	part_release(&p);
}

static struct urb_event streams_event(uint64_t time_ns, uint32_t ep, enum urb_streams_what what, int32_t result)
{
	struct urb_event ev = plain_event(URB_EV_STREAMS, time_ns, 0, ep);

	ev.streams.what = what;
	ev.streams.result = result;
	return ev;
}

/* How many are on is told where it is known: a failed call changes nothing, a loss makes it unknown. */
static void test_streams_before(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x81), lossy = urb_ep(1, 7, 0x81), off = urb_ep(1, 8, 0x81);
	struct urb_event lost = plain_event(URB_EV_LOST, 1030, 0, lossy);
	struct urb_event events[] = {
		streams_event(1000, EP, URB_STREAMS_ALLOC, 4), streams_event(1010, EP, URB_STREAMS_FREE, -22),
		streams_event(1010, other, URB_STREAMS_ALLOC, -22),
		streams_event(1020, lossy, URB_STREAMS_ARE, 7), lost,
		streams_event(1040, off, URB_STREAMS_ALLOC, 5), streams_event(1050, off, URB_STREAMS_FREE, 0),
		submit_event(1400, 2, EP), complete_event(1500, 2, EP, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 9, .start_ns = 1000 };
	static struct part p;
	size_t told = 0;

	(void)state;
	part_read(&p, &r, 200, UINT64_MAX);
	for (size_t i = 0; i < p.cnt; i++) {
		const struct urb_event *ev = &p.ev[i];

		if (ev->kind != URB_EV_STREAMS)
			continue;
		assert_int_equal(ev->time_ns, 1200);
		assert_int_equal(ev->streams.what, URB_STREAMS_ARE);
		assert_true(ev->ep == EP || ev->ep == off);
		assert_int_equal(ev->streams.result, ev->ep == EP ? 4 : 0);
		told++;
	}
	assert_int_equal(told, 2);
	part_release(&p);
}

/* Events lost on any endpoint are counted once, however many they concern. */
static void test_losses_are_counted_once(void **state)
{
	uint32_t other = urb_ep(1, 6, 0x02);
	struct urb_event events[] = {
		submit_event(1000, 1, EP), submit_event(1000, 2, other),
		plain_event(URB_EV_LOST, 1100, 0, URB_EP_ANY), complete_event(2000, 1, EP, 0),
		complete_event(2000, 2, other, 0),
	};
	struct fake_recording r = { .events = events, .cnt = 5, .start_ns = 1000 };
	static struct part p;

	(void)state;
	events[2].lost.count = 7;
	events[2].lost.until_ns = 1200;
	part_read(&p, &r, 500, UINT64_MAX);
	assert_int_equal(p.snap->events.lost, 7);
	assert_false(part_endpoint(&p, EP)->certain);
	assert_false(part_endpoint(&p, other)->certain);
	assert_false(part_endpoint(&p, EP)->complete);
	assert_false(part_endpoint(&p, other)->complete);
	part_release(&p);
}

static const struct CMUnitTest tests[] = {
	TEST("what-is-in-flight-at-its-beginning-is-inherited", test_in_flight_is_inherited),
	TEST("sync-is-said-where-all-is-named", test_sync_where_all_is_named),
	TEST("nothing-younger-than-a-part-is-read", test_nothing_younger_is_read),
	TEST("late-events-are-those-of-the-part", test_late_and_skipped_are_of_the_part),
	TEST("part-outside-the-recording-is-told", test_outside_is_told),
	TEST("time-of-a-part-passes-without-events", test_time_passes_without_events),
	TEST("part-knows-what-was-unplugged", test_unplugged_before),
	TEST("part-knows-how-many-streams-are-on", test_streams_before),
	TEST("losses-before-a-part-are-counted-once", test_losses_are_counted_once),
};

TEST_MAIN(tests)
