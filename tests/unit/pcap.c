// SPDX-License-Identifier: GPL-2.0
/* Captures: each form gives the same events, and what is cut or broken says so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "../lib/mkpcap.h"
#include "../lib/testmain.h"
#include "urbscope/source.h"

#define T0  UINT64_C(1700000000123456000)
#define EP  urb_ep(1, 5, 0x81)
#define OUT urb_ep(2, 127, 0x02)
#define EP0 urb_ep(1, 5, 0x00)
#define RAW UINT64_C(0xffff8881deadbe00)
#define MAX 512

struct got {
	struct urb_event ev[MAX];
	struct urb_facts facts[MAX];
	size_t cnt;
	int end;		/* the last status of source_read(); 1: it could not be opened */
	struct source_info info;
	uint64_t now_ns, late, skipped;
	bool missing_told;
	struct fault fault;
};

static struct got got;
static struct mkpcap m;

static void note(void *ctx, const struct urb_event *ev)
{
	struct got *g = ctx;

	assert_true(g->cnt < MAX);
	g->ev[g->cnt] = *ev;
	if (ev->kind == URB_EV_FACTS)
		g->facts[g->cnt] = *ev->facts;
	g->cnt++;
}

/* The first `size` bytes of the capture. */
static void read_with(size_t size, const struct source_config *config)
{
	int fd = memfd_create("capture", 0);
	struct source *src;
	char path[64];

	assert_int_equal(write(fd, m.data, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(&got, 0, sizeof(got));
	src = source_open_pcap(path, config, &got.fault);
	got.end = src ? 0 : 1;
	while (got.end >= 0 && src)
		got.end = source_read(src, note, &got, &got.fault);
	if (src) {
		got.info = *source_info(src);
		got.missing_told = got.info.missing && got.info.missing[0];
		got.now_ns = source_now(src);
		got.late = source_late(src);
		got.skipped = source_skipped(src);
	}
	source_close(src);
	close(fd);
}

static void read_all(void)
{
	struct source_config config = { 0 };

	read_with(m.size, &config);
}

static struct urb_event event(enum urb_event_kind kind, uint64_t after_ns, uint64_t id, uint32_t ep,
			      enum urb_type type, uint32_t length, int status)
{
	struct urb_event ev = {
		.kind = kind, .time_ns = T0 + after_ns, .id = id, .ep = ep, .type = type,
		.seen = kind == URB_EV_COMPLETE ? URB_HANDLER : URB_SUBMIT,
	};

	if (kind == URB_EV_SUBMIT) {
		ev.submit.length = length;
		ev.submit.submit_ns = ev.time_ns;
	} else if (kind == URB_EV_COMPLETE) {
		ev.complete.length = length;
		ev.complete.status = status;
	} else {
		ev.submit_error.error = status;
	}
	return ev;
}

/* Every kind and type; to be valid in every form, without errors. */
static size_t some_events(struct urb_event *ev, bool errors)
{
	size_t n = 0;

	ev[n++] = event(URB_EV_SUBMIT, 0, RAW, EP, URB_TYPE_BULK, 512, 0);
	ev[n++] = event(URB_EV_SUBMIT, 1000, RAW + 64, OUT, URB_TYPE_INT, 8, 0);
	ev[n++] = event(URB_EV_COMPLETE, 5000, RAW, EP, URB_TYPE_BULK, 13, 0);
	ev[n++] = event(URB_EV_SUBMIT, 6000, 7, EP0, URB_TYPE_CONTROL, 0, 0);
	ev[n++] = event(URB_EV_COMPLETE, 7000, 7, EP0, URB_TYPE_CONTROL, 18, 0);
	ev[n++] = event(URB_EV_SUBMIT, 8000, 9, urb_ep(300, 1, 0x83), URB_TYPE_ISO, 96, 0);
	ev[n++] = event(URB_EV_COMPLETE, 2000000000, 9, urb_ep(300, 1, 0x83), URB_TYPE_ISO, 96, 0);
	ev[n++] = event(URB_EV_COMPLETE, 2000001000, RAW + 64, OUT, URB_TYPE_INT, 8, 0);
	if (!errors)
		return n;
	ev[n++] = event(URB_EV_COMPLETE, 2000002000, RAW, EP, URB_TYPE_BULK, 0, -32);
	ev[n++] = event(URB_EV_SUBMIT, 2000003000, 11, EP, URB_TYPE_BULK, 64, 0);
	ev[n++] = event(URB_EV_SUBMIT_ERROR, 2000003000, 11, EP, URB_TYPE_BULK, 0, -19);
	return n;
}

static void assert_same_event(const struct urb_event *a, const struct urb_event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->time_ns == b->time_ns);
	assert_true(a->id == b->id);
	assert_int_equal(a->ep, b->ep);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->seen, b->seen);
	assert_int_equal(a->stream, 0);
	assert_int_equal(a->flags, 0);
	if (a->kind == URB_EV_SUBMIT) {
		assert_true(a->submit.submit_ns == b->submit.submit_ns);
		assert_int_equal(a->submit.length, b->submit.length);
	} else if (a->kind == URB_EV_COMPLETE) {
		assert_int_equal(a->complete.length, b->complete.length);
		assert_int_equal(a->complete.status, b->complete.status);
	} else {
		assert_int_equal(a->submit_error.error, b->submit_error.error);
	}
}

