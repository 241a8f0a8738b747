// SPDX-License-Identifier: GPL-2.0
/* Events on a pipe: what is written is what is read, and what is broken says so. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "urbscope/source.h"
#include "urbscope/stream.h"
#include "urbscope/stream_writer.h"

#define EP  urb_ep(1, 5, 0x81)
#define RAW UINT64_C(0xffff8881deadbe00)
#define MAX 512

static const struct snapshot_source origin = {
	.kind = "bpf", .clock = "monotonic", .resolution_ns = 7, .sees = URB_QUEUED | URB_DONE
};

/* What a reader got. */
struct got {
	struct urb_event ev[MAX];
	struct urb_facts facts[MAX];
	size_t cnt;
	int end;		/* the last status of source_read() */
	bool broken_off;
	uint64_t now_ns;
	struct fault fault;
};

static struct got got;

/* A stream in a file without a name. */
static int written(const struct urb_event *events, size_t cnt, bool ended)
{
	int fd = memfd_create("stream", 0);
	FILE *out = fdopen(dup(fd), "w");
	struct stream_writer *writer = stream_writer_new(out, &origin, 1000);

	assert_non_null(writer);
	for (size_t i = 0; i < cnt; i++)
		stream_writer_event(writer, &events[i]);
	stream_writer_tick(writer, 5000);
	if (ended)
		stream_writer_end(writer, 6000);
	assert_int_equal(stream_writer_flush(writer), 0);
	stream_writer_free(writer);
	fclose(out);
	return fd;
}

static void note(void *ctx, const struct urb_event *ev)
{
	struct got *g = ctx;

	assert_true(g->cnt < MAX);
	g->ev[g->cnt] = *ev;
	if (ev->kind == URB_EV_FACTS) {
		g->facts[g->cnt] = *ev->facts;
		g->ev[g->cnt].facts = &g->facts[g->cnt];
	}
	g->cnt++;
}

static struct source *opened(int fd, const struct source_config *config)
{
	struct fault fault = { "" };
	static char path[64]; /* a source keeps the pointer */
	struct source *src;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	src = source_open_stream(path, config, &fault);
	assert_non_null(src);
	return src;
}

static void read_with(int fd, const struct source_config *config)
{
	struct source *src = opened(fd, config);

	memset(&got, 0, sizeof(got));
	do
		got.end = source_read(src, note, &got, &got.fault);
	while (got.end >= 0);
	got.broken_off = source_info(src)->broken_off;
	got.now_ns = source_now(src);
	source_close(src);
	close(fd);
}

static void read_all(int fd)
{
	struct source_config config = { 0 };

	read_with(fd, &config);
}

static struct urb_event full_submit(enum urb_event_kind kind)
{
	struct urb_event ev = plain_event(kind, 2000, RAW, EP);

	ev.stream = 3;
	ev.type = URB_TYPE_INT;
	ev.seen = URB_SUBMIT | URB_QUEUED;
	ev.flags = URB_F_CALLER | URB_F_CONTEXT;
	ev.cpu = 63;
	ev.submit.submit_ns = 1990;
	ev.submit.length = 4096;
	ev.submit.interval = 8;
	ev.submit.gfp = 0xcc0;
	ev.submit.xfer_flags = 0x200;
	ev.submit.pid = 1234567;
	strcpy(ev.submit.comm, "usb-storage/123");
	return ev;
}

static void assert_submit(const struct urb_event *ev, enum urb_event_kind kind)
{
	struct urb_event want = full_submit(kind);

	assert_int_equal(ev->kind, kind);
	assert_int_equal(ev->time_ns, want.time_ns);
	assert_int_equal(ev->ep, want.ep);
	assert_int_equal(ev->stream, want.stream);
	assert_int_equal(ev->type, want.type);
	assert_int_equal(ev->seen, want.seen);
	assert_int_equal(ev->flags, want.flags);
	assert_int_equal(ev->cpu, want.cpu);
	assert_int_equal(ev->submit.submit_ns, want.submit.submit_ns);
	assert_int_equal(ev->submit.length, want.submit.length);
	assert_int_equal(ev->submit.interval, want.submit.interval);
	assert_int_equal(ev->submit.gfp, want.submit.gfp);
	assert_int_equal(ev->submit.xfer_flags, want.submit.xfer_flags);
	assert_int_equal(ev->submit.pid, want.submit.pid);
	assert_string_equal(ev->submit.comm, want.submit.comm);
	assert_int_equal(ev->submit.complete_fn, 0);
}

