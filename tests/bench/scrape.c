// SPDX-License-Identifier: GPL-2.0
/*
 * What a scrape costs: the snapshot, what it adds to the series, each format, and what it takes to pack it, on
 * endpoints whose histograms are all in use. Milliseconds of one core, medians over ROUNDS.
 *
 * Beside the formats stands a yardstick of the same run: the same lines by snprintf(), each series as
 * one ready string and its value as a number. "ratio" is the yardstick's time over ours.
 *
 * usage: scrape [endpoints]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "../lib/run.h"
#include "urbscope/expose.h"

#define ROUNDS 21
#define URBS   16		/* in flight on each endpoint */
#define TURNS  40		/* of all endpoints between two scrapes */
#define BLOCK  16384		/* what the server packs at a time */
#define LEVEL  1		/* zlib's fastest */

/* Pauses are gaps, however long: their histograms are to be in use, too. */
static const struct metrics_config gaps_only = { .idle_threshold_ns = UINT64_MAX };

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec * 1e-6;
}

static uint32_t endpoint_of(unsigned int i)
{
	return urb_ep(1 + i / 2000, 1 + i / 20 % 100, i % 20 < 10 ? i % 20 + 1 : i % 20 + 0x77);
}

static void tell_facts(struct run *run, unsigned int endpoints)
{
	for (unsigned int i = 0; i < endpoints; i++) {
		struct urb_event ev = plain_event(URB_EV_FACTS, 0, 0, endpoint_of(i));
		struct urb_facts facts = { .has_ids = true, .vid = 0x17e9, .pid = 0x6006,
					   .type = URB_TYPE_BULK, .driver = "usb-storage" };

		snprintf(facts.path, sizeof(facts.path), "%u-1.%u", 1 + i / 2000, 1 + i / 20 % 100);
		ev.facts = &facts;
		run_feed(run, &ev);
	}
}

/* A queue that is filled and drained, by times of some eight octaves. */
static void turn(struct run *run, uint64_t *seed, uint64_t *now, uint32_t ep)
{
	unsigned int urbs = 1 + random_below(seed, URBS);

	for (unsigned int u = 1; u <= urbs; u++) {
		struct urb_event ev = queued_event(*now, *now + 500, u, ep);

		*now += 1000;
		ev.type = URB_TYPE_BULK;
		run_feed(run, &ev);
	}
	for (unsigned int u = 1; u <= urbs; u++) {
		struct urb_event ev;

		*now += random_next(seed) >> (44 + random_below(seed, 6));
		ev = done_event(*now, u, ep);
		ev.type = URB_TYPE_BULK;
		run_feed(run, &ev);
	}
	*now += random_below(seed, 100000);
}

/* The lines of a text: series and value. */
struct line {
	char *series;
	uint64_t value;
};

static struct line *lines_of(const struct expose_out *out, size_t *cnt)
{
	struct line *lines = NULL;
	char *rest = strndup(out->data, out->len), *line;
	size_t room = 0;

	*cnt = 0;
	while ((line = strsep(&rest, "\n")) && rest) {
		char *value = strrchr(line, ' ');

		if (*cnt == room) {
			room = room ? 2 * room : 4096;
			lines = realloc(lines, room * sizeof(*lines));
		}
		if (!lines)
			abort();
		*value = '\0';
		lines[*cnt].series = line;
		lines[(*cnt)++].value = strtoull(value + 1, NULL, 10);
	}
	return lines;
}

