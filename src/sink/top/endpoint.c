// SPDX-License-Identifier: GPL-2.0
/* The page of one endpoint, or of one of its streams. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sink/top/link.h"
#include "sink/top/view.h"
#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"
#include "urbscope/text.h"

#define MINUTE_NS UINT64_C(60000000000)
#define CHART_HEIGHT 6
#define LABEL	     6	/* cells left of the chart */

int draw_wrapped(struct canvas *c, int y, int x, unsigned int attr, const char *text)
{
	int width = c->width - x;
	char line[400];

	while (*text && width > 8) {
		size_t n = strlen(text), cut;

		if (n > (size_t)width) {
			for (cut = (size_t)width; cut && text[cut] != ' '; cut--)
				;
			n = cut ? cut : (size_t)width;
		}
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		canvas_text(c, y++, x, width, attr, line);
		text += n + strspn(text + n, " ");
	}
	return y;
}

static int draw_title(struct canvas *c, int y, const struct endpoint_figures *ep, uint16_t stream,
		      bool frozen)
{
	char device[DEVICE_SIZE], type[TYPE_SIZE], text[200];
	const struct urb_facts *f = &ep->facts;
	int x;

	device_name(ep, device);
	endpoint_type(ep, type);
	snprintf(text, sizeof(text), "%s 0x%02x %s", device, urb_ep_endpoint(ep->ep), type);
	if (stream)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " #%u", stream);
	x = draw_piece(c, y, 0, CANVAS_BOLD, text);
	if (f->name[0])
		x = draw_piece(c, y, x, 0, f->name);
	if (f->has_ids) {
		snprintf(text, sizeof(text), "%04x:%04x", f->vid, f->pid);
		x = draw_piece(c, y, x, 0, text);
	}
	if (f->driver[0]) {
		snprintf(text, sizeof(text), "driver %s", f->driver);
		x = draw_piece(c, y, x, 0, text);
	}
	if (urb_speed_name(f->speed)) {
		snprintf(text, sizeof(text), "%s speed", urb_speed_name(f->speed));
		x = draw_piece(c, y, x, 0, text);
	}
	if (f->max_packet) {
		snprintf(text, sizeof(text), "packets of %u B", f->max_packet & 0x7ff);
		x = draw_piece(c, y, x, 0, text);
	}
	if (frozen)
		draw_piece(c, y, x, CANVAS_ACCENT | CANVAS_BOLD, "frozen");
	return y + 1;
}

/* What the last minute has to say, in sentences. */
static int draw_findings(struct canvas *c, int y, const struct endpoint_figures *e, bool stream)
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t n = findings_of_endpoint(e, found), i;
	char text[FINDING_SIZE];

	for (i = 0; i < n; i++) {
		if (stream && found[i].kind >= FINDING_SYNC)
			continue;
		full_sentence(&found[i], text, sizeof(text));
		y = draw_wrapped(c, y, 2, found[i].kind >= FINDING_SYNC ? CANVAS_BOLD
								   : CANVAS_ALERT | CANVAS_BOLD,
			    text);
	}
	return y;
}

static int draw_figures(struct canvas *c, int y, const struct row *row)
{
	const struct endpoint_figures *total = row->total, *now = row->now;
	uint64_t capacity = link_capacity(total->facts.speed, total->type,
					  total->facts.max_packet);
	double rate = per_second(now->bytes, row->length_ns);
	char a[FMT_SIZE], b[FMT_SIZE], d[FMT_SIZE], text[200];
	int x;

	if (!total->depth.seen || !total->certain)
		snprintf(text, sizeof(text), "in flight %s", FMT_NA);
	else
		snprintf(text, sizeof(text), "in flight %u now, %s on average, %u at most",
			 total->in_flight_now,
			 now->busy_ns ? fmt_mean(a, now->depth.mean) : FMT_NONE,
			 total->in_flight_max);
	x = draw_piece(c, y, 0, 0, text);
	snprintf(text, sizeof(text), "%s URB/s",
		 fmt_rate(a, per_second(now->transfers.completed, row->length_ns)));
	x = draw_piece(c, y, x, 0, text);
	if (capacity)
		snprintf(text, sizeof(text), "%s MB/s of %s that the link could carry (%s)",
			 fmt_mbps(a, rate), fmt_mbps(b, (double)capacity),
			 fmt_percent(d, rate < (double)capacity ? rate / (double)capacity : 1));
	else
		snprintf(text, sizeof(text), "%s MB/s", fmt_mbps(a, rate));
	if (x + (int)strlen(text) > c->width && x > 0) {
		y++;
		x = 0;
	}
	draw_piece(c, y, x, 0, text);
	return y + 1;
}

struct one {
	struct trend *trend;
	uint32_t serial;
};

static void take_point(void *ctx, uint32_t serial, const struct history_point *point)
{
	struct one *one = ctx;

	if (serial == one->serial)
		trend_add(one->trend, point);
}

/* What the dots below the depth mean, as trend_draw_gaps() has them. */
static void draw_legend(struct canvas *c, int y, int x, int width)
{
	const char *text = c->utf8 ? "gaps: \u00b7 1%  \u2022 5%  \u25cf 20% of the busy time"
				   : "gaps: . 1%  o 5%  O 20% of the busy time";
	int cells = text_width(text, c->utf8);

	if (width >= cells)
		canvas_text(c, y, x + (width - cells) / 2, cells, CANVAS_DIM, text);
}

