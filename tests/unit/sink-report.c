// SPDX-License-Identifier: GPL-2.0
/* The reports say what DESIGN promises, and n/a where the source is blind. */
#include "../lib/testmain.h"

#include <errno.h>
#include <string.h>

#include "../lib/fakesnap.h"
#include "../lib/jsonread.h"
#include "urbscope/report.h"
#include "urbscope/text.h"

#define MS 1000000ULL

/* A synchronous OUT and a queued IN of one device, and a UAS pipe with two streams. */
static const struct fake_endpoint three[] = {
	{.ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .gap_max_ns = 1230000,
	 .latency_ns = 220000, .transfers = 4000, .bytes = 300000000, .stalls = 3},
	{.ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {0, 0, 10 * MS, 0, 0, 0, 0, 0, 990 * MS}, .latency_ns = 900000,
	 .transfers = 9000, .bytes = 500000000},
	{.ep = 0x020784, .type = URB_TYPE_BULK, .path = "2-1", .driver = "uas",
	 .depth_ns = {0, 0, 500 * MS}, .latency_ns = 40000, .transfers = 100, .bytes = 1000000,
	 .streams = 2},
};

typedef int (*writer)(const struct snapshot *snap, FILE *out);

static char *text_of(writer write, const struct snapshot *snap)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(write(snap, f), 0);
	fclose(f);
	return text;
}

static struct json_value *json_of(writer write, const struct snapshot *snap)
{
	char *text = text_of(write, snap), error[128] = "";
	struct json_value *v = json_read(text, strlen(text), error, sizeof(error));

	assert_string_equal(error, "");
	free(text);
	return v;
}

/* Section 4 of the design, key by key. */
static void json_has_all_that_is_promised(void **state)
{
	static const char *const paths[] = {
		"schema", "source.kind", "source.path", "source.clock", "source.resolution_ns",
		"source.sees", "source.tells_losses", "window_ns", "idle_threshold_ns", "events.submit", "events.complete",
		"events.submit_error", "events.lost", "events.skipped", "endpoints", "findings",
	};
	static const char *const of_endpoint[] = {
		"device.bus", "device.address", "device.path", "device.vid", "device.pid",
		"device.name", "device.speed", "device.driver", "endpoint", "type", "complete",
		"transfers.submitted", "transfers.completed", "transfers.inherited",
		"transfers.open", "transfers.failed_submit", "transfers.unpaired", "status.0",
		"bytes", "in_flight.now", "in_flight.max", "busy_ns", "bursts", "depth.mean",
		"depth.min", "depth.p1", "depth.p50", "depth.p99", "depth.max", "depth.time_ns",
		"gaps.count", "gaps.total_ns", "gaps.share", "gaps.p50_ns", "gaps.p99_ns",
		"gaps.max_ns", "latency_ns.mean", "latency_ns.p50", "latency_ns.p99",
		"latency_ns.max", "service_ns.mean", "giveback_delay_ns.mean", "handler_ns.mean",
		"streams",
	};
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct json_value *v = json_of(report_json, snap);
	char path[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_non_null(json_at(v, paths[i], NULL));
	for (i = 0; i < sizeof(of_endpoint) / sizeof(of_endpoint[0]); i++) {
		snprintf(path, sizeof(path), "endpoints[0].%s", of_endpoint[i]);
		assert_non_null(json_at(v, path, NULL));
	}
	json_value_free(v);
	fake_free(snap);
}

static void json_tells_no_level_that_is_in_doubt(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct json_value *v;

	(void)state;
	fake_ep(snap, 0)->certain = false;
	v = json_of(report_json, snap);
	assert_string_equal(json_text_at(v, "endpoints[0].in_flight.now"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].certain"), "false");
	assert_string_not_equal(json_text_at(v, "endpoints[1].in_flight.now"), "null");
	json_value_free(v);
	fake_free(snap);
}

static void json_figures_are_those_of_the_snapshot(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct json_value *v = json_of(report_json, snap);

	(void)state;
	assert_string_equal(json_text_at(v, "schema"), "urbscope.report/1");
	assert_string_equal(json_text_at(v, "source.path"), "null");
	assert_string_equal(json_text_at(v, "source.sees[4]"), "returned");
	assert_int_equal(json_u64_at(v, "window_ns"), 1000 * MS);
	assert_string_equal(json_text_at(v, "endpoints[0].endpoint"), "0x02");
	assert_string_equal(json_text_at(v, "endpoints[0].type"), "bulk");
	assert_string_equal(json_text_at(v, "endpoints[0].device.vid"), "17e9");
	assert_string_equal(json_text_at(v, "endpoints[0].device.speed"), "super");
	assert_string_equal(json_text_at(v, "endpoints[2].device.name"), "null");
	assert_int_equal(json_u64_at(v, "endpoints[0].status.-32"), 3);
	assert_int_equal(json_u64_at(v, "endpoints[0].status.0"), 3997);
	assert_string_equal(json_text_at(v, "endpoints[0].depth.mean"), "0.87");
	assert_int_equal(json_u64_at(v, "endpoints[1].depth.time_ns[8]"), 990 * MS);
	assert_int_equal(json_at(v, "endpoints[1].depth.time_ns", NULL)->cnt, 9);
	assert_string_equal(json_text_at(v, "endpoints[0].gaps.share"), "0.13");
	assert_int_equal(json_u64_at(v, "endpoints[2].streams[1].stream"), 2);
	assert_null(json_at(v, "endpoints[2].streams[1].device", NULL));
	assert_int_equal(json_u64_at(v, "endpoints[2].streams[stream=2].depth.max"), 2);
	json_value_free(v);
	fake_free(snap);
}

static void the_unseen_is_null_not_zero(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 1, 1000 * MS);
	struct endpoint_figures *ep = fake_ep(snap, 0);
	struct json_value *v;

	(void)state;
	ep->depth.seen = false;
	ep->service.seen = ep->handler.seen = ep->giveback_delay.seen = false;
	ep->facts = (struct urb_facts){0};
	ep->type = URB_TYPE_UNKNOWN;
	v = json_of(report_json, snap);
	assert_string_equal(json_text_at(v, "endpoints[0].depth"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].gaps"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].service_ns"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].handler_ns"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].giveback_delay_ns"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].device.vid"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].device.speed"), "null");
	assert_string_equal(json_text_at(v, "endpoints[0].type"), "null");
	assert_int_equal(json_u64_at(v, "endpoints[0].device.address"), 5);
	json_value_free(v);
	fake_free(snap);
}

