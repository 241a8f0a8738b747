// SPDX-License-Identifier: GPL-2.0
/* A trace: what is written is what is read, and what it is not says so. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/event_assert.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"
#include "urbscope/idmap.h"

#define EP  urb_ep(1, 5, 0x81)
#define RAW UINT64_C(0xffff8881deadbe00)

static struct got got;

/* --- every kind, with anything in its fields ---------------------------------------------------- */

/* Numbers of all sizes: small ones, large ones, the largest. */
static uint64_t any(uint64_t *seed, unsigned int bits)
{
	uint64_t value = random_next(seed) >> random_below(seed, 64);

	if (!random_below(seed, 20))
		value = UINT64_MAX;
	return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

static void any_text(uint64_t *seed, char *text, size_t size)
{
	size_t cnt = random_below(seed, size);

	memset(text, 0, size);
	for (size_t i = 0; i < cnt; i++)
		text[i] = 1 + random_below(seed, 255);
}

static void any_submission(uint64_t *seed, struct urb_event *ev)
{
	ev->submit.submit_ns = ev->time_ns - any(seed, 40);
	ev->submit.length = any(seed, 32);
	ev->submit.interval = any(seed, 32);
	ev->submit.gfp = any(seed, 32);
	ev->submit.xfer_flags = any(seed, 32);
	ev->submit.pid = any(seed, 32);
	if (random_below(seed, 2))
		ev->submit.slot = random_below(seed, 3) ? ev->id : RAW + random_below(seed, 20);
	any_text(seed, ev->submit.comm, sizeof(ev->submit.comm));
}

static void any_facts(uint64_t *seed, struct urb_facts *facts)
{
	*facts = (struct urb_facts){
		.has_ids = random_below(seed, 2),
		.vid = any(seed, 16),
		.pid = any(seed, 16),
		.speed = any(seed, 8),
		.type = random_below(seed, 5),
		.max_packet = any(seed, 16),
	};
	any_text(seed, facts->path, sizeof(facts->path));
	any_text(seed, facts->name, sizeof(facts->name));
	any_text(seed, facts->driver, sizeof(facts->driver));
}

static void any_event(uint64_t *seed, struct urb_event *ev, struct urb_facts *facts)
{
	*ev = (struct urb_event){
		.time_ns = ev->time_ns + any(seed, 20) - 100,
		.id = RAW + random_below(seed, 40) * 64,
		.ep = random_below(seed, 4) ? urb_ep(1, random_below(seed, 4), 0x81) : any(seed, 32),
		.stream = any(seed, 16),
		.kind = 1 + random_below(seed, URB_EV_STREAMS),
		.type = random_below(seed, 5),
		.seen = any(seed, 8),
		.flags = any(seed, 8),
		.cpu = any(seed, 16),
	};
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		any_submission(seed, ev);
		break;
	case URB_EV_COMPLETE:
		ev->complete.length = any(seed, 32);
		ev->complete.status = any(seed, 32);
		break;
	case URB_EV_SUBMIT_ERROR:
		ev->submit_error.length = any(seed, 32);
		ev->submit_error.error = any(seed, 32);
		break;
	case URB_EV_RETURNED:
		ev->returned.handler_ns = any(seed, 64);
		break;
	case URB_EV_LOST:
		ev->lost.count = any(seed, 64);
		ev->lost.until_ns = any(seed, 64);
		break;
	case URB_EV_FACTS:
		any_facts(seed, facts);
		ev->facts = facts;
		break;
	case URB_EV_STREAMS:
		ev->streams.asked = any(seed, 32);
		ev->streams.result = any(seed, 32);
		ev->streams.gfp = any(seed, 32);
		ev->streams.what = random_below(seed, 3);
		ev->streams.queued = random_below(seed, 2);
		break;
	}
}

static bool has_id(const struct urb_event *ev)
{
	return ev->kind <= URB_EV_INFLIGHT;
}

