// SPDX-License-Identifier: GPL-2.0
/* What a reader of this version does not know in a trace, and what nobody may write. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"

#define EP urb_ep(1, 5, 0x81)

static struct got got;

static void assert_refused(int fd, const char *said)
{
	trace_read_all(fd, NULL, &got);
	assert_int_equal(got.end, -EINVAL);
	assert_int_equal(got.cnt, 0);
	if (!strstr(got.fault.text, said))
		fail_msg("'%s' does not say '%s'", got.fault.text, said);
}

static void test_other_versions(void **state)
{
	struct trace_head head = { .version = TRACE_VERSION + 1, .run = 7 };
	uint8_t bytes[TRACE_HEAD_BYTES];

	(void)state;
	trace_head_pack(&head, bytes);
	assert_refused(trace_of_bytes(bytes, sizeof(bytes)), "version 2");
	head.version = TRACE_VERSION;
	head.features = 0x80000000;
	trace_head_pack(&head, bytes);
	assert_refused(trace_of_bytes(bytes, sizeof(bytes)), "0x80000000");
	assert_refused(trace_of_bytes("URBPIPE with something behind it, enough for a head", 50),
		       "not a trace");
	assert_refused(trace_of_bytes(bytes, 10), "ended before it began");
}

/* A block of our own making, with anything in its head. */
static int crafted(void (*change)(struct trace_block *block), uint8_t kind)
{
	struct trace_head head = { .version = TRACE_VERSION, .run = 7 };
	struct trace_run run = trace_run_example();
	struct urb_event ev = submit_event(2000, 1, EP);
	struct trace_block block = {
		.type = TRACE_EVENTS, .flags = TRACE_KEY, .run = 7, .first_ns = 1000, .last_ns = 2000,
	};
	struct trace_encoder *enc = trace_encoder_new();
	uint8_t bytes[TRACE_HEAD_BYTES];
	const uint8_t *packed;
	uint8_t *copy;
	size_t size;
	int fd;

	assert_non_null(enc);
	trace_encoder_begin(enc, 1000);
	trace_encoder_run(enc, &run);
	ev.kind = kind;
	trace_encoder_event(enc, &ev);
	assert_int_equal(trace_encoder_finish(enc, &block, &packed, &size), 0);
	copy = malloc(size);
	memcpy(copy, packed, size);
	if (change)
		change(&block);
	trace_block_pack(&block, copy);
	trace_head_pack(&head, bytes);
	fd = trace_of_bytes(bytes, sizeof(bytes));
	assert_int_equal(write(fd, copy, size), size);
	free(copy);
	trace_encoder_free(enc);
	return fd;
}

static void other_type(struct trace_block *block)
{
	block->type = TRACE_END + 1;
}

static void other_flag(struct trace_block *block)
{
	block->flags |= 0x40;
}

static void one_event_more(struct trace_block *block)
{
	block->events++;
}

static void one_event_less(struct trace_block *block)
{
	block->events--;
}

static void one_byte_more(struct trace_block *block)
{
	block->unpacked++;
}

/* What a newer version may have added is refused, not guessed at. */
static void test_unknown_parts(void **state)
{
	(void)state;
	trace_read_all(crafted(NULL, URB_EV_SUBMIT), NULL, &got);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, 1);
	assert_refused(crafted(other_type, URB_EV_SUBMIT), "its type");
	assert_refused(crafted(other_flag, URB_EV_SUBMIT), "its flags");
	assert_refused(crafted(NULL, 15), "its shapes of events");
}

static void test_false_sizes(void **state)
{
	(void)state;
	assert_refused(crafted(one_event_less, URB_EV_SUBMIT), "its events");
	assert_refused(crafted(one_byte_more, URB_EV_SUBMIT), "its compression");
	/* the first event is whole and may have been told already */
	trace_read_all(crafted(one_event_more, URB_EV_COMPLETE), NULL, &got);
	assert_int_equal(got.end, -EINVAL);
}

static const struct CMUnitTest tests[] = {
	TEST("traces-of-other-versions-are-refused", test_other_versions),
	TEST("unknown-parts-of-a-trace-are-refused", test_unknown_parts),
	TEST("false-sizes-in-a-trace-are-refused", test_false_sizes),
};

TEST_MAIN(tests)
