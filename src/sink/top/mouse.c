// SPDX-License-Identifier: GPL-2.0
/* What the mouse does: selects, opens, sorts, and presses the labels at the foot. */
#include "sink/top/keys.h"

static void click(struct top_view *view, int y, int x, bool twice)
{
	int i;

	if (y == view->foot_y) {
		for (i = 0; i < view->zone_cnt; i++)
			if (x >= view->zone[i].x && x < view->zone[i].x + view->zone[i].width)
				act(view, view->zone[i].key);
		return;
	}
	if (y == view->title_y && view->page == PAGE_OVERVIEW) {
		for (i = 0; i < view->layout.cnt; i++)
			if (x >= view->layout.slot[i].x &&
			    x < view->layout.slot[i].x + view->layout.slot[i].width)
				columns_sort_by(view, column_named(view->layout.slot[i].column->key));
		return;
	}
	if (view->rows_y < 0 || y < view->rows_y || y >= view->rows_y + view->page_rows)
		return;
	i = view->scroll + y - view->rows_y;
	if (view->page == PAGE_COLUMNS && i < view->line_cnt) {
		view->choice = i;
		if (twice)
			do_toggle_column(view, ' ');
	}
	if (view->page != PAGE_OVERVIEW || i >= view->row_cnt)
		return;
	cursor_to(view, i);
	if (twice)
		do_open_row(view, TOP_KEY_ENTER);
}

void mouse(struct top_view *view, int key)
{
	int what = (key - TOP_KEY_MOUSE) >> 23;

	if (what == TOP_WHEEL_UP || what == TOP_WHEEL_DOWN)
		move_by(view, what == TOP_WHEEL_UP ? -3 : 3);
	else
		click(view, key >> 12 & 0x7ff, key & 0xfff, what == TOP_DOUBLE_CLICK);
}
