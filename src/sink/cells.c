// SPDX-License-Identifier: GPL-2.0
/* What each column of a table says. */
#include "sink/table.h"

#include <stdio.h>
#include <string.h>

#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

/* From this share on a gap stands out: the same as where a finding begins. */
#define GAP_SHARE_WARN 0.01

static void say(struct cell_text *out, const char *s)
{
	snprintf(out->s, sizeof(out->s), "%s", s);
}

static void cell_device(const struct row *row, int width, struct cell_text *out)
{
	char name[DEVICE_SIZE];

	(void)width;
	device_name(row->total, name);
	if (!row->parent && !row->repeat)
		say(out, name);
}

static void cell_name(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!row->parent && !row->repeat)
		product_name(row->total, out->s, sizeof(out->s));
}

static void cell_driver(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!row->parent)
		say(out, row->total->facts.driver);
}

static void cell_endpoint(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (row->parent)
		snprintf(out->s, sizeof(out->s), " #%u", row->total->stream);
	else
		snprintf(out->s, sizeof(out->s), "0x%02x", urb_ep_endpoint(row->total->ep));
}

/* "bulk out" where it fits, "bulk" where not: 0x02 says the direction too. */
static void cell_type(const struct row *row, int width, struct cell_text *out)
{
	char type[TYPE_SIZE];

	if (row->parent)
		return;
	endpoint_type(row->total, type);
	if (width >= 8)
		say(out, type);
	else if (row->total->type == URB_TYPE_CONTROL)
		say(out, "ctrl");
	else
		say(out, urb_type_name(row->total->type));
}

static void cell_now(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!row->total->depth.seen || !row->total->certain)
		say(out, FMT_NA);
	else
		fmt_count(out->s, row->total->in_flight_now);
}

static void cell_max(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!row->total->depth.seen)
		say(out, FMT_NA);
	else
		fmt_count(out->s, row->total->in_flight_max);
}

/* Figures over busy time: unknown without submissions, none without busy time. */
static bool no_depth(const struct row *row, struct cell_text *out)
{
	if (!row->total->depth.seen)
		say(out, FMT_NA);
	else if (!row->now->busy_ns)
		say(out, FMT_NONE);
	return out->s[0];
}

static void cell_mean(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!no_depth(row, out))
		fmt_mean(out->s, row->now->depth.mean);
}

/* The share of busy time at 0, 1, 2-3, 4-7 and 8 or more in flight, in per cent. */
static void cell_bands(const struct row *row, int width, struct cell_text *out)
{
	const struct depth_figures *depth = &row->now->depth;
	uint64_t time[5] = {0};
	size_t i, used = 0;

	(void)width;
	if (no_depth(row, out))
		return;
	for (i = 0; i < depth->time_cnt; i++)
		time[i < 2 ? i : i < 4 ? 2 : i < 8 ? 3 : 4] += depth->time_ns[i];
	for (i = 0; i < 5; i++) {
		double percent = per_second(time[i], row->now->busy_ns) / 1e7;
		const char *blank = i ? " " : "";
		char *at = out->s + used;

		if (!time[i])
			used += (size_t)sprintf(at, "%s  -", blank);
		else if (percent < 0.5)
			used += (size_t)sprintf(at, "%s <1", blank);
		else if (percent >= 99.5 && time[i] < row->now->busy_ns)
			used += (size_t)sprintf(at, "%s>99", blank);
		else
			used += (size_t)sprintf(at, "%s%3.0f", blank, percent);
	}
}

static void cell_gap_share(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (no_depth(row, out))
		return;
	fmt_percent(out->s, row->now->gaps.share);
	if (row->now->gaps.share >= GAP_SHARE_WARN && row->total->type != URB_TYPE_CONTROL &&
	    !row->parent)
		out->attr = CANVAS_BOLD;
}

static void gap_time(const struct row *row, uint64_t ns, struct cell_text *out)
{
	if (!row->total->depth.seen)
		say(out, FMT_NA);
	else if (!row->now->gaps.count)
		say(out, FMT_NONE);
	else
		fmt_duration_tight(out->s, ns);
}

static void cell_gap_p99(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	gap_time(row, row->now->gaps.p99_ns, out);
}