static struct mkpcap_form form_no(unsigned int i)
{
	static const unsigned int links[] = { 189, 220, 249 };

	return (struct mkpcap_form){
		.link = links[i / 8 % 3], .big = i & 1, .nano = i & 2, .ng = i & 4
	};
}

static void every_form(void **state)
{
	struct urb_event ev[16];

	(void)state;
	for (unsigned int i = 0; i < 24; i++) {
		struct mkpcap_form form = form_no(i);
		size_t cnt = some_events(ev, form.link != 249);

		/* what only fine stamps tell */
		if (form.nano) {
			ev[cnt - 1].time_ns += 7;
			if (ev[cnt - 1].kind == URB_EV_SUBMIT)
				ev[cnt - 1].submit.submit_ns += 7;
		}
		mkpcap_init(&m, &form);
		for (size_t e = 0; e < cnt; e++)
			mkpcap_event(&m, &ev[e], NULL, "some data", 9);
		read_all();
		assert_int_equal(got.end, -ENODATA);
		assert_int_equal(got.cnt, cnt);
		for (size_t e = 0; e < cnt; e++)
			assert_same_event(&got.ev[e], &ev[e]);
		assert_true(got.now_ns == ev[cnt - 1].time_ns);
		assert_int_equal(got.info.resolution_ns, form.nano ? 1 : 1000);
		assert_int_equal(got.info.sees, URB_SUBMIT | URB_HANDLER);
		assert_false(got.info.broken_off);
		assert_int_equal(got.skipped + got.late, 0);
		assert_string_equal(got.fault.text, "");
	}
}

static void cut_anywhere(void **state)
{
	struct source_config config = { 0 };
	struct urb_event ev[16];

	(void)state;
	for (unsigned int i = 0; i < 24; i++) {
		struct mkpcap_form form = form_no(i);
		size_t cnt = some_events(ev, form.link != 249), whole = 0;

		mkpcap_init(&m, &form);
		for (size_t e = 0; e < cnt; e++)
			mkpcap_event(&m, &ev[e], NULL, "some data", 9);
		for (size_t size = 0; size <= m.size; size++) {
			bool between = size == m.packets_at || (whole && size == m.end[whole - 1]);

			if (whole < cnt && size == m.end[whole]) {
				whole++;
				between = true;
			}
			read_with(size, &config);
			if (size < m.packets_at) {
				assert_int_equal(got.end, 1);
				assert_string_not_equal(got.fault.text, "");
				continue;
			}
			assert_int_equal(got.end, -ENODATA);
			assert_int_equal(got.cnt, whole);
			assert_int_equal(got.info.broken_off, !between);
			assert_int_equal(got.missing_told, !between);
			assert_string_equal(got.fault.text, "");
		}
	}
}

/* Headers are enough: a payload that was not kept changes nothing. */
static void cut_packets(void **state)
{
	static const unsigned int least[] = { 48, 48, 27 };
	struct urb_event ev = event(URB_EV_COMPLETE, 0, RAW, EP, URB_TYPE_BULK, 65536, 0);

	(void)state;
	for (unsigned int i = 0; i < 24; i += 8) {
		struct mkpcap_form form = form_no(i);
		uint8_t packet[64];
		size_t at;

		mkpcap_init(&m, &form);
		mkpcap_event(&m, &ev, NULL, NULL, 0);
		at = m.packets_at + 16;
		memcpy(packet, m.data + at, m.size - at);
		mkpcap_init(&m, &form);
		mkpcap_packet(&m, 0, T0, packet, least[i / 8], 65600);
		mkpcap_packet(&m, 0, T0, packet, least[i / 8] - 1, 65600);
		read_all();
		assert_int_equal(got.end, -ENODATA);
		assert_int_equal(got.cnt, 1);
		assert_same_event(&got.ev[0], &ev);
		assert_int_equal(got.skipped, 1);
	}
}

