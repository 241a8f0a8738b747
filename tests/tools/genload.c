// SPDX-License-Identifier: GPL-2.0
/*
 * genload ENDPOINTS TRANSFERS [STYLE]: a capture of usbmon (pcap, link type 220) in which so many
 * endpoints (1 to 500) complete so many transfers in all. They take turns of 2 us; each behaves in
 * one of four styles, the first one in STYLE (0 unless told), the next one in the next:
 *
 *	0	eight URBs always queued
 *	1	one at a time
 *	2	four, which all come back before the next four
 *	3	two, and every other 32 rounds none
 *
 * Lengths are of 13 bytes to 16 KiB; one transfer in some 5000 stalls.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "usbmon_packet.h"

#define MOST	 500
#define DEPTH	 8
#define TURN_US	 2
#define START_US 1700000000000000ULL

struct endpoint {
	uint64_t begun, ended;	/* transfers: URBs end in the order of their submission */
};

static struct endpoint endpoints[MOST];
static uint64_t completions, now_us = START_US;

static uint32_t noise(uint64_t n)
{
	n = (n ^ n >> 33) * 0xff51afd7ed558ccd;
	return (n ^ n >> 33) >> 8;
}

static void put(unsigned int i, char type, uint64_t nth)
{
	uint32_t length = noise(nth * MOST + i) % 7 ? 512U << noise(nth / 16) % 6 : 13;
	bool stalls = type == 'C' && noise(nth * 7919 + i) % 5003 == 0;
	struct usbmon_packet p = {
		.id = 0xffff888000000000ULL + (i * DEPTH + nth % DEPTH) * 192,
		.type = type,
		.transfer = 3,
		.endpoint = 1 + i % 4 / 2 + (i % 2 ? 0 : 0x80),
		.device = 1 + i / 4 % 126,
		.bus = 1 + i / 504,
		.flag_setup = '-',
		.flag_data = '<',
		.ts_sec = now_us / 1000000,
		.ts_usec = now_us % 1000000,
		.status = type == 'S' ? -EINPROGRESS : stalls ? -EPIPE : 0,
		.length = stalls ? 0 : length,
	};
	uint32_t head[] = { p.ts_sec, p.ts_usec, sizeof(p), sizeof(p) };

	fwrite(head, sizeof(head), 1, stdout);
	fwrite(&p, sizeof(p), 1, stdout);
}

static void begin(unsigned int i)
{
	put(i, 'S', endpoints[i].begun++);
}

static void end(unsigned int i)
{
	put(i, 'C', endpoints[i].ended++);
	completions++;
}

/* Keeps up to `depth` queued: the first one comes back, and goes again. */
static void keep(unsigned int i, unsigned int depth)
{
	struct endpoint *e = &endpoints[i];

	if (e->begun - e->ended == depth)
		end(i);
	begin(i);
}

static void turn(unsigned int i, unsigned int style, uint64_t round)
{
	struct endpoint *e = &endpoints[i];

	if (style == 0)
		keep(i, DEPTH);
	else if (style == 1)
		(round % 2 ? end : begin)(i);
	else if (style == 2)
		(round % 8 < 4 ? begin : end)(i);
	else if (round / 32 % 2 == 0)
		keep(i, 2);
	else if (e->begun > e->ended)
		end(i);
}

int main(int argc, char **argv)
{
	static const uint32_t head[] = {
		0xa1b2c3d4, 2 | 4 << 16, 0, 0, sizeof(struct usbmon_packet), 220,
	};
	unsigned long cnt = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t transfers = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	unsigned int first = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	if (!cnt || cnt > MOST || !transfers) {
		fprintf(stderr, "usage: genload ENDPOINTS TRANSFERS [STYLE]\n");
		return 2;
	}
	fwrite(head, sizeof(head), 1, stdout);
	for (uint64_t t = 0; completions < transfers; t++, now_us += TURN_US)
		turn(t % cnt, (t % cnt + first) % 4, t / cnt);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