/* One to one: an id on an endpoint has a number, and no other id there has it. */
static void assert_renamed(struct idmap *to, struct idmap *from, uint32_t ep, uint64_t id,
			   uint64_t number)
{
	uint32_t known = idmap_find(to, id, ep);

	assert_in_range(number, 1, 1 << 20);
	if (known == IDMAP_NONE) {
		assert_int_equal(idmap_find(from, number, 0), IDMAP_NONE);
		assert_int_equal(idmap_set(to, id, ep, number), 0);
		assert_int_equal(idmap_set(from, number, 0, 1), 0);
		return;
	}
	assert_int_equal(number, known);
}

static void test_every_kind_survives(void **state)
{
	enum { CNT = 3000 };
	static struct urb_event events[CNT];
	static struct urb_facts facts[CNT];
	struct trace_run run = trace_run_example();

	(void)state;
	for (uint64_t round = 1; round <= 30; round++) {
		struct idmap to, from;
		uint64_t seed = round;

		events[0].time_ns = round & 1 ? 5000 : 0;
		for (size_t i = 0; i < CNT; i++) {
			if (i)
				events[i].time_ns = events[i - 1].time_ns;
			any_event(&seed, &events[i], &facts[i]);
		}
		trace_read_all(trace_written(&run, events, CNT, round % 3 * 77, true), NULL, &got);
		assert_int_equal(got.end, -ENODATA);
		assert_false(got.info.broken_off);
		assert_int_equal(got.info.damaged, 0);
		assert_int_equal(got.cnt, CNT);
		assert_int_equal(idmap_init(&to, 64) | idmap_init(&from, 64), 0);
		for (size_t i = 0; i < CNT; i++) {
			assert_same_event(&events[i], &got.ev[i]);
			if (has_id(&events[i]))
				assert_renamed(&to, &from, events[i].ep, events[i].id, got.ev[i].id);
			if (events[i].kind != URB_EV_SUBMIT && events[i].kind != URB_EV_INFLIGHT)
				continue;
			if (!(events[i].seen & URB_SUBMIT))
				assert_int_equal(got.ev[i].submit.submit_ns, 0);
			if (events[i].submit.slot)
				assert_renamed(&to, &from, events[i].ep, events[i].submit.slot,
					       got.ev[i].submit.slot);
		}
		idmap_release(&to);
		idmap_release(&from);
	}
}

/* --- what it says of the run -------------------------------------------------------------------- */

static void test_run_survives(void **state)
{
	struct trace_run run = trace_run_example();
	struct urb_event ev = submit_event(2000, 1, EP);
	struct fault fault = { "" };
	const struct trace_run *read;
	struct source *src;
	int fd;

	(void)state;
	run.silent = true;
	strcpy(run.command, "a \x1b[31m\n'b'");
	fd = trace_written(&run, &ev, 1, 0, true);
	src = trace_opened(fd, NULL);
	while (source_read(src, got_event, &got, &fault) >= 0)
		;
	assert_string_equal(source_info(src)->kind, "bpf");
	assert_string_equal(source_info(src)->clock, "monotonic");
	assert_int_equal(source_info(src)->resolution_ns, 7);
	assert_int_equal(source_info(src)->sees, URB_QUEUED | URB_DONE);
	assert_int_equal(source_info(src)->start_ns, 1000);
	assert_true(source_info(src)->silent);
	assert_false(source_info(src)->live);
	assert_int_equal(source_info(src)->wall_ns, 0);
	assert_int_equal(source_now(src), 3000);
	read = source_info(src)->run;
	assert_string_equal(read->host, "example");
	assert_string_equal(read->kernel, "6.1");
	assert_string_equal(read->tool, "test");
	assert_string_equal(read->command, run.command);
	source_close(src);
	close(fd);
}

