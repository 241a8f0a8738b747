// SPDX-License-Identifier: GPL-2.0
/* Several recordings as one: in order, on one clock, each URB and each bus still what it was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"

#define IN   urb_ep(1, 5, 0x81)
#define OUT  urb_ep(2, 6, 0x02)
#define HOUR UINT64_C(3600000000000)

static struct got got;
static char clock_name[16];	/* of the last one: its strings end with the source */

/* Takes the descriptors. */
static void merge(const int *fds, size_t cnt)
{
	struct source *srcs[8], *all;

	for (size_t i = 0; i < cnt; i++)
		srcs[i] = trace_opened(fds[i], NULL);
	got.cnt = 0;
	got.fault.text[0] = '\0';
	all = source_open_merge(srcs, cnt, &got.fault);
	assert_non_null(all);
	do
		got.end = source_read(all, got_event, &got, &got.fault);
	while (got.end >= 0);
	got.info = *source_info(all);
	snprintf(clock_name, sizeof(clock_name), "%s", got.info.clock);
	got.now_ns = source_now(all);
	got.late = source_late(all);
	source_close(all);
	for (size_t i = 0; i < cnt; i++)
		close(fds[i]);
}

/* Written on a host whose wall clock is `wall_ns` ahead of its monotonic one. */
static int written_on(const char *host, uint64_t wall_ns, const struct urb_event *events, size_t cnt)
{
	struct trace_run run = trace_run_example();
	int fd = trace_of_bytes("", 0);
	struct trace_writer *writer;

	strcpy(run.host, host);
	writer = trace_writer_new(fd, &run, 0);
	trace_writer_wall(writer, wall_ns);
	for (size_t i = 0; i < cnt; i++)
		trace_writer_event(writer, &events[i]);
	assert_int_equal(trace_writer_end(writer, events[cnt - 1].time_ns + 10), 0);
	trace_writer_free(writer);
	return fd;
}

static void test_two_hosts(void **state)
{
	struct urb_event one[2] = { submit_event(5000, 1, IN), complete_event(9000, 1, IN, 0) };
	struct urb_event two[3] = { submit_event(2000, 1, IN), complete_event(3000, 1, IN, 0),
				    plain_event(URB_EV_LOST, 3500, 0, URB_EP_ANY) };
	int fds[2];

	(void)state;
	two[2].lost.until_ns = 3600;
	fds[0] = written_on("board", HOUR, one, 2);
	fds[1] = written_on("host", HOUR + 5000, two, 3);
	merge(fds, 2);
	assert_int_equal(got.end, -ENODATA);
	assert_string_equal(clock_name, "realtime");
	assert_int_equal(got.info.start_ns, HOUR + 1000);
	assert_int_equal(got.now_ns, HOUR + 9010);
	assert_int_equal(got.cnt, 5);
	assert_int_equal(got.ev[0].time_ns, HOUR + 5000);
	assert_int_equal(got.ev[0].submit.submit_ns, HOUR + 5000);
	assert_int_equal(got.ev[3].lost.until_ns, HOUR + 8600);
	assert_int_equal(got.ev[1].time_ns, HOUR + 7000);
	assert_int_equal(got.ev[2].time_ns, HOUR + 8000);
	assert_int_equal(got.ev[3].kind, URB_EV_LOST);
	assert_int_equal(got.ev[3].ep, URB_EP_ANY);
	assert_int_equal(got.ev[4].time_ns, HOUR + 9000);
	/* the same bus, address and endpoint on two machines are two */
	assert_int_equal(got.ev[0].ep, IN);
	assert_int_equal(got.ev[4].ep, IN);
	assert_int_equal(got.ev[1].ep, urb_ep(1001, 5, 0x81));
	assert_int_equal(got.ev[2].ep, urb_ep(1001, 5, 0x81));
	assert_int_equal(got.ev[0].id, got.ev[4].id);
	assert_int_equal(got.ev[1].id, got.ev[2].id);
}

/* Two recordings of one machine: its buses are what they are, their ids are not each other's. */
static void test_one_host(void **state)
{
	const struct urb_event one[1] = { submit_event(5000, 1, IN) };
	const struct urb_event two[1] = { submit_event(6000, 1, IN) };
	const int fds[2] = { written_on("board", HOUR, one, 1), written_on("board", HOUR, two, 1) };

	(void)state;
	merge(fds, 2);
	assert_int_equal(got.cnt, 2);
	assert_int_equal(got.ev[0].ep, IN);
	assert_int_equal(got.ev[1].ep, IN);
	assert_true(got.ev[0].id != got.ev[1].id);
}

