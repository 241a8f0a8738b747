// SPDX-License-Identifier: GPL-2.0
/*
 * Events per second through tracker and metrics on one core, for several numbers of endpoints, on
 * the way that they take in the program: one by one through figures_event().
 *
 * Events are made beforehand and fed from memory. Next to each case stand two yardsticks, run in
 * the same process on the same events: copying them (memcpy, the least that anything can cost),
 * and only pairing submissions with completions in the tree that libc offers (tsearch), with
 * nothing counted. "ratio" is the pairing yardstick's time per event over ours.
 *
 * Against the noise of other work on the machine the cases take turns, a few batches each, the
 * first of which warms the caches again and is not counted; figures are medians over batches,
 * and "least" is that of the fastest batch. Flatness is what an event costs on 4,096 endpoints
 * over what it costs on one: 1 is flat.
 *
 * usage: core [million events per case]
 */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "cmd/figures.h"
#include "source/source.h"

#define BATCH 65536		/* events in memory at a time: copied by memcpy as a whole */
#define VISIT 4			/* batches of a case before the next one has its turn */

struct load {
	const char *name;
	unsigned int endpoints, depth;
	bool mixed;		/* not one endpoint after the next; endpoints: 4,096 */
};

/* Every URB goes round: complete, and submit the same URB again, endpoint by endpoint. */
struct ring {
	const struct load *load;
	uint64_t now, turn;
};

static uint32_t ring_ep(unsigned int i)
{
	return urb_ep(1 + i / 3600, 1 + i / 30 % 120, i % 30 < 15 ? i % 15 + 1 : i % 15 + 0x81);
}

static struct urb_event ring_event(struct ring *r, unsigned int endpoint, unsigned int urb,
				   enum urb_event_kind kind)
{
	struct urb_event ev = {
		.time_ns = r->now,
		.id = 0xffff888100000000 +
		      ((uint64_t)endpoint * r->load->depth + urb) * 192,
		.ep = ring_ep(endpoint),
		.kind = kind,
		.type = URB_TYPE_BULK,
	};

	r->now += 100 + (r->turn * 2654435761 >> 7) % 64;
	if (kind == URB_EV_SUBMIT) {
		ev.seen = URB_SUBMIT;
		ev.submit.submit_ns = ev.time_ns;
		ev.submit.length = 16384;
	} else {
		ev.seen = URB_HANDLER;
		ev.complete.length = 16384;
	}
	return ev;
}

/* All numbers below 4,096, in no order that a cache could guess: each step can be undone. */
static unsigned int mix(unsigned int i)
{
	i = i * 1597 % 4096;
	i ^= i >> 5;
	i = i * 2741 % 4096;
	return i ^ i >> 7;
}

static void ring_fill(struct ring *r, struct urb_event *events, size_t cnt)
{
	for (size_t i = 0; i < cnt; i += 2, r->turn++) {
		unsigned int endpoint = r->turn % r->load->endpoints;
		unsigned int urb = r->turn / r->load->endpoints % r->load->depth;

		if (r->load->mixed)
			endpoint = mix(endpoint);
		events[i] = ring_event(r, endpoint, urb, URB_EV_COMPLETE);
		events[i + 1] = ring_event(r, endpoint, urb, URB_EV_SUBMIT);
	}
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void feed(struct figures *figures, const struct urb_event *events, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		figures_event(figures, &events[i]);
	if (figures->err)
		abort();
}

struct pair {
	uint64_t id, start_ns;
	uint32_t ep;
};

static int pair_compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->ep > y->ep) - (x->ep < y->ep);
}

static uint64_t tree_sum;

static void tree_feed(void **root, const struct urb_event *events, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		struct pair key = { events[i].id, events[i].time_ns, events[i].ep }, *p;
		void *node;

		if (events[i].kind == URB_EV_SUBMIT) {
			p = malloc(sizeof(*p));
			if (!p)
				abort();
			*p = key;
			tsearch(p, root, pair_compare);
			continue;
		}
		node = tfind(&key, root, pair_compare);
		if (!node)
			continue;
		p = *(struct pair **)node;
		tree_sum += events[i].time_ns - p->start_ns;
		tdelete(&key, root, pair_compare);
		free(p);
	}
}

struct state {
	struct ring ring;
	struct source source;
	struct figures figures;
	void *tree;
	double *ours, *copying, *pairing; /* seconds of each batch */
	size_t cnt;
};

