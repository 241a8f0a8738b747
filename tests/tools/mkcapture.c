// SPDX-License-Identifier: GPL-2.0
/*
 * mkcapture FORM SEED COUNT: a capture of COUNT events (254 at most) of random lives of URBs, on
 * stdout. FORM, 0 to 23, is its link type, byte order, unit of stamps, and pcap or pcapng.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/lives.h"
#include "../lib/mkpcap.h"

static const uint8_t get_descriptor[8] = { 0x80, 6, 0, 1, 0, 0, 18, 0 };
static const uint8_t descriptor[18] = { 18, 1, 0, 2, 0, 0, 0, 64, 0xe9, 0x17, 0x06, 0x60, 0, 1, 1, 2,
					3, 1 };

static void put_question(struct mkpcap *m, uint32_t ep)
{
	struct urb_event ev = {
		.kind = URB_EV_SUBMIT, .time_ns = 1000, .id = 1, .ep = ep, .type = URB_TYPE_CONTROL
	};

	mkpcap_event(m, &ev, get_descriptor, NULL, 0);
	ev.kind = URB_EV_COMPLETE;
	ev.complete.length = sizeof(descriptor);
	ev.complete.status = 0;
	mkpcap_event(m, &ev, NULL, descriptor, sizeof(descriptor));
}

static void put_lives(struct mkpcap *m, uint64_t seed, size_t cnt)
{
	struct urb_event events[MKPCAP_PACKETS];
	struct lives lives;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, cnt);
	put_question(m, urb_ep(urb_ep_bus(lives.ep[0]), urb_ep_address(lives.ep[0]), 0x80));
	for (size_t i = 0; i < cnt; i++) {
		struct urb_event *ev = &events[i];
		bool usbmon = m->form.link != 249;

		ev->type %= URB_TYPE_UNKNOWN;
		ev->time_ns *= 1000;
		if (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_COMPLETE ||
		    (ev->kind == URB_EV_SUBMIT_ERROR && usbmon))
			mkpcap_event(m, ev, NULL, "data", i % 5);
	}
}

int main(int argc, char **argv)
{
	static const unsigned int links[] = { 189, 220, 249 };
	static struct mkpcap m;
	struct mkpcap_form form = { 0 };
	unsigned long no, cnt;

	if (argc != 4 || (cnt = strtoul(argv[3], NULL, 10)) > MKPCAP_PACKETS - 2) {
		fprintf(stderr, "usage: mkcapture FORM SEED COUNT\n");
		return 2;
	}
	no = strtoul(argv[1], NULL, 10);
	form.link = links[no / 8 % 3];
	form.big = no & 1;
	form.nano = no & 2;
	form.ng = no & 4;
	mkpcap_init(&m, &form);
	if (form.ng)
		mkpcap_interface(&m, form.link, m.form.snaplen);
	put_lives(&m, strtoull(argv[2], NULL, 10), cnt);
	return fwrite(m.data, 1, m.size, stdout) != m.size;
}
