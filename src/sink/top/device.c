// SPDX-License-Identifier: GPL-2.0
/* The page of a device: its endpoints together, what IN has posted against what OUT has pending. */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define LABEL	  14

/*
 * Both directions of a device over time: endpoints for data that were ever in use, or those for
 * interrupts where a direction has no other.
 */
struct flows {
	const struct snapshot *total;
	const struct endpoint_figures *device;
	bool has_data[2];
	int cnt[2];		/* endpoints; OUT, IN */
	struct trend way[2];
	struct trend known;	/* each moment once: what time is covered */
	uint64_t last_ns;	/* begin of the moment that `known` has last */
};

static bool is_for_data(const struct endpoint_figures *e)
{
	return e->type == URB_TYPE_BULK || e->type == URB_TYPE_ISO;
}

static bool is_used(const struct flows *f, const struct endpoint_figures *e)
{
	return same_device(e, f->device) && e->type != URB_TYPE_CONTROL && e->in_flight_max;
}

static bool flows_on(const struct flows *f, const struct endpoint_figures *e)
{
	return is_used(f, e) && (is_for_data(e) || !f->has_data[urb_ep_is_in(e->ep)]);
}

static void find_ways(struct flows *f)
{
	size_t i;

	for (i = 0; i < f->total->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &f->total->endpoints[i];

		f->has_data[urb_ep_is_in(e->ep)] |= is_used(f, e) && is_for_data(e);
	}
	for (i = 0; i < f->total->endpoint_cnt; i++)
		f->cnt[urb_ep_is_in(f->total->endpoints[i].ep)] +=
			flows_on(f, &f->total->endpoints[i]);
}

static void take_point(void *ctx, uint32_t serial, const struct history_point *point)
{
	struct flows *f = ctx;
	const struct endpoint_figures *e = total_of(f->total, serial);

	if (point->start_ns != f->last_ns) {
		f->last_ns = point->start_ns;
		trend_add(&f->known, point);
	}
	if (e && flows_on(f, e))
		trend_add(&f->way[urb_ep_is_in(e->ep)], point);
}

static uint32_t most(const struct trend *t)
{
	uint32_t max = 0;
	int i;

	for (i = 0; i < TREND_BINS; i++)
		max = t->bin[i].max > max ? t->bin[i].max : max;
	return max;
}

/* Where OUT waited and IN had nothing posted at times, the device may wait for the host to read. */
static bool draw_blocked(struct canvas *c, int y, int width, const struct flows *f)
{
	int i, at, last = -1;
	bool any = false;

	for (i = 0; i < TREND_BINS; i++) {
		const struct trend_bin *out = &f->way[0].bin[i], *in = &f->way[1].bin[i];
		double all = f->known.bin[i].covered_ns * f->cnt[1];
		double posted = all > 0 ? (in->busy_ns - in->gap_ns) / all : 1;

		at = i * width / TREND_BINS;
		if (out->depth_ns <= 0 || posted > 0.99 || at == last)
			continue;
		canvas_put(c, y, LABEL + at, CANVAS_WARN, posted < 0.5 ? '!' : '.');
		last = at;
		any = true;
	}
	return any;
}

