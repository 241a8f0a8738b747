// SPDX-License-Identifier: GPL-2.0
/* A capture that urbscope writes reads back as the events that it was written from. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/event_assert.h"
#include "../lib/lives.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "urbscope/pcapng.h"
#include "urbscope/source.h"

#define EP  urb_ep(1, 5, 0x81)
#define RAW UINT64_C(0xffff8881deadbe00)
#define MAX 4096
#define WALL UINT64_C(1700000000000000000)

static const struct comment_run bpf = {
	.kind = "bpf", .clock = "monotonic", .wall_ns = WALL, .start_ns = 1000, .resolution_ns = 1,
	.sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED,
	.walks = true,
};

static struct got {
	struct urb_event ev[MAX];
	struct urb_facts facts[MAX];
	size_t cnt;
	int end;
	struct source_info info;
	char kind[16], clock[16];
	uint64_t now_ns, skipped, late;
	struct fault fault;
} got;

static char *bytes;
static size_t byte_cnt;

static void write_with(const struct comment_run *run, const struct urb_event *events, size_t cnt,
		       bool ended)
{
	FILE *out;
	struct pcapng_writer *writer;

	free(bytes);
	out = open_memstream(&bytes, &byte_cnt);
	writer = pcapng_writer_new(out, run);
	assert_non_null(writer);
	for (size_t i = 0; i < cnt; i++)
		pcapng_writer_event(writer, &events[i]);
	assert_int_equal(pcapng_writer_flush(writer), 0);
	if (ended)
		assert_int_equal(pcapng_writer_end(writer, 60000000, 7), 0);
	pcapng_writer_free(writer);
	fclose(out);
}

static void note(void *ctx, const struct urb_event *ev)
{
	(void)ctx;
	assert_true(got.cnt < MAX);
	got.ev[got.cnt] = *ev;
	if (ev->kind == URB_EV_FACTS) {
		got.facts[got.cnt] = *ev->facts;
		got.ev[got.cnt].facts = &got.facts[got.cnt];
	}
	got.cnt++;
}

/* In pieces of a size that no block has, or all at once. */
static void read_bytes(void)
{
	struct source_config config = { 0 };
	int fd = memfd_create("capture", 0);
	char path[64];
	struct source *src;

	memset(&got, 0, sizeof(got));
	assert_int_equal(write(fd, bytes, byte_cnt), byte_cnt);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	src = source_open_recording(path, &config, &got.fault);
	assert_non_null(src);
	do
		got.end = source_read(src, note, NULL, &got.fault);
	while (got.end >= 0);
	got.info = *source_info(src);
	snprintf(got.kind, sizeof(got.kind), "%s", got.info.kind);
	snprintf(got.clock, sizeof(got.clock), "%s", got.info.clock);
	got.now_ns = source_now(src);
	got.skipped = source_skipped(src);
	got.late = source_late(src);
	source_close(src);
	close(fd);
}

static bool has_id(const struct urb_event *ev)
{
	return ev->kind != URB_EV_SYNC && ev->kind != URB_EV_LOST && ev->kind != URB_EV_FACTS &&
	       ev->kind != URB_EV_GONE && ev->kind != URB_EV_STREAMS;
}

/* That ids pair the same events is asked beside: they are others. */
static void assert_read_back(const struct urb_event *events, size_t cnt)
{
	assert_string_equal(got.fault.text, "");
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, cnt);
	for (size_t i = 0; i < cnt; i++)
		assert_same_event(&events[i], &got.ev[i]);
	for (size_t i = 0; i < cnt; i++) {
		/* a few before are enough: those that one does not pair with are many */
		for (size_t j = i > 60 ? i - 60 : 0; j < i; j++) {
			if (!has_id(&events[i]) || !has_id(&events[j]) || events[i].ep != events[j].ep)
				continue;
			assert_int_equal(got.ev[i].id == got.ev[j].id, events[i].id == events[j].id);
		}
	}
}