/* What one recording knows of all its endpoints says nothing of another's. */
static void test_sync_of_one(void **state)
{
	struct urb_event one[3] = {
		submit_event(5000, 1, IN), plain_event(URB_EV_INFLIGHT, 6000, 1, IN),
		plain_event(URB_EV_SYNC, 6000, 0, URB_EP_ANY),
	};
	const struct urb_event two[1] = { submit_event(4000, 1, OUT) };
	const int fds[2] = { written_on("a", HOUR, one, 3), written_on("a", HOUR, two, 1) };
	size_t syncs = 0;

	(void)state;
	merge(fds, 2);
	for (size_t i = 0; i < got.cnt; i++) {
		if (got.ev[i].kind != URB_EV_SYNC)
			continue;
		assert_int_equal(got.ev[i].ep, IN);
		syncs++;
	}
	assert_int_equal(syncs, 1);
}

static void test_clock_nobody_knows(void **state)
{
	const struct urb_event ev = submit_event(5000, 1, IN);
	const int fds[2] = { written_on("a", HOUR, &ev, 1), written_on("a", 0, &ev, 1) };

	(void)state;
	merge(fds, 2);
	assert_int_equal(got.end, -EINVAL);
	assert_non_null(strstr(got.fault.text, "nobody knows what time it was"));
}

/* Parts of one recording, by endpoint, need no wall clock, and are what they were. */
static void test_parts_of_one(void **state)
{
	enum { CNT = 2000 };
	static struct urb_event events[CNT];
	struct trace_run run = trace_run_example();
	uint64_t seed = 5, now = 2000;
	int fds[3] = { trace_of_bytes("", 0), trace_of_bytes("", 0), trace_of_bytes("", 0) };
	struct trace_writer *writers[3];

	(void)state;
	run.id = 77;
	for (size_t i = 0; i < 3; i++)
		writers[i] = trace_writer_new(fds[i], &run, run.id);
	for (size_t i = 0; i < CNT; i++) {
		uint64_t part = random_below(&seed, 3);

		now += 1 + random_below(&seed, 1000000);
		events[i] = submit_event(now, 1 + random_below(&seed, 50), urb_ep(1, 2 + part, 0x81));
		trace_writer_event(writers[part], &events[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(trace_writer_end(writers[i], now + 5), 0);
		trace_writer_free(writers[i]);
	}
	merge(fds, 3);
	assert_int_equal(got.end, -ENODATA);
	assert_string_equal(clock_name, "monotonic");
	assert_int_equal(got.info.start_ns, 1000);
	assert_int_equal(got.now_ns, now + 5);
	assert_int_equal(got.cnt, CNT);
	for (size_t i = 0; i < CNT; i++) {
		assert_int_equal(got.ev[i].time_ns, events[i].time_ns);
		assert_int_equal(got.ev[i].ep, events[i].ep);
		assert_int_equal(got.ev[i].id, events[i].id);
	}
}

/* What is wrong with one of them is wrong with all. */
static void test_broken_part(void **state)
{
	const struct urb_event ev = submit_event(5000, 1, IN);
	int fds[2] = { written_on("a", HOUR, &ev, 1), written_on("a", HOUR, &ev, 1) };

	(void)state;
	assert_int_equal(ftruncate(fds[1], lseek(fds[1], 0, SEEK_END) - 40), 0);
	merge(fds, 2);
	assert_int_equal(got.end, -ENODATA);
	assert_true(got.info.broken_off);
	assert_int_equal(got.cnt, 2);
}

static const struct CMUnitTest tests[] = {
	TEST("two-machines-are-put-together", test_two_hosts),
	TEST("two-recordings-of-one-machine", test_one_host),
	TEST("sync-of-one-recording-is-its-own", test_sync_of_one),
	TEST("unknown-time-cannot-be-put-in-order", test_clock_nobody_knows),
	TEST("parts-of-a-trace-are-the-trace", test_parts_of_one),
	TEST("part-that-broke-off-is-told", test_broken_part),
};

TEST_MAIN(tests)