static void test_counts_and_clock_survive(void **state)
{
	struct trace_run run = trace_run_example();
	struct urb_event ev = submit_event(2000, 1, EP);
	int fd = memfd_create("trace", 0);
	struct trace_writer *writer = trace_writer_new(fd, &run, 5);

	(void)state;
	trace_writer_event(writer, &ev);
	trace_writer_wall(writer, UINT64_C(1790000000123456789));
	assert_int_equal(trace_writer_tick(writer, 2500), 0);
	trace_writer_counts(writer, 3, 4);
	assert_int_equal(trace_writer_end(writer, 9000), 0);
	trace_writer_free(writer);
	trace_read_all(fd, NULL, &got);
	assert_int_equal(got.info.wall_ns, UINT64_C(1790000000123456789));
	assert_int_equal(got.late, 3);
	assert_int_equal(got.skipped, 4);
	assert_int_equal(got.now_ns, 9000);
}

/* Without a beginning of the window it begins with the first event; a trace keeps it so. */
static void test_unknown_start_stays_unknown(void **state)
{
	struct trace_run run = trace_run_example();
	struct urb_event ev = submit_event(2000, 1, EP);

	(void)state;
	run.start_ns = 0;
	trace_read_all(trace_written(&run, &ev, 1, 0, true), NULL, &got);
	assert_int_equal(got.info.start_ns, 0);
	assert_int_equal(got.cnt, 1);
	assert_int_equal(got.ev[0].time_ns, 2000);
}

static void test_empty_run(void **state)
{
	struct trace_run run = trace_run_example();

	(void)state;
	trace_read_all(trace_written(&run, NULL, 0, 0, true), NULL, &got);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, 0);
	assert_int_equal(got.info.start_ns, 1000);
	assert_int_equal(got.now_ns, 2000);
	assert_false(got.info.broken_off);
}

/* Kernel addresses stay on the machine that they are of. */
static void test_raw_ids_never_leave(void **state)
{
	enum { CNT = 512 };
	static struct urb_event events[CNT];
	struct trace_run run = trace_run_example();
	uint64_t seed = 42;

	(void)state;
	for (size_t i = 0; i < CNT; i++) {
		events[i] = submit_event(2000 + i, RAW + (random_below(&seed, 9) << 8), EP);
		events[i].submit.complete_fn = RAW;
		events[i].submit.slot = RAW + 1;
		if (random_below(&seed, 2))
			events[i] = complete_event(2000 + i, events[i].id, EP, 0);
	}
	trace_read_all(trace_written(&run, events, CNT, 100, true), NULL, &got);
	assert_int_equal(got.cnt, CNT);
	for (size_t i = 0; i < CNT; i++) {
		assert_in_range(got.ev[i].id, 1, 10);
		if (got.ev[i].kind == URB_EV_SUBMIT) {
			assert_int_equal(got.ev[i].submit.complete_fn, 0);
			assert_in_range(got.ev[i].submit.slot, 1, 10);
		}
	}
}

/* --- how it comes ------------------------------------------------------------------------------- */

/* Bytes come as they like: whatever is not whole yet waits for the rest. */
static void test_trickle(void **state)
{
	struct urb_event events[2] = { submit_event(2000, 1, EP), complete_event(2001, 1, EP, 0) };
	struct trace_run run = trace_run_example();
	int fd = trace_written(&run, events, 2, 1, true), pipe_fds[2];
	struct source *src;
	char byte;

	(void)state;
	got.cnt = 0;
	assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
	src = trace_opened(pipe_fds[0], NULL);
	lseek(fd, 0, SEEK_SET);
	while (read(fd, &byte, 1) == 1) {
		assert_int_equal(write(pipe_fds[1], &byte, 1), 1);
		assert_in_range(source_read(src, got_event, &got, &got.fault), 0, 1);
	}
	close(pipe_fds[1]);
	assert_int_equal(source_read(src, got_event, &got, &got.fault), -ENODATA);
	assert_false(source_info(src)->broken_off);
	assert_int_equal(got.cnt, 2);
	source_close(src);
	close(pipe_fds[0]);
	close(fd);
}

