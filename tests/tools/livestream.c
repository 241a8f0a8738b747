// SPDX-License-Identifier: GPL-2.0
/*
 * livestream ENDPOINTS URBS SECONDS: a trace on the standard output, as a board sends it: so many
 * bulk endpoints with four URBs in flight each, so many transfers a second on all of them together,
 * in real time, told every 10 ms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bulk_stream.h"

#define DEPTH	4
#define TURN_NS 10000000ULL
#define SECOND_NS 1000000000ULL

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static uint32_t endpoint(unsigned int i)
{
	return urb_ep(1, 2 + i / 10, i % 2 ? 1 + i % 10 : 0x81 + i % 10);
}

static void put_facts(struct trace_writer *out, unsigned int i, uint64_t now)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x0525, .pid = 0xa4a0, .speed = URB_SPEED_SUPER,
		.type = URB_TYPE_BULK, .max_packet = 1024,
	};

	snprintf(facts.path, sizeof(facts.path), "1-%u", 1 + i / 10);
	snprintf(facts.name, sizeof(facts.name), "Device %u", 1 + i / 10);
	bulk_facts(out, now, endpoint(i), &facts);
}

static void put_event(struct trace_writer *out, unsigned int i, uint64_t turn, bool submit,
		      uint64_t now)
{
	bulk_event(out, now, endpoint(i), 4096 + i * DEPTH + turn % DEPTH, submit);
}

static void wait_until(uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

int main(int argc, char **argv)
{
	unsigned int endpoints = argc == 4 ? atoi(argv[1]) : 0;
	uint64_t urbs = argc == 4 ? strtoull(argv[2], NULL, 10) : 0, seconds, start, now, next;
	struct trace_run head;
	struct trace_writer *out;

	if (!endpoints || !urbs) {
		fprintf(stderr, "usage: livestream ENDPOINTS URBS SECONDS\n");
		return 2;
	}
	seconds = strtoull(argv[3], NULL, 10);
	start = next = now = clock_ns();
	head = bulk_run(start);
	out = trace_writer_new(STDOUT_FILENO, &head, 0);
	if (!out)
		return 1;
	for (unsigned int i = 0; i < endpoints; i++)
		put_facts(out, i, now);
	for (uint64_t n = 0; now < start + seconds * SECOND_NS; now += TURN_NS) {
		wait_until(now + TURN_NS);
		for (; next < now + TURN_NS; n++, next += SECOND_NS / urbs) {
			/* each is completed when its turn comes round again */
			if (n / endpoints >= DEPTH)
				put_event(out, n % endpoints, n / endpoints, false, next);
			put_event(out, n % endpoints, n / endpoints, true, next);
		}
		if (trace_writer_tick(out, now + TURN_NS))
			return 1;
	}
	return trace_writer_end(out, now) ? 1 : 0;
}
