// SPDX-License-Identifier: GPL-2.0
/* The page of a device: its endpoints together, what IN has posted against what OUT has pending. */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define MINUTE_NS UINT64_C(60000000000)
#define LABEL	  14

/* Both directions of a device over time, control apart. */
struct flows {
	const struct snapshot *total;
	const struct endpoint_figures *device;
	struct trend way[2];	/* OUT, IN */
};

static bool flows_on(const struct flows *f, const struct endpoint_figures *e)
{
	return same_device(e, f->device) && e->type != URB_TYPE_CONTROL;
}

static bool has_way(const struct flows *f, bool in)
{
	size_t i;

	for (i = 0; i < f->total->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &f->total->endpoints[i];

		if (flows_on(f, e) && urb_ep_is_in(e->ep) == in)
			return true;
	}
	return false;
}

static void take_point(void *ctx, uint32_t serial, const struct history_point *point)
{
	struct flows *f = ctx;
	const struct endpoint_figures *e = total_of(f->total, serial);

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
static void draw_blocked(struct canvas *c, int y, int width, const struct flows *f)
{
	int i, at, last = -1;

	for (i = 0; i < TREND_BINS; i++) {
		const struct trend_bin *out = &f->way[0].bin[i], *in = &f->way[1].bin[i];
		bool pending = out->depth_ns > 0;
		double posted = in->covered_ns > 0 ? (in->busy_ns - in->gap_ns) / in->covered_ns : 1;

		at = i * width / TREND_BINS;
		if (!pending || posted > 0.99 || at == last)
			continue;
		canvas_put(c, y, LABEL + at, CANVAS_WARN, posted < 0.5 ? '!' : '.');
		last = at;
	}
}

static int draw_flows(struct canvas *c, int y, const struct top_data *data,
		      const struct endpoint_figures *device)
{
	static const char *const names[] = {"OUT pending", "IN posted"};
	struct flows f = {.total = data->total, .device = device};
	int width = c->width - LABEL, way;
	char text[64];

	if (width < 8 || !data->history)
		return y;
	width = width < 2 * TREND_BINS ? width : 2 * TREND_BINS;
	for (way = 0; way < 2; way++)
		trend_init(&f.way[way], data->total->end_ns, MINUTE_NS);
	history_trend(data->history, data->total->end_ns, MINUTE_NS, take_point, &f);
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD,
		    "The last minute: what IN has posted against what OUT has pending");
	for (way = 0; way < 2; way++) {
		uint32_t max = most(&f.way[way]);

		if (!has_way(&f, way))
			continue;

		y += 2;
		canvas_text(c, y, 0, LABEL, 0, names[way]);
		snprintf(text, sizeof(text), "%u", max);
		canvas_text_right(c, y - 2, 0, LABEL - 1, CANVAS_DIM, text);
		trend_draw(c, y, LABEL, width, 3, &f.way[way], max, 0);
		y++;
	}
	if (!has_way(&f, 0) || !has_way(&f, 1))
		return y + 1;
	canvas_text(c, y, 0, LABEL, 0, "both at once");
	draw_blocked(c, y, width, &f);
	y++;
	canvas_text(c, y, LABEL, width, CANVAS_DIM,
		    "! OUT pending while IN was posted less than half of the time; . less than 99%");
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
			finding_sentence(&found[k], text + strlen(text), sizeof(text) - strlen(text));
			canvas_text(c, y++, 2, c->width - 2,
				    found[k].kind >= FINDING_SYNC ? CANVAS_WARN : CANVAS_ALERT, text);
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
	return draw_flows(c, y + 1, data, device);
}
