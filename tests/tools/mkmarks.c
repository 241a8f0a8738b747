// SPDX-License-Identifier: GPL-2.0
/*
 * mkmarks SECONDS: a trace as `urbscope record -o -` writes it, of devices that behave each in a way of
 * its own, from end to end, in turns of 2 ms. Told out of the order of their ports:
 *
 *	2-1.3	0x02 bulk out	fine: two in flight, always
 *	1-10	0x81 bulk in	one at a time, half of the turn none; each tenth stalls, each tenth is refused
 *	1-2	0x02 bulk out	one at a time, 1.5 ms of each turn
 *	1-1	0x02 bulk out	three at once, then none for 0.5 ms
 *	1-3.1	0x81 bulk in	two at once, then none for 0.5 ms
 *	1-3	0x02 bulk out	four in flight, each for 200 ms
 *	1-4	0x02 bulk out	two in flight, each tenth stalls
 *	1-5	0x81 bulk in	two in flight; in the middle of the last second an event is lost
 *	1-6	0x83 int in	one in flight, for ever
 *	1-7	0x02 bulk out	two in flight, each tenth submission is refused
 *	1-8	0x81 bulk in	two in flight; a completion of what nobody has submitted, each second
 *	1-9	0x02 bulk out	four transfers at the beginning, that fail, then nothing
 *	2-1	0x02 bulk out	one pending, always;
 *		0x81 bulk in	two posted in even seconds, nothing in odd ones
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "urbscope/trace_writer.h"

#define TURN_NS	  UINT64_C(2000000)
#define SECOND_NS UINT64_C(1000000000)
#define START_NS  (10 * SECOND_NS)
#define TURNS	  500 /* a second */

static struct urb_event *events;
static size_t cnt, room;
static uint64_t next_id = 1, end_ns;

static void add(struct urb_event ev)
{
	if (cnt == room) {
		room = room ? 2 * room : 4096;
		events = realloc(events, room * sizeof(*events));
		if (!events)
			abort();
	}
	events[cnt++] = ev;
}

static bool is_in(uint32_t ep)
{
	return urb_ep_is_in(ep);
}

static uint8_t type_of(uint32_t ep)
{
	return urb_ep_endpoint(ep) == 0x83 ? URB_TYPE_INT : URB_TYPE_BULK;
}

/* A transfer of 4096 bytes; what would end after the end stays open. */
static void transfer(uint32_t ep, uint64_t from_ns, uint64_t to_ns, int status)
{
	struct urb_event ev = {
		.time_ns = START_NS + from_ns, .id = next_id++, .ep = ep, .kind = URB_EV_SUBMIT,
		.type = type_of(ep), .seen = URB_QUEUED, .submit = { .length = 4096 },
	};

	if (from_ns > end_ns)
		return;
	add(ev);
	if (to_ns > end_ns)
		return;
	ev = (struct urb_event){
		.time_ns = START_NS + to_ns, .id = ev.id, .ep = ep, .kind = URB_EV_COMPLETE,
		.type = type_of(ep), .seen = URB_DONE,
		.complete = { .status = status, .length = status ? 0 : 4096 },
	};
	add(ev);
}

static void refuse(uint32_t ep, uint64_t at_ns)
{
	add((struct urb_event){
		.time_ns = START_NS + at_ns, .id = next_id++, .ep = ep, .kind = URB_EV_SUBMIT_ERROR,
		.type = type_of(ep), .submit_error = { .error = -EAGAIN, .length = 4096 },
	});
}

/* Two in flight: one that was begun in the turn before ends in the middle of this one. */
static void fed(uint32_t ep, uint64_t turn, int status)
{
	transfer(ep, turn * TURN_NS + 1000, (turn + 1) * TURN_NS + 1000000, status);
}

static void at_once(uint32_t ep, uint64_t turn, int urbs, uint64_t length_ns)
{
	for (int i = 0; i < urbs; i++)
		transfer(ep, turn * TURN_NS + i * 1000, turn * TURN_NS + length_ns - (urbs - 1 - i) * 1000,
			 0);
}

enum { FINE, ALL, SYNC, STARVED, UNPOSTED, DEEP, ERRORS, LOST, WAITING, REFUSED, PARTIAL, FAILED, BLOCKED,
       DEVICES };

