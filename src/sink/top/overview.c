// SPDX-License-Identifier: GPL-2.0
/* The list of endpoints, and the lines of devices over them. */
#include <stdio.h>
#include <string.h>

#include "sink/top/link.h"
#include "sink/top/view.h"
#include "urbscope/format.h"

struct sums {
	double rate[2], capacity[2]; /* OUT, IN */
};

static void add_row(struct sums *s, const struct row *row)
{
	const struct urb_facts *facts = &row->total->facts;
	bool in = urb_ep_is_in(row->total->ep);
	double capacity = (double)link_capacity(facts->speed, URB_TYPE_BULK, 0);

	s->rate[in] += per_second(row->now->bytes, row->length_ns);
	s->capacity[in] = capacity;
}

/* USB 3 carries both ways at once, USB 2 one at a time. */
static double used_share(const struct sums *s, unsigned int speed)
{
	double capacity = s->capacity[0] > 0 ? s->capacity[0] : s->capacity[1];
	double used = s->rate[0] + s->rate[1];

	if (speed >= URB_SPEED_SUPER)
		used = s->rate[0] > s->rate[1] ? s->rate[0] : s->rate[1];
	return capacity > 0 ? used / capacity : -1;
}

/* "1-1.2  Dock  17e9:6006  udl  high  12.3 MB/s, 23.1% of the link" */
void draw_device_line(struct canvas *c, int y, const struct row *rows, int cnt)
{
	const struct urb_facts *facts = &rows->total->facts;
	unsigned int dim = rows->total->gone ? CANVAS_DIM : 0;
	char name[DEVICE_SIZE], text[96], a[FMT_SIZE], b[FMT_SIZE];
	struct sums s = {.rate = {0}};
	double share;
	int x = 0, i;

	for (i = 0; i < cnt; i++)
		add_row(&s, &rows[i]);
	share = used_share(&s, facts->speed);
	device_name(rows->total, name);
	x = draw_piece(c, y, x, dim | CANVAS_BOLD, name);
	if (facts->name[0])
		x = draw_piece(c, y, x, dim | CANVAS_BOLD, facts->name);
	if (facts->has_ids) {
		snprintf(text, sizeof(text), "%04x:%04x", facts->vid, facts->pid);
		x = draw_piece(c, y, x, dim, text);
	}
	if (urb_speed_name(facts->speed))
		x = draw_piece(c, y, x, dim, urb_speed_name(facts->speed));
	if (s.rate[0] + s.rate[1] > 0) {
		snprintf(text, sizeof(text), "%s MB/s", fmt_mbps(a, s.rate[0] + s.rate[1]));
		if (share >= 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 ", %s of the link", fmt_percent(b, share < 1 ? share : 1));
		x = draw_piece(c, y, x, dim, text);
	}
	if (rows->total->gone)
		draw_piece(c, y, x, CANVAS_DIM, "unplugged");
}

static unsigned int row_attr(const struct row *row)
{
	return row->idle || row->quiet || row->total->gone ? CANVAS_DIM : 0;
}

/* The endpoints of a device follow its line; streams do not count, they are in their endpoint. */
static int rows_of_device(const struct top_view *view, int at, struct row out[], int room)
{
	int i, n = 0;

	for (i = at + 1; i < view->row_cnt && !view->rows[i].device; i++)
		if (!view->rows[i].parent && n < room)
			out[n++] = view->rows[i];
	return n;
}

#define MOST_ENDPOINTS 32

static void draw_row(struct canvas *c, int y, struct top_view *view, int i)
{
	struct row *row = &view->rows[i], members[MOST_ENDPOINTS];
	const struct row *before = row - 1;

	if (row->device) {
		int n = rows_of_device(view, i, members, MOST_ENDPOINTS);

		if (n)
			draw_device_line(c, y, members, n);
	} else {
		row->repeat = i > view->scroll && view->choices.flat &&
			      same_device(before->parent ? before->parent : before->total,
					  row->parent ? row->parent : row->total);
		layout_row(&view->layout, c, y, row_attr(row), row);
		if (row->frozen)
			canvas_put(c, y, 0, CANVAS_ACCENT | CANVAS_BOLD, '*');
	}
	if (i == view->cursor_row)
		canvas_paint(c, y, 0, c->width, CANVAS_REVERSE);
}

void draw_overview(struct canvas *c, int y, int end, struct top_view *view,
		   const struct top_data *data)
{
	struct column columns[TABLE_MAX_COLUMNS];
	int i, left = view->choices.flat && !view->frozen.serial ? 0 : 2;
	const char *none = "No traffic yet.";

	layout_fit(&view->layout, columns, columns_chosen(view, columns), left, c->width);
	/* the layout outlives this: its columns are those of the table */
	for (i = 0; i < view->layout.cnt; i++)
		view->layout.slot[i].column = &top_columns[column_named(
			view->layout.slot[i].column->key)];
	if (c->height >= 8)
		layout_groups(&view->layout, c, y++, CANVAS_DIM);
	if (y < end) {
		view->title_y = y;
		layout_titles(&view->layout, c, y, CANVAS_BOLD);
		for (i = 0; i < view->layout.cnt; i++)
			if (view->layout.slot[i].column == &top_columns[view->choices.sort])
				canvas_paint(c, y, view->layout.slot[i].x,
					     view->layout.slot[i].width, CANVAS_REVERSE);
		y++;
	}
	view->page_rows = end > y ? end - y : 0;
	view->rows_y = y;
	cursor_fit(view);
	for (i = view->scroll; y < end && i < view->row_cnt; i++, y++)
		draw_row(c, y, view, i);
	if (view->row_cnt || y >= end)
		return;
	if (view->filter[0])
		none = "No endpoint matches the filter. Esc takes it away.";
	else if (view->hidden_cnt)
		none = "All endpoints are idle. i shows them.";
	else if (data->total->endpoint_cnt)
		none = "";
	canvas_text(c, y, 0, c->width, CANVAS_DIM, none);
}
