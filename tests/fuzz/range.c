// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as events, in any order and at any time, and two parts of their time that meet, held at
 * moments on the way. What the parts count is what the whole has.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/fakesource.h"
#include "cmd/figures.h"

#define EVENTS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Eight bytes each. */
struct raw {
	uint8_t kind, ep, id, flags;
	uint16_t time, extra;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static size_t make_events(const uint8_t *data, size_t size, struct urb_event *events)
{
	static const struct urb_facts facts = { .type = URB_TYPE_BULK, .name = "device" };
	uint64_t now = 1000;
	size_t cnt = 0;

	for (; size >= sizeof(struct raw) && cnt < EVENTS_MAX; size -= sizeof(struct raw)) {
		struct urb_event *ev = &events[cnt++];
		struct raw raw;

		memcpy(&raw, data, sizeof(raw));
		data += sizeof(raw);
		now += raw.time & 1 ? 0 : raw.time;
		*ev = (struct urb_event){
			.kind = 1 + raw.kind % URB_EV_STREAMS,
			.time_ns = raw.extra & 1 ? now - raw.time % 1000 : now,
			.ep = raw.ep == 255 ? URB_EP_ANY : urb_ep(1, raw.ep >> 4, raw.ep << 4),
			.id = raw.id,
			.stream = raw.id & 3,
			.flags = raw.flags,
			.type = raw.ep & 3,
			.seen = raw.extra >> 8,
		};
		if (ev->kind == URB_EV_FACTS)
			ev->facts = &facts;
		else if (ev->kind == URB_EV_LOST)
			ev->lost.count = raw.extra, ev->lost.until_ns = now + raw.time;
		else if (ev->kind == URB_EV_STREAMS)
			ev->streams.result = raw.extra, ev->streams.what = raw.flags % 3;
		if (ev->ep == URB_EP_ANY && ev->kind != URB_EV_LOST && ev->kind != URB_EV_SYNC)
			ev->ep = urb_ep(1, 1, 1);
	}
	return cnt;
}

static struct snapshot *read_part(const struct fake_recording *r, uint64_t from, uint64_t until)
{
	struct source_range range = { from, until };
	struct fault fault = { "" };
	struct source *src = source_open_range(fake_source(r), &range, &fault);
	struct figures figures;
	struct snapshot *snap = NULL;
	uint64_t held = 0;
	int err = 0;

	src = src ? source_open_paced(src, &fault) : NULL;
	must(src);
	figures_init(&figures, src, 1000);
	while (err >= 0) {
		source_paced_until(src, held += 1000000);
		do
			err = source_read(src, figures_event, &figures, &fault);
		while (err >= 0 && !source_paced_held(src));
	}
	if (!fault.text[0])
		snap = figures_snapshot(&figures);
	must(fault.text[0] || snap);
	figures_release(&figures);
	source_close(src);
	return snap;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct urb_event events[EVENTS_MAX];
	struct fake_recording r = { .events = events, .start_ns = 1000 };
	struct snapshot *whole, *a, *b;
	uint64_t at;

	if (size < 4)
		return 0;
	at = 1 + (data[0] | data[1] << 8) * 4;
	r.at_once = data[2];
	r.walks = data[3] & 1;
	r.cnt = make_events(data + 4, size - 4, events);
	whole = read_part(&r, 0, UINT64_MAX);
	a = read_part(&r, 0, at);
	b = read_part(&r, at, UINT64_MAX);
	must(whole && a);
	/* without b the recording ends before */
	must(a->events.submit + (b ? b->events.submit : 0) == whole->events.submit);
	must(a->events.complete + (b ? b->events.complete : 0) == whole->events.complete);
	must(a->events.submit_error + (b ? b->events.submit_error : 0) == whole->events.submit_error);
	must(!fake_sources_open());
	snapshot_free(whole);
	snapshot_free(a);
	snapshot_free(b);
	return 0;
}