static const struct device {
	const char *path;
	uint32_t ep;
} devices[DEVICES] = {
	[FINE] = { "2-1.3", 0x020302 }, [ALL] = { "1-10", 0x010a81 }, [SYNC] = { "1-2", 0x010202 },
	[STARVED] = { "1-1", 0x010102 }, [UNPOSTED] = { "1-3.1", 0x010b81 }, [DEEP] = { "1-3", 0x010302 },
	[ERRORS] = { "1-4", 0x010402 }, [LOST] = { "1-5", 0x010581 }, [WAITING] = { "1-6", 0x010683 },
	[REFUSED] = { "1-7", 0x010702 }, [PARTIAL] = { "1-8", 0x010881 }, [FAILED] = { "1-9", 0x010902 },
	[BLOCKED] = { "2-1", 0x020102 },
};
#define BLOCKED_IN 0x020181

static void one_turn(uint64_t turn)
{
	uint64_t at_ns = turn * TURN_NS, second = turn / TURNS;
	int stall = turn % 10 == 9 ? -EPIPE : 0;

	fed(devices[FINE].ep, turn, 0);
	transfer(devices[ALL].ep, at_ns, at_ns + 1000000, stall);
	transfer(devices[SYNC].ep, at_ns, at_ns + 1500000, 0);
	at_once(devices[STARVED].ep, turn, 3, 1500000);
	at_once(devices[UNPOSTED].ep, turn, 2, 1500000);
	transfer(devices[BLOCKED].ep, at_ns, at_ns + TURN_NS, 0);
	if (second % 2 == 0)
		fed(BLOCKED_IN, turn, 0);
	if (turn % 25 == 0)
		transfer(devices[DEEP].ep, at_ns + 1000, at_ns + 1000 + 4 * 25 * TURN_NS, 0);
	fed(devices[ERRORS].ep, turn, stall);
	fed(devices[LOST].ep, turn, 0);
	fed(devices[REFUSED].ep, turn, 0);
	fed(devices[PARTIAL].ep, turn, 0);
	if (turn % 10 == 5) {
		refuse(devices[REFUSED].ep, at_ns + 100);
		refuse(devices[ALL].ep, at_ns + 1600000);
	}
	if (turn < 4)
		transfer(devices[FAILED].ep, at_ns, at_ns + 1500000, -EPROTO);
}

static void single_events(uint64_t seconds)
{
	transfer(devices[WAITING].ep, 0, end_ns + 1, 0);
	for (uint64_t s = 0; s < seconds; s++)
		add((struct urb_event){
			.time_ns = START_NS + s * SECOND_NS + 500000000, .id = next_id++,
			.ep = devices[PARTIAL].ep, .kind = URB_EV_COMPLETE, .type = URB_TYPE_BULK,
			.seen = URB_DONE, .complete = { .length = 4096 },
		});
	add((struct urb_event){
		.time_ns = START_NS + end_ns - SECOND_NS / 2, .ep = devices[LOST].ep,
		.kind = URB_EV_LOST, .type = URB_TYPE_BULK, .lost = { .count = 1 },
	});
}

static void put_facts(struct trace_writer *writer, uint32_t ep, const char *path)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = 0x17e9, .pid = 0x6006, .speed = URB_SPEED_HIGH,
		.type = type_of(ep), .max_packet = 512, .driver = "example",
	};
	struct urb_event ev = {
		.time_ns = START_NS, .ep = ep, .kind = URB_EV_FACTS, .type = type_of(ep), .facts = &facts
	};

	snprintf(facts.path, sizeof(facts.path), "%s", path);
	snprintf(facts.name, sizeof(facts.name), "Marked %s", is_in(ep) ? "reader" : "writer");
	trace_writer_event(writer, &ev);
}

static int by_time(const void *va, const void *vb)
{
	const struct urb_event *a = va, *b = vb;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

int main(int argc, char **argv)
{
	struct trace_run run = {
		.kind = "bpf", .clock = "monotonic", .resolution_ns = 1, .sees = URB_QUEUED | URB_DONE,
		.start_ns = START_NS, .walks = true,
	};
	uint64_t seconds = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	struct trace_writer *writer;
	int err;

	if (!seconds) {
		fprintf(stderr, "usage: mkmarks SECONDS\n");
		return 2;
	}
	end_ns = seconds * SECOND_NS;
	for (uint64_t turn = 0; turn < seconds * TURNS; turn++)
		one_turn(turn);
	single_events(seconds);
	qsort(events, cnt, sizeof(*events), by_time);
	writer = trace_writer_new(STDOUT_FILENO, &run, 1);
	if (!writer)
		return 2;
	for (size_t i = 0; i < DEVICES; i++)
		put_facts(writer, devices[i].ep, devices[i].path);
	put_facts(writer, BLOCKED_IN, devices[BLOCKED].path);
	for (size_t i = 0; i < cnt; i++)
		trace_writer_event(writer, &events[i]);
	err = trace_writer_end(writer, START_NS + end_ns);
	trace_writer_free(writer);
	free(events);
	return err ? 2 : 0;
}