static void test_submissions_survive(void **state)
{
	struct urb_event events[] = { full_submit(URB_EV_SUBMIT), full_submit(URB_EV_INFLIGHT) };

	(void)state;
	events[0].submit.complete_fn = RAW;
	read_all(written(events, 2, true));
	assert_int_equal(got.cnt, 2);
	assert_submit(&got.ev[0], URB_EV_SUBMIT);
	assert_submit(&got.ev[1], URB_EV_INFLIGHT);
}

static void test_ends_of_transfers_survive(void **state)
{
	struct urb_event events[5] = {
		full_submit(URB_EV_SUBMIT),
		complete_event(2001, RAW, EP, -32),
		plain_event(URB_EV_HANDLER, 2002, RAW, EP),
		plain_event(URB_EV_RETURNED, 2003, RAW, EP),
		plain_event(URB_EV_SUBMIT_ERROR, 2004, RAW, EP),
	};

	(void)state;
	events[1].complete.length = 13;
	events[1].flags = URB_F_HANDLER_FOLLOWS;
	events[3].returned.handler_ns = 2002;
	events[4].submit_error.error = -19;
	events[4].submit_error.length = 77;
	events[4].flags = URB_F_ACTIVE;
	read_all(written(events, 5, true));
	assert_int_equal(got.cnt, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(got.ev[i].kind, events[i].kind);
		assert_int_equal(got.ev[i].time_ns, events[i].time_ns);
		assert_int_equal(got.ev[i].seen, events[i].seen);
		assert_int_equal(got.ev[i].flags, events[i].flags);
	}
	assert_int_equal(got.ev[1].complete.status, -32);
	assert_int_equal(got.ev[1].complete.length, 13);
	assert_int_equal(got.ev[3].returned.handler_ns, 2002);
	assert_int_equal(got.ev[4].submit_error.error, -19);
	assert_int_equal(got.ev[4].submit_error.length, 77);
	/* one transfer, one number */
	assert_int_equal(got.ev[0].id, 1);
	assert_int_equal(got.ev[1].id, 1);
	assert_int_equal(got.ev[2].id, 1);
}

static void test_knowledge_survives(void **state)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x17e9, .pid = 0x6006, .speed = URB_SPEED_SUPER_PLUS,
		.type = URB_TYPE_ISO, .max_packet = 1024, .path = "10-1.2.3.4.5", .driver = "uas",
		.name = "Ger\xc3\xa4t \x1b[31m",
	};
	struct urb_event events[4] = {
		plain_event(URB_EV_FACTS, 2000, 0, EP), plain_event(URB_EV_LOST, 2001, 0, URB_EP_ANY),
		plain_event(URB_EV_SYNC, 2002, 0, EP), plain_event(URB_EV_GONE, 2003, 0, EP),
	};

	(void)state;
	events[0].facts = &facts;
	events[0].type = facts.type;
	events[1].lost.count = UINT64_C(1) << 40;
	events[1].lost.until_ns = UINT64_C(1) << 50;
	events[1].flags = URB_F_SYNC_FOLLOWS;
	read_all(written(events, 4, true));
	assert_int_equal(got.cnt, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(got.ev[i].kind, events[i].kind);
	assert_true(got.facts[0].has_ids);
	assert_int_equal(got.facts[0].vid, facts.vid);
	assert_int_equal(got.facts[0].pid, facts.pid);
	assert_int_equal(got.facts[0].speed, facts.speed);
	assert_int_equal(got.facts[0].type, facts.type);
	assert_int_equal(got.facts[0].max_packet, facts.max_packet);
	assert_string_equal(got.facts[0].path, facts.path);
	assert_string_equal(got.facts[0].name, facts.name);
	assert_string_equal(got.facts[0].driver, facts.driver);
	assert_int_equal(got.ev[1].ep, URB_EP_ANY);
	assert_int_equal(got.ev[1].lost.count, UINT64_C(1) << 40);
	assert_int_equal(got.ev[1].lost.until_ns, UINT64_C(1) << 50);
	assert_int_equal(got.ev[1].flags, URB_F_SYNC_FOLLOWS);
}

static void test_streams_survive(void **state)
{
	struct urb_event events[2] = {
		plain_event(URB_EV_STREAMS, 2000, 0, EP), plain_event(URB_EV_STREAMS, 2001, 0, EP),
	};

	(void)state;
	events[0].streams.what = URB_STREAMS_ALLOC;
	events[0].streams.asked = 65536;
	events[0].streams.result = -22;
	events[0].streams.gfp = 0xc00;
	events[0].streams.queued = true;
	events[1].streams.result = 65533;
	read_all(written(events, 2, true));
	assert_int_equal(got.cnt, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(got.ev[i].kind, URB_EV_STREAMS);
		assert_int_equal(got.ev[i].id, 0);
		assert_int_equal(got.ev[i].streams.what, events[i].streams.what);
		assert_int_equal(got.ev[i].streams.asked, events[i].streams.asked);
		assert_int_equal(got.ev[i].streams.result, events[i].streams.result);
		assert_int_equal(got.ev[i].streams.gfp, events[i].streams.gfp);
		assert_int_equal(got.ev[i].streams.queued, events[i].streams.queued);
	}
}