static void cell_gap_max(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	gap_time(row, row->now->gaps.max_ns, out);
}

static void cell_gap_count(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!no_depth(row, out))
		fmt_count(out->s, row->now->gaps.count);
}

static void time_cell(bool seen, const struct time_figures *t, uint64_t ns,
		      struct cell_text *out)
{
	if (!seen)
		say(out, FMT_NA);
	else if (!t->count)
		say(out, FMT_NONE);
	else
		fmt_duration_tight(out->s, ns);
}

#define TIME_CELL(name, times, figure)                                                           \
	static void name(const struct row *row, int width, struct cell_text *out)                \
	{                                                                                        \
		(void)width;                                                                     \
		time_cell(row->total->times.seen, &row->now->times, row->now->times.figure, out);\
	}

TIME_CELL(cell_latency_p50, latency, p50_ns)
TIME_CELL(cell_latency_p99, latency, p99_ns)
TIME_CELL(cell_latency_max, latency, max_ns)
TIME_CELL(cell_service_p99, service, p99_ns)
TIME_CELL(cell_giveback_p99, giveback_delay, p99_ns)
TIME_CELL(cell_handler_p99, handler, p99_ns)
TIME_CELL(cell_turnaround_p99, turnaround, p99_ns)

static void cell_mbps_busy(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (!no_depth(row, out))
		fmt_mbps(out->s, per_second(row->now->bytes, row->now->busy_ns));
}

static void cell_mbps(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (row->idle)
		say(out, FMT_NONE);
	else
		fmt_mbps(out->s, per_second(row->now->bytes, row->length_ns));
}

static void cell_urbs(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	if (row->idle)
		say(out, FMT_NONE);
	else
		fmt_rate(out->s, per_second(row->now->transfers.completed, row->length_ns));
}

static void cell_transfers(const struct row *row, int width, struct cell_text *out)
{
	(void)width;
	fmt_count(out->s, row->total->transfers.completed);
}

/*
 * By name where that fits, else how many. URBs that the driver cancelled are named, and not
 * counted: every queue that is closed leaves some.
 */
static void cell_errors(const struct row *row, int width, struct cell_text *out)
{
	uint64_t failures = endpoint_failures(row->total);
	size_t wanted = status_names(row->total, out->s, sizeof(out->s));

	if (failures)
		out->attr = CANVAS_ALERT | CANVAS_BOLD;
	if (wanted && wanted <= (size_t)width)
		return;
	if (failures)
		fmt_count(out->s, failures);
	else
		say(out, FMT_NONE);
}

static void cell_word(const struct row *row, int width, struct cell_text *out)
{
	row_words(row, width, out->s, sizeof(out->s), &out->attr);
}

/* In flight now against the most there ever was: a heavy line on a thin one. */
static void draw_bar(struct canvas *c, int y, int x, int width, unsigned int attr,
		     const struct row *row)
{
	uint64_t now = row->total->in_flight_now, max = row->total->in_flight_max;
	int halves, i;

	if (!row->total->depth.seen || !max)
		return;
	if (!row->total->certain)
		now = 0;
	now = now < max ? now : max;
	halves = (int)(now * 2 * (uint64_t)width / max);
	if (now && !halves)
		halves = 1;
	for (i = 0; i < width; i++) {
		uint32_t ch = halves > 1 ? 0x2501 : halves == 1 ? 0x2578 : 0x2500;

		if (!c->utf8)
			ch = halves > 0 ? '#' : '.';
		canvas_put(c, y, x + i, halves > 0 ? attr | CANVAS_ACCENT : attr | CANVAS_DIM, ch);
		halves -= 2;
	}
}

#define NUMBER(g, t, n, x, d, f) \
	{.group = (g), .title = (t), .min = (n), .max = (x), .drop = (d), \
	 .grow = (x) > (n) ? 4 : 0, .right = true, .cell = (f)}
#define TEXT(t, n, x, d, g, f) \
	{.title = (t), .min = (n), .max = (x), .drop = (d), .grow = (g), .cell = (f)}

