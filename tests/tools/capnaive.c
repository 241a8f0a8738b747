// SPDX-License-Identifier: GPL-2.0
/*
 * capnaive CAPTURE REPORT [MAX [FROM TO]]: reads a capture or a text log of URBs with parsers of its own, which share
 * nothing with src/source nor with libpcap, computes the figures the slow way (tests/lib/naive.h)
 * and compares them with those of `urbscope report --json CAPTURE`. Endpoints of more than MAX
 * events (default 20000) are compared in their counts only. FROM and TO, in ns since the first record: the
 * report is of that part, and only endpoints of which everything is known there are compared.
 *
 * Prints each difference in a line, then "N endpoints exact, N counts only, N incomplete".
 * Exit status: 0 all the same, 1 not, 2 cannot be read, 3 time runs backwards in it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../lib/jsonread.h"
#include "../lib/naive.h"
#include "capnaive.h"

#define IDLE_NS UINT64_C(10000000)

_Noreturn void die(const char *what)
{
	fprintf(stderr, "capnaive: %s\n", what);
	exit(2);
}

/* `size` bytes at p as a number. */
static uint64_t number(const uint8_t *p, unsigned int size, bool big)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)p[big ? size - 1 - i : i] << 8 * i;
	return value;
}

static const uint8_t types[] = { URB_TYPE_ISO, URB_TYPE_INT, URB_TYPE_CONTROL, URB_TYPE_BULK };

void add(struct capture *c, const struct urb_event *ev, uint32_t length)
{
	if (c->cnt == ROOM)
		die("more events than it has room for");
	c->events[c->cnt] = *ev;
	c->data_length[c->cnt++] = length;
}

static void usbmon(struct capture *c, const uint8_t *p, uint32_t size, uint64_t time_ns)
{
	struct urb_event ev = { .time_ns = time_ns };
	uint32_t length;

	if (size < 48 || p[9] > 3 || !strchr("SCE", p[8]) || !p[8]) {
		c->skipped++;
		return;
	}
	ev.id = number(p, 8, c->big);
	ev.ep = urb_ep(number(p + 12, 2, c->big), p[11], p[10] & 0x7f ? p[10] : 0);
	ev.type = types[p[9]];
	ev.seen = p[8] == 'C' ? URB_HANDLER : URB_SUBMIT;
	ev.kind = p[8] == 'S' ? URB_EV_SUBMIT : p[8] == 'C' ? URB_EV_COMPLETE : URB_EV_SUBMIT_ERROR;
	length = number(p + 32, 4, c->big);
	if (p[8] == 'C') {
		ev.complete.status = number(p + 28, 4, c->big);
		ev.complete.length = length;
	} else if (p[8] == 'S') {
		ev.submit.submit_ns = time_ns;
		ev.submit.length = length;
	}
	add(c, &ev, length);
}

static int linux_status(uint32_t status)
{
	static const struct { uint32_t usbd; int here; } map[] = {
		{ 0xc0010000, -2 }, { 0xc0000004, -32 }, { 0xc0000030, -32 },
	};

	if (!(status >> 31))
		return 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].usbd == status)
			return map[i].here;
	return -71;
}

/* The last record of this transfer before now, going back through all. */
static const struct urb_event *last_of(const struct capture *c, const struct urb_event *ev,
				       size_t *index)
{
	for (size_t i = c->cnt; i-- > 0;) {
		if (c->events[i].id == ev->id && c->events[i].ep == ev->ep) {
			*index = i;
			return &c->events[i];
		}
	}
	return NULL;
}

