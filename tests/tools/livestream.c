// SPDX-License-Identifier: GPL-2.0
/*
 * livestream [-f] ENDPOINTS URBS SECONDS [REPLUGS]: a trace on the standard output, as a board sends
 * it: so many bulk endpoints with four URBs in flight each, so many transfers a second on all of them
 * together, told every 10 ms, in real time; -f: as fast as it is read, told every second of its time.
 * REPLUGS: so many devices a minute come, transfer a little and go, each with URBs of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/bulk_stream.h"

#define DEPTH	4
#define TURN_NS 10000000ULL
#define SECOND_NS 1000000000ULL
#define GUESTS	100		/* addresses that devices have that come and go */
#define GUEST_URBS 40

struct stream {
	struct trace_writer *out;
	unsigned int endpoints;
	uint64_t urbs, replugs;	/* a second; a minute */
	bool fast;
	uint64_t start_ns, next_ns; /* of the next transfer */
	uint64_t transfers, guests;	/* so far */
};

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

static void put_facts(const struct stream *s, uint32_t ep, unsigned int port, uint64_t now)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x0525, .pid = 0xa4a0, .speed = URB_SPEED_SUPER,
		.type = URB_TYPE_BULK, .max_packet = 1024,
	};

	snprintf(facts.path, sizeof(facts.path), "1-%u", port);
	snprintf(facts.name, sizeof(facts.name), "Device %u", port);
	bulk_facts(s->out, now, ep, &facts);
}

static void put_event(const struct stream *s, unsigned int i, uint64_t turn, bool submit)
{
	bulk_event(s->out, s->next_ns, endpoint(i), 4096 + i * DEPTH + turn % DEPTH, submit);
}

/* Each is completed when its turn comes round again. */
static void put_transfer(struct stream *s)
{
	unsigned int i = s->transfers % s->endpoints;
	uint64_t turn = s->transfers++ / s->endpoints;

	if (turn >= DEPTH)
		put_event(s, i, turn, false);
	put_event(s, i, turn, true);
	s->next_ns += SECOND_NS / s->urbs;
}

static void put_guest(struct stream *s)
{
	uint64_t id = (1ULL << 40) + s->guests * GUEST_URBS;
	unsigned int address = 20 + s->guests++ % GUESTS;
	struct urb_event gone = { .kind = URB_EV_GONE, .ep = urb_ep(1, address, 0) };

	for (int in = 0; in < 2; in++) {
		uint32_t ep = urb_ep(1, address, in ? 0x81 : 0x02);

		put_facts(s, ep, address, s->next_ns);
		for (int i = 0; i < GUEST_URBS / 2; i++, id++) {
			bulk_event(s->out, s->next_ns += 1000, ep, id, true);
			bulk_event(s->out, s->next_ns += 1000, ep, id, false);
		}
	}
	gone.time_ns = s->next_ns += 1000;
	trace_writer_event(s->out, &gone);
}

static void wait_until(uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int stream(struct stream *s, uint64_t seconds)
{
	uint64_t turn_ns = s->fast ? SECOND_NS : TURN_NS, now = s->start_ns;

	for (unsigned int i = 0; i < s->endpoints; i++)
		put_facts(s, endpoint(i), 1 + i / 10, now);
	for (; now < s->start_ns + seconds * SECOND_NS; now += turn_ns) {
		if (!s->fast)
			wait_until(now + turn_ns);
		while (s->next_ns < now + turn_ns)
			put_transfer(s);
		while (s->guests * 60 * SECOND_NS < (now - s->start_ns) * s->replugs)
			put_guest(s);
		if (trace_writer_tick(s->out, now + turn_ns))
			return 1;
	}
	return trace_writer_end(s->out, now) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct stream s = { .fast = argc > 1 && !strcmp(argv[1], "-f") };
	struct trace_run head;
	uint64_t seconds = 0;
	int err;

	argc -= s.fast;
	argv += s.fast;
	if (argc == 4 || argc == 5) {
		s.endpoints = atoi(argv[1]);
		s.urbs = strtoull(argv[2], NULL, 10);
		seconds = strtoull(argv[3], NULL, 10);
		s.replugs = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
	}
	if (!s.endpoints || !s.urbs) {
		fprintf(stderr, "usage: livestream [-f] ENDPOINTS URBS SECONDS [REPLUGS]\n");
		return 2;
	}
	s.start_ns = s.next_ns = s.fast ? SECOND_NS : clock_ns();
	head = bulk_run(s.start_ns);
	s.out = trace_writer_new(STDOUT_FILENO, &head, s.fast);
	if (!s.out)
		return 1;
	err = stream(&s, seconds);
	trace_writer_free(s.out);
	return err;
}
