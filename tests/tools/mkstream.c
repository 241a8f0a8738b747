// SPDX-License-Identifier: GPL-2.0
/*
 * mkstream SEED COUNT [TEXT]: a trace as `urbscope record -o -` writes it, of COUNT events of random
 * lives of URBs, with the facts of their devices. The same SEED gives the same events. TEXT
 * stands for every string, wherever a trace has one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/lives.h"
#include "urbscope/trace_writer.h"

#define BLOCK 50 /* events: tests want a trace of several blocks */

static void write_facts(struct trace_writer *writer, const struct lives *lives, uint64_t time_ns,
			const char *text)
{
	static const char *const drivers[] = { "uas", "usb-storage", "usbfs", "", "usbhid" };

	for (unsigned int i = 0; i < lives->eps; i++) {
		struct urb_facts facts = {
			.has_ids = i != 3,
			.vid = 0x17e9,
			.pid = 0x6000 + i,
			.speed = URB_SPEED_HIGH + i % 3,
			.type = i % 4,
			.max_packet = 512,
			.name = "Example device",
		};
		struct urb_event ev = {
			.time_ns = time_ns,
			.ep = lives->ep[i],
			.kind = URB_EV_FACTS,
			.type = facts.type,
			.facts = &facts,
		};

		snprintf(facts.path, sizeof(facts.path), "1-%u.2", i + 1);
		snprintf(facts.driver, sizeof(facts.driver), "%s", drivers[i % 5]);
		if (text) {
			snprintf(facts.path, sizeof(facts.path), "%s", text);
			snprintf(facts.name, sizeof(facts.name), "%s", text);
			snprintf(facts.driver, sizeof(facts.driver), "%s", text);
		}
		trace_writer_event(writer, &ev);
	}
}

static void name(struct trace_run *run, const char *text)
{
	snprintf(run->kind, sizeof(run->kind), "%s", text ? text : "bpf");
	snprintf(run->clock, sizeof(run->clock), "%s", text ? text : "monotonic");
	snprintf(run->host, sizeof(run->host), "%s", text ? text : "example");
	snprintf(run->kernel, sizeof(run->kernel), "%s", text ? text : "6.1");
	snprintf(run->tool, sizeof(run->tool), "%s", text ? text : "mkstream");
	snprintf(run->command, sizeof(run->command), "%s", text ? text : "");
}

static int write_stream(uint64_t seed, size_t cnt, struct urb_event *events, const char *text)
{
	struct trace_run run = {
		.resolution_ns = 1,
		.sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED,
	};
	struct trace_writer *writer;
	struct lives lives;
	int err;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, cnt);
	name(&run, text);
	run.start_ns = events[0].time_ns;
	writer = trace_writer_new(STDOUT_FILENO, &run, seed | 1);
	if (!writer)
		return -1;
	write_facts(writer, &lives, events[0].time_ns, text);
	for (size_t i = 0; i < cnt; i++) {
		if (text && events[i].kind == URB_EV_SUBMIT) {
			events[i].flags |= URB_F_CALLER;
			snprintf(events[i].submit.comm, sizeof(events[i].submit.comm), "%s", text);
		}
		trace_writer_event(writer, &events[i]);
		if (i % BLOCK == BLOCK - 1)
			trace_writer_tick(writer, events[i].time_ns);
	}
	err = trace_writer_end(writer, events[cnt - 1].time_ns);
	trace_writer_free(writer);
	return err;
}

int main(int argc, char **argv)
{
	size_t cnt = argc == 3 || argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	struct urb_event *events;
	int err;

	if (!cnt) {
		fprintf(stderr, "usage: mkstream SEED COUNT [TEXT]\n");
		return 2;
	}
	events = calloc(cnt, sizeof(*events));
	err = events ? write_stream(strtoull(argv[1], NULL, 10), cnt, events, argv[3]) : -1;
	free(events);
	return err ? 2 : 0;
}
