// SPDX-License-Identifier: GPL-2.0
#include "sink/top_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "urbscope/format.h"

/* Stands for an endpoint of which the interval says nothing. */
static const struct endpoint_figures nothing = {.complete = true, .certain = true};

/* Both lists have one order, so it is nearly always at the same place. */
static const struct endpoint_figures *endpoint_of(const struct snapshot *snap, size_t guess,
						  uint32_t serial)
{
	size_t i;

	if (guess < snap->endpoint_cnt && snap->endpoints[guess].serial == serial)
		return &snap->endpoints[guess];
	for (i = 0; i < snap->endpoint_cnt; i++)
		if (snap->endpoints[i].serial == serial)
			return &snap->endpoints[i];
	return &nothing;
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

static struct row row_of(const struct endpoint_figures *total, const struct endpoint_figures *now,
			 const struct endpoint_figures *parent, uint64_t length_ns)
{
	bool traffic = now->transfers.submitted || now->transfers.completed ||
		       now->transfers.failed_submit;
	bool held = now->busy_ns || total->in_flight_now;

	return (struct row){.now = now, .total = total, .parent = parent, .length_ns = length_ns,
			    .idle = !traffic && !held, .quiet = !traffic && held};
}

/* What an endpoint is sorted by, falling. */
static double weight(const struct row *row, enum top_sort sort)
{
	switch (sort) {
	case TOP_BY_RATE:
		return per_second(row->now->bytes, row->length_ns);
	case TOP_BY_GAPS:
		return row->now->depth.seen ? row->now->gaps.share : -1;
	case TOP_BY_ERRORS:
		return (double)row->total->errors;
	default:
		return 0;
	}
}

static int compare(const void *va, const void *vb, void *sort)
{
	const struct row *a = va, *b = vb;
	double wa = weight(a, *(enum top_sort *)sort), wb = weight(b, *(enum top_sort *)sort);

	if (wa != wb)
		return wa < wb ? 1 : -1;
	/* One array: the order of the snapshot is that of the addresses. */
	return a->total < b->total ? -1 : a->total > b->total;
}

static size_t rows_needed(const struct snapshot *total, bool streams)
{
	size_t n = total->endpoint_cnt, i;

	for (i = 0; streams && i < total->endpoint_cnt; i++)
		n += total->endpoints[i].stream_cnt;
	return n;
}

/*
 * Puts the streams under their endpoints, from the end, in the same array: the write position
 * is never before the one that is still to be read.
 */
static size_t insert_streams(struct row *rows, size_t n, const struct top_view *view)
{
	size_t end = n, i, k, to;
	const struct endpoint_figures *ep;

	for (i = 0; i < n; i++)
		end += rows[i].total->stream_cnt;
	for (i = n, to = end; i-- > 0;) {
		struct row row = rows[i];

		ep = row.total;
		for (k = ep->stream_cnt; k-- > 0;)
			rows[--to] = row_of(&ep->streams[k],
					    stream_of(row.now, k, ep->streams[k].stream), ep,
					    row.length_ns);
		rows[--to] = row;
	}
	if (!view->hide_idle)
		return end;
	for (i = to = 0; i < end; i++)
		if (!rows[i].idle)
			rows[to++] = rows[i];
	return to;
}

int top_rows(struct top_view *view, const struct snapshot *total, const struct snapshot *interval)
{
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	size_t need = rows_needed(total, view->streams), n = 0, i;
	struct row row, *grown;

	view->row_cnt = 0;
	if (need > view->room) {
		grown = realloc(view->rows, need * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		view->rows = grown;
		view->room = need;
	}
	for (i = 0; i < total->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &total->endpoints[i];

		row = row_of(ep, endpoint_of(interval, i, ep->serial), NULL, length_ns);
		if (!(view->hide_idle && row.idle))
			view->rows[n++] = row;
	}
	if (view->sort != TOP_BY_DEVICE && n)
		qsort_r(view->rows, n, sizeof(row), compare, &view->sort);
	if (view->streams)
		n = insert_streams(view->rows, n, view);
	view->row_cnt = (int)n;
	return 0;
}

void top_view_release(struct top_view *view)
{
	free(view->rows);
	*view = (struct top_view){0};
}

static void scroll_to(struct top_view *view, int row)
{
	int last = view->row_cnt - view->page;

	row = row > last ? last : row;
	view->scroll = row < 0 ? 0 : row;
}

void top_scroll_fit(struct top_view *view)
{
	scroll_to(view, view->scroll);
}

static bool scroll_key(struct top_view *view, int key)
{
	int page = view->page > 1 ? view->page - 1 : 1;

	switch (key) {
	case TOP_KEY_UP:
	case 'k':
		scroll_to(view, view->scroll - 1);
		return true;
	case TOP_KEY_DOWN:
	case 'j':
		scroll_to(view, view->scroll + 1);
		return true;
	case TOP_KEY_PAGE_UP:
		scroll_to(view, view->scroll - page);
		return true;
	case TOP_KEY_PAGE_DOWN:
		scroll_to(view, view->scroll + page);
		return true;
	case TOP_KEY_HOME:
		scroll_to(view, 0);
		return true;
	case TOP_KEY_END:
		scroll_to(view, view->row_cnt);
		return true;
	}
	return false;
}

static bool sort_key(struct top_view *view, int key)
{
	static const struct {
		int key;
		enum top_sort sort;
	} keys[] = {{'n', TOP_BY_DEVICE}, {'m', TOP_BY_RATE}, {'g', TOP_BY_GAPS},
		    {'e', TOP_BY_ERRORS}};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].key != key)
			continue;
		view->sort = keys[i].sort;
		view->scroll = 0;
		return true;
	}
	return false;
}

bool top_key(struct top_view *view, int key)
{
	switch (key) {
	case 'q':
	case TOP_KEY_QUIT:
		view->quit = true;
		return false;
	case 'h':
	case '?':
		view->help = !view->help;
		return true;
	case 's':
		view->streams = !view->streams;
		return true;
	case 'i':
		view->hide_idle = !view->hide_idle;
		return true;
	case ' ':
		view->paused = !view->paused;
		return true;
	case TOP_KEY_REDRAW:
		return true;
	}
	if (view->help && key != TOP_KEY_NONE) {
		view->help = false; /* any other key leads back to the table */
		return true;
	}
	return sort_key(view, key) || scroll_key(view, key);
}
