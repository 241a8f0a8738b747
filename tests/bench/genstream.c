// SPDX-License-Identifier: GPL-2.0
/*
 * genstream EVENTS: a recording of that many events, on the standard output: four bulk
 * endpoints of two devices, eight URBs of 16 KiB in flight on each, one completing after the
 * other and submitted anew at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/bulk_stream.h"

#define ENDPOINTS 4
#define DEPTH 8
#define STEP_NS 5000
#define START_NS 1000000000ULL

static uint32_t endpoint(int i)
{
	return urb_ep(1, 2 + i / 2, i % 2 ? 0x02 : 0x81);
}

static void put_facts(struct trace_writer *out, int i)
{
	static struct urb_facts facts = {
		.has_ids = true,
		.vid = 0x0525,
		.pid = 0xa4a0,
		.speed = URB_SPEED_HIGH,
		.type = URB_TYPE_BULK,
		.max_packet = 512,
	};

	snprintf(facts.path, sizeof(facts.path), "1-%d", 1 + i / 2);
	bulk_facts(out, START_NS, endpoint(i), &facts);
}

static void put_event(struct trace_writer *out, int i, int urb, bool submit, uint64_t now)
{
	uint64_t id = 0xffff888000000000ULL + (i * DEPTH + urb) * 192ULL;

	bulk_event(out, now, endpoint(i), id, submit);
}

/* splitmix64 */
static uint64_t noise(uint64_t n)
{
	n = (n + 1) * 0x9e3779b97f4a7c15;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	return n ^ n >> 31;
}

int main(int argc, char **argv)
{
	unsigned long long events = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	struct trace_run head = bulk_run(START_NS);
	struct trace_writer *out;
	uint64_t now = START_NS;

	if (!events) {
		fprintf(stderr, "usage: genstream EVENTS\n");
		return 2;
	}
	out = trace_writer_new(STDOUT_FILENO, &head, 1);
	if (!out)
		return 1;
	for (int i = 0; i < ENDPOINTS; i++) {
		put_facts(out, i);
		for (int urb = 0; urb < DEPTH; urb++)
			put_event(out, i, urb, true, now);
	}
	for (unsigned long long n = 0; n < events / 2; n++) {
		int i = n % ENDPOINTS, urb = n / ENDPOINTS % DEPTH;

		/* as much noise as interrupts have */
		now += STEP_NS - 2048 + (noise(n) & 0xfff);
		put_event(out, i, urb, false, now);
		put_event(out, i, urb, true, now + 1000 + (noise(n) >> 12 & 0x1ff));
	}
	return trace_writer_end(out, now + STEP_NS) ? 1 : 0;
}
