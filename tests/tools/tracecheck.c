// SPDX-License-Identifier: GPL-2.0
/*
 * tracecheck REPORT [MAX] <DECODED: holds a trace for Perfetto, as `protoc --decode_raw` shows it,
 * against the report of the same recording. Of Perfetto's format it knows the numbers alone.
 *
 *	- the first packet has the clocks, and clears the state of the sequence;
 *	- an event's track was described before, and so was that track's parent; a number that stands for
 *	  a name was given before;
 *	- slices of a track do not overlap, and each that ends had begun; what is open is the last;
 *	- no endpoint has more slots than its counter's maximum;
 *	- how long each number was in flight: by the counter, by looking at all slices for every
 *	  moment, and by the report, is the same; so are gaps.
 *
 * Endpoints that are not complete, and those of more than MAX slices, have the first four only.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spans.h"

#define DEPTH	 8
#define LINE_MAX 65536

struct level {
	uint64_t time_ns, value;
	size_t order;
};

struct track {
	uint64_t uuid, parent;
	unsigned int rank;
	bool counter;
	struct spans slices;
	bool begun;
	struct level *levels;
	size_t level_cnt;
};

/* What of a packet matters, by the numbers of fields. */
struct packet {
	uint64_t timestamp, sequence, flags;
	bool has_timestamp, has_clocks, has_event, has_track, has_value, has_parent, counter, first;
	uint64_t uuid, parent, rank;	/* of a track that is described */
	uint64_t type, track, value, name;
	uint64_t clock, primary;
	uint64_t named[64];
	size_t named_cnt;
	bool is_name;
};

static struct track *tracks;
static size_t track_cnt, packet_cnt;
static uint64_t window_start = UINT64_MAX;
static bool wrong;
static bool names[1 << 20];

static void complain(const char *what, uint64_t number)
{
	printf("packet %zu: %s (%" PRIu64 ")\n", packet_cnt, what, number);
	wrong = true;
}

static struct track *track_of(uint64_t uuid)
{
	for (size_t i = 0; i < track_cnt; i++)
		if (tracks[i].uuid == uuid)
			return &tracks[i];
	return NULL;
}

static void describe(const struct packet *p)
{
	struct track *t = track_of(p->uuid);

	if (p->has_parent && !track_of(p->parent))
		complain("a track before its parent", p->uuid);
	if (!t) {
		if (!(track_cnt & (track_cnt - 1)))
			tracks = realloc(tracks, (track_cnt ? track_cnt * 2 : 1) * sizeof(*tracks));
		t = &tracks[track_cnt++];
		memset(t, 0, sizeof(*t));
	} else if (t->parent != p->parent || t->counter != p->counter) {
		complain("a track that is described in another way", p->uuid);
	}
	t->uuid = p->uuid;
	t->parent = p->parent;
	t->rank = p->rank;
	t->counter = p->counter;
}

static void add_level(struct track *t, uint64_t time_ns, uint64_t value)
{
	if (!(t->level_cnt & (t->level_cnt - 1)))
		t->levels = realloc(t->levels, (t->level_cnt ? t->level_cnt * 2 : 1) * sizeof(*t->levels));
	t->levels[t->level_cnt] = (struct level){ time_ns, value, t->level_cnt };
	t->level_cnt++;
}

static void take_event(const struct packet *p)
{
	struct track *t = track_of(p->track);

	if (!t || !p->has_timestamp) {
		complain("an event without a track or a time", p->track);
		return;
	}
	if (p->timestamp < window_start)
		window_start = p->timestamp;
	if (p->name >= sizeof(names) || (p->name && !names[p->name]))
		complain("a name that was not told", p->name);
	switch (p->type) {
	case 1:
		if (t->begun)
			complain("a slice begins within another", p->track);
		t->begun = true;
		spans_add(&t->slices, p->timestamp, SPAN_OPEN);
		break;
	case 2:
		if (!t->begun)
			complain("a slice ends that has not begun", p->track);
		else
			t->slices.all[t->slices.cnt - 1].end_ns = p->timestamp;
		t->begun = false;
		break;
	case 3:
		break;
	case 4:
		if (!t->counter || !p->has_value)
			complain("a value on a track that is no counter's", p->track);
		add_level(t, p->timestamp, p->value);
		break;
	default:
		complain("an event of no kind", p->type);
	}
}