static void usbpcap(struct capture *c, const uint8_t *p, uint32_t size, uint64_t time_ns)
{
	struct urb_event ev = { .time_ns = time_ns };
	const struct urb_event *begun;
	uint32_t length;
	size_t i;
	int stage;

	if (size < 27 || p[22] > 3 || number(p, 2, false) < 27 || (p[22] == 2 && size < 28)) {
		c->skipped++;
		return;
	}
	stage = p[22] == 2 ? p[27] : 3;
	length = number(p + 23, 4, false);
	ev.id = number(p + 2, 8, false);
	ev.ep = urb_ep(number(p + 17, 2, false), number(p + 19, 2, false), p[21] & 0x7f ? p[21] : 0);
	ev.type = types[p[22]];
	begun = last_of(c, &ev, &i);
	if (p[22] == 2 && stage == 1) {
		/* data by itself: of the transfer that is open */
		if (begun && begun->kind == URB_EV_SUBMIT)
			c->data_length[i] += length;
		return;
	}
	if (p[16] & 1) {
		ev.kind = URB_EV_COMPLETE;
		ev.seen = URB_HANDLER;
		ev.complete.status = linux_status(number(p + 10, 4, false));
		ev.complete.length = length;
		if (!length && !ev.complete.status && begun && begun->kind == URB_EV_SUBMIT)
			ev.complete.length = c->data_length[i];
		add(c, &ev, length);
		return;
	}
	ev.kind = URB_EV_SUBMIT;
	ev.seen = URB_SUBMIT;
	ev.submit.submit_ns = time_ns;
	if (p[22] == 2)
		length = length > 8 ? length - 8 : 0;
	/* what an IN transfer asks for has not come yet */
	add(c, &ev, p[21] & 0x80 ? 0 : length);
}

static void packet(struct capture *c, const uint8_t *p, uint32_t size, uint64_t time_ns)
{
	switch (c->link) {
	case 189:
	case 220:
		usbmon(c, p, size, time_ns);
		break;
	case 249:
		usbpcap(c, p, size, time_ns);
		break;
	default:
		die("a link type without URBs");
	}
}

static void read_pcap(struct capture *c)
{
	c->big = c->at[0] == 0xa1;
	c->unit_ns = number(c->at, 4, c->big) == 0xa1b23c4d ? 1 : 1000;
	c->link = number(c->at + 20, 4, c->big) & 0xffff;
	for (c->at += 24; c->end - c->at >= 16;) {
		uint32_t size = number(c->at + 8, 4, c->big);
		uint64_t time_ns = number(c->at, 4, c->big) * 1000000000 +
				   number(c->at + 4, 4, c->big) * c->unit_ns;

		if ((size_t)(c->end - c->at - 16) < size)
			break;
		packet(c, c->at + 16, size, time_ns);
		c->at += 16 + size;
	}
}

/* if_tsresol of an interface description, as 10^-n seconds. */
static uint64_t unit_of(const struct capture *c, const uint8_t *option, const uint8_t *end)
{
	uint64_t unit = 1000;

	while (end - option >= 4) {
		uint32_t code = number(option, 2, c->big), size = number(option + 2, 2, c->big);

		if (!code)
			break;
		if (code == 9 && option[4] > 9)
			die("stamps finer than a nanosecond, or binary ones");
		if (code == 9) {
			unit = 1000000000;
			for (unsigned int i = 0; i < option[4]; i++)
				unit /= 10;
		}
		option += 4 + (size + 3) / 4 * 4;
	}
	return unit;
}

static void read_pcapng(struct capture *c)
{
	while (c->end - c->at >= 12) {
		const uint8_t *b = c->at;
		uint32_t kind, size;

		if (!memcmp(b, "\n\r\r\n", 4))
			c->big = b[8] == 0x1a;
		kind = number(b, 4, c->big);
		size = number(b + 4, 4, c->big);
		if (size < 12 || (size_t)(c->end - b) < size)
			break;
		if (kind == 1) {
			c->link = number(b + 8, 2, c->big);
			c->unit_ns = unit_of(c, b + 16, b + size - 4);
		} else if (kind == 6) {
			uint64_t stamp = number(b + 12, 4, c->big) << 32 | number(b + 16, 4, c->big);

			packet(c, b + 28, number(b + 20, 4, c->big), stamp * c->unit_ns);
		}
		c->at += size;
	}
}

