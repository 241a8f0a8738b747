// SPDX-License-Identifier: GPL-2.0
/*
 * gencapture PACKETS [pcap]: a pcapng (or pcap) capture of usbmon, link type 220, of so many packets:
 * six bulk endpoints of three devices, eight URBs in flight on each, and a keyboard that is asked
 * and answers every 8 ms. Payload is where usbmon has it, cut to at most 32 bytes as by a snapshot length of 96.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usbmon_packet.h"

#define BULK	6
#define DEPTH	8
#define KEYS	BULK		/* index of the keyboard's endpoint */
#define HEADER	sizeof(struct usbmon_packet)
#define KEPT	32
#define STEP_US 20
#define KEYS_US 8000
#define START_US 1700000000000000ULL

struct packet {
	struct usbmon_packet header;
	uint8_t data[KEPT];
};

static FILE *out;
static bool as_pcap;

static void put32(uint32_t value)
{
	fwrite(&value, sizeof(value), 1, out);
}

static void put_head(void)
{
	static const uint32_t pcap[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, HEADER + KEPT, 220 };
	static const uint32_t ng[] = {
		0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28,
		1, 20, 220, HEADER + KEPT, 20,
	};

	fwrite(as_pcap ? pcap : ng, as_pcap ? sizeof(pcap) : sizeof(ng), 1, out);
}

static void put_packet(const struct packet *p, uint64_t us, uint32_t size, uint32_t full_size)
{
	if (as_pcap) {
		put32(us / 1000000);
		put32(us % 1000000);
	} else {
		put32(6);
		put32(32 + size);
		put32(0);
		put32(us >> 32);
		put32(us);
	}
	put32(size);
	put32(full_size);
	fwrite(p, 1, size, out);
	if (!as_pcap)
		put32(32 + size);
}

/* Endpoint i is IN if i is even: its data is with the completion, else with the submission. */
static void put_event(int i, int urb, char type, uint64_t us)
{
	bool in = i % 2 == 0, has_data = type == (in ? 'C' : 'S');
	uint32_t length = i == KEYS ? 8 : 16384, kept = length < KEPT ? length : KEPT;
	struct packet p = { .header = {
		.id = 0xffff888000000000ULL + (i * DEPTH + urb) * 192,
		.type = type,
		.transfer = i == KEYS ? 1 : 3,
		.endpoint = (in ? 0x81 : 0x02),
		.device = 2 + i / 2,
		.bus = 1 + i / 4,
		.flag_setup = '-',
		.flag_data = has_data ? 0 : in ? '<' : '>',
		.ts_sec = us / 1000000,
		.ts_usec = us % 1000000,
		.status = type == 'S' ? -115 : 0,
		.length = length,
		.captured = has_data ? length : 0,
		.interval = i == KEYS ? 8 : 0,
	} };

	memset(p.data, (uint8_t)us, sizeof(p.data));
	put_packet(&p, us, HEADER + (has_data ? kept : 0), HEADER + (has_data ? length : 0));
}

int main(int argc, char **argv)
{
	unsigned long long packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, n = 0;
	uint64_t us = START_US, keys_us = START_US;
	bool asked = false;

	if (!packets) {
		fprintf(stderr, "usage: gencapture PACKETS [pcap]\n");
		return 2;
	}
	out = stdout;
	as_pcap = argc > 2 && !strcmp(argv[2], "pcap");
	put_head();
	for (int i = 0; i < BULK; i++) {
		for (int urb = 0; urb < DEPTH && n < packets; urb++, n++)
			put_event(i, urb, 'S', us);
	}
	for (unsigned long long turn = 0; n < packets; turn++, us += STEP_US) {
		int i = turn % BULK, urb = turn / BULK % DEPTH;

		if (us >= keys_us) {
			if (n++ < packets)
				put_event(KEYS, 0, asked ? 'C' : 'S', us);
			asked = !asked;
			keys_us += KEYS_US;
		}
		if (n++ < packets)
			put_event(i, urb, 'C', us);
		if (n++ < packets)
			put_event(i, urb, 'S', us + 3);
	}
	return fflush(out) || ferror(out) ? 1 : 0;
}
