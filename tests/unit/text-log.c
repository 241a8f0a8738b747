// SPDX-License-Identifier: GPL-2.0
/* Logs of usbmon's text: each form gives the same events, and what is not to be read says so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/mktext.h"
#include "../lib/testmain.h"
#include "source/text_clock.h"
#include "urbscope/source.h"

#define EP  urb_ep(1, 5, 0x81)
#define EP0 urb_ep(1, 5, 0x00)
#define TAG UINT64_C(0xffff88022b5e8480)
#define SEC UINT64_C(1000000000)
#define MAX 64

struct got {
	struct urb_event ev[MAX];
	struct urb_facts facts[MAX];
	size_t cnt;
	int end;		/* the last status of source_read(); 1: it could not be opened */
	uint64_t late, skipped;
	struct source_info info;
	struct fault fault;
};

static struct got got;

static void note(void *ctx, const struct urb_event *ev)
{
	struct got *g = ctx;

	assert_true(g->cnt < MAX);
	g->ev[g->cnt] = *ev;
	if (ev->kind == URB_EV_FACTS)
		g->facts[g->cnt] = *ev->facts;
	g->cnt++;
}

static void read_bytes(const char *data, size_t size)
{
	struct source_config config = { 0 };
	int fd = memfd_create("log", 0);
	struct source *src;
	char path[64];

	assert_int_equal(write(fd, data, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(&got, 0, sizeof(got));
	src = source_open_recording(path, &config, &got.fault);
	got.end = src ? 0 : 1;
	while (got.end >= 0 && src)
		got.end = source_read(src, note, &got, &got.fault);
	if (src) {
		got.info = *source_info(src);
		got.late = source_late(src);
		got.skipped = source_skipped(src);
	}
	source_close(src);
	close(fd);
}

static void read_log(const char *text)
{
	read_bytes(text, strlen(text));
}

/* Whole, without anything that would have to be told. */
static void assert_clean(size_t cnt)
{
	assert_string_equal(got.fault.text, "");
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.skipped, 0);
	assert_int_equal(got.late, 0);
	assert_false(got.info.broken_off);
	assert_int_equal(got.cnt, cnt);
}

static void assert_submit(size_t i, uint32_t ep, enum urb_type type, uint32_t length)
{
	assert_int_equal(got.ev[i].kind, URB_EV_SUBMIT);
	assert_int_equal(got.ev[i].seen, URB_SUBMIT);
	assert_int_equal(got.ev[i].ep, ep);
	assert_int_equal(got.ev[i].type, type);
	assert_int_equal(got.ev[i].submit.length, length);
	assert_true(got.ev[i].submit.submit_ns == got.ev[i].time_ns);
}

static void assert_complete(size_t i, uint32_t ep, enum urb_type type, uint32_t length, int status)
{
	assert_int_equal(got.ev[i].kind, URB_EV_COMPLETE);
	assert_int_equal(got.ev[i].seen, URB_HANDLER);
	assert_int_equal(got.ev[i].ep, ep);
	assert_int_equal(got.ev[i].type, type);
	assert_int_equal(got.ev[i].complete.length, length);
	assert_int_equal(got.ev[i].complete.status, status);
}

/* The examples of Documentation/usb/usbmon.rst. */
static void documented(void **state)
{
	(void)state;
	read_log("d5ea89a0 3575914555 S Ci:1:001:0 s a3 00 0000 0003 0004 4 <\n"
		 "d5ea89a0 3575914560 C Ci:1:001:0 0 4 = 01050000\n"
		 "dd65f0e8 4128379752 S Bo:1:005:2 -115 31 = 55534243 ad000000 00800000 80010a28 "
		 "20000000 20000040 00000000 000000\n"
		 "dd65f0e8 4128379808 C Bo:1:005:2 0 31 >\n");
	assert_clean(4);
	assert_submit(0, urb_ep(1, 1, 0), URB_TYPE_CONTROL, 4);
	assert_complete(1, urb_ep(1, 1, 0), URB_TYPE_CONTROL, 4, 0);
	assert_submit(2, urb_ep(1, 5, 2), URB_TYPE_BULK, 31);
	assert_complete(3, urb_ep(1, 5, 2), URB_TYPE_BULK, 31, 0);
	assert_true(got.ev[0].id == 0xd5ea89a0);
	assert_true(got.ev[0].time_ns == UINT64_C(3575914555000));
	assert_true(got.ev[3].time_ns == UINT64_C(4128379808000));
	assert_string_equal(got.info.kind, "usbmon-text");
	assert_string_equal(got.info.clock, "unknown");
	assert_int_equal(got.info.resolution_ns, 1000);
	assert_int_equal(got.info.sees, URB_SUBMIT | URB_HANDLER);
}

/* Two colons: the old form, which has no bus; its status has no more fields. */
static void old_form(void **state)
{
	(void)state;
	read_log("ffff88022b5e8480 100 S Bo:002:01 -115 32 = 01000001 00000000 00000000 00000000 "
		 "28003a04 08000000 08000000 00000000\n"
		 "ffff88022b5e8480 200 C Bo:002:01 -71 7 >\n"
		 "ffff88022b5e8481 300 S Zi:127:15 -115 96 <\n");
	assert_clean(3);
	assert_submit(0, urb_ep(0, 2, 1), URB_TYPE_BULK, 32);
	assert_complete(1, urb_ep(0, 2, 1), URB_TYPE_BULK, 7, -71);
	assert_submit(2, urb_ep(0, 127, 0x8f), URB_TYPE_ISO, 96);
}

/* status:interval[:frame[:errors]], a number of descriptors, and five of them at most. */
static void periodic(void **state)
{
	(void)state;
	read_log("1 100 S Ii:1:005:1 -115:2048 4 <\n"
		 "1 110 C Ii:1:005:1 -2:2048 0\n"
		 "2 120 S Zo:1:005:2 -115:1:1321 8 -18:0:96 -18:96:96 -18:192:96 -18:288:96 -18:384:96 "
		 "768 = 00\n"
		 "2 130 C Zo:1:005:2 0:1:1321:3 2 0:0:96 -18:96:0 96 >\n"
		 "3 140 S Zi:1:005:3 -115:1:0 0 64 <\n"
		 "3 150 E Zi:1:005:3 -28 0\n");
	assert_int_equal(got.cnt, 6);
	assert_submit(0, EP, URB_TYPE_INT, 4);
	assert_int_equal(got.ev[0].submit.interval, 2048);
	assert_complete(1, EP, URB_TYPE_INT, 0, -2);
	assert_submit(2, urb_ep(1, 5, 2), URB_TYPE_ISO, 768);
	assert_int_equal(got.ev[2].submit.interval, 1);
	assert_complete(3, urb_ep(1, 5, 2), URB_TYPE_ISO, 96, 0);
	assert_submit(4, urb_ep(1, 5, 0x83), URB_TYPE_ISO, 64);
	assert_int_equal(got.ev[5].kind, URB_EV_SUBMIT_ERROR);
	assert_int_equal(got.ev[5].submit_error.error, -28);
	assert_int_equal(got.ev[5].ep, urb_ep(1, 5, 0x83));
}

static void same_in_every_form(void **state)
{
	struct urb_event ev[] = {
		{ .kind = URB_EV_SUBMIT, .time_ns = 5000, .id = TAG + 1, .ep = EP,
		  .type = URB_TYPE_ISO, .submit.length = 192 },
		{ .kind = URB_EV_COMPLETE, .time_ns = 9000, .id = TAG + 1, .ep = EP,
		  .type = URB_TYPE_ISO, .complete = { 50, -18 } },
		{ .kind = URB_EV_SUBMIT, .time_ns = 12000, .id = TAG, .ep = urb_ep(1, 5, 2),
		  .type = URB_TYPE_BULK, .submit.length = 31 },
		{ .kind = URB_EV_SUBMIT_ERROR, .time_ns = 12000, .id = TAG, .ep = urb_ep(1, 5, 2),
		  .type = URB_TYPE_BULK, .submit_error.error = -19 },
		{ .kind = URB_EV_COMPLETE, .time_ns = 15000, .id = TAG + 3, .ep = urb_ep(1, 5, 0x83),
		  .type = URB_TYPE_INT, .complete = { 0, -108 } },
	};
	static const uint8_t data[64];
	char text[8192];

	(void)state;
	for (unsigned int no = 0; no < 32; no++) {
		struct mktext_form form = {
			.old = no & 1, .quoted = no & 2, .crlf = no & 4, .broken = no & 8,
			.seconds = no & 16,
		};
		uint32_t no_bus = form.old ? 1u << 16 : 0;
		FILE *out = fmemopen(text, sizeof(text), "w");

		for (size_t i = 0; i < 5; i++)
			mktext_event(out, &form, &ev[i], NULL, data);
		fclose(out);
		read_log(text);
		assert_clean(5);
		for (size_t i = 0; i < 5; i++) {
			assert_true(got.ev[i].id == ev[i].id);
			assert_true(got.ev[i].time_ns == ev[i].time_ns);
		}
		assert_submit(0, EP - no_bus, URB_TYPE_ISO, 192);
		assert_complete(1, EP - no_bus, URB_TYPE_ISO, 50, -18);
		assert_submit(2, urb_ep(1, 5, 2) - no_bus, URB_TYPE_BULK, 31);
		assert_int_equal(got.ev[3].kind, URB_EV_SUBMIT_ERROR);
		assert_int_equal(got.ev[3].submit_error.error, -19);
		assert_complete(4, urb_ep(1, 5, 0x83) - no_bus, URB_TYPE_INT, 0, -108);
	}
}

/* --- time ---------------------------------------------------------------------------------- */

/* The times of these stamps, as seconds and microseconds behind the first. */
static void read_stamps(const char *const *stamps)
{
	char text[4096] = "";

	for (; *stamps; stamps++) {
		strcat(text, "1 ");
		strcat(text, *stamps);
		strcat(text, " S Bi:1:005:1 -115 8 <\n");
	}
	read_log(text);
}

static uint64_t after_us(size_t i)
{
	return (got.ev[i].time_ns - got.ev[0].time_ns) / 1000;
}

/* Seconds are cut to 12 bits (mon_get_timestamp). */
static void wrap(void **state)
{
	static const char *const stamps[] = { "4095999990", "5", "4095999980", "20", "4000000000", "7",
					      NULL };

	(void)state;
	read_stamps(stamps);
	assert_int_equal(got.cnt, 6);
	assert_int_equal(after_us(1), 15);
	assert_int_equal(after_us(2), 15); /* a little older */
	assert_int_equal(after_us(3), 30);
	assert_int_equal(after_us(4), 4000000010);
	assert_int_equal(after_us(5), 4096000017);
	assert_int_equal(got.late, 1);
}

/* Kernels of old let the product overflow 32 bits. */
static void long_wrap(void **state)
{
	static const char *const stamps[] = { "4294967290", "4", NULL };

	(void)state;
	read_stamps(stamps);
	assert_int_equal(got.cnt, 2);
	assert_int_equal(after_us(1), 10);
	assert_int_equal(got.late, 0);
}

/* A machine that has been up for days, and an event of 50 us ago. */
static void live_stamp(void **state)
{
	const uint64_t days_us = UINT64_C(4096000000) * 100;
	struct text_record rec = { .kind = 'S' };

	(void)state;
	for (uint64_t now_us = days_us - 100; now_us < days_us + 100; now_us++) {
		rec.stamp_ns = (now_us - 50) % UINT64_C(4096000000) * 1000;
		assert_true(text_clock_at(&rec, now_us) == (now_us - 50) * 1000);
	}
}

static void backwards(void **state)
{
	static const char *const stamps[] = { "500", "400", "450", "600", "1000000000", "3", "9", NULL };

	(void)state;
	read_stamps(stamps);
	assert_int_equal(got.cnt, 7);
	assert_int_equal(after_us(1), 0);
	assert_int_equal(after_us(2), 0);
	assert_int_equal(after_us(3), 100);
	assert_int_equal(after_us(4), 999999500);
	/* another log */
	assert_int_equal(after_us(5), 999999500);
	assert_int_equal(after_us(6), 999999506);
	assert_int_equal(got.late, 3);
}

static void in_seconds(void **state)
{
	static const char *const stamps[] = { "0.044513", "0.04452", "4097.5", "5000.000001", NULL };

	(void)state;
	read_stamps(stamps);
	assert_int_equal(got.cnt, 4);
	assert_true(got.ev[0].time_ns == 44513000);
	assert_int_equal(after_us(1), 7);
	assert_int_equal(after_us(2), 4097455487);
	assert_int_equal(after_us(3), 4999955488);
	assert_int_equal(got.late, 0);
}

/* Kernels of old wrote neither time nor bus of an E record. */
static void poor_error(void **state)
{
	(void)state;
	read_log("a1 700 S Bi:3:005:1 -115 8 <\na1 0 E Bi:0:005:1 -19 0\na1 800 S Bi:3:005:1 -115 8 <\n");
	assert_clean(3);
	assert_int_equal(got.ev[1].kind, URB_EV_SUBMIT_ERROR);
	assert_int_equal(got.ev[1].ep, urb_ep(3, 5, 0x81));
	assert_true(got.ev[1].time_ns == 700000);
	assert_true(got.ev[2].time_ns == 800000);
}

/* --- devices ------------------------------------------------------------------------------- */

static void device_is_known(void **state)
{
	static const char *const logs[] = {
		"a1 100 S Ci:1:005:0 s 80 06 0100 0000 0012 18 <\n"
		"a1 200 C Ci:1:005:0 0 18 = 12010002 00000040 e9170660 00010102 0301\n",
		/* as mail programs do it to it */
		"> a1 100 S Ci:1:005:0 s 80 06 0100 0000 0012 18 <\n"
		"> a1 200 C Ci:1:005:0 0 18 = 12010002\n> 00000040 e9170660 00010102 0301\n",
		"a1 100 S Ci:1:005:0 s 80 06 0100\n0000 0012 18 <\n"
		"a1 200 C Ci:1:005:0 0 18 =3D 12010002 00000040 e9170660\n00010102 0301\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		read_log(logs[i]);
		assert_clean(3);
		assert_submit(0, EP0, URB_TYPE_CONTROL, 18);
		assert_complete(1, EP0, URB_TYPE_CONTROL, 18, 0);
		assert_int_equal(got.ev[2].kind, URB_EV_FACTS);
		assert_int_equal(got.facts[2].vid, 0x17e9);
		assert_int_equal(got.facts[2].pid, 0x6006);
	}
	/* half a descriptor tells nothing */
	read_log("a1 100 S Ci:1:005:0 s 80 06 0100 0000 0012 18 <\n"
		 "a1 200 C Ci:1:005:0 0 18 = 12010002 00000040\nwhich is odd\n");
	assert_clean(2);
}

/* --- lines --------------------------------------------------------------------------------- */

static void odd_tools(void **state)
{
	(void)state;
	read_log("f6381380 0.044531 S Ii:1:001:1 -:-606348325 4 <\n"
		 "f6381380 0.044532 C Ii:1:001:1 0:-606348325 2 = 0200\n"
		 "urb-7 0.05 S Bo:1:005:2 - 40 = 55534243 ad000000 00800000 80010a28 20000000 20000040 "
		 "00000000 00000011 22334455 66778899\n"
		 "urb-7 0.06 C Bo:1:005:2 0 40 >\n"
		 "a1 0.07 S Co:1:005:0 Z __ __ ____ ____ ____ 4 Z\n");
	assert_clean(5);
	assert_submit(0, urb_ep(1, 1, 0x81), URB_TYPE_INT, 4);
	assert_int_equal(got.ev[0].submit.interval, 0);
	assert_complete(1, urb_ep(1, 1, 0x81), URB_TYPE_INT, 2, 0);
	assert_submit(2, urb_ep(1, 5, 2), URB_TYPE_BULK, 40);
	assert_true(got.ev[2].id == got.ev[3].id);
	assert_true(got.ev[2].id != got.ev[0].id);
	assert_submit(4, urb_ep(1, 5, 0), URB_TYPE_CONTROL, 4);
	/* longer than an address: all of it counts */
	read_log("10123456789abcdef 1 S Bo:1:005:2 -115 0\n20123456789abcdef 2 S Bo:1:005:2 -115 0\n");
	assert_clean(2);
	assert_true(got.ev[0].id != got.ev[1].id);
}

static void margins(void **state)
{
	(void)state;
	read_log("Hello,\n\nmy log, 2 C Bi follows: Bi:1:2:3\n"
		 ">> a1 100 S Bi:1:005:1 -115 8 <\n"
		 "|a1 200 C Bi:1:005:1 0 3 = 010203\n"
		 "[ 1234.567890] usb: a1 300 S Bi:1:005:1 -115 8 <\n"
		 "** \ta1\t400  C\tBi:1:005:1 0 0\n"
		 "S Bi:1:005:1 is a submission, not S Bi or C Co:\n");
	assert_clean(4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(got.ev[i].id == 0xa1);
		assert_true(got.ev[i].time_ns == 100000 * (i + 1));
	}
}

/* An event of the endpoint is lost with each; what has no endpoint is only counted. */
static void not_understood(void **state)
{
	static const char *const lines[] = {
		"a1 150 C Bi:1:005:1 zero 0",
		"a1 150 C Bi:1:005:1 - 0",
		"a1 150 C Bi:1:005:1 0 much",
		"a1 150 C Bi:1:005:1 0 -5",
		"a1 150 C Bi:1:005:1 0 99999999999",
		"a1 0:1.50 C Bi:1:005:1 0 5",
		"a1 1.5.0 C Bi:1:005:1 0 5",
		"a1 150 S Bi:1:005:1",
		"a1 150 S Ci:1:005:1 s 80 06 01",
		"a1 150 S Ci:1:005:1 s 80 06 0100 00 0012 18 <",
		"a1 150 S Zi:1:005:1 -115:1:0 1 -18:0:96",
		"150 C Bi:1:005:1 0 5",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "b1 100 S Bi:1:005:1 -115 8 <\n%s\nb1 200 C Bi:1:005:1 0 8\n",
			 lines[i]);
		read_log(text);
		assert_int_equal(got.end, -ENODATA);
		assert_int_equal(got.skipped, 1);
		assert_int_equal(got.cnt, 3);
		assert_int_equal(got.ev[1].kind, URB_EV_LOST);
		assert_int_equal(got.ev[1].lost.count, 1);
		assert_int_equal(got.ev[1].ep & ~0x80u, EP & ~0x80u);
		assert_true(got.ev[1].time_ns == 100000);
	}
	read_log("a1 100 S Bi:1:128:1 -115 8 <\na1 200 S Bi:1:005:16 -115 8 <\n"
		 "a1 300 S Bi:1:2:3:4 -115 8 <\nb1 400 S Bi:1:005:1 -115 8 <\n");
	assert_int_equal(got.skipped, 3);
	assert_int_equal(got.cnt, 1);
}