static void take_packet(const struct packet *p)
{
	bool first = !packet_cnt++;

	if (first != p->has_clocks || first != p->first || first != !!(p->flags & 1))
		complain("clocks and state belong to the first packet, and only to it", p->flags);
	if (first && p->clock != p->primary)
		complain("the first clock is not the one of the stamps", p->primary);
	if (p->sequence != 1 || !(p->flags & 2))
		complain("not of our sequence", p->sequence);
	for (size_t i = 0; i < p->named_cnt; i++)
		names[p->named[i] % sizeof(names)] = true;
	if (p->has_track)
		describe(p);
	if (p->has_event)
		take_event(p);
}

static bool path_is(const unsigned int *path, int depth, int n, unsigned int a, unsigned int b,
		    unsigned int c)
{
	unsigned int want[] = { 1, a, b, c };

	return depth == n && !memcmp(path, want, n * sizeof(*want));
}

/* A number at a path of fields; 1 is the packet itself. */
static void take_number(struct packet *p, const unsigned int *path, int depth, uint64_t value)
{
	if (path_is(path, depth, 2, 8, 0, 0)) {
		p->timestamp = value;
		p->has_timestamp = true;
	} else if (path_is(path, depth, 2, 10, 0, 0)) {
		p->sequence = value;
	} else if (path_is(path, depth, 2, 13, 0, 0)) {
		p->flags = value;
	} else if (path_is(path, depth, 2, 87, 0, 0)) {
		p->first = value;
	} else if (path_is(path, depth, 4, 6, 1, 1)) {
		p->clock = p->clock ? p->clock : value;
	} else if (path_is(path, depth, 3, 6, 2, 0)) {
		p->primary = value;
	} else if (path_is(path, depth, 3, 60, 1, 0)) {
		p->uuid = value;
	} else if (path_is(path, depth, 3, 60, 5, 0)) {
		p->parent = value;
		p->has_parent = true;
	} else if (path_is(path, depth, 3, 60, 12, 0)) {
		p->rank = value;
	} else if (path_is(path, depth, 3, 11, 9, 0)) {
		p->type = value;
	} else if (path_is(path, depth, 3, 11, 10, 0)) {
		p->name = value;
	} else if (path_is(path, depth, 3, 11, 11, 0)) {
		p->track = value;
	} else if (path_is(path, depth, 3, 11, 30, 0)) {
		p->value = value;
		p->has_value = true;
	} else if (path_is(path, depth, 4, 12, 2, 1) && p->named_cnt < 64) {
		p->named[p->named_cnt++] = value;
	}
}

static void enter(struct packet *p, const unsigned int *path, int depth)
{
	if (depth == 1)
		memset(p, 0, sizeof(*p));
	p->has_clocks |= path_is(path, depth, 2, 6, 0, 0);
	p->has_event |= path_is(path, depth, 2, 11, 0, 0);
	p->has_track |= path_is(path, depth, 2, 60, 0, 0);
	p->counter |= path_is(path, depth, 3, 60, 8, 0);
}

static void load(void)
{
	static char line[LINE_MAX];
	static struct packet p;
	unsigned int path[64];
	int depth = 0;

	while (fgets(line, sizeof(line), stdin)) {
		char *at = line + strspn(line, " ");
		unsigned long field;

		if (*at == '}') {
			if (!--depth)
				take_packet(&p);
			continue;
		}
		field = strtoul(at, &at, 10);
		if (depth >= 60)
			break;
		path[depth] = field;
		if (!strncmp(at, " {", 2))
			enter(&p, path, ++depth);
		else if (!strncmp(at, ": ", 2) && at[2] != '"')
			take_number(&p, path, depth + 1, strtoull(at + 2, NULL, 0));
	}
	if (depth || !packet_cnt)
		complain("no trace, or no whole one", depth);
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->end_ns < y->end_ns ? -1 : x->end_ns > y->end_ns;
}

