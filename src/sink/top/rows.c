// SPDX-License-Identifier: GPL-2.0
/* Which rows there are, and in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/format.h"

#define MINUTE_NS UINT64_C(60000000000)

/* Stands for an endpoint of which the interval says nothing. */
static const struct endpoint_figures nothing = {.complete = true, .certain = true};

const struct endpoint_figures *total_of(const struct snapshot *total, uint32_t serial)
{
	size_t i;

	for (i = 0; total && i < total->endpoint_cnt; i++)
		if (total->endpoints[i].serial == serial)
			return &total->endpoints[i];
	return NULL;
}

/* Both lists have one order, so it is nearly always at the same place. */
const struct endpoint_figures *interval_of(const struct snapshot *interval, size_t guess,
					   uint32_t serial)
{
	const struct endpoint_figures *found;

	if (guess < interval->endpoint_cnt && interval->endpoints[guess].serial == serial)
		return &interval->endpoints[guess];
	found = total_of(interval, serial);
	return found ? found : &nothing;
}

static const struct endpoint_figures *stream_of(const struct endpoint_figures *ep, size_t guess,
						uint16_t stream)
{
	size_t i;

	if (guess < ep->stream_cnt && ep->streams[guess].stream == stream)
		return &ep->streams[guess];
	for (i = 0; i < ep->stream_cnt; i++)
		if (ep->streams[i].stream == stream)
			return &ep->streams[i];
	return &nothing;
}

bool same_device(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return urb_ep_bus(a->ep) == urb_ep_bus(b->ep) &&
	       urb_ep_address(a->ep) == urb_ep_address(b->ep) && a->gone == b->gone;
}

struct row_id row_id(const struct row *row)
{
	return (struct row_id){.serial = row->total->serial,
			       .stream = row->parent ? row->total->stream : 0,
			       .device = row->device};
}

bool same_row(struct row_id a, struct row_id b)
{
	return a.serial == b.serial && a.stream == b.stream && a.device == b.device;
}

struct row row_of(const struct endpoint_figures *total, const struct endpoint_figures *now,
		  const struct endpoint_figures *parent, uint64_t length_ns)
{
	bool traffic = now->transfers.submitted || now->transfers.completed ||
		       now->transfers.failed_submit;
	bool held = now->busy_ns || total->in_flight_now;

	return (struct row){.now = now, .total = total, .parent = parent, .length_ns = length_ns,
			    .idle = !traffic && !held, .quiet = !traffic && held};
}

/* The ports on the way from the root hub, of "1-4.2": 4, 2. The root hub has none. */
static int next_port(const char **path)
{
	int port = 0;

	*path += strspn(*path, ".-");
	while (**path >= '0' && **path <= '9' && port < 1000)
		port = port * 10 + (*(*path)++ - '0');
	return port;
}

static int by_port(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	const char *pa = strchr(a->facts.path, '-'), *pb = strchr(b->facts.path, '-');
	int x, y;

	if (urb_ep_bus(a->ep) != urb_ep_bus(b->ep))
		return urb_ep_bus(a->ep) < urb_ep_bus(b->ep) ? -1 : 1;
	pa = pa ? pa : "";
	pb = pb ? pb : "";
	while (*pa || *pb) {
		x = next_port(&pa);
		y = next_port(&pb);
		if (x != y)
			return x < y ? -1 : 1;
		if (!x) /* no path that we know */
			break;
	}
	if (a->ep != b->ep)
		return a->ep < b->ep ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

struct order {
	const struct column *column;
	bool reverse, port;
};

static int by_column(const void *va, const void *vb, void *ctx)
{
	const struct row *a = va, *b = vb;
	const struct order *o = ctx;
	int order = 0;

	if (o->port)
		order = by_port(a->total, b->total);
	else if (o->column->rank)
		order = a->rank == b->rank ? 0 : a->rank > b->rank ? -1 : 1;
	else {
		struct cell_text ta = {.attr = 0}, tb = {.attr = 0};

		o->column->cell(a, 100, &ta);
		o->column->cell(b, 100, &tb);
		order = strcasecmp(ta.s, tb.s);
	}
	if (order)
		return o->reverse ? -order : order;
	return by_port(a->total, b->total);
}

static int by_group(const void *va, const void *vb)
{
	const struct row *a = va, *b = vb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Rows of one device together: a device stands where its first row does. */
static void group(struct row *rows, size_t n)
{
	unsigned int groups = 0;
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < i && !same_device(rows[k].total, rows[i].total); k++)
			;
		rows[i].group = k < i ? rows[k].group : groups++;
		rows[i].order = (unsigned int)i;
	}
	qsort(rows, n, sizeof(*rows), by_group);
}

static void sort(const struct top_view *view, struct row *rows, size_t n)
{
	struct order o = {.column = &top_columns[view->choices.sort],
			  .reverse = view->choices.reverse};
	size_t i;

	if (!n) /* nor is there an array then */
		return;
	o.port = o.column->of_device && !strcmp(o.column->key, "device");
	for (i = 0; !o.port && o.column->rank && i < n; i++)
		rows[i].rank = o.column->rank(&rows[i]);
	qsort_r(rows, n, sizeof(*rows), by_column, &o);
	if (!view->choices.flat)
		group(rows, n);
}

/*
 * Puts streams under their endpoints and lines of devices over them, from the end, in the same
 * array: the write position is never before the one that is still to be read.
 */