/* One of each kind, with all that it can have. */
static size_t one_of_each(struct urb_event *ev, const struct urb_facts *facts)
{
	size_t cnt = 0;

	for (unsigned int kind = URB_EV_SUBMIT; kind <= URB_EV_STREAMS; kind++) {
		struct urb_event *e = &ev[cnt];

		*e = plain_event(kind, 2000 + 10 * cnt, RAW, EP);
		e->stream = 3;
		e->type = URB_TYPE_INT;
		e->flags = 0x7f;
		e->cpu = 63;
		e->seen = URB_SUBMIT | URB_QUEUED;
		switch (kind) {
		case URB_EV_SUBMIT:
		case URB_EV_INFLIGHT:
			e->submit.submit_ns = e->time_ns - 17;
			e->submit.length = UINT32_MAX;
			e->submit.interval = 8;
			e->submit.gfp = 0xcc0;
			e->submit.xfer_flags = 0x200;
			e->submit.pid = 1234567;
			e->submit.slot = RAW + 64;
			e->submit.complete_fn = RAW + 128;
			strcpy(e->submit.comm, "a b%=\"\xc3\xa9\x1b\n,");
			break;
		case URB_EV_COMPLETE:
			e->complete.length = 512;
			e->complete.status = -32;
			e->seen = URB_DONE;
			break;
		case URB_EV_SUBMIT_ERROR:
			e->submit_error.length = 99;
			e->submit_error.error = -16;
			break;
		case URB_EV_RETURNED:
			e->returned.handler_ns = e->time_ns - 5;
			break;
		case URB_EV_LOST:
			e->lost.count = 12345678901;
			e->lost.until_ns = e->time_ns + 1000000;
			e->ep = URB_EP_ANY;
			break;
		case URB_EV_FACTS:
			e->facts = facts;
			break;
		case URB_EV_STREAMS:
			e->streams.what = URB_STREAMS_ALLOC;
			e->streams.asked = 256;
			e->streams.result = -22;
			e->streams.gfp = 0xc00;
			e->streams.queued = true;
			break;
		}
		cnt++;
	}
	return cnt;
}

static void fill_facts(struct urb_facts *facts, char c)
{
	*facts = (struct urb_facts){
		.has_ids = true, .vid = 0xffff, .pid = 0xfffe, .speed = URB_SPEED_SUPER_PLUS,
		.type = URB_TYPE_INT, .max_packet = 1024,
	};
	memset(facts->path, c, sizeof(facts->path) - 1);
	memset(facts->name, c, sizeof(facts->name) - 1);
	memset(facts->driver, c, sizeof(facts->driver) - 1);
}

static void every_kind(void **state)
{
	struct urb_event ev[64];
	struct urb_facts facts;
	size_t cnt;

	(void)state;
	fill_facts(&facts, '\xff');
	cnt = one_of_each(ev, &facts);
	/* the same again, in the other order: what is no packet also stands before the first */
	for (size_t i = 0; i < cnt; i++) {
		ev[cnt + i] = ev[cnt - 1 - i];
		ev[cnt + i].time_ns += 1000;
	}
	write_with(&bpf, ev + 3, 2 * cnt - 3, true);
	read_bytes();
	assert_read_back(ev + 3, 2 * cnt - 3);
	assert_string_equal(got.kind, "bpf");
	assert_string_equal(got.clock, "monotonic");
	assert_int_equal(got.info.wall_ns, WALL);
	assert_int_equal(got.info.start_ns, 1000);
	assert_int_equal(got.info.sees, bpf.sees);
	assert_int_equal(got.now_ns, 60000000);
	assert_int_equal(got.skipped, 7);
	assert_false(got.info.silent);
	assert_true(got.info.walks);
	assert_false(got.info.broken_off);
}

static void random_lives(void **state)
{
	static struct urb_event ev[1500];

	(void)state;
	for (uint64_t r = 1; r <= 40; r++) {
		uint64_t seed = r;
		struct lives lives;

		lives_draw(&lives, &seed);
		lives_generate(&lives, &seed, ev, 1500);
		for (size_t i = 0; i < 1500; i++) {
			/* of these ids a run of BPF's has none */
			if (!has_id(&ev[i]))
				ev[i].id = 0;
		}
		write_with(&bpf, ev, 1500, true);
		read_bytes();
		assert_read_back(ev, 1500);
	}
}

static void usbmon_needs_no_comments(void **state)
{
	static const struct comment_run usbmon = {
		.kind = "usbmon", .clock = "realtime", .resolution_ns = 1000,
		.sees = URB_SUBMIT | URB_HANDLER,
	};
	struct urb_event ev[] = { submit_event(1000, 7, EP), complete_event(2000, 7, EP, -32) };
	char text[COMMENT_MAX];

	(void)state;
	ev[0].type = ev[1].type = URB_TYPE_BULK;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(comment_packet(&ev[i], text), 0);
	write_with(&usbmon, ev, 2, true);
	read_bytes();
	assert_read_back(ev, 2);
}

static void longest_comments_fit(void **state)
{
	struct comment_run run = bpf;
	char text[COMMENT_MAX];
	struct urb_event ev[64];
	struct urb_facts facts;
	size_t cnt;

	(void)state;
	fill_facts(&facts, '\x01');
	cnt = one_of_each(ev, &facts);
	for (size_t i = 0; i < cnt; i++) {
		ev[i].time_ns = INT64_MAX;
		if (ev[i].kind == URB_EV_SUBMIT || ev[i].kind == URB_EV_INFLIGHT)
			memset(ev[i].submit.comm, '\x01', 15);
		assert_true(comment_event(&ev[i], 0, text) < COMMENT_MAX - 100);
	}
	memset(run.kind, '\x01', 15);
	memset(run.clock, '\x01', 15);
	run.wall_ns = run.start_ns = run.resolution_ns = UINT64_MAX;
	assert_true(comment_run(&run, text) < COMMENT_MAX - 100);
}