static void several_interfaces(void **state)
{
	struct mkpcap_form form = { .link = 220, .ng = true };
	struct urb_event ev[16];
	uint8_t packet[64];

	(void)state;
	some_events(ev, false);
	mkpcap_init(&m, &form);
	mkpcap_event(&m, &ev[0], NULL, NULL, 0);
	memcpy(packet, m.data + m.packets_at + 28, 64);
	mkpcap_interface(&m, 220, 262144);
	mkpcap_packet(&m, 1, T0 + 5, packet, 64, 64);
	mkpcap_packet(&m, 0, T0 + 2000, packet, 64, 64);
	read_all();
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, 3);
}

static void refused(const struct mkpcap_form *form, unsigned int link, uint32_t snaplen,
		    const char *cure)
{
	struct urb_event ev[16];

	some_events(ev, false);
	mkpcap_init(&m, form);
	mkpcap_event(&m, &ev[0], NULL, NULL, 0);
	if (link)
		mkpcap_interface(&m, link, snaplen);
	mkpcap_event(&m, &ev[1], NULL, NULL, 0);
	read_all();
	assert_true(got.end == -EINVAL || got.end == 1);
	assert_non_null(strstr(got.fault.text, cure));
	assert_null(strchr(got.fault.text, '\n'));
}

static void mixed_interfaces(void **state)
{
	struct mkpcap_form form = { .link = 220, .ng = true };

	(void)state;
	refused(&form, 1, 262144, "editcap");
	refused(&form, 249, 262144, "editcap");
}

static void other_links(void **state)
{
	struct mkpcap_form form = { .link = 1 };

	(void)state;
	refused(&form, 0, 0, "189 and 220 (usbmon) and of 249");
	form = (struct mkpcap_form){ .link = 288, .ng = true };
	refused(&form, 0, 0, "189 and 220 (usbmon) and of 249");
}

/* A length that is no length, with more behind it: that is not the end of a recording. */
static void broken_inside(void **state)
{
	struct mkpcap_form form = { .link = 220 };
	struct urb_event ev[16];
	size_t cnt = some_events(ev, false);

	(void)state;
	mkpcap_init(&m, &form);
	for (size_t i = 0; i < 200; i++)
		mkpcap_event(&m, &ev[i % cnt], NULL, NULL, 0);
	memset(m.data + m.end[2] + 8, 0xff, 4);
	read_all();
	assert_int_equal(got.end, -EINVAL);
	assert_non_null(strstr(got.fault.text, "after packet 3"));
	assert_int_equal(got.cnt, 3);
}

static void unknown_records(void **state)
{
	struct mkpcap_form form = { .link = 220 };
	struct urb_event ev = event(URB_EV_SUBMIT, 0, RAW, EP, URB_TYPE_BULK, 1, 0);
	uint8_t packet[64];

	(void)state;
	mkpcap_init(&m, &form);
	mkpcap_event(&m, &ev, NULL, NULL, 0);
	memcpy(packet, m.data + m.packets_at + 16, 64);
	packet[8] = '@'; /* the filler where usbmon's ring wraps */
	mkpcap_packet(&m, 0, T0, packet, 64, 64);
	packet[8] = 'S';
	packet[9] = 4;
	mkpcap_packet(&m, 0, T0, packet, 64, 64);
	read_all();
	assert_int_equal(got.cnt, 1);
	assert_int_equal(got.skipped, 2);
	form.link = 249;
	mkpcap_init(&m, &form);
	mkpcap_usbpcap(packet, &ev, false, 0xfe, 0, 0, 0); /* IRP_INFO */
	mkpcap_packet(&m, 0, T0, packet, 27, 27);
	mkpcap_usbpcap(packet, &ev, true, 0xff, 0, 0, 0);
	mkpcap_packet(&m, 0, T0, packet, 27, 27);
	read_all();
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.cnt, 0);
	assert_int_equal(got.skipped, 2);
}

static void stage(const struct urb_event *ev, bool up, unsigned int stage_no, uint32_t length)
{
	uint8_t packet[64] = { 0 };

	mkpcap_usbpcap(packet, ev, up, 2, stage_no, 0, length);
	mkpcap_packet(&m, 0, T0, packet, 28 + length, 28 + length);
}