static int by_time(const void *a, const void *b)
{
	const struct level *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void check_overlap(struct track *t)
{
	const struct span *all = t->slices.all;

	qsort(t->slices.all, t->slices.cnt, sizeof(*t->slices.all), by_start);
	for (size_t i = 0; i + 1 < t->slices.cnt; i++)
		if (all[i].end_ns > all[i + 1].start_ns)
			complain("slices that overlap, on the track", t->uuid);
}

/* By the counter: how long each value was held. */
static void compare_counter(const struct track *counter, const struct span_figures *f, uint64_t end_ns)
{
	static uint64_t time_ns[LEVELS];

	memset(time_ns, 0, sizeof(time_ns));
	for (size_t i = 0; i < counter->level_cnt; i++) {
		uint64_t from = counter->levels[i].time_ns;
		uint64_t to = i + 1 < counter->level_cnt ? counter->levels[i + 1].time_ns : end_ns;

		if (counter->levels[i].value < LEVELS)
			time_ns[counter->levels[i].value] += to > from ? to - from : 0;
	}
	for (size_t i = 1; i < LEVELS; i++)
		if (time_ns[i] != f->time_ns[i]) {
			printf("%zu in flight: %" PRIu64 " ns by the counter, %" PRIu64 " by slices\n", i,
			       time_ns[i], f->time_ns[i]);
			wrong = true;
		}
}

/* The one endpoint of the report at this address; a second life there makes it NULL. */
static const char *place(const struct json_value *report, unsigned int device, unsigned int endpoint)
{
	static char where[40];
	size_t cnt = 0, found = 0;

	json_at(report, "endpoints[#]", &cnt);
	for (size_t i = 0; i < cnt; i++) {
		char path[80], hex[8];

		snprintf(hex, sizeof(hex), "0x%02x", endpoint);
		snprintf(path, sizeof(path), "endpoints[%zu].device.bus", i);
		if (json_u64_at(report, path) != device >> 8)
			continue;
		snprintf(path, sizeof(path), "endpoints[%zu].device.address", i);
		if (json_u64_at(report, path) != (device & 0xff))
			continue;
		snprintf(path, sizeof(path), "endpoints[%zu].endpoint", i);
		if (strcmp(json_text_at(report, path), hex))
			continue;
		snprintf(where, sizeof(where), "endpoints[%zu]", i);
		found++;
	}
	return found == 1 ? where : NULL;
}

static bool is_complete(const struct json_value *report, const char *where)
{
	char path[80];

	snprintf(path, sizeof(path), "%s.complete", where);
	return !strcmp(json_text_at(report, path), "true");
}

/* The counter stands for its endpoint. */
static bool check_endpoint(struct track *counter, const struct json_value *report, uint64_t end_ns,
			   size_t max)
{
	const struct track *lane = track_of(counter->parent);
	const struct track *device = lane ? track_of(lane->parent) : NULL;
	uint64_t idle = json_u64_at(report, "idle_threshold_ns"), highest = 0;
	static struct span_figures f;
	struct spans all = { 0 };
	const char *where;
	size_t slots = 0;

	if (!device) {
		complain("a counter of no endpoint of a device", counter->uuid);
		return false;
	}
	for (size_t i = 0; i < track_cnt; i++) {
		if (tracks[i].parent != lane->uuid || tracks[i].counter)
			continue;
		slots++;
		for (size_t j = 0; j < tracks[i].slices.cnt; j++)
			spans_add(&all, tracks[i].slices.all[j].start_ns, tracks[i].slices.all[j].end_ns);
	}
	qsort(counter->levels, counter->level_cnt, sizeof(*counter->levels), by_time);
	for (size_t i = 0; i < counter->level_cnt; i++)
		if (counter->levels[i].value > highest)
			highest = counter->levels[i].value;
	where = place(report, device->rank, lane->rank);
	if (!where || !is_complete(report, where) || all.cnt > max) {
		free(all.all);
		return false;
	}
	if (slots > highest)
		complain("more slots than were ever in flight", slots);
	spans_compute(&all, end_ns, idle, &f);
	compare_counter(counter, &f, end_ns);
	wrong |= spans_differ(&f, report, where);
	free(all.all);
	return true;
}

int main(int argc, char **argv)
{
	struct json_value *report = argc > 1 ? read_report(argv[1]) : NULL;
	size_t exact = 0, counters = 0, max = argc > 2 ? strtoul(argv[2], NULL, 10) : 3000;
	uint64_t end_ns;

	if (!report) {
		fprintf(stderr, "usage: tracecheck REPORT [MAX]\n");
		return 2;
	}
	load();
	for (size_t i = 0; i < track_cnt; i++)
		check_overlap(&tracks[i]);
	end_ns = window_start + json_u64_at(report, "window_ns");
	for (size_t i = 0; i < track_cnt; i++) {
		if (!tracks[i].counter)
			continue;
		counters++;
		exact += check_endpoint(&tracks[i], report, end_ns, max);
	}
	printf("%zu packets, %zu endpoints, %zu exact\n", packet_cnt, counters, exact);
	json_value_free(report);
	return wrong;
}
