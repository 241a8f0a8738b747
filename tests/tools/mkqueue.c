// SPDX-License-Identifier: GPL-2.0
/*
 * mkqueue in|out|sync DEPTH COUNT: a stream as `urbscope record -o -` writes it, of a bulk queue of
 * DEPTH URBs that does COUNT transfers: the device takes 1 ms for each, the host 10 us between two.
 * The device is 17e9:6006, the endpoint 0x81 or 0x02; sync is OUT, one at a time.
 * With LOSE in the environment, an event is lost in the middle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>

#include "urbscope/trace_writer.h"

#define DEVICE_NS 1000000
#define HOST_NS	  10000
#define START_NS  1000000000

struct queue {
	struct trace_writer *writer;
	uint32_t ep;
	unsigned int depth;
	uint64_t now;
};

static void put(struct queue *q, uint8_t kind, unsigned int slot, uint64_t time_ns)
{
	struct urb_event ev = {
		.time_ns = time_ns, .id = slot + 1, .ep = q->ep, .kind = kind, .type = URB_TYPE_BULK,
		.seen = kind == URB_EV_SUBMIT ? URB_QUEUED : URB_DONE,
	};

	if (kind == URB_EV_SUBMIT) {
		ev.submit.length = 512;
		ev.submit.slot = ev.id;
	} else {
		ev.complete.length = 512;
	}
	trace_writer_event(q->writer, &ev);
}

static void put_facts(struct queue *q)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x17e9, .pid = 0x6006, .speed = URB_SPEED_HIGH,
		.type = URB_TYPE_BULK, .max_packet = 512, .path = "1-1", .driver = "example",
	};
	struct urb_event ev = {
		.time_ns = q->now, .ep = q->ep, .kind = URB_EV_FACTS, .type = URB_TYPE_BULK, .facts = &facts
	};

	trace_writer_event(q->writer, &ev);
}

static void put_loss(struct queue *q)
{
	struct urb_event ev = {
		.time_ns = q->now, .ep = q->ep, .kind = URB_EV_LOST, .lost = { .count = 1 }
	};

	trace_writer_event(q->writer, &ev);
}

/* The oldest one completes DEVICE_NS after the one before it, and is submitted again. */
static void run(struct queue *q, unsigned long cnt)
{
	for (unsigned int i = 0; i < q->depth; i++)
		put(q, URB_EV_SUBMIT, i, q->now + i);
	for (unsigned long i = 0; i < cnt; i++) {
		q->now += DEVICE_NS;
		put(q, URB_EV_COMPLETE, i % q->depth, q->now);
		if (i == cnt / 2 && getenv("LOSE"))
			put_loss(q);
		if (i + q->depth < cnt)
			put(q, URB_EV_SUBMIT, i % q->depth, q->now + HOST_NS);
		q->now += q->depth == 1 ? HOST_NS : 0;
	}
}

int main(int argc, char **argv)
{
	struct trace_run source = {
		.kind = "bpf", .clock = "monotonic", .resolution_ns = 1, .sees = URB_QUEUED | URB_DONE,
		.start_ns = START_NS, .walks = true,
	};
	struct queue q = { .now = START_NS };
	int err;

	if (argc != 4 || !strtoul(argv[2], NULL, 10)) {
		fprintf(stderr, "usage: mkqueue in|out|sync DEPTH COUNT\n");
		return 2;
	}
	q.ep = urb_ep(1, 2, strcmp(argv[1], "in") ? 0x02 : 0x81);
	q.depth = strcmp(argv[1], "sync") ? (unsigned int)strtoul(argv[2], NULL, 10) : 1;
	q.writer = trace_writer_new(STDOUT_FILENO, &source, 1);
	if (!q.writer)
		return 2;
	put_facts(&q);
	run(&q, strtoul(argv[3], NULL, 10));
	err = trace_writer_end(q.writer, q.now);
	trace_writer_free(q.writer);
	return err ? 2 : 0;
}