/* The depth over time, and a line that marks the gaps. */
static int draw_chart(struct canvas *c, int y, const struct top_view *view,
		      const struct top_data *data, const struct endpoint_figures *total)
{
	const struct span *span = chart_span(view, data->total);
	uint64_t to_ns = data->total->end_ns;
	uint32_t max = total->in_flight_max;
	struct trend trend;
	struct one one = {&trend, total->serial};
	int width = c->width - LABEL, used, i;
	char text[64];

	if (width < 8 || !data->history || !total->depth.seen)
		return y;
	width = width < 2 * TREND_BINS ? width : 2 * TREND_BINS;
	trend_init(&trend, to_ns, span->ns);
	history_trend(data->history, to_ns, span->ns, take_point, &one);
	snprintf(text, sizeof(text), "Depth over the last %s", span->name);
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, text);
	snprintf(text, sizeof(text), "%u", max);
	canvas_text_right(c, y, 0, LABEL - 1, 0, text);
	canvas_text_right(c, y + CHART_HEIGHT - 1, 0, LABEL - 1, 0, "0");
	for (i = 0; i < CHART_HEIGHT; i++)
		canvas_put(c, y + i, LABEL - 1, CANVAS_DIM, c->utf8 ? 0x2502 : '|');
	trend_draw(c, y + CHART_HEIGHT - 1, LABEL, width, CHART_HEIGHT, &trend, max, 0);
	y += CHART_HEIGHT;
	canvas_text_right(c, y, 0, LABEL - 1, 0, "gaps");
	trend_draw_gaps(c, y, LABEL, width, &trend);
	y++;
	snprintf(text, sizeof(text), "%s ago", span->ago);
	used = canvas_text(c, y, LABEL, width, CANVAS_DIM, text);
	canvas_text_right(c, y, LABEL, width, CANVAS_DIM, "now");
	draw_legend(c, y, LABEL + used + 2, width - used - 7);
	return y + 2;
}

/* Stands for what the last minute had nothing of. */
static const struct endpoint_figures nothing = {.complete = true, .certain = true};

/*
 * What distributions are made of: the last minute, the whole run if that is asked for and known,
 * or the interval where no more is kept. `sum` is to be freed.
 */
static const struct endpoint_figures *base_of(const struct top_view *view,
					      const struct top_data *data,
					      const struct endpoint_figures *run,
					      const struct endpoint_figures *now,
					      struct snapshot **sum, const char **name)
{
	*sum = NULL;
	*name = "the whole run";
	if (view->whole_run && !view->moment)
		return run;
	*name = "the last interval";
	if (!data->history || !history_last(data->history))
		return now;
	*name = "the last minute";
	*sum = history_sum(data->history, data->total, view->at.serial, view->at.stream,
			   data->total->end_ns, MINUTE_NS);
	if (!*sum)
		return NULL;
	return (*sum)->endpoint_cnt ? &(*sum)->endpoints[0] : &nothing;
}

static const struct endpoint_figures *part_of(const struct endpoint_figures *e, uint16_t stream)
{
	size_t i;

	for (i = 0; stream && i < e->stream_cnt; i++)
		if (e->streams[i].stream == stream)
			return &e->streams[i];
	return stream ? NULL : e;
}

static bool is_frozen(const struct top_view *view)
{
	return view->frozen.serial && view->frozen.serial == view->at.serial && view->frozen_total;
}

int draw_endpoint_page(struct canvas *c, struct top_view *view, const struct top_data *data)
{
	bool frozen = is_frozen(view);
	const struct snapshot *totals = frozen ? view->frozen_total : data->total;
	const struct snapshot *interval = frozen ? view->frozen_interval
				       : data->interval ? data->interval : data->total;
	const struct endpoint_figures *ep = total_of(totals, view->at.serial), *run, *now, *base;
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	struct top_data shown = *data;
	struct snapshot *sum;
	const char *name;
	char text[120];
	struct row row;
	int y;

	run = ep ? part_of(ep, view->at.stream) : NULL;
	if (!run) {
		canvas_text(c, 0, 0, c->width, 0, "This endpoint was not there yet. q leads back.");
		return 1;
	}
	shown.total = totals;
	now = part_of(interval_of(interval, 0, view->at.serial), view->at.stream);
	now = now ? now : &nothing;
	base = base_of(view, &shown, run, now, &sum, &name);
	if (!base)
		return 0;
	row = row_of(run, now, view->at.stream ? ep : NULL, length_ns);
	y = draw_title(c, 0, ep, view->at.stream, frozen);
	y = draw_findings(c, y, base, view->at.stream);
	y = draw_figures(c, y, &row) + 1;
	if (run->errors || run->transfers.failed_submit)
		y = draw_errors(c, y, run, view->at.stream ? NULL : data->recent, totals->end_ns) + 1;
	if (!view->at.stream)
		y = draw_chart(c, y, view, &shown, run);
	snprintf(text, sizeof(text), "Times of %s", name);
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, text);
	y = draw_times(c, y, run, base) + 1;
	snprintf(text, sizeof(text), "Depth in %s: share of the busy time", name);
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, text);
	y = draw_depths(c, y, base) + 1;
	if (!view->at.stream)
		y = draw_callers(c, y, data, ep) + 1;
	if (data->recent && !view->at.stream)
		y = draw_transfers(c, y, data->recent, totals->end_ns) + 1;
	if (ep->stream_cnt && !view->at.stream)
		y = draw_streams(c, y, ep, interval_of(interval, 0, ep->serial), length_ns);
	snapshot_free(sum);
	return y;
}