static void an_interval_is_one_line(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 250 * MS);
	char *text = text_of(report_interval_json, snap);
	struct json_value *v;

	(void)state;
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	v = json_of(report_interval_json, snap);
	assert_string_equal(json_text_at(v, "schema"), "urbscope.top/1");
	assert_int_equal(json_u64_at(v, "time_ns"), 5250 * MS);
	assert_int_equal(json_u64_at(v, "interval_ns"), 250 * MS);
	assert_int_equal(json_u64_at(v, "lost"), 0);
	assert_int_equal(json_u64_at(v, "endpoints[endpoint=0x81].bytes"), 500000000);
	json_value_free(v);
	fake_free(snap);
}

static int text_at_80(const struct snapshot *snap, FILE *out)
{
	return report_text(snap, 80, true, out);
}

static int text_at_200(const struct snapshot *snap, FILE *out)
{
	return report_text(snap, 200, true, out);
}

/* The line that starts with `prefix`, its words parted by single blanks. */
static char *line_of(const char *text, const char *prefix, char *buf, size_t size)
{
	const char *at = text;
	size_t n = 0;

	while (strncmp(at, prefix, strlen(prefix))) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	for (; *at && *at != '\n' && n + 1 < size; at++)
		if (*at != ' ' || (n && buf[n - 1] != ' '))
			buf[n++] = *at;
	buf[n] = '\0';
	return buf;
}

static void text_rows_hold_the_figures(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 2000 * MS);
	char *text = text_of(text_at_80, snap), buf[256];

	(void)state;
	assert_string_equal(line_of(text, "1-1.2 ", buf, sizeof(buf)),
			    "1-1.2 17e9:6006 Dock super udl");
	/* 300 MB in 1 s of busy time; three stalls, whose name has no room */
	assert_string_equal(line_of(text, "  0x02", buf, sizeof(buf)),
			    "0x02 bulk out 1 0.87 13 87 - - - 13.0% 1.23ms 220us 300 3");
	assert_string_equal(line_of(text, "  0x81", buf, sizeof(buf)),
			    "0x81 bulk in 8 7.94 - - 1 - 99 0% - 900us 500 -");
	assert_string_equal(line_of(text, "   #2", buf, sizeof(buf)),
			    "#2 2 2.00 - - 100 - - 0% - 40.0us 2.00 -");
	free(text);
	text = text_of(text_at_200, snap);
	/* wider: gaps counted, all latencies, the window's rate, errors by name */
	assert_non_null(strstr(line_of(text, "  0x02", buf, sizeof(buf)),
			       "13.0% 500 1.23ms 1.23ms 220us 220us 220us 220us 2.00us 2.00us "
			       "2.00us 300 150 4.00k EPIPE x3"));
	free(text);
	fake_free(snap);
}

static void text_tells_losses_first(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	char *text;

	(void)state;
	snap->events.lost = 77;
	fake_ep(snap, 1)->certain = false;
	text = text_of(text_at_80, snap);
	assert_int_equal(strncmp(text, "INCOMPLETE: 77 events lost", 26), 0);
	assert_non_null(strstr(text, "1-1.2 0x81 bulk in: not certain"));
	free(text);
	fake_free(snap);
}