/* Its time is not known, and the window begins with what has one. */
static void not_understood_at_first(void **state)
{
	static const char bad[] = "a1 150 C Bi:1:005:1 zero 0\n";
	char text[512] = "";

	(void)state;
	for (uint32_t cnt = 1; cnt <= 12; cnt++) {
		strcat(text, bad);
		strcpy(text + cnt * (sizeof(bad) - 1), "b1 400 S Bi:1:005:1 -115 8 <\n");
		read_log(text);
		assert_int_equal(got.skipped, cnt);
		assert_int_equal(got.cnt, cnt > 8 ? 2 : cnt + 1);
		for (size_t i = 0; i + 1 < got.cnt; i++) {
			assert_int_equal(got.ev[i].kind, URB_EV_LOST);
			assert_int_equal(got.ev[i].lost.count, cnt > 8 ? cnt : 1);
			assert_int_equal(got.ev[i].ep, cnt > 8 ? URB_EP_ANY : EP);
			assert_true(got.ev[i].time_ns == 400000 && got.ev[i].lost.until_ns == 400000);
		}
		text[cnt * (sizeof(bad) - 1)] = '\0';
	}
}

/* A log that ends anywhere: what is there is right, and it is told if something may be missing. */
static void cut_anywhere(void **state)
{
	static const char text[] = "a1 100 S Bi:1:005:1 -115 8128 <\n"
				   "a1 200 C Bi:1:005:1 0 5312 = 0102\n"
				   "a1 300 C Bi:1:005:1 0 0\n";
	const size_t first = strchr(text, '\n') + 1 - text;

	(void)state;
	for (size_t size = first; size < sizeof(text); size++) {
		read_bytes(text, size);
		assert_int_equal(got.end, -ENODATA);
		assert_submit(0, EP, URB_TYPE_BULK, 8128);
		if (got.info.broken_off || got.skipped)
			continue;
		if (got.cnt > 1)
			assert_complete(1, EP, URB_TYPE_BULK, 5312, 0);
		if (got.cnt > 2)
			assert_complete(2, EP, URB_TYPE_BULK, 0, 0);
	}
	assert_clean(3);
	/* in the middle of a length */
	read_bytes(text, strstr(text, "28 <") - text);
	assert_true(got.info.broken_off);
	/* a log whose last newline an editor took is whole */
	read_bytes(text, sizeof(text) - 2);
	assert_clean(3);
}

