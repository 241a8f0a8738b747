// SPDX-License-Identifier: GPL-2.0
/*
 * A part of a trace's time: the figures are the same whether what is before the part was read, or was
 * leapt over because the trace tells what stood there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/lives.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"
#include "sink/trace_scene.h"
#include "urbscope/report.h"

#define CNT    4000
#define SLOWER 200000

static struct urb_event events[CNT];

static void make_events(uint64_t seed, struct trace_run *run)
{
	struct lives lives;

	lives_draw(&lives, &seed);
	lives_generate(&lives, &seed, events, CNT);
	run->walks = random_below(&seed, 2) && !lives.inherited;
	run->sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED;
	for (size_t i = 0; i < CNT; i++) {
		events[i].time_ns = (events[i].time_ns + 1) * SLOWER;
		if (i && events[i].time_ns < events[i - 1].time_ns)
			events[i].time_ns = events[i - 1].time_ns;
		events[i].submit.submit_ns *= events[i].kind == URB_EV_SUBMIT ? SLOWER : 1;
		/* by chance, a loss that somebody tells */
		if (lives.losses && !random_below(&seed, 300)) {
			events[i] = plain_event(URB_EV_LOST, events[i].time_ns, 0,
						random_below(&seed, 2) ? URB_EP_ANY : lives.ep[0]);
			events[i].lost.count = 3;
			events[i].lost.until_ns = events[i].time_ns;
		}
	}
	run->start_ns = random_below(&seed, 2) ? events[0].time_ns : 0;
}

/* The report of a source, as JSON; free() it. */
static char *report(struct source *src, size_t *read)
{
	struct run run;
	struct got got = { 0 };
	struct snapshot_source head = { .kind = "bpf", .clock = "monotonic", .resolution_ns = 1 };
	struct track_config track;
	struct metrics_config metrics;
	struct snapshot *snap;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err;

	do
		err = source_read(src, got_event, &got, &got.fault);
	while (err >= 0);
	if (err != -ENODATA)
		fail_msg("%s", got.fault.text);
	track = (struct track_config){ .has_start = true, .start_ns = source_info(src)->start_ns };
	metrics = (struct metrics_config){ .idle_threshold_ns = LIVES_IDLE_NS * SLOWER, .has_start = true,
					   .start_ns = source_info(src)->start_ns };
	run_init(&run, &track, &metrics);
	for (size_t i = 0; i < got.cnt; i++) {
		if (got.ev[i].kind == URB_EV_FACTS)
			got.ev[i].facts = &got.facts[i];
		run_feed(&run, &got.ev[i]);
	}
	head.sees = source_info(src)->sees;
	snap = metrics_snapshot(run.metrics, source_now(src), &head, 0);
	assert_non_null(snap);
	assert_int_equal(report_json(snap, out), 0);
	fclose(out);
	snapshot_free(snap);
	run_release(&run);
	*read = got.cnt;
	got_release(&got);
	return text;
}

/* How many events were read, of which most are before the part. */
static char *report_part(int fd, const struct source_range *range, bool leap, size_t *read)
{
	struct source_config config = { .from_ns = leap ? range->from_ns : 0 };
	struct fault fault = { "" };
	struct source *src = source_open_range(trace_opened(fd, &config), range, &fault);
	char *text;

	assert_non_null(src);
	text = report(src, read);
	source_close(src);
	return text;
}

/* The order in which endpoints show is the serial number; what is told at once shows in another order. */
static void forget_serials(char *text)
{
	while ((text = strstr(text, "\"serial\": "))) {
		for (text += 10; *text >= '0' && *text <= '9'; text++)
			*text = '0';
	}
}

static void test_leap_changes_no_figure(void **state)
{
	size_t parts = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct trace_run run = trace_run_example();
		uint64_t draw = seed * 77, first, length;
		int fd;

		make_events(seed, &run);
		first = run.start_ns ? run.start_ns : events[0].time_ns;
		length = events[CNT - 1].time_ns - first;
		fd = trace_written(&run, events, CNT, 60, true);
		for (int i = 0; i < 12; i++, parts++) {
			struct source_range range = { .from_ns = 1 + random_below(&draw, length - 1) };
			size_t all, some;
			char *slow, *fast;

			range.to_ns = i % 3 ? UINT64_MAX : range.from_ns + 1 + random_below(&draw, length);
			slow = report_part(fd, &range, false, &all);
			fast = report_part(fd, &range, true, &some);
			forget_serials(slow);
			forget_serials(fast);
			if (strcmp(slow, fast)) {
				printf("%s\nbut with a leap\n%s\n", slow, fast);
				fail_msg("seed %zu, from %zu to %zu", (size_t)seed,
					 (size_t)range.from_ns, (size_t)range.to_ns);
			}
			free(slow);
			free(fast);
		}
		close(fd);
	}
	assert_int_equal(parts, 480);
}

/* Whoever writes a trace knows at every event what is in flight and what is in doubt, as figures do. */
static void test_scene_is_that_of_the_figures(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct trace_run head = trace_run_example();
		struct trace_scene scene;
		struct urb_event named;
		struct run run;

		make_events(seed, &head);
		run_init(&run, NULL, NULL);
		assert_int_equal(trace_scene_init(&scene, &head), 0);
		for (size_t i = 0; i < 800; i++) {
			run_feed(&run, &events[i]);
			assert_int_equal(trace_scene_event(&scene, &events[i], &named), 0);
			assert_int_equal(tracker_in_flight(run.tracker), scene.open_cnt);
			for (uint32_t e = 0; e < scene.endpoint_cnt; e++) {
				const struct scene_endpoint *ours = &scene.endpoints[e];
				const struct endpoint_figures *theirs;

				theirs = run_endpoint(&run, ours->ep, events[i].time_ns);
				if (theirs && (ours->open_cnt != theirs->in_flight_now ||
					       ours->lost == theirs->certain))
					fail_msg("seed %zu, event %zu, kind %d: %u in flight, or %u; lost %d, or %d",
						 (size_t)seed, i, events[i].kind, ours->open_cnt,
						 theirs->in_flight_now, ours->lost, !theirs->certain);
			}
		}
		trace_scene_release(&scene);
		run_release(&run);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("trace-knows-what-figures-know", test_scene_is_that_of_the_figures),
	TEST("leap-into-a-trace-changes-no-figure", test_leap_changes_no_figure),
};

TEST_MAIN(tests)