static void load(struct capture *c, const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size < 28)
		die("cannot open the capture");
	c->at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	c->events = calloc(ROOM, sizeof(*c->events));
	c->data_length = calloc(ROOM, sizeof(*c->data_length));
	if (c->at == MAP_FAILED || !c->events || !c->data_length)
		die("no memory");
	c->end = c->at + st.st_size;
	close(fd);
	if (!memcmp(c->at, "\n\r\r\n", 4))
		read_pcapng(c);
	else if (c->at[0] == 0xa1 || c->at[3] == 0xa1)
		read_pcap(c);
	else
		read_text(c);
	for (size_t i = 1; i < c->cnt; i++)
		c->backwards |= c->events[i].time_ns < c->events[i - 1].time_ns;
	if (c->backwards) {
		printf("time runs backwards\n");
		exit(3);
	}
}

/* --- comparison ---------------------------------------------------------------------------- */

struct check {
	const struct json_value *report;
	char where[64];		/* path of the endpoint in the report */
	bool differs;
};

static void same(struct check *k, uint64_t expected, const char *field)
{
	char path[160];
	const char *text;

	snprintf(path, sizeof(path), "%s.%s", k->where, field);
	text = json_text_at(k->report, path);
	if (text && strtoull(text, NULL, 10) == expected)
		return;
	k->differs = true;
	printf("%s: %s in the report, %" PRIu64 " computed\n", path, text ? text : "nothing", expected);
}

static void compare_counts(struct check *k, const struct naive_figures *n)
{
	char path[64];

	same(k, n->submitted, "transfers.submitted");
	same(k, n->completed, "transfers.completed");
	same(k, n->inherited, "transfers.inherited");
	same(k, n->open, "transfers.open");
	same(k, n->missed, "transfers.missed");
	same(k, n->unpaired, "transfers.unpaired");
	same(k, n->failed_submit, "transfers.failed_submit");
	same(k, n->bytes, "bytes");
	for (int i = 0; i < NAIVE_STATUSES && n->status[i].count; i++) {
		snprintf(path, sizeof(path), "status.%d", n->status[i].status);
		same(k, n->status[i].count, path);
	}
}

static void compare_times(struct check *k, const struct naive_figures *n)
{
	size_t levels = 0;
	char path[160];
	double mean;

	same(k, n->max, "in_flight.max");
	same(k, n->now, "in_flight.now");
	same(k, n->busy, "busy_ns");
	same(k, n->bursts, "bursts");
	snprintf(path, sizeof(path), "%s.depth.time_ns[#]", k->where);
	json_at(k->report, path, &levels);
	for (size_t i = 0; i < levels; i++) {
		snprintf(path, sizeof(path), "depth.time_ns[%zu]", i);
		same(k, n->time_ns[i], path);
	}
	for (size_t i = levels; i < NAIVE_LEVELS; i++)
		if (n->time_ns[i])
			same(k, n->time_ns[i], "depth.time_ns");
	same(k, n->gaps.count, "gaps.count");
	same(k, n->gaps.total, "gaps.total_ns");
	same(k, n->gaps.max, "gaps.max_ns");
	if (!n->latency.count)
		return;
	same(k, n->latency.max, "latency_ns.max");
	snprintf(path, sizeof(path), "%s.latency_ns.mean", k->where);
	mean = (double)n->latency.total / n->latency.count;
	if (json_double_at(k->report, path) < mean * 0.999999 - 1 ||
	    json_double_at(k->report, path) > mean * 1.000001 + 1) {
		printf("%s: %s in the report, %f computed\n", path, json_text_at(k->report, path), mean);
		k->differs = true;
	}
}

/*
 * What is naive must not know: only this endpoint's events, and one of no endpoint at the first
 * moment of the capture, where the window begins.
 */
static size_t pick(const struct capture *c, uint32_t ep, struct urb_event *out)
{
	size_t cnt = 1;

	out[0] = (struct urb_event){
		.kind = URB_EV_RETURNED, .time_ns = c->events[0].time_ns, .ep = URB_EP_ANY - 1
	};
	for (size_t i = 0; i < c->cnt; i++)
		if (c->events[i].ep == ep)
			out[cnt++] = c->events[i];
	return cnt;
}