static void a_finding_that_is_everywhere_hides_no_other(void **state)
{
	struct fake_endpoint many[30];
	struct snapshot *snap;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 30; i++)
		many[i] = three[0]; /* synchronous, and with stalls */
	snap = fake_snapshot(many, 30, 1000 * MS);
	for (i = 0; i < 30; i++)
		fake_ep(snap, i)->certain = false;
	text = text_of(text_at_200, snap);
	assert_non_null(strstr(text, "  and 25 more endpoints: lost."));
	assert_non_null(strstr(text, "  and 25 more endpoints: errors."));
	assert_non_null(strstr(text, "  and 25 more endpoints: sync."));
	free(text);
	fake_free(snap);
}

static void text_says_na_for_the_unseen(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 1, 1000 * MS);
	char *text, buf[256];

	(void)state;
	snap->source.sees = URB_SUBMIT | URB_HANDLER;
	fake_ep(snap, 0)->depth.seen = false;
	fake_ep(snap, 0)->complete = false;
	fake_ep(snap, 0)->latency.seen = false;
	text = text_of(text_at_80, snap);
	assert_string_equal(line_of(text, "  0x02", buf, sizeof(buf)),
			    "0x02 bulk out n/a n/a n/a n/a n/a n/a n/a 3");
	assert_non_null(strstr(text, "no submission was seen"));
	free(text);
	fake_free(snap);
}

static void silence_is_no_promise(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 1, 1000 * MS);
	char *text;

	(void)state;
	text = text_of(text_at_200, snap);
	assert_non_null(strstr(text, "nothing lost"));
	free(text);
	snap->source.silent = true;
	text = text_of(text_at_200, snap);
	assert_null(strstr(text, "nothing lost"));
	assert_non_null(strstr(text, "losses not told"));
	free(text);
	fake_free(snap);
}

static void no_line_is_wider_than_asked(void **state)
{
	struct fake_endpoint hostile = three[0];
	struct snapshot *snap;
	char name[64], *text, *line, *save;
	int width;

	(void)state;
	memset(name, 0x9b, 63);
	memcpy(name, "\x1b[2J\xc2\x9b\u202e漢漢", 15);
	name[63] = '\0';
	hostile.name = name;
	hostile.path = hostile.driver = "\x1b]0;owned\x07\x1b]0;owned\x07";
	snap = fake_snapshot(&hostile, 1, 1000 * MS);
	for (width = 40; width <= 260; width++) {
		size_t n;
		FILE *f = open_memstream(&text, &n);

		assert_int_equal(report_text(snap, width, width % 2, f), 0);
		fclose(f);
		for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			assert_true(text_width(line, width % 2) <= width);
			for (n = 0; line[n]; n++)
				assert_true((unsigned char)line[n] >= 0x20);
			assert_null(strstr(line, "\xc2\x9b"));
			assert_null(strstr(line, "\u202e"));
		}
		free(text);
	}
	fake_free(snap);
}

static void a_full_disk_fails_the_report(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_int_equal(report_json(snap, full), -ENOSPC);
	fclose(full);
	full = fopen("/dev/full", "w");
	assert_true(report_text(snap, 80, true, full) < 0);
	fclose(full);
	fake_free(snap);
}

static void an_empty_run_has_a_report(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 0, 0);
	struct json_value *v = json_of(report_json, snap);
	char *text = text_of(text_at_80, snap);

	(void)state;
	assert_int_equal(json_at(v, "endpoints", NULL)->cnt, 0);
	assert_non_null(strstr(text, "No traffic was seen."));
	free(text);
	json_value_free(v);
	fake_free(snap);
}

static const struct CMUnitTest tests[] = {
	TEST("json-has-all-that-is-promised", json_has_all_that_is_promised),
	TEST("json-figures-are-those-of-the-snapshot", json_figures_are_those_of_the_snapshot),
	TEST("json-tells-no-level-that-is-in-doubt", json_tells_no_level_that_is_in_doubt),
	TEST("the-unseen-is-null-not-zero", the_unseen_is_null_not_zero),
	TEST("an-interval-is-one-line", an_interval_is_one_line),
	TEST("text-rows-hold-the-figures", text_rows_hold_the_figures),
	TEST("text-tells-losses-first", text_tells_losses_first),
	TEST("a-finding-that-is-everywhere-hides-no-other",
	     a_finding_that_is_everywhere_hides_no_other),
	TEST("text-says-na-for-the-unseen", text_says_na_for_the_unseen),
	TEST("report-text-promises-nothing-of-a-silent-source", silence_is_no_promise),
	TEST("no-line-is-wider-than-asked", no_line_is_wider_than_asked),
	TEST("a-full-disk-fails-the-report", a_full_disk_fails_the_report),
	TEST("an-empty-run-has-a-report", an_empty_run_has_a_report),
};

TEST_MAIN_UTF8(tests)