/* As older ones of USBPcap wrote them: a packet a stage. */
static void control_stages(void **state)
{
	struct mkpcap_form form = { .link = 249 };
	struct urb_event in = { .id = RAW, .ep = urb_ep(1, 5, 0x80) };
	struct urb_event out = { .id = RAW, .ep = EP0 };

	(void)state;
	mkpcap_init(&m, &form);
	stage(&in, false, 0, 8);
	stage(&in, true, 1, 18);
	stage(&in, true, 2, 0);
	stage(&out, false, 0, 8);
	stage(&out, false, 1, 5);
	stage(&out, true, 2, 0);
	stage(&out, false, 0, 8);
	stage(&out, true, 2, 0);
	read_all();
	assert_int_equal(got.cnt, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(got.ev[i].kind, i % 2 ? URB_EV_COMPLETE : URB_EV_SUBMIT);
		assert_int_equal(got.ev[i].ep, EP0);
	}
	assert_int_equal(got.ev[1].complete.length, 18);
	assert_int_equal(got.ev[3].complete.length, 5);
	assert_int_equal(got.ev[5].complete.length, 0);
	assert_int_equal(got.skipped, 0);
}

/* The end of an OUT transfer repeats no length; one that failed sent nobody knows what. */
static void lengths_of_out(void **state)
{
	struct mkpcap_form form = { .link = 249 };
	struct urb_event s = event(URB_EV_SUBMIT, 0, RAW, OUT, URB_TYPE_BULK, 31, 0);
	struct urb_event c = event(URB_EV_COMPLETE, 1000, RAW, OUT, URB_TYPE_BULK, 0, 0);

	(void)state;
	mkpcap_init(&m, &form);
	mkpcap_event(&m, &s, NULL, NULL, 0);
	mkpcap_event(&m, &c, NULL, NULL, 0);
	mkpcap_event(&m, &c, NULL, NULL, 0);
	c.complete.status = (int)0xc0000004;
	mkpcap_event(&m, &s, NULL, NULL, 0);
	mkpcap_event(&m, &c, NULL, NULL, 0);
	read_all();
	assert_int_equal(got.cnt, 5);
	assert_int_equal(got.ev[1].complete.length, 31);
	assert_int_equal(got.ev[2].complete.length, 0);
	assert_int_equal(got.ev[4].complete.length, 0);
}

static void statuses(void **state)
{
	static const struct { uint32_t status; int error; } map[] = {
		{ 0, 0 }, { 1, 0 }, { 0xc0010000, -ENOENT }, { 0xc0000120, -ENOENT },
		{ 0xc0000004, -EPIPE }, { 0xc0000011, -EPROTO }, { 0xc0000005, -EPROTO },
		{ 0xc0000001, -EILSEQ }, { 0xc0000012, -EOVERFLOW }, { 0xc0007000, -ESHUTDOWN },
		{ 0x80000300, -EPROTO },
	};
	struct mkpcap_form form = { .link = 249 };
	size_t cnt = sizeof(map) / sizeof(map[0]);

	(void)state;
	mkpcap_init(&m, &form);
	for (size_t i = 0; i < cnt; i++) {
		struct urb_event c = event(URB_EV_COMPLETE, i, i, EP, URB_TYPE_BULK, 0, (int)map[i].status);

		mkpcap_event(&m, &c, NULL, NULL, 0);
	}
	read_all();
	assert_int_equal(got.cnt, cnt);
	for (size_t i = 0; i < cnt; i++)
		assert_int_equal(got.ev[i].complete.status, map[i].error);
}

static const uint8_t get_descriptor[8] = { 0x80, 6, 0, 1, 0, 0, 18, 0 };
static const uint8_t descriptor[18] = { 18, 1, 0, 2, 0, 0, 0, 64, 0xe9, 0x17, 0x06, 0x60, 0, 1, 1, 2,
					3, 1 };