static size_t expand(struct top_view *view, size_t n)
{
	struct row *rows = view->rows;
	size_t end = n, to, i, k;

	for (i = 0; i < n; i++) {
		end += view->choices.streams ? rows[i].total->stream_cnt : 0;
		end += !view->choices.flat && (!i || !same_device(rows[i - 1].total, rows[i].total));
	}
	for (i = n, to = end; i-- > 0;) {
		struct row row = rows[i];
		bool first = !i || !same_device(rows[i - 1].total, row.total);
		const struct endpoint_figures *ep = row.total;

		for (k = view->choices.streams ? ep->stream_cnt : 0; k-- > 0;) {
			rows[--to] = row_of(&ep->streams[k],
					    stream_of(row.now, k, ep->streams[k].stream), ep,
					    row.length_ns);
			rows[to].frozen = row.frozen;
		}
		rows[--to] = row;
		if (view->choices.flat || !first)
			continue;
		rows[--to] = row;
		rows[to].device = true;
	}
	return end;
}

static size_t rows_needed(const struct top_view *view, const struct snapshot *total)
{
	size_t n = total->endpoint_cnt, i;

	if (!view->choices.flat)
		n += total->endpoint_cnt;
	for (i = 0; view->choices.streams && i < total->endpoint_cnt; i++)
		n += total->endpoints[i].stream_cnt;
	return n;
}

static int make_room(struct top_view *view, const struct snapshot *total, bool trends)
{
	size_t need = rows_needed(view, total);
	struct trend *more;
	struct row *grown;

	if (need > view->room) {
		grown = realloc(view->rows, need * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		view->rows = grown;
		view->room = need;
	}
	if (trends && total->endpoint_cnt > view->trend_room) {
		more = realloc(view->trends, total->endpoint_cnt * sizeof(*more));
		if (!more)
			return -ENOMEM;
		view->trends = more;
		view->trend_room = total->endpoint_cnt;
	}
	return 0;
}

/* The moments tell of endpoints in the order of the snapshots. */
struct trend_filler {
	const struct snapshot *total;
	struct trend *trends;
	size_t next;
};

static void fill_trend(void *ctx, uint32_t serial, const struct history_point *point)
{
	struct trend_filler *f = ctx;
	size_t cnt = f->total->endpoint_cnt, i;

	for (i = 0; i < cnt; i++) {
		size_t at = (f->next + i) % cnt;

		if (f->total->endpoints[at].serial != serial)
			continue;
		trend_add(&f->trends[at], point);
		f->next = at + 1;
		return;
	}
}

static void fill_trends(struct top_view *view, const struct top_data *data)
{
	struct trend_filler f = {.total = data->total, .trends = view->trends};
	uint64_t to = data->total->end_ns;
	size_t i;

	for (i = 0; i < data->total->endpoint_cnt; i++)
		trend_init(&view->trends[i], to, MINUTE_NS);
	if (data->total->endpoint_cnt)
		history_trend(data->history, to, MINUTE_NS, fill_trend, &f);
}

/* A hub has one URB posted for ever, to hear of changes; root hubs are called "usb1". */
static bool is_hub(const struct endpoint_figures *e)
{
	return e->type == URB_TYPE_INT && urb_ep_is_in(e->ep) &&
	       (!strncmp(e->facts.path, "usb", 3) || !strcmp(e->facts.driver, "hub"));
}

/* Nothing for a minute, or for the interval where no more is known; of a hub, nothing but waiting. */
static bool is_idle(const struct row *row)
{
	bool hub = is_hub(row->total);
	int i;

	for (i = 0; row->trend && i < TREND_BINS; i++) {
		const struct trend_bin *b = &row->trend->bin[i];

		if (b->failed > 0 || b->completed > 0 || (b->busy_ns > 0 && !hub))
			return false;
	}
	return row->idle || (hub && row->quiet && row->total->certain);
}

static void freeze(const struct top_view *view, struct row *row)
{
	const struct endpoint_figures *total, *now;

	if (!view->frozen.serial || row->total->serial != view->frozen.serial)
		return;
	total = total_of(view->frozen_total, view->frozen.serial);
	now = interval_of(view->frozen_interval, 0, view->frozen.serial);
	if (!total)
		return;
	*row = row_of(total, now, NULL, view->frozen_interval->end_ns -
					view->frozen_interval->start_ns);
	row->frozen = true;
}

int top_rows(struct top_view *view, const struct top_data *data)
{
	const struct snapshot *total = data->total;
	const struct snapshot *interval = data->interval ? data->interval : total;
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	bool trends = data->history && history_last(data->history);
	size_t n = 0, i;
	int err = make_room(view, total, trends);

	view->row_cnt = view->hidden_cnt = view->hidden_hits = 0;
	view->has_trends = trends;
	if (err)
		return err;
	if (trends)
		fill_trends(view, data);
	for (i = 0; i < total->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &total->endpoints[i];
		struct row row = row_of(ep, interval_of(interval, i, ep->serial), NULL, length_ns);

		row.trend = trends ? &view->trends[i] : NULL;
		freeze(view, &row);
		if (view->filter[0] && !row_matches(&row, view->filter))
			continue;
		if (view->choices.show_idle || !is_idle(&row)) {
			view->rows[n++] = row;
			continue;
		}
		view->hidden_cnt++;
		view->hidden_hits += view->search[0] && row_matches(&row, view->search);
	}
	sort(view, view->rows, n);
	view->row_cnt = (int)expand(view, n);
	cursor_fit(view);
	return 0;
}