static double by_printf(const struct line *lines, size_t cnt, char *buf, size_t size)
{
	double began = now_ms();
	size_t at = 0;

	for (size_t i = 0; i < cnt; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s %llu\n", lines[i].series,
				       (unsigned long long)lines[i].value);
	return now_ms() - began;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

/* Traffic, then a snapshot and what it adds. */
static void measure_taking(struct expose *e, struct run *run, unsigned int endpoints,
			   double *snapshot, double *series)
{
	uint64_t now = 1000, seed = 1;

	for (int round = 0; round < ROUNDS; round++) {
		struct snapshot *snap;
		double began;

		for (unsigned int n = 0; n < TURNS * endpoints; n++)
			turn(run, &seed, &now, endpoint_of(n % endpoints));
		began = now_ms();
		snap = metrics_snapshot(run->metrics, 0, NULL, 0);
		snapshot[round] = now_ms() - began;
		began = now_ms();
		if (!snap || expose_take(e, snap))
			abort();
		series[round] = now_ms() - began;
	}
}

/* As a server does it: a buffer for each answer. Leaves the last one in `out`. */
static double measure_format(struct expose *e, enum expose_format format, struct expose_out *out)
{
	static const struct expose_agent agent = { .version = "0" };
	double part[ROUNDS], began;

	for (int round = 0; round < ROUNDS; round++) {
		free(out->data);
		*out = (struct expose_out){ 0 };
		began = now_ms();
		if (expose_write(e, format, &agent, out))
			abort();
		part[round] = now_ms() - began;
	}
	return median(part);
}

static double measure_printf(const struct expose_out *out)
{
	double part[ROUNDS];
	size_t cnt;
	struct line *lines = lines_of(out, &cnt);
	char *buf = malloc(2 * out->len);

	if (!buf)
		abort();
	for (int round = 0; round < ROUNDS; round++)
		part[round] = by_printf(lines, cnt, buf, 2 * out->len);
	free(buf);
	free(lines[0].series);
	free(lines);
	return median(part);
}

/* As the server does. */
static size_t pack(const struct expose_out *page)
{
	z_stream z = { .next_in = (Bytef *)page->data, .avail_in = page->len };
	char block[BLOCK];
	size_t len;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	do {
		z.next_out = (Bytef *)block;
		z.avail_out = sizeof(block);
	} while (deflate(&z, Z_FINISH) != Z_STREAM_END);
	len = z.total_out;
	deflateEnd(&z);
	return len;
}

/* Milliseconds. */
static double measure_packing(const struct expose_out *page, size_t *len)
{
	double part[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		double began = now_ms();

		*len = pack(page);
		part[round] = now_ms() - began;
	}
	return median(part);
}

int main(int argc, char **argv)
{
	unsigned int endpoints = argc > 1 ? strtoul(argv[1], NULL, 10) : 500;
	double snapshot[ROUNDS], series[ROUNDS], format[EXPOSE_FORMATS], yardstick = 0;
	double packing[EXPOSE_FORMATS];
	struct expose *e = expose_new(NULL);
	struct expose_out out = { 0 };
	size_t len[EXPOSE_FORMATS], packed[EXPOSE_FORMATS];
	struct run run;

	run_init(&run, NULL, &gaps_only);
	tell_facts(&run, endpoints);
	measure_taking(e, &run, endpoints, snapshot, series);
	for (int f = 0; f < EXPOSE_FORMATS; f++) {
		format[f] = measure_format(e, f, &out);
		len[f] = out.len;
		packing[f] = measure_packing(&out, &packed[f]);
		if (f == EXPOSE_TEXT)
			yardstick = measure_printf(&out);
	}
	printf("%u endpoints: snapshot %.2f ms, what it adds %.2f ms, lines by snprintf() %.2f ms\n",
	       endpoints, median(snapshot), median(series), yardstick);
	for (int f = 0; f < EXPOSE_FORMATS; f++)
		printf("%-12s %6.2f ms %9zu bytes, ratio %.1f\n", expose_format_name(f), format[f],
		       len[f], yardstick / format[f]);
	for (int f = 0; f < EXPOSE_FORMATS; f++)
		printf("%-12s packed %6.2f ms %9zu bytes\n", expose_format_name(f), packing[f], packed[f]);
	free(out.data);
	expose_free(e);
	run_release(&run);
	return 0;
}