static int draw_flows(struct canvas *c, int y, const struct top_view *view,
		      const struct top_data *data, const struct endpoint_figures *device)
{
	static const char *const names[] = {"OUT pending", "IN posted"};
	struct flows f = {.total = data->total, .device = device, .last_ns = UINT64_MAX};
	const struct span *span = chart_span(view, data->total);
	uint64_t to_ns = data->total->end_ns;
	int width = c->width - LABEL, way;
	char text[120];

	if (width < 8 || !data->history)
		return y;
	width = width < 2 * TREND_BINS ? width : 2 * TREND_BINS;
	find_ways(&f);
	for (way = 0; way < 2; way++)
		trend_init(&f.way[way], to_ns, span->ns);
	trend_init(&f.known, to_ns, span->ns);
	history_trend(data->history, to_ns, span->ns, take_point, &f);
	snprintf(text, sizeof(text), "The last %s: what IN has posted against what OUT has pending",
		 span->name);
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, text);
	for (way = 0; way < 2; way++) {
		uint32_t max = most(&f.way[way]);

		if (!f.cnt[way])
			continue;
		y += way && f.cnt[0] ? 3 : 2; /* two full ones would be one block */
		canvas_text(c, y, 0, LABEL, 0, names[way]);
		snprintf(text, sizeof(text), "%u", max);
		canvas_text_right(c, y - 2, 0, LABEL - 1, CANVAS_DIM, text);
		trend_draw(c, y, LABEL, width, 3, &f.way[way], max, 0);
		y++;
	}
	if (!f.cnt[0] || !f.cnt[1])
		return y + 1;
	canvas_text(c, y, 0, LABEL, 0, "both at once");
	if (draw_blocked(c, y, width, &f))
		canvas_text(c, ++y, LABEL, width, CANVAS_DIM,
			    "! OUT pending while IN was posted less than half of the time; . less than 99%");
	else
		canvas_text(c, y, LABEL, width, CANVAS_DIM, "IN was posted whenever OUT was pending");
	return y + 2;
}

/* The rows of the list, of this device only. */
static int members_of(const struct top_view *view, const struct top_data *data,
		      const struct endpoint_figures *device, struct row out[], int room)
{
	const struct snapshot *interval = data->interval ? data->interval : data->total;
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	size_t i;
	int n = 0;

	for (i = 0; i < data->total->endpoint_cnt && n < room; i++) {
		const struct endpoint_figures *e = &data->total->endpoints[i];

		if (!same_device(e, device))
			continue;
		out[n] = row_of(e, interval_of(interval, i, e->serial), NULL, length_ns);
		out[n++].trend = i < view->trend_room && data->history ? &view->trends[i] : NULL;
	}
	return n;
}

static int draw_findings(struct canvas *c, int y, const struct row *rows, int n)
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	char text[400], object[80];
	size_t cnt, k;
	int i;

	for (i = 0; i < n; i++) {
		cnt = findings_of_endpoint(rows[i].now, found);
		for (k = 0; k < cnt; k++) {
			finding_object(&found[k], object, sizeof(object));
			snprintf(text, sizeof(text), "%s: ", object);
			full_sentence(&found[k], text + strlen(text), sizeof(text) - strlen(text));
			y = draw_wrapped(c, y, 2,
					 found[k].kind >= FINDING_SYNC ? CANVAS_BOLD
								       : CANVAS_ALERT | CANVAS_BOLD,
					 text);
		}
	}
	return y;
}

#define MOST_ENDPOINTS 32

int draw_device_page(struct canvas *c, struct top_view *view, const struct top_data *data)
{
	const struct endpoint_figures *device = total_of(data->total, view->at.serial);
	struct row rows[MOST_ENDPOINTS];
	struct column columns[TABLE_MAX_COLUMNS];
	struct layout layout;
	bool flat = view->choices.flat;
	int y = 0, n, i;

	if (!device) {
		canvas_text(c, 0, 0, c->width, 0, "This device was not there yet. q leads back.");
		return 1;
	}
	n = members_of(view, data, device, rows, MOST_ENDPOINTS);
	draw_device_line(c, y++, rows, n);
	y = draw_findings(c, y, rows, n) + 1;
	view->choices.flat = false; /* the line above says what is the device's */
	layout_fit(&layout, columns, columns_chosen(view, columns), 2, c->width);
	view->choices.flat = flat;
	layout_groups(&layout, c, y++, CANVAS_DIM);
	layout_titles(&layout, c, y++, CANVAS_BOLD);
	for (i = 0; i < n; i++)
		layout_row(&layout, c, y++, rows[i].idle || rows[i].quiet ? CANVAS_DIM : 0,
			   &rows[i]);
	return draw_flows(c, y + 1, view, data, device);
}
