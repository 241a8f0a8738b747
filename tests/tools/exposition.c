// SPDX-License-Identifier: GPL-2.0
/*
 * exposition DIR SEED ENDPOINTS URBS: a random run, scraped several times while it goes on. Leaves what
 * the last scrape says in DIR as `text`, `openmetrics` and `protobuf`, and as `report.json` what the
 * report says of the same snapshot. Every device is there to the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/run.h"
#include "urbscope/expose.h"
#include "urbscope/report.h"

#define SCRAPES 4

static uint32_t endpoint_of(unsigned int i)
{
	static const unsigned int numbers[] = { 0x00, 0x81, 0x02, 0x83 };

	return urb_ep(1 + i / 400, 2 + i / 4 % 100, numbers[i % 4]);
}

static uint8_t type_of(unsigned int i)
{
	static const uint8_t types[] = { URB_TYPE_CONTROL, URB_TYPE_BULK, URB_TYPE_BULK,
					 URB_TYPE_INT };

	return types[i % 4];
}

static void tell_facts(struct run *run, unsigned int i)
{
	static const char *const drivers[] = { "uas", "", "us\"er\\fs", "h\xc3\xa4nd" };
	struct urb_event ev = plain_event(URB_EV_FACTS, 0, 0, endpoint_of(i));
	struct urb_facts facts = { .has_ids = i / 4 % 5, .vid = 0x1000 + i / 4, .pid = 0xbeef,
				   .type = type_of(i) };

	if (i / 4 % 3)
		snprintf(facts.path, sizeof(facts.path), "%u-%u", 1 + i / 400, i / 4);
	strcpy(facts.driver, drivers[i % 4]);
	ev.facts = &facts;
	run_feed(run, &ev);
}

/* complete() is entered, and returns. */
static void handle(struct run *run, uint64_t *seed, uint64_t *now, uint32_t ep, uint8_t type, unsigned int urb)
{
	uint64_t entered = *now + random_below(seed, 2000000);
	struct urb_event ev = plain_event(URB_EV_HANDLER, entered, urb, ep);

	ev.type = type;
	run_feed(run, &ev);
	*now = entered + random_below(seed, 2000000);
	ev = plain_event(URB_EV_RETURNED, *now, urb, ep);
	ev.type = type;
	ev.seen = URB_RETURNED;
	ev.returned.handler_ns = entered;
	run_feed(run, &ev);
}

/* As BPF sees a transfer at the full level; some take microseconds, some days. */
static void feed_one(struct run *run, uint64_t *seed, uint64_t *now, uint32_t ep, uint8_t type)
{
	static const int statuses[] = { 0, 0, 0, 0, -32, -71, -104, -12345 };
	unsigned int urbs = 1 + random_below(seed, 9);
	struct urb_event ev;

	for (unsigned int u = 1; u <= urbs; u++) {
		uint64_t call = *now;

		*now += random_next(seed) >> (44 + random_below(seed, 20));
		ev = queued_event(call, *now, u, ep);
		ev.type = type;
		run_feed(run, &ev);
	}
	for (unsigned int u = 1; u <= urbs; u++) {
		*now += random_next(seed) >> (30 + random_below(seed, 34));
		ev = done_event(*now, u, ep);
		ev.type = type;
		ev.complete.length = random_below(seed, 65536);
		ev.complete.status = statuses[random_below(seed, 8)];
		ev.flags |= URB_F_HANDLER_FOLLOWS;
		run_feed(run, &ev);
		handle(run, seed, now, ep, type, u);
	}
}

static void put(const char *dir, const char *name, const void *data, size_t len)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void put_all(const char *dir, struct expose *e)
{
	static const struct expose_assertion assertions[] = {
		{ "uas/bulk: min-depth 2", VERDICT_HOLDS, 0 }, { "errors", VERDICT_VIOLATED, 4 },
	};
	static const struct expose_http_code codes[] = { { 200, 12 }, { 404, 3 } };
	struct expose_agent agent = {
		.version = "0.1", .level = "full", .start_wall_ns = UINT64_C(1800000000123456789),
		.scrapes = { 1, 2, 3 }, .scrape_cnt = 6, .scrape_ns = 7000001,
		.codes = codes, .code_cnt = 2, .assertions = assertions, .assertion_cnt = 2,
		.process = { 1234567890, 5 << 20, 17, UINT64_C(1800000000000000001) },
	};

	for (int format = 0; format < EXPOSE_FORMATS; format++) {
		struct expose_out out = { 0 };

		if (expose_write(e, format, &agent, &out))
			exit(1);
		put(dir, expose_format_name(format), out.data, out.len);
		free(out.data);
	}
}

static void put_report(const char *dir, const struct snapshot *snap)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f || report_json(snap, f) || fclose(f))
		exit(1);
	put(dir, "report.json", text, len);
	free(text);
}

int main(int argc, char **argv)
{
	static const struct snapshot_source source = { .kind = "bpf", .clock = "monotonic",
						       .resolution_ns = 1, .sees = URB_SUBMIT | URB_QUEUED |
						       URB_DONE | URB_HANDLER | URB_RETURNED };
	struct expose *e = expose_new(NULL);
	uint64_t now = 1000, seed;
	unsigned int endpoints, urbs;
	struct run run;

	if (argc != 5 || !e)
		return 2;
	seed = strtoull(argv[2], NULL, 10);
	endpoints = strtoul(argv[3], NULL, 10);
	urbs = strtoul(argv[4], NULL, 10);
	run_init(&run, NULL, NULL);
	for (unsigned int i = 0; i < endpoints; i++)
		tell_facts(&run, i);
	for (unsigned int scrape = 0; scrape < SCRAPES; scrape++) {
		struct snapshot *snap;

		for (unsigned int n = 0; n < urbs; n++) {
			unsigned int i = n % endpoints;

			/* the second one at once: that is a gap */
			feed_one(&run, &seed, &now, endpoint_of(i), type_of(i));
			feed_one(&run, &seed, &now, endpoint_of(i), type_of(i));
		}
		snap = metrics_snapshot(run.metrics, 0, &source, 0);
		if (!snap || expose_take(e, snap))
			return 1;
	}
	put_all(argv[1], e);
	put_report(argv[1], expose_snapshot(e));
	expose_free(e);
	run_release(&run);
	return 0;
}