/* By the events alone: what holds without any state. */
static void compare_totals(struct check *k, const struct urb_event *events, size_t cnt)
{
	uint64_t bytes = 0, submissions = 0;

	for (size_t i = 0; i < cnt; i++) {
		if (events[i].kind == URB_EV_SUBMIT) {
			submissions++;
		} else if (events[i].kind == URB_EV_COMPLETE) {
			bytes += events[i].complete.length;
		}
	}
	same(k, submissions, "transfers.submitted");
	same(k, bytes, "bytes");
}

static bool claims_complete(const struct check *k)
{
	char path[160];

	snprintf(path, sizeof(path), "%s.complete", k->where);
	return !strcmp(json_text_at(k->report, path) ?: "", "true");
}

static bool first_of_its_endpoint(const struct capture *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (c->events[j].ep == c->events[i].ep)
			return false;
	return true;
}

static struct json_value *read_report(const char *path)
{
	static char text[8 << 20];
	char error[128] = "cannot open the report";
	FILE *in = fopen(path, "r");
	struct json_value *root = NULL;

	if (in)
		root = json_read(text, fread(text, 1, sizeof(text), in), error, sizeof(error));
	if (!root)
		die(error);
	fclose(in);
	return root;
}

int main(int argc, char **argv)
{
	size_t exact = 0, totals = 0, incomplete = 0, max = argc > 3 ? strtoul(argv[3], NULL, 10) : 20000;
	uint64_t from_ns = argc > 5 ? strtoull(argv[4], NULL, 10) : 0;
	uint64_t to_ns = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
	static struct capture c;
	struct json_value *report;
	struct urb_event *events;
	bool differs = false;

	if (argc < 3)
		die("usage: capnaive CAPTURE REPORT [MAX [FROM TO]]");
	load(&c, argv[1]);
	report = read_report(argv[2]);
	events = calloc(c.cnt + 3, sizeof(*events));
	if (!events)
		die("no memory");
	for (size_t i = 0; i < c.cnt; i++) {
		uint32_t ep = c.events[i].ep;
		struct check k = { .report = report };
		static struct naive_figures n;
		size_t cnt;

		if (!first_of_its_endpoint(&c, i))
			continue;
		snprintf(k.where, sizeof(k.where),
			 "endpoints[device.bus=%u,device.address=%u,endpoint=0x%02x]", urb_ep_bus(ep),
			 urb_ep_address(ep), urb_ep_endpoint(ep));
		cnt = pick(&c, ep, events);
		if (to_ns) {
			events[cnt++] = (struct urb_event){
				.kind = URB_EV_RETURNED, .time_ns = c.events[c.cnt - 1].time_ns,
				.ep = URB_EP_ANY - 1
			};
			naive_compute_part(events, cnt, ep, 0, c.events[0].time_ns + from_ns,
					   c.events[0].time_ns + to_ns, IDLE_NS, &n);
			/* what nothing happens on need not be there */
			if (c.lost[ep % LOST_ROOM] || !n.submission_seen || n.unpaired)
				continue;
			compare_counts(&k, &n);
			compare_times(&k, &n);
			exact++;
		} else if (c.lost[ep % LOST_ROOM]) {
			/* the formulas know nothing of losses; but it must be told */
			compare_totals(&k, events, cnt);
			differs |= claims_complete(&k);
			incomplete++;
		} else if (cnt > max) {
			compare_totals(&k, events, cnt);
			totals++;
		} else {
			bool complete = claims_complete(&k);

			naive_compute(events, cnt, ep, 0, c.events[c.cnt - 1].time_ns, IDLE_NS, &n);
			compare_counts(&k, &n);
			if (complete != (n.submission_seen && !n.unpaired)) {
				printf("%s: complete %d in the report\n", k.where, complete);
				k.differs = true;
			}
			if (complete)
				compare_times(&k, &n);
			exact += complete;
			incomplete += !complete;
		}
		differs |= k.differs;
	}
	if (!to_ns && json_u64_at(report, "events.skipped") != c.skipped) {
		printf("events.skipped: %" PRIu64 " computed\n", c.skipped);
		differs = true;
	}
	printf("%zu endpoints exact, %zu counts only, %zu incomplete\n", exact, totals, incomplete);
	json_value_free(report);
	free(events);
	return differs;
}