static void test_head_survives(void **state)
{
	struct source_config config = { 0 };
	int fd = written(NULL, 0, true);
	struct source *src = opened(fd, &config);
	struct fault fault = { "" };

	(void)state;
	while (source_read(src, note, &got, &fault) >= 0)
		;
	assert_string_equal(source_info(src)->kind, "bpf");
	assert_string_equal(source_info(src)->clock, "monotonic");
	assert_int_equal(source_info(src)->resolution_ns, 7);
	assert_int_equal(source_info(src)->sees, URB_QUEUED | URB_DONE);
	assert_int_equal(source_info(src)->start_ns, 1000);
	assert_false(source_info(src)->live);
	assert_int_equal(source_now(src), 6000);
	source_close(src);
	close(fd);
}

/* Kernel addresses stay on the machine that they are of. */
static void test_raw_ids_never_leave(void **state)
{
	struct urb_event events[MAX];
	uint64_t seed = 42;
	char *bytes;
	off_t size;
	int fd;

	(void)state;
	for (size_t i = 0; i < MAX; i++) {
		events[i] = full_submit(i & 1 ? URB_EV_INFLIGHT : URB_EV_SUBMIT);
		events[i].id = RAW + (random_below(&seed, 9) << 8);
		events[i].submit.complete_fn = RAW;
		if (random_below(&seed, 2))
			events[i] = complete_event(2000, events[i].id, EP, 0);
	}
	fd = written(events, MAX, true);
	size = lseek(fd, 0, SEEK_END);
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(bytes != MAP_FAILED);
	/* what all of them share: bytes 2 to 7 of a little-endian address */
	assert_null(memmem(bytes, size, "\xad\xde\x81\x88\xff\xff", 6));
	munmap(bytes, size);
	read_all(fd);
	assert_int_equal(got.cnt, MAX);
	for (size_t i = 0; i < MAX; i++)
		assert_in_range(got.ev[i].id, 1, MAX);
}

/* Wherever the line breaks, whole events before it count, and it is told. */
static void test_cut_anywhere(void **state)
{
	struct urb_event events[3] = {
		full_submit(URB_EV_SUBMIT), complete_event(2001, RAW, EP, 0), full_submit(URB_EV_SUBMIT),
	};
	const size_t record = sizeof(struct stream_record);
	const size_t ends[] = {
		sizeof(struct stream_header),
		sizeof(struct stream_header) + record + sizeof(struct stream_submit),
		sizeof(struct stream_header) + 2 * record + sizeof(struct stream_submit) +
			sizeof(struct stream_complete),
		sizeof(struct stream_header) + 3 * record + 2 * sizeof(struct stream_submit) +
			sizeof(struct stream_complete),
	};
	const size_t whole = ends[3] + 2 * record;

	(void)state;
	for (size_t size = 0; size <= whole; size++) {
		int fd = written(events, 3, true);
		size_t want = 0;

		assert_int_equal(lseek(fd, 0, SEEK_END), whole);
		assert_int_equal(ftruncate(fd, size), 0);
		read_all(fd);
		while (want < 3 && size >= ends[want + 1])
			want++;
		assert_int_equal(got.cnt, want);
		if (size < ends[0]) {
			assert_int_equal(got.end, -EINVAL);
			assert_non_null(strstr(got.fault.text, "ended before it began"));
			continue;
		}
		assert_int_equal(got.end, -ENODATA);
		assert_int_equal(got.broken_off, size < whole);
		assert_int_equal(got.fault.text[0], '\0');
	}
}

/* Bytes come as they like: whatever is not whole yet waits for the rest. */
static void test_trickle(void **state)
{
	struct urb_event events[2] = { full_submit(URB_EV_SUBMIT), complete_event(2001, RAW, EP, 0) };
	int fd = written(events, 2, true), pipe_fds[2];
	struct source_config config = { 0 };
	struct source *src;
	char byte;

	(void)state;
	memset(&got, 0, sizeof(got));
	assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
	src = opened(pipe_fds[0], &config);
	lseek(fd, 0, SEEK_SET);
	while (read(fd, &byte, 1) == 1) {
		assert_int_equal(write(pipe_fds[1], &byte, 1), 1);
		assert_in_range(source_read(src, note, &got, &got.fault), 0, 1);
	}
	close(pipe_fds[1]);
	assert_int_equal(source_read(src, note, &got, &got.fault), -ENODATA);
	assert_false(source_info(src)->broken_off);
	assert_int_equal(got.cnt, 2);
	source_close(src);
	close(pipe_fds[0]);
	close(fd);
}