/* Neither as bytes nor as digits. */
static void addresses_stay_inside(void **state)
{
	static const uint64_t raw[] = { RAW, RAW + 64, RAW + 128 };
	struct urb_event ev[64];
	struct urb_facts facts;
	char text[24];
	size_t cnt;

	(void)state;
	fill_facts(&facts, 'x');
	cnt = one_of_each(ev, &facts);
	write_with(&bpf, ev, cnt, true);
	for (size_t i = 0; i < 3; i++) {
		assert_null(memmem(bytes, byte_cnt, &raw[i], sizeof(raw[i])));
		snprintf(text, sizeof(text), "%llx", (unsigned long long)raw[i]);
		assert_null(memmem(bytes, byte_cnt, text, strlen(text)));
		snprintf(text, sizeof(text), "%llu", (unsigned long long)raw[i]);
		assert_null(memmem(bytes, byte_cnt, text, strlen(text)));
	}
}

/* A reader goes on, and counts what it cannot understand. */
static void odd_comments(void **state)
{
	static const char *const odd[] = {
		"urbscope: submit seen=", "urbscope: submit seen=sub", "urbscope: submit gfp=0xzz",
		"urbscope: submit stream=65536", "urbscope: submit submit=12", "urbscope: submit comm=%4",
		"urbscope: submit comm=%00", "urbscope: submit comm=01234567890123456", "urbscope: complete",
		"urbscope: handler ep=1:2", "urbscope: handler ep=1:256:0x81", "urbscope: handler ep=a:2:0x81",
		"urbscope: lost count=18446744073709551616", "urbscope: submit pid=", "urbscope: submit pid=-1",
		"urbscope: facts ids=2",
	};
	static const char *const fine[] = {
		"urbscope: submit", "urbscope: submit tomorrow=7", "urbscope: submit seen=submit,queued",
		"urbscope: submit  stream=1", "urbscope: handler ep=any", "urbscope: submit slot=0x10",
	};
	struct urb_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct urb_event ev = { .kind = URB_EV_SUBMIT };

		assert_int_not_equal(comment_word(odd[i], strlen(odd[i])), COMMENT_NONE);
		if (i)
			assert_int_equal(comment_read_event(odd[i], strlen(odd[i]), 0, &ev, &facts), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct urb_event ev = { .kind = URB_EV_SUBMIT };

		assert_int_equal(comment_read_event(fine[i], strlen(fine[i]), 0, &ev, &facts), 0);
	}
	assert_int_equal(comment_word("urbscope: tomorrow x=1", 22), COMMENT_NONE);
	assert_int_equal(comment_word("a remark", 8), COMMENT_NONE);
	assert_int_equal(comment_word("", 0), COMMENT_NONE);
}

static void a_cut_capture_says_so(void **state)
{
	struct urb_event ev[] = { queued_event(1990, 2000, 7, EP), done_event(3000, 7, EP) };

	(void)state;
	ev[0].type = ev[1].type = URB_TYPE_BULK;
	write_with(&bpf, ev, 2, false);
	read_bytes();
	/* the last packet waits for what may follow it */
	assert_int_equal(got.cnt, 1);
	assert_same_event(&ev[0], &got.ev[0]);
	assert_true(got.info.broken_off);
}

/* Behind another capture, or in front of one: from there on it is a capture like any other. */
static void joined_captures(void **state)
{
	struct urb_event ev[] = { queued_event(1990, 2000, 7, EP), done_event(3000, 7, EP) };
	char *twice;

	(void)state;
	ev[0].type = ev[1].type = URB_TYPE_BULK;
	write_with(&bpf, ev, 2, true);
	twice = malloc(2 * byte_cnt);
	memcpy(twice, bytes, byte_cnt);
	memcpy(twice + byte_cnt, bytes, byte_cnt);
	free(bytes);
	bytes = twice;
	byte_cnt *= 2;
	read_bytes();
	assert_int_equal(got.cnt, 4);
	assert_same_event(&ev[0], &got.ev[0]);
	assert_same_event(&ev[1], &got.ev[1]);
	assert_int_equal(got.ev[2].seen, URB_SUBMIT);
	assert_int_equal(got.ev[3].seen, URB_HANDLER);
}

static const struct CMUnitTest tests[] = {
	TEST("every-kind-of-event-reads-back", every_kind),
	TEST("random-lives-read-back", random_lives),
	TEST("usbmon-needs-no-comments", usbmon_needs_no_comments),
	TEST("longest-comments-fit", longest_comments_fit),
	TEST("addresses-stay-inside-a-capture", addresses_stay_inside),
	TEST("odd-comments-are-refused", odd_comments),
	TEST("a-cut-capture-says-so", a_cut_capture_says_so),
	TEST("joined-captures-are-plain-from-there-on", joined_captures),
};

TEST_MAIN(tests)
