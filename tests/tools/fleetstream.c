// SPDX-License-Identifier: GPL-2.0
/*
 * fleetstream SEED ENDPOINTS URBS SECONDS [at-once]: a trace on the standard output, of a machine of a fleet: so
 * many bulk endpoints with four URBs each, some URBS transfers a second on all of them together. What an URB waits
 * for the device and then for its driver is drawn anew each time, log-normal with a sigma of 1, so histograms fill
 * as those of a machine do. In real time, told every 10 ms; or at once.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/bulk_stream.h"

#define DEPTH	4
#define TURN_NS 10000000ULL
#define SECOND_NS 1000000000ULL

/* What comes next of an URB: it is submitted, or completed. */
struct urb {
	uint64_t next_ns, id;
	uint32_t ep;
	bool flying;
};

struct fleet {
	struct trace_writer *out;
	struct urb *urbs;
	size_t urb_cnt;
	/* of a life's part */
	double mean_ns;
	/* the state of the random numbers */
	uint64_t seed;
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static double uniform(struct fleet *f)
{
	f->seed = f->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((f->seed >> 11) + 1) * 0x1p-53;
}

/* Log-normal of that mean: a sigma of 1 lifts the mean over the median by e^0.5. */
static uint64_t draw_ns(struct fleet *f)
{
	double normal = sqrt(-2 * log(uniform(f))) * cos(2 * M_PI * uniform(f));

	return 1 + f->mean_ns * exp(normal - 0.5);
}

/* The URBs are a heap; the first has grown later, and sinks to its place. */
static void sink(struct fleet *f)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < f->urb_cnt; i = child) {
		struct urb u = f->urbs[i];

		if (child + 1 < f->urb_cnt && f->urbs[child + 1].next_ns < f->urbs[child].next_ns)
			child++;
		if (u.next_ns <= f->urbs[child].next_ns)
			return;
		f->urbs[i] = f->urbs[child];
		f->urbs[child] = u;
	}
}

/* All that happens before end_ns. */
static void run(struct fleet *f, uint64_t end_ns)
{
	struct urb *u = f->urbs;

	while (u->next_ns < end_ns) {
		bulk_event(f->out, u->next_ns, u->ep, u->id, !u->flying);
		u->flying = !u->flying;
		u->next_ns += draw_ns(f);
		sink(f);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct urb *x = a, *y = b;

	return (x->next_ns > y->next_ns) - (x->next_ns < y->next_ns);
}

static void put_facts(struct fleet *f, unsigned int i, uint64_t now)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x0525, .pid = 0xa4a0, .speed = URB_SPEED_SUPER,
		.type = URB_TYPE_BULK, .max_packet = 1024, .driver = "example",
	};

	snprintf(facts.path, sizeof(facts.path), "1-%u", 1 + i / 10);
	bulk_facts(f->out, now, f->urbs[i * DEPTH].ep, &facts);
}

static bool begin(struct fleet *f, unsigned int endpoints, uint64_t urbs, uint64_t now)
{
	f->urb_cnt = (size_t)endpoints * DEPTH;
	f->urbs = calloc(f->urb_cnt, sizeof(*f->urbs));
	if (!f->urbs)
		return false;
	/* Half of a life in flight, half of it at the driver's. */
	f->mean_ns = 0.5 * f->urb_cnt * SECOND_NS / urbs;
	for (size_t i = 0; i < f->urb_cnt; i++) {
		unsigned int ep = i / DEPTH;

		f->urbs[i].ep = urb_ep(1, 2 + ep / 10, ep % 2 ? 1 + ep % 10 : 0x81 + ep % 10);
		f->urbs[i].id = 4096 + i;
		f->urbs[i].next_ns = now + draw_ns(f);
	}
	for (unsigned int i = 0; i < endpoints; i++)
		put_facts(f, i, now);
	/* what is sorted is a heap */
	qsort(f->urbs, f->urb_cnt, sizeof(*f->urbs), by_time);
	return true;
}

static void wait_until(uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

int main(int argc, char **argv)
{
	unsigned int endpoints = argc >= 5 ? atoi(argv[2]) : 0;
	uint64_t urbs = argc >= 5 ? strtoull(argv[3], NULL, 10) : 0, start, end, now;
	bool at_once = argc == 6 && !strcmp(argv[5], "at-once");
	struct fleet f = { .seed = argc >= 5 ? strtoull(argv[1], NULL, 10) : 0 };
	struct trace_run head;

	if (!endpoints || !urbs || (argc == 6 && !at_once)) {
		fprintf(stderr, "usage: fleetstream SEED ENDPOINTS URBS SECONDS [at-once]\n");
		return 2;
	}
	start = now = at_once ? SECOND_NS : clock_ns();
	end = start + strtoull(argv[4], NULL, 10) * SECOND_NS;
	head = bulk_run(start);
	f.out = trace_writer_new(STDOUT_FILENO, &head, 0);
	if (!f.out || !begin(&f, endpoints, urbs, now))
		return 1;
	for (; now < end; now += TURN_NS) {
		if (!at_once)
			wait_until(now + TURN_NS);
		run(&f, now + TURN_NS);
		if (trace_writer_tick(f.out, now + TURN_NS))
			return 1;
	}
	free(f.urbs);
	return trace_writer_end(f.out, end) ? 1 : 0;
}
