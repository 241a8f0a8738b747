// SPDX-License-Identifier: GPL-2.0
/* The cursor of a list, its scrolling, and going to what was searched for. */
#include <string.h>

#include "sink/top/view.h"

static int row_under_cursor(const struct top_view *view)
{
	int i;

	for (i = 0; i < view->row_cnt; i++)
		if (same_row(row_id(&view->rows[i]), view->cursor))
			return i;
	return -1;
}

static void scroll_to_cursor(struct top_view *view)
{
	int last = view->row_cnt - view->page_rows;

	if (view->page != PAGE_OVERVIEW)
		return;
	if (view->scroll > view->cursor_row)
		view->scroll = view->cursor_row;
	if (view->page_rows > 0 && view->scroll + view->page_rows <= view->cursor_row)
		view->scroll = view->cursor_row - view->page_rows + 1;
	if (view->scroll > last)
		view->scroll = last;
	/* the device of the first endpoint is worth a line */
	if (view->scroll == 1 && view->cursor_row == 1 && view->rows[0].device &&
	    view->page_rows > 1)
		view->scroll = 0;
	if (view->scroll < 0)
		view->scroll = 0;
}

void cursor_to(struct top_view *view, int row)
{
	row = row < view->row_cnt ? row : view->row_cnt - 1;
	row = row > 0 ? row : 0;
	view->cursor_row = row;
	if (row < view->row_cnt)
		view->cursor = row_id(&view->rows[row]);
	scroll_to_cursor(view);
}

void cursor_move(struct top_view *view, int by)
{
	cursor_to(view, view->cursor_row + by);
}

/* After the rows were made anew: the cursor stays on its row, or where that was. */
void cursor_fit(struct top_view *view)
{
	int row = row_under_cursor(view);

	if (row < 0 && !view->cursor.serial) {
		/* nothing was chosen yet: the first endpoint with which something is wrong, or the first */
		for (row = 0; row < view->row_cnt && !has_trouble(&view->rows[row]); row++)
			;
		if (row == view->row_cnt)
			for (row = 0; row < view->row_cnt && view->rows[row].device; row++)
				;
		view->cursor_row = row < view->row_cnt ? row : 0;
		return;
	}
	if (row >= 0)
		view->cursor_row = row;
	cursor_to(view, view->cursor_row);
}

void search_next(struct top_view *view, int direction, bool from_here)
{
	int i, row;

	view->search_hits = 0;
	if (!view->search[0] || !view->row_cnt)
		return;
	for (i = 0; i < view->row_cnt; i++)
		view->search_hits += !view->rows[i].device &&
				     row_matches(&view->rows[i], view->search);
	for (i = from_here ? 0 : 1; i <= view->row_cnt; i++) {
		row = (view->cursor_row + direction * i) % view->row_cnt;
		row = row < 0 ? row + view->row_cnt : row;
		if (view->rows[row].device || !row_matches(&view->rows[row], view->search))
			continue;
		cursor_to(view, row);
		return;
	}
}