const struct column report_columns[] = {
	TEXT("EP", 4, 6, 0, 4, cell_endpoint),
	TEXT("TYPE", 8, 8, 0, 0, cell_type),
	TEXT("DRIVER", 7, 14, 8, 3, cell_driver),
	NUMBER("IN FLIGHT", "MAX", 4, 4, 0, cell_max),
	NUMBER("IN FLIGHT", "MEAN", 4, 5, 0, cell_mean),
	NUMBER("BUSY % AT DEPTH", "  0   1 2-3 4-7  8+", 19, 19, 2, cell_bands),
	NUMBER("GAPS", "SHARE", 6, 6, 0, cell_gap_share),
	NUMBER("GAPS", "COUNT", 5, 5, 12, cell_gap_count),
	NUMBER("GAPS", "P99", 6, 6, 3, cell_gap_p99),
	NUMBER("GAPS", "MAX", 6, 6, 6, cell_gap_max),
	NUMBER("LATENCY", "P50", 6, 6, 7, cell_latency_p50),
	NUMBER("LATENCY", "P99", 6, 6, 4, cell_latency_p99),
	NUMBER("LATENCY", "MAX", 6, 6, 9, cell_latency_max),
	NUMBER("P99 OF", "SERVICE", 7, 7, 13, cell_service_p99),
	NUMBER("P99 OF", "GIVEBACK", 8, 8, 16, cell_giveback_p99),
	NUMBER("P99 OF", "HANDLER", 7, 7, 14, cell_handler_p99),
	NUMBER("P99 OF", "TURNAROUND", 10, 10, 15, cell_turnaround_p99),
	NUMBER("MB/s", "BUSY", 5, 6, 3, cell_mbps_busy),
	NUMBER("MB/s", "WINDOW", 6, 6, 10, cell_mbps),
	NUMBER(NULL, "URBS", 5, 6, 5, cell_transfers),
	TEXT("ERRORS", 4, 32, 1, 2, cell_errors),
};
const size_t report_column_cnt = sizeof(report_columns) / sizeof(report_columns[0]);

/* What rows are sorted by: nothing known comes last. */
#define RANK(name, known, value)                                                                 \
	static double name(const struct row *row)                                                \
	{                                                                                        \
		return (known) ? (double)(value) : -1;                                           \
	}

RANK(rank_now, row->total->depth.seen && row->total->certain, row->total->in_flight_now)
RANK(rank_mean, row->now->busy_ns, row->now->depth.mean)
RANK(rank_max, row->total->depth.seen, row->total->in_flight_max)
RANK(rank_fill, row->total->in_flight_max,
     (double)row->total->in_flight_now / row->total->in_flight_max)
RANK(rank_share, row->total->depth.seen && row->now->busy_ns, row->now->gaps.share)
RANK(rank_gap_p99, row->now->gaps.count, row->now->gaps.p99_ns)
RANK(rank_gap_max, row->now->gaps.count, row->now->gaps.max_ns)
RANK(rank_latency_p50, row->now->latency.count, row->now->latency.p50_ns)
RANK(rank_latency_p99, row->now->latency.count, row->now->latency.p99_ns)
RANK(rank_service_p99, row->now->service.count, row->now->service.p99_ns)
RANK(rank_giveback_p99, row->now->giveback_delay.count, row->now->giveback_delay.p99_ns)
RANK(rank_handler_p99, row->now->handler.count, row->now->handler.p99_ns)
RANK(rank_turnaround_p99, row->now->turnaround.count, row->now->turnaround.p99_ns)
RANK(rank_mbps, true, per_second(row->now->bytes, row->length_ns))
RANK(rank_urbs, true, per_second(row->now->transfers.completed, row->length_ns))
RANK(rank_errors, true, endpoint_failures(row->total))

#define SORTED(k, r, w) .key = (k), .rank = (r), .what = (w)
#define LIVE(g, t, n, x, d, f, k, r, w) \
	{.group = (g), .title = (t), .min = (n), .max = (x), .drop = (d), \
	 .grow = (x) > (n) ? 4 : 0, .right = true, .cell = (f), SORTED(k, r, w)}
#define MORE(g, t, n, f, k, r, w) \
	{.group = (g), .title = (t), .min = (n), .max = (n), .drop = 13, .right = true, \
	 .cell = (f), .off = true, SORTED(k, r, w)}