/* A bulk transfer, the question, the answer, and a transfer on another endpoint. */
static void make_enumeration(const struct mkpcap_form *form, const uint8_t *setup)
{
	struct urb_event ev[] = {
		event(URB_EV_SUBMIT, 0, 1, EP, URB_TYPE_BULK, 64, 0),
		event(URB_EV_SUBMIT, 1000, 2, urb_ep(1, 5, 0x80), URB_TYPE_CONTROL, 0, 0),
		event(URB_EV_COMPLETE, 2000, 2, urb_ep(1, 5, 0x80), URB_TYPE_CONTROL, 18, 0),
		event(URB_EV_SUBMIT, 3000, 3, urb_ep(1, 5, 0x02), URB_TYPE_BULK, 64, 0),
		event(URB_EV_SUBMIT, 4000, 4, OUT, URB_TYPE_BULK, 64, 0),
	};

	mkpcap_init(&m, form);
	mkpcap_event(&m, &ev[0], NULL, NULL, 0);
	mkpcap_event(&m, &ev[1], setup, NULL, 0);
	mkpcap_event(&m, &ev[2], NULL, descriptor, 18);
	mkpcap_event(&m, &ev[3], NULL, NULL, 0);
	mkpcap_event(&m, &ev[4], NULL, NULL, 0);
}

static void devices(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 24; i++) {
		struct mkpcap_form form = form_no(i);
		size_t told = 0;

		make_enumeration(&form, get_descriptor);
		read_all();
		assert_int_equal(got.cnt, 8);
		for (size_t e = 0; e < got.cnt; e++) {
			if (got.ev[e].kind != URB_EV_FACTS)
				continue;
			assert_true(got.facts[e].has_ids);
			assert_int_equal(got.facts[e].vid, 0x17e9);
			assert_int_equal(got.facts[e].pid, 0x6006);
			assert_int_equal(urb_ep_address(got.ev[e].ep), 5);
			told++;
		}
		assert_int_equal(told, 3);
		/* known before it is used */
		assert_int_equal(got.ev[5].kind, URB_EV_FACTS);
		assert_int_equal(got.ev[5].ep, urb_ep(1, 5, 0x02));
	}
}

static void not_a_device(void **state)
{
	static const uint8_t get_configuration[8] = { 0x80, 6, 0, 2, 0, 0, 18, 0 };
	struct mkpcap_form form = { .link = 220 };

	(void)state;
	make_enumeration(&form, get_configuration);
	read_all();
	assert_int_equal(got.cnt, 5);
}

static void selected(void **state)
{
	struct mkpcap_form form = { .link = 220 };
	struct selector sel;
	struct source_config config = { .selectors = &sel, .selector_cnt = 1 };
	struct fault fault = { "" };

	(void)state;
	make_enumeration(&form, get_descriptor);
	assert_int_equal(selector_parse("2:127", &sel, &fault), 0);
	read_with(m.size, &config);
	assert_int_equal(got.cnt, 1);
	assert_int_equal(got.ev[0].ep, OUT);
	assert_int_equal(selector_parse("17e9:6006/bulk-out", &sel, &fault), 0);
	read_with(m.size, &config);
	assert_int_equal(got.cnt, 2); /* its facts, and the submission */
	assert_int_equal(got.ev[1].ep, urb_ep(1, 5, 0x02));
}

static void backwards(void **state)
{
	struct mkpcap_form form = { .link = 220 };
	struct urb_event a = event(URB_EV_SUBMIT, 5000, 1, EP, URB_TYPE_BULK, 64, 0);
	struct urb_event b = event(URB_EV_COMPLETE, 4000, 1, EP, URB_TYPE_BULK, 64, 0);

	(void)state;
	mkpcap_init(&m, &form);
	mkpcap_event(&m, &a, NULL, NULL, 0);
	mkpcap_event(&m, &b, NULL, NULL, 0);
	read_all();
	assert_int_equal(got.cnt, 2);
	assert_int_equal(got.late, 1);
	assert_true(got.now_ns == a.time_ns);
}

static const struct CMUnitTest tests[] = {
	TEST("capture-of-every-form-gives-the-same", every_form),
	TEST("capture-may-be-cut-anywhere", cut_anywhere),
	TEST("capture-needs-no-payload", cut_packets),
	TEST("capture-may-have-several-interfaces", several_interfaces),
	TEST("capture-of-mixed-interfaces-names-the-cure", mixed_interfaces),
	TEST("capture-of-other-link-type-is-refused", other_links),
	TEST("capture-broken-inside-is-told", broken_inside),
	TEST("capture-counts-what-it-skips", unknown_records),
	TEST("usbpcap-stages-are-one-transfer", control_stages),
	TEST("usbpcap-out-length-is-what-was-sent", lengths_of_out),
	TEST("usbpcap-status-is-an-errno", statuses),
	TEST("capture-knows-devices-by-their-descriptor", devices),
	TEST("capture-takes-no-other-answer-for-a-device", not_a_device),
	TEST("capture-follows-selectors", selected),
	TEST("capture-counts-time-that-runs-back", backwards),
};

TEST_MAIN(tests)