static void odd_bytes(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "a1 100 S Bi:1:005:1 -115 8 <\r\n"
				   "\0\0\0\n\x1b[31m \x01 \xff\xfe\n"
				   "\0a2 150 S Bi:1:005:1 -115 8 <\n"
				   "a1 200 C Bi:1:005:1 0 8 = \0\0\r\n";

	(void)state;
	read_bytes(text, sizeof(text) - 1);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.skipped, 0);
	assert_int_equal(got.cnt, 3);
	assert_complete(2, EP, URB_TYPE_BULK, 8, 0);
}

static void long_lines(void **state)
{
	static char text[3 << 20];
	size_t size = 0;

	(void)state;
	/* prose, payload, and a record far behind, where nobody looks for it */
	memset(text, 'x', 1 << 20);
	size = 1 << 20;
	size += sprintf(text + size, " a0 1 S Bi:1:005:1 -115 8 <\na1 100 S Bo:1:005:2 -115 900000 = ");
	memset(text + size, '5', 900000);
	size += 900000;
	size += sprintf(text + size, " a0 1 S Bi:1:005:1 -115 8 <\na1 200 C Bo:1:005:2 0 900000 >\n");
	read_bytes(text, size);
	assert_clean(2);
	assert_submit(0, urb_ep(1, 5, 2), URB_TYPE_BULK, 900000);
	assert_complete(1, urb_ep(1, 5, 2), URB_TYPE_BULK, 900000, 0);
}