static void refuses(size_t at, const void *bytes, size_t size, const char *said)
{
	struct urb_event ev = full_submit(URB_EV_SUBMIT);
	int fd = written(&ev, 1, true);

	assert_int_equal(pwrite(fd, bytes, size, at), size);
	read_all(fd);
	assert_int_equal(got.end, -EINVAL);
	assert_int_equal(got.cnt, 0);
	if (!strstr(got.fault.text, said))
		fail_msg("'%s' does not say '%s'", got.fault.text, said);
}

static void test_foreign_streams(void **state)
{
	const uint32_t newer = STREAM_VERSION + 1, swapped = 0x04030201;

	(void)state;
	refuses(offsetof(struct stream_header, magic), "X", 1, "not a stream");
	refuses(offsetof(struct stream_header, version), &newer, sizeof(newer), "version 4");
	refuses(offsetof(struct stream_header, order), &swapped, sizeof(swapped), "byte order");
}

static void test_impossible_sizes(void **state)
{
	static const uint16_t sizes[] = {
		0, 1, sizeof(struct stream_record) - 1,
		sizeof(struct stream_record) + sizeof(struct stream_submit) - 1, STREAM_RECORD_MAX + 1,
		UINT16_MAX,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		refuses(sizeof(struct stream_header), &sizes[i], sizeof(sizes[i]), "impossible size");
}

/* A kind that only a later version knows is passed over, by its size. */
static void test_unknown_kinds(void **state)
{
	struct urb_event events[2] = { full_submit(URB_EV_SUBMIT), complete_event(2001, RAW, EP, 0) };
	size_t at = sizeof(struct stream_header) + offsetof(struct stream_record, kind);
	int fd = written(events, 2, true);

	(void)state;
	assert_int_equal(pwrite(fd, "\xc0", 1, at), 1);
	read_all(fd);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, 1);
	assert_int_equal(got.ev[0].kind, URB_EV_COMPLETE);
}

static size_t count_selected(const struct urb_event *events, size_t cnt, const char *text)
{
	struct fault fault = { "" };
	struct selector sel;
	struct source_config config = { .selectors = &sel, .selector_cnt = 1 };

	assert_int_equal(selector_parse(text, &sel, &fault), 0);
	read_with(written(events, cnt, true), &config);
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

/* A full disk shows when it is flushed, and stays known. */
static void test_write_errors(void **state)
{
	struct urb_event ev = full_submit(URB_EV_SUBMIT);
	FILE *full = fopen("/dev/full", "w");
	struct stream_writer *writer;

	(void)state;
	assert_non_null(full);
	writer = stream_writer_new(full, &origin, 0);
	for (int i = 0; i < 1000; i++)
		stream_writer_event(writer, &ev);
	assert_int_equal(stream_writer_flush(writer), -ENOSPC);
	assert_int_equal(stream_writer_flush(writer), -ENOSPC);
	stream_writer_free(writer);
	fclose(full);
}

static void test_missing_file(void **state)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };

	(void)state;
	assert_null(source_open_stream("/nonexistent/run.urbs", &config, &fault));
	assert_non_null(strstr(fault.text, "/nonexistent/run.urbs"));
}

static const struct CMUnitTest tests[] = {
	TEST("submissions-survive-the-pipe", test_submissions_survive),
	TEST("ends-of-transfers-survive-the-pipe", test_ends_of_transfers_survive),
	TEST("facts-and-losses-survive-the-pipe", test_knowledge_survives),
	TEST("bulk-streams-survive-the-pipe", test_streams_survive),
	TEST("head-survives-the-pipe", test_head_survives),
	TEST("kernel-addresses-never-leave", test_raw_ids_never_leave),
	TEST("stream-cut-anywhere-is-read-so-far", test_cut_anywhere),
	TEST("stream-may-trickle", test_trickle),
	TEST("foreign-streams-are-refused", test_foreign_streams),
	TEST("impossible-records-are-refused", test_impossible_sizes),
	TEST("unknown-records-are-passed-over", test_unknown_kinds),
	TEST("selectors-filter-a-stream", test_selectors_filter),
	TEST("stream-tells-write-errors", test_write_errors),
	TEST("missing-stream-is-named", test_missing_file),
};

TEST_MAIN(tests)
