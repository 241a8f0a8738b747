// SPDX-License-Identifier: GPL-2.0
/* The columns of the list: which are shown, in which order, and what only the live view has. */
#include <stdio.h>
#include <string.h>

#include "sink/top/link.h"
#include "sink/top/view.h"
#include "urbscope/format.h"

void columns_default(struct top_choices *choices)
{
	size_t i;

	choices->column_cnt = 0;
	for (i = 0; i < top_column_cnt; i++)
		if (!top_columns[i].off)
			choices->column[choices->column_cnt++] = (uint8_t)i;
	choices->sort = (uint8_t)column_named("device");
	choices->reverse = false;
}

int column_named(const char *key)
{
	size_t i;

	for (i = 0; i < top_column_cnt; i++)
		if (!strcmp(top_columns[i].key, key))
			return (int)i;
	return -1;
}

/*
 * In a tree the line of a device says what is the same for all of its endpoints; where nothing
 * looks back there is no trend.
 */
size_t columns_chosen(const struct top_view *view, struct column out[TABLE_MAX_COLUMNS])
{
	size_t n = 0, i;

	for (i = 0; i < view->choices.column_cnt; i++) {
		const struct column *column = &top_columns[view->choices.column[i]];

		if (column->of_device && !view->choices.flat)
			continue;
		if (column->draw != draw_trend || view->has_trends)
			out[n++] = *column;
	}
	return n;
}

static int place_of(const struct top_view *view, int column)
{
	int i;

	for (i = 0; i < view->choices.column_cnt; i++)
		if (view->choices.column[i] == column)
			return i;
	return -1;
}

/* The chooser lists what is shown, in its order, then the others. */
static int listed(const struct top_view *view, int line)
{
	int i, rest = line - view->choices.column_cnt;

	if (rest < 0)
		return line < 0 ? -1 : view->choices.column[line];
	for (i = 0; i < (int)top_column_cnt; i++)
		if (place_of(view, i) < 0 && !rest--)
			return i;
	return -1;
}

int columns_under_cursor(const struct top_view *view)
{
	return listed(view, view->choice);
}

void columns_toggle(struct top_view *view, int column)
{
	struct top_choices *c = &view->choices;
	int at = place_of(view, column);

	if (column < 0)
		return;
	if (at < 0) {
		c->column[c->column_cnt++] = (uint8_t)column;
		view->choice = c->column_cnt - 1;
		return;
	}
	if (c->column_cnt == 1)
		return;
	c->column_cnt--;
	memmove(&c->column[at], &c->column[at + 1], (size_t)(c->column_cnt - at));
}

void columns_shift(struct top_view *view, int by)
{
	struct top_choices *c = &view->choices;
	int from = view->choice, to = from + by;
	uint8_t column;

	if (from >= c->column_cnt || to < 0 || to >= c->column_cnt)
		return;
	column = c->column[from];
	c->column[from] = c->column[to];
	c->column[to] = column;
	view->choice = to;
}

/* The same column again: the other way round. */
void columns_sort_by(struct top_view *view, int column)
{
	if (column < 0)
		return;
	view->choices.reverse = view->choices.sort == column && !view->choices.reverse;
	view->choices.sort = (uint8_t)column;
}

void columns_sort_beside(struct top_view *view, int direction)
{
	int at = place_of(view, view->choices.sort) + direction;

	if (at < 0)
		at = view->choices.column_cnt - 1;
	if (at >= view->choices.column_cnt)
		at = 0;
	view->choices.sort = view->choices.column[at];
	view->choices.reverse = false;
}

void draw_columns_page(struct canvas *c, int y, int end, struct top_view *view)
{
	int i, column, top;
	char text[160];

	view->title_y = view->rows_y = -1;
	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, "Columns of the list, left to right");
	if (y < end)
		y++;
	view->page_rows = end - y;
	view->line_cnt = (int)top_column_cnt;
	view->rows_y = y;
	top = view->choice - view->page_rows + 1;
	view->scroll = top > 0 ? top : 0;
	for (i = view->scroll; y < end && (column = listed(view, i)) >= 0; i++, y++) {
		bool shown = i < view->choices.column_cnt;
		const struct column *k = &top_columns[column];

		snprintf(text, sizeof(text), "[%c] %-15s %-10s %s%s%s", shown ? 'x' : ' ', k->key,
			 k->group ? k->group : "", k->what,
			 column == view->choices.sort ? "; sorts" : "",
			 column == view->choices.sort && view->choices.reverse ? ", reversed" : "");
		canvas_text(c, y, 0, c->width, shown ? 0 : CANVAS_DIM, text);
		if (i == view->choice)
			canvas_paint(c, y, 0, c->width, CANVAS_REVERSE);
	}
}

/* What the link carries at its speed, whatever this endpoint may use of it; low speed has no bulk. */
static uint64_t capacity_of(const struct row *row)
{
	const struct urb_facts *facts = &(row->parent ? row->parent : row->total)->facts;
	uint64_t bulk = link_capacity(facts->speed, URB_TYPE_BULK, 0);

	return bulk ? bulk : link_capacity(facts->speed, row->total->type, facts->max_packet);
}

static double link_share(const struct row *row)
{
	uint64_t capacity = capacity_of(row);

	return capacity ? per_second(row->now->bytes, row->length_ns) / (double)capacity : -1;
}

void cell_link(const struct row *row, int width, struct cell_text *out)
{
	double share = link_share(row);

	if (row->idle || share < 0) {
		snprintf(out->s, sizeof(out->s), "%s", share < 0 ? FMT_NA : FMT_NONE);
		return;
	}
	fmt_percent(out->s, share < 1 ? share : 1);
	if (strlen(out->s) > (size_t)width) /* ">99.9%" */
		snprintf(out->s, sizeof(out->s), "~100%%");
}

double rank_link(const struct row *row)
{
	return link_share(row);
}

void draw_trend(struct canvas *c, int y, int x, int width, unsigned int attr,
		const struct row *row)
{
	if (row->trend && row->total->depth.seen)
		trend_draw(c, y, x, width, 1, row->trend, row->total->in_flight_max, attr);
}