#define NAMED(t, n, x, d, g, f, k, dev, w) \
	{.title = (t), .min = (n), .max = (x), .drop = (d), .grow = (g), .cell = (f), \
	 .key = (k), .of_device = (dev), .what = (w)}

const struct column top_columns[] = {
	NAMED("DEVICE", 6, 10, 2, 1, cell_device, "device", true, "its port, or bus:address"),
	{.title = "NAME", .least = 8, .min = 14, .max = 30, .drop = 12, .grow = 2, .cell = cell_name,
	 .key = "name", .of_device = true, .what = "as the device calls itself"},
	NAMED("DRIVER", 7, 14, 11, 3, cell_driver, "driver", false, "bound to its interface"),
	NAMED("EP", 4, 6, 0, 4, cell_endpoint, "ep", false, "address; 0x80 and up is IN"),
	{.title = "TYPE", .least = 4, .min = 8, .max = 8, .drop = 6, .cell = cell_type, .key = "type",
	 .what = "bulk, iso, int or control"},
	LIVE("IN FLIGHT", "NOW", 4, 4, 0, cell_now, "now", rank_now,
	     "URBs that the host controller holds now"),
	LIVE("IN FLIGHT", "MEAN", 4, 5, 3, cell_mean, "mean", rank_mean,
	     "on average over the busy time"),
	LIVE("IN FLIGHT", "MAX", 4, 4, 3, cell_max, "max", rank_max, "the most of the run"),
	{.group = "IN FLIGHT", .title = "", .min = 4, .max = 12, .drop = 7, .grow = 4,
	 .draw = draw_bar, SORTED("bar", rank_fill, "now, against the most of the run")},
	{.title = "LAST MIN", .min = 8, .max = 30, .drop = 5, .grow = 3, .draw = draw_trend,
	 SORTED("minute", rank_mean, "the depth of the last minute against the most of the run")},
	LIVE("GAPS", "SHARE", 6, 6, 1, cell_gap_share, "gaps", rank_share,
	     "of the busy time: nothing in flight, though there was more to do"),
	LIVE("GAPS", "P99", 6, 6, 10, cell_gap_p99, "gap-p99", rank_gap_p99,
	     "99 of 100 gaps were at most this long"),
	LIVE("GAPS", "MAX", 6, 6, 14, cell_gap_max, "gap-max", rank_gap_max, "the longest gap"),
	LIVE("LATENCY", "P50", 6, 6, 13, cell_latency_p50, "latency-p50", rank_latency_p50,
	     "submission to completion: half took at most this long"),
	LIVE("LATENCY", "P99", 6, 6, 9, cell_latency_p99, "latency-p99", rank_latency_p99,
	     "99 of 100 took at most this long"),
	LIVE(NULL, "MB/s", 5, 6, 2, cell_mbps, "rate", rank_mbps, "payload, 10^6 bytes a second"),
	LIVE(NULL, "LINK", 5, 5, 8, cell_link, "link", rank_link,
	     "of what the link could carry at its speed"),
	LIVE(NULL, "URB/s", 5, 6, 11, cell_urbs, "urbs", rank_urbs, "transfers a second"),
	MORE("P99 OF", "SERVICE", 7, cell_service_p99, "service-p99", rank_service_p99,
	     "from the host controller's taking it to its giving it back"),
	MORE("P99 OF", "GIVEBACK", 8, cell_giveback_p99, "giveback-p99", rank_giveback_p99,
	     "from there to the driver's handler"),
	MORE("P99 OF", "HANDLER", 7, cell_handler_p99, "handler-p99", rank_handler_p99,
	     "within the driver's handler"),
	MORE("P99 OF", "TURNAROUND", 10, cell_turnaround_p99, "turnaround-p99",
	     rank_turnaround_p99, "from the endpoint's running empty to the next submission"),
	{.title = "ERR", .min = 4, .max = 24, .drop = 4, .grow = 4, .cell = cell_errors,
	 SORTED("errors", rank_errors, "of the whole run, by name where they fit")},
	{.title = "REMARK", .min = 17, .max = 31, .drop = 0, .grow = 3, .cell = cell_word,
	 SORTED("words", row_badness, "what is wrong, in a word")},
};
const size_t top_column_cnt = sizeof(top_columns) / sizeof(top_columns[0]);
