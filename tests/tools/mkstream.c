// SPDX-License-Identifier: GPL-2.0
/*
 * mkstream SEED COUNT [TEXT]: a stream as `urbscope record -o -` writes it, of COUNT events of random
 * lives of URBs, with the facts of their devices. The same SEED gives the same events. TEXT
 * stands for every string, wherever a stream has one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/lives.h"
#include "urbscope/stream_writer.h"

static void write_facts(struct stream_writer *writer, const struct lives *lives, uint64_t time_ns,
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
		stream_writer_event(writer, &ev);
	}
}

static int write_stream(uint64_t seed, size_t cnt, struct urb_event *events, const char *text)
{
	struct snapshot_source source = {
		.kind = text ? text : "bpf", .clock = text ? text : "monotonic", .resolution_ns = 1,
		.sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED,
	};
	struct stream_writer *writer;
	struct lives lives;
	int err;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, cnt);
	writer = stream_writer_new(stdout, &source, events[0].time_ns);
	if (!writer)
		return -1;
	write_facts(writer, &lives, events[0].time_ns, text);
	for (size_t i = 0; i < cnt; i++) {
		if (text && events[i].kind == URB_EV_SUBMIT) {
			events[i].flags |= URB_F_CALLER;
			snprintf(events[i].submit.comm, sizeof(events[i].submit.comm), "%s", text);
		}
		stream_writer_event(writer, &events[i]);
	}
	stream_writer_tick(writer, events[cnt - 1].time_ns);
	stream_writer_end(writer, events[cnt - 1].time_ns);
	err = stream_writer_flush(writer);
	stream_writer_free(writer);
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
