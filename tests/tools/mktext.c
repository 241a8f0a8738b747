// SPDX-License-Identifier: GPL-2.0
/*
 * mktext FORM SEED COUNT: a log of usbmon's text, of COUNT events (254 at most) of random lives of
 * URBs, on stdout. FORM, 0 to 63, has a bit for each field of struct mktext_form, in its order;
 * with 32 its clock begins anew within.
 */
#include <stdlib.h>

#include "../lib/lives.h"
#include "../lib/mktext.h"

#define EVENTS_MAX 256

static const uint8_t get_descriptor[8] = { 0x80, 6, 0, 1, 0, 0, 18, 0 };
static const uint8_t data[64] = { 18, 1, 0, 2, 0, 0, 0, 64, 0xe9, 0x17, 0x06, 0x60, 0, 1, 1, 2,
				  3, 1 };

static void put_question(const struct mktext_form *form, uint32_t ep, uint64_t base_ns)
{
	struct urb_event ev = {
		.kind = URB_EV_SUBMIT, .time_ns = base_ns, .id = 1, .ep = ep, .type = URB_TYPE_CONTROL
	};

	ev.submit.length = 18;
	mktext_event(stdout, form, &ev, get_descriptor, data);
	ev.kind = URB_EV_COMPLETE;
	ev.complete.length = 18;
	ev.complete.status = 0;
	mktext_event(stdout, form, &ev, NULL, data);
}

static void put_lives(const struct mktext_form *form, uint64_t base_ns, uint64_t seed, size_t cnt)
{
	struct urb_event events[EVENTS_MAX];
	struct lives lives;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, cnt);
	put_question(form, urb_ep(urb_ep_bus(lives.ep[0]), urb_ep_address(lives.ep[0]), 0x80), base_ns);
	for (size_t i = 0; i < cnt; i++) {
		struct urb_event *ev = &events[i];

		if (ev->kind > URB_EV_SUBMIT_ERROR)
			continue;
		ev->type %= URB_TYPE_UNKNOWN;
		ev->time_ns = base_ns + ev->time_ns * 1000;
		mktext_event(stdout, form, ev,
			     ev->kind == URB_EV_SUBMIT && ev->type == URB_TYPE_CONTROL ? data : NULL, data);
	}
}

int main(int argc, char **argv)
{
	struct mktext_form form;
	unsigned long no, cnt;
	uint64_t base_ns;

	if (argc != 4 || (cnt = strtoul(argv[3], NULL, 10)) > EVENTS_MAX - 2) {
		fprintf(stderr, "usage: mktext FORM SEED COUNT\n");
		return 2;
	}
	no = strtoul(argv[1], NULL, 10);
	form = (struct mktext_form){
		.old = no & 1, .quoted = no & 2, .crlf = no & 4, .broken = no & 8, .seconds = no & 16
	};
	base_ns = no & 32 ? UINT64_C(4095930000000) : UINT64_C(1000000000000);
	put_lives(&form, base_ns, strtoull(argv[2], NULL, 10), cnt);
	return ferror(stdout) || fflush(stdout);
}