/* Every size of a line is once the one that fills the buffer. */
static void many_lines(void **state)
{
	static char text[1 << 20];
	size_t size = 0, cnt = 0;

	(void)state;
	for (; size < sizeof(text) - 1024; cnt++)
		size += sprintf(text + size, "%0*d prose\n", (int)(cnt % 500) + 1, 0);
	size += sprintf(text + size, "a1 100 S Bi:1:005:1 -115 8 <\n");
	read_bytes(text, size);
	assert_clean(1);
}

static void no_records(void **state)
{
	(void)state;
	read_log("Dear list,\n\nit does not work.\n");
	assert_int_equal(got.end, -EINVAL);
	assert_non_null(strstr(got.fault.text, "of its 3 lines none is a record"));
	read_log("x 0:1 C Bi:1:2:3 0 0\n");
	assert_int_equal(got.end, -EINVAL);
	assert_non_null(strstr(got.fault.text, "some look like it"));
	read_log("");
	assert_int_equal(got.end, 1);
	assert_non_null(strstr(got.fault.text, ": empty: "));
	read_bytes("\x7f" "ELF\2\1\1", 7);
	assert_int_equal(got.end, 1);
	assert_non_null(strstr(got.fault.text, ": no recording that urbscope reads: "));
}

static const struct CMUnitTest tests[] = {
	TEST("text-log-reads-what-is-documented", documented),
	TEST("text-log-reads-the-old-form", old_form),
	TEST("text-log-reads-periodic-transfers", periodic),
	TEST("text-log-is-the-same-in-every-form", same_in_every_form),
	TEST("text-log-stamps-begin-anew", wrap),
	TEST("text-log-stamps-of-old-kernels-begin-anew-later", long_wrap),
	TEST("text-live-stamps-begin-anew", live_stamp),
	TEST("text-log-time-never-runs-backwards", backwards),
	TEST("text-log-stamps-may-be-seconds", in_seconds),
	TEST("text-log-error-may-lack-time-and-bus", poor_error),
	TEST("text-log-tells-devices", device_is_known),
	TEST("text-log-understands-odd-tools", odd_tools),
	TEST("text-log-passes-over-margins", margins),
	TEST("text-log-counts-what-it-does-not-understand", not_understood),
	TEST("what-is-not-understood-at-first-begins-no-window", not_understood_at_first),
	TEST("text-log-may-be-cut-anywhere", cut_anywhere),
	TEST("text-log-may-hold-any-byte", odd_bytes),
	TEST("text-log-lines-may-be-long", long_lines),
	TEST("text-log-lines-may-lie-anywhere", many_lines),
	TEST("text-log-without-records-is-refused", no_records),
};

TEST_MAIN(tests)