/* On a pipe a tick tells time at once; in a file there is one a second at most. */
static void test_ticks(void **state)
{
	struct trace_run run = trace_run_example();
	int fd = memfd_create("trace", 0), pipe_fds[2];
	struct trace_writer *writer = trace_writer_new(fd, &run, 5);
	struct source *src;
	uint64_t before;

	(void)state;
	assert_int_equal(trace_writer_tick(writer, 2000), 0);
	before = trace_writer_bytes(writer);
	assert_int_equal(trace_writer_tick(writer, 3000), 0);
	assert_int_equal(trace_writer_bytes(writer), before);
	assert_int_equal(trace_writer_tick(writer, 1000003000), 0);
	assert_int_equal(trace_writer_bytes(writer), before + TRACE_BLOCK_BYTES);
	trace_writer_free(writer);
	close(fd);
	assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
	writer = trace_writer_new(pipe_fds[1], &run, 5);
	src = trace_opened(pipe_fds[0], NULL);
	for (uint64_t now = 2000; now < 2010; now++) {
		assert_int_equal(trace_writer_tick(writer, now), 0);
		assert_int_equal(source_read(src, got_event, &got, &got.fault), 0);
		assert_int_equal(source_now(src), now);
	}
	trace_writer_free(writer);
	source_close(src);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* A block holds no more than a second of events, whether somebody ticks or not. */
static void test_a_second_a_block(void **state)
{
	enum { CNT = 100 };
	struct urb_event events[CNT];
	struct trace_run run = trace_run_example();
	size_t size;
	uint8_t *bytes;

	(void)state;
	for (size_t i = 0; i < CNT; i++)
		events[i] = submit_event(2000 + i * 100000000, i, EP);
	bytes = trace_bytes(trace_written(&run, events, CNT, 0, true), &size);
	for (size_t at = TRACE_HEAD_BYTES; at < size - TRACE_TRAILER_BYTES;) {
		struct trace_block block;

		assert_int_equal(trace_block_unpack(&block, bytes + at), 0);
		assert_true(block.last_ns - block.first_ns <= 1100001000);
		at += TRACE_BLOCK_BYTES + block.size;
	}
	free(bytes);
}

/* --- who reads it, and where it goes ------------------------------------------------------------ */

static size_t count_selected(const struct urb_event *events, size_t cnt, const char *text)
{
	struct trace_run run = trace_run_example();
	struct fault fault = { "" };
	struct selector sel;
	struct source_config config = { .selectors = &sel, .selector_cnt = 1 };

	assert_int_equal(selector_parse(text, &sel, &fault), 0);
	trace_read_all(trace_written(&run, events, cnt, 2, true), &config, &got);
	assert_int_equal(got.end, -ENODATA);
	return got.cnt;
}

static void test_selectors_filter(void **state)
{
	struct urb_facts uas = { .type = URB_TYPE_BULK, .driver = "uas" };
	struct urb_facts hid = { .type = URB_TYPE_INT, .driver = "usbhid" };
	struct urb_event events[8] = {
		plain_event(URB_EV_FACTS, 2000, 0, EP),
		plain_event(URB_EV_FACTS, 2000, 0, urb_ep(1, 6, 0x82)),
		submit_event(2001, 1, EP), submit_event(2002, 2, EP),
		submit_event(2003, 3, urb_ep(1, 6, 0x82)),
		plain_event(URB_EV_LOST, 2004, 0, EP), plain_event(URB_EV_LOST, 2005, 0, URB_EP_ANY),
		plain_event(URB_EV_STREAMS, 2006, 0, EP),
	};

	(void)state;
	events[0].facts = &uas;
	events[1].facts = &hid;
	events[1].type = hid.type;
	events[3].stream = 2;
	/* of the other endpoint neither the facts nor the URBs; a loss of any endpoint always */
	assert_int_equal(count_selected(events, 8, "driver=uas"), 6);
	assert_int_equal(count_selected(events, 8, "*/int"), 3);
	assert_int_equal(count_selected(events, 8, "*"), 8);
	/* facts, losses and what streams there are, are the endpoint's, whichever was asked for */
	assert_int_equal(count_selected(events, 8, "1:5/0x81#2"), 5);
	assert_int_equal(count_selected(events, 8, "9:9"), 1);
}

/* A full disk shows with the tick that finds it so, and stays known. */
static void test_write_errors(void **state)
{
	struct trace_run run = trace_run_example();
	struct urb_event ev = submit_event(2000, 1, EP);
	int full = open("/dev/full", O_WRONLY);
	struct trace_writer *writer;

	(void)state;
	assert_true(full >= 0);
	writer = trace_writer_new(full, &run, 0);
	trace_writer_event(writer, &ev);
	assert_int_equal(trace_writer_tick(writer, 2000), -ENOSPC);
	assert_int_equal(trace_writer_tick(writer, 2000), -ENOSPC);
	assert_int_equal(trace_writer_end(writer, 2000), -ENOSPC);
	trace_writer_free(writer);
	close(full);
}

/* URBs of one use come and go by the hundred thousand; of a queue that goes on the numbers stay. */
static void test_numbers_stay(void **state)
{
	enum { OTHERS = 100000, EVERY = 1000, DEPTH = 8 };
	uint64_t number[DEPTH] = { 0 }, slot = 0, time_ns = 2000;
	struct trace_run run = trace_run_example();
	int fd = memfd_create("trace", MFD_CLOEXEC);
	struct trace_writer *writer = trace_writer_new(fd, &run, 1);
	size_t seen = 0;

	(void)state;
	for (uint64_t i = 0; i < OTHERS; i++, time_ns += 10) {
		bool other = i % EVERY;
		uint64_t id = RAW + (other ? 1000 + i : i / EVERY % DEPTH) * 192;
		struct urb_event begins = submit_event(time_ns, id, other ? urb_ep(1, 6, 2) : EP);
		struct urb_event ends = complete_event(time_ns + 5, id, begins.ep, 0);

		begins.submit.slot = other ? id : RAW - 64;
		trace_writer_event(writer, &begins);
		trace_writer_event(writer, &ends);
	}
	assert_int_equal(trace_writer_end(writer, time_ns), 0);
	trace_writer_free(writer);
	trace_read_all(fd, NULL, &got);
	assert_int_equal(got.cnt, 2 * OTHERS);
	for (size_t i = 0; i < got.cnt; i++) {
		const struct urb_event *ev = &got.ev[i];
		uint64_t *known = &number[seen / 2 % DEPTH];

		if (ev->ep != EP)
			continue;
		if (seen++ / 2 < DEPTH)
			*known = ev->id;
		assert_int_equal(ev->id, *known);
		if (ev->kind != URB_EV_SUBMIT)
			continue;
		slot = slot ? slot : ev->submit.slot;
		assert_int_equal(ev->submit.slot, slot);
	}
	assert_int_equal(seen, 2 * OTHERS / EVERY);
	got_release(&got);
	close(fd);
}

static void test_missing_file(void **state)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };

	(void)state;
	assert_null(source_open_trace("/nonexistent/run.urb", &config, &fault));
	assert_non_null(strstr(fault.text, "/nonexistent/run.urb"));
}

static const struct CMUnitTest tests[] = {
	TEST("every-kind-of-event-survives-a-trace", test_every_kind_survives),
	TEST("facts-of-the-run-survive-a-trace", test_run_survives),
	TEST("counts-and-clock-survive-a-trace", test_counts_and_clock_survive),
	TEST("unknown-start-stays-unknown", test_unknown_start_stays_unknown),
	TEST("run-without-events-is-a-trace", test_empty_run),
	TEST("kernel-addresses-never-leave", test_raw_ids_never_leave),
	TEST("trace-may-trickle", test_trickle),
	TEST("ticks-tell-time", test_ticks),
	TEST("block-spans-a-second-at-most", test_a_second_a_block),
	TEST("selectors-filter-a-trace", test_selectors_filter),
	TEST("numbers-stay-while-urbs-come-and-go", test_numbers_stay),
	TEST("trace-tells-write-errors", test_write_errors),
	TEST("missing-trace-is-named", test_missing_file),
};

TEST_MAIN(tests)