/* One at a time: shared by all cases. */
struct buffers {
	struct urb_event events[BATCH], copy[BATCH];
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void state_init(struct state *s, const struct load *load, size_t batches)
{
	struct urb_event ev;

	*s = (struct state){
		.ring = { .load = load },
		.ours = must(calloc(batches, sizeof(double))),
		.copying = must(calloc(batches, sizeof(double))),
		.pairing = must(calloc(batches, sizeof(double))),
	};
	figures_init(&s->figures, &s->source, 0);
	for (unsigned int urb = 0; urb < load->depth; urb++) {
		for (unsigned int e = 0; e < load->endpoints; e++) {
			ev = ring_event(&s->ring, e, urb, URB_EV_SUBMIT);
			feed(&s->figures, &ev, 1);
			tree_feed(&s->tree, &ev, 1);
		}
	}
}

static void state_release(struct state *s)
{
	tdestroy(s->tree, free);
	figures_release(&s->figures);
	free(s->ours);
	free(s->copying);
	free(s->pairing);
}

static void run_batch(struct state *s, struct buffers *buf, bool counts)
{
	double t0, t1, t2, t3;

	ring_fill(&s->ring, buf->events, BATCH);
	t0 = seconds();
	memcpy(buf->copy, buf->events, sizeof(buf->events));
	__asm__ volatile("" : : "r"(buf->copy) : "memory");
	t1 = seconds();
	feed(&s->figures, buf->events, BATCH);
	t2 = seconds();
	tree_feed(&s->tree, buf->events, BATCH);
	t3 = seconds();
	if (!counts)
		return;
	s->copying[s->cnt] = t1 - t0;
	s->ours[s->cnt] = t2 - t1;
	s->pairing[s->cnt++] = t3 - t2;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ns per event: of half of all batches less, of the other half more. */
static double median(double *batch, size_t cnt)
{
	qsort(batch, cnt, sizeof(*batch), compare);
	return batch[cnt / 2] / BATCH * 1e9;
}

/* Returns ns per event. */
static double print(struct state *s)
{
	double ours = median(s->ours, s->cnt), pairing = median(s->pairing, s->cnt);

	printf("%-22s %10.0f %8.1f %8.1f %8.1f %8.1f %7.1f\n", s->ring.load->name, 1e9 / ours,
	       ours, s->ours[0] / BATCH * 1e9, median(s->copying, s->cnt), pairing,
	       pairing / ours);
	return ours;
}

int main(int argc, char **argv)
{
	static const struct load loads[] = {
		{ "1 endpoint x 8", 1, 8, false },
		{ "32 endpoints x 8", 32, 8, false },
		{ "64 endpoints x 8", 64, 8, false },
		{ "1024 endpoints x 8", 1024, 8, false },
		{ "4096 endpoints x 8", 4096, 8, false },
		{ "4096 endpoints x 16", 4096, 16, false },
		{ "4096 x 8, mixed", 4096, 8, true },
		{ "1 endpoint x 65536", 1, 65536, false },
	};
	enum { CASES = sizeof(loads) / sizeof(*loads), FEW = 0, MANY = 4 };
	size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 0) : 4) * 1000000 / BATCH / VISIT + 1;
	struct buffers *buf = must(malloc(sizeof(*buf)));
	struct state state[CASES];
	double ns[CASES];
	struct rusage usage;

	memset(buf, 0, sizeof(*buf));
	for (size_t i = 0; i < CASES; i++)
		state_init(&state[i], &loads[i], rounds * VISIT);
	for (size_t r = 0; r < rounds; r++) {
		for (size_t i = 0; i < CASES; i++) {
			for (int b = -1; b < VISIT; b++)
				run_batch(&state[i], buf, b >= 0);
		}
	}
	printf("%-22s %10s %8s %8s %8s %8s %7s\n", "case", "events/s", "ns/event", "least",
	       "memcpy", "tsearch", "ratio");
	for (size_t i = 0; i < CASES; i++) {
		ns[i] = print(&state[i]);
		state_release(&state[i]);
	}
	printf("flatness: %.2f (ns/event of %s : %s)\n", ns[MANY] / ns[FEW], loads[MANY].name,
	       loads[FEW].name);
	getrusage(RUSAGE_SELF, &usage);
	printf("peak RSS of all: %ld KiB\n", usage.ru_maxrss);
	free(buf);
	return 0;
}
