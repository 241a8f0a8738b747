// SPDX-License-Identifier: GPL-2.0
/* pcapng of several interfaces and sections: what libpcap refuses for no good reason is read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/mkpcap.h"
#include "../lib/testmain.h"
#include "source/pcap_ng.h"
#include "urbscope/source.h"

#define T0 UINT64_C(1700000000123456000)

struct got {
	uint64_t time_ns[8];
	size_t cnt;
	int end;		/* the last status of source_read() */
	struct fault fault;
};

static struct mkpcap m;
static struct got got;

static const struct urb_event bulk = {
	.kind = URB_EV_SUBMIT, .time_ns = T0, .id = 7, .ep = 1 << 16 | 5 << 8 | 0x81,
	.type = URB_TYPE_BULK, .submit.length = 512,
};

static void note(void *ctx, const struct urb_event *ev)
{
	struct got *g = ctx;

	assert_in_range(g->cnt, 0, 7);
	g->time_ns[g->cnt++] = ev->time_ns;
}

static void read_all(void)
{
	struct source_config config = { 0 };
	int fd = memfd_create("capture", 0);
	struct source *src;
	char path[64];

	assert_int_equal(write(fd, m.data, m.size), m.size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(&got, 0, sizeof(got));
	src = source_open_pcap(path, &config, &got.fault);
	assert_non_null(src);
	while (got.end >= 0)
		got.end = source_read(src, note, &got, &got.fault);
	source_close(src);
	close(fd);
}

/* A packet says itself how much of it was kept; 128 is more than the first limit here. */
static void other_limits(void **state)
{
	static const uint32_t limits[] = { 64, 65535, 0, UINT32_MAX };
	static const uint64_t after_ns[] = { 0, 5000, 9000 };

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		struct mkpcap_form form = {
			.link = 220, .ng = true, .big = i & 1, .nano = i & 2, .snaplen = limits[i / 4]
		};
		uint8_t packet[128] = { 0 };

		mkpcap_init(&m, &form);
		mkpcap_event(&m, &bulk, NULL, NULL, 0);
		memcpy(packet, m.data + m.packets_at + 28, 64);
		mkpcap_interface(&m, 220, 262144);
		mkpcap_packet(&m, 1, T0 + 5000, packet, 128, 128);
		mkpcap_section(&m);
		mkpcap_interface(&m, 220, 1000000);
		mkpcap_packet(&m, 0, T0 + 9000, packet, 128, 128);
		read_all();
		assert_string_equal(got.fault.text, "");
		assert_int_equal(got.end, -ENODATA);
		assert_int_equal(got.cnt, 3);
		for (unsigned int e = 0; e < 3; e++)
			assert_true(got.time_ns[e] == T0 + after_ns[e]);
	}
}

static void other_order(void **state)
{
	struct mkpcap_form form = { .link = 220, .ng = true };

	(void)state;
	mkpcap_init(&m, &form);
	mkpcap_event(&m, &bulk, NULL, NULL, 0);
	m.form.big = true;
	mkpcap_section(&m);
	mkpcap_interface(&m, 220, 262144);
	mkpcap_event(&m, &bulk, NULL, NULL, 0);
	read_all();
	assert_int_equal(got.end, -EINVAL);
	assert_int_equal(got.cnt, 1);
	assert_non_null(strstr(got.fault.text, "editcap"));
	assert_null(strstr(got.fault.text, "broken"));
}

/* However it is cut into pieces: nothing changes but the limits. */
static void limits_are_lifted(void **state)
{
	struct mkpcap_form form = { .link = 220, .ng = true, .nano = true, .snaplen = 0x11223344 };
	uint8_t whole[512], pieces[512];
	size_t changed = 0;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		form.big = i;
		mkpcap_init(&m, &form);
		mkpcap_event(&m, &bulk, NULL, "\1\0\0\0\24\0\0\0", 8); /* like an interface */
		mkpcap_interface(&m, 220, 0x55667788);
		assert_true(m.size <= sizeof(whole));
		memcpy(whole, m.data, m.size);
		pcapng_lift_limits(&(struct pcapng_blocks){ 0 }, whole, m.size);
		for (size_t at = 0; at < m.size; at++)
			changed += whole[at] != m.data[at];
		for (size_t step = 1; step < 64; step++) {
			struct pcapng_blocks blocks = { 0 };

			memcpy(pieces, m.data, m.size);
			for (size_t at = 0; at < m.size; at += step)
				pcapng_lift_limits(&blocks, pieces + at,
						   m.size - at < step ? m.size - at : step);
			assert_memory_equal(pieces, whole, m.size);
		}
	}
	assert_int_equal(changed, 2 * 2 * 4);
}

static const struct CMUnitTest tests[] = {
	TEST("capture-may-differ-in-snapshot-length", other_limits),
	TEST("capture-of-either-byte-order-names-the-cure", other_order),
	TEST("snapshot-lengths-are-lifted-in-any-pieces", limits_are_lifted),
};

TEST_MAIN(tests)
