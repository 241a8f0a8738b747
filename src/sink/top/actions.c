// SPDX-License-Identifier: GPL-2.0
/* What keys do. */
#include "sink/top/keys.h"

static void go_to(struct top_view *view, enum top_page page)
{
	view->page = page;
	view->scroll = 0;
	if (page == PAGE_OVERVIEW)
		cursor_fit(view);
}

void do_back(struct top_view *view, int key)
{
	(void)key;
	if (view->page == PAGE_HELP || view->page == PAGE_COLUMNS)
		go_to(view, view->back);
	else if (view->page != PAGE_OVERVIEW)
		go_to(view, PAGE_OVERVIEW);
	else if (view->filter[0])
		view->filter[0] = '\0';
	else
		view->moment = 0;
}

void do_quit_or_back(struct top_view *view, int key)
{
	if (view->page == PAGE_OVERVIEW)
		view->quit = true;
	else
		do_back(view, key);
}

void do_quit(struct top_view *view, int key)
{
	(void)key;
	view->quit = true;
}

static void over(struct top_view *view, enum top_page page)
{
	if (view->page == page) {
		go_to(view, view->back);
		return;
	}
	if (view->page != PAGE_HELP && view->page != PAGE_COLUMNS)
		view->back = view->page;
	go_to(view, page);
}

void do_help(struct top_view *view, int key)
{
	(void)key;
	over(view, PAGE_HELP);
}

void do_choose_columns(struct top_view *view, int key)
{
	(void)key;
	view->choice = 0;
	over(view, PAGE_COLUMNS);
}

static const struct row *chosen(const struct top_view *view)
{
	return view->cursor_row < view->row_cnt ? &view->rows[view->cursor_row] : NULL;
}

static void open_page(struct top_view *view, enum top_page page)
{
	const struct row *row = chosen(view);

	if (view->page == PAGE_OVERVIEW) {
		if (!row)
			return;
		view->at = row_id(row);
		cursor_to(view, view->cursor_row);
	}
	view->at.device = page == PAGE_DEVICE;
	go_to(view, page);
}

void do_open_row(struct top_view *view, int key)
{
	const struct row *row = chosen(view);

	(void)key;
	open_page(view, row && row->device ? PAGE_DEVICE : PAGE_ENDPOINT);
}

void do_open_device(struct top_view *view, int key)
{
	(void)key;
	open_page(view, view->page == PAGE_DEVICE ? PAGE_ENDPOINT : PAGE_DEVICE);
}

void move_by(struct top_view *view, int by)
{
	if (view->page == PAGE_OVERVIEW) {
		cursor_move(view, by);
	} else if (view->page == PAGE_COLUMNS) {
		view->choice += by;
		view->choice = view->choice < view->line_cnt ? view->choice : view->line_cnt - 1;
		view->choice = view->choice > 0 ? view->choice : 0;
	} else { /* drawing brings it back to where there are lines */
		view->scroll += by;
		view->scroll = view->scroll > 0 ? view->scroll : 0;
	}
}

void do_up(struct top_view *view, int key)
{
	(void)key;
	move_by(view, -1);
}

void do_down(struct top_view *view, int key)
{
	(void)key;
	move_by(view, 1);
}

void do_page_up(struct top_view *view, int key)
{
	(void)key;
	move_by(view, view->page_rows > 1 ? 1 - view->page_rows : -1);
}

void do_page_down(struct top_view *view, int key)
{
	(void)key;
	move_by(view, view->page_rows > 1 ? view->page_rows - 1 : 1);
}

static int half_page(const struct top_view *view)
{
	return view->page_rows > 2 ? view->page_rows / 2 : 1;
}

void do_half_up(struct top_view *view, int key)
{
	(void)key;
	move_by(view, -half_page(view));
}

void do_half_down(struct top_view *view, int key)
{
	(void)key;
	move_by(view, half_page(view));
}

void do_first(struct top_view *view, int key)
{
	(void)key;
	move_by(view, -100000);
}

void do_last(struct top_view *view, int key)
{
	(void)key;
	move_by(view, 100000);
}

void do_sort_beside(struct top_view *view, int key)
{
	columns_sort_beside(view, key == '<' ? -1 : 1);
}

void do_worst_first(struct top_view *view, int key)
{
	int words = column_named("words");

	(void)key;
	view->choices.sort = (uint8_t)(view->choices.sort == words ? column_named("device") : words);
	view->choices.reverse = false;
}

void do_reverse(struct top_view *view, int key)
{
	(void)key;
	view->choices.reverse = !view->choices.reverse;
}

void do_tree(struct top_view *view, int key)
{
	(void)key;
	view->choices.flat = !view->choices.flat;
}

void do_idle(struct top_view *view, int key)
{
	(void)key;
	view->choices.show_idle = !view->choices.show_idle;
}

void do_streams(struct top_view *view, int key)
{
	(void)key;
	view->choices.streams = !view->choices.streams;
}

void do_search(struct top_view *view, int key)
{
	(void)key;
	prompt_open(view, PROMPT_SEARCH);
}

void do_filter(struct top_view *view, int key)
{
	(void)key;
	prompt_open(view, PROMPT_FILTER);
}

void do_search_again(struct top_view *view, int key)
{
	search_next(view, key == 'N' ? -1 : 1, false);
}

void do_trouble(struct top_view *view, int key)
{
	(void)key;
	trouble_next(view);
}

void do_pause(struct top_view *view, int key)
{
	(void)key;
	view->moment = view->moment ? 0 : view->last;
	if (!view->last)
		top_say(view, "Nothing to hold yet.");
}

static void step(struct top_view *view, int64_t by)
{
	uint64_t at = view->moment ? view->moment : view->last;

	if (!view->last)
		return;
	if (by < 0)
		at = at > view->first + (uint64_t)-by ? at + (uint64_t)by : view->first;
	else
		at = at + (uint64_t)by < view->last ? at + (uint64_t)by : view->last;
	view->moment = at;
}

void do_earlier(struct top_view *view, int key)
{
	step(view, key == '[' ? -10 : -1);
}

void do_later(struct top_view *view, int key)
{
	step(view, key == ']' ? 10 : 1);
}

static void unfreeze(struct top_view *view)
{
	snapshot_free(view->frozen_total);
	snapshot_free(view->frozen_interval);
	view->frozen_total = view->frozen_interval = NULL;
	view->frozen = (struct row_id){0};
}

/* The snapshots are taken when it is drawn next. */
void do_freeze(struct top_view *view, int key)
{
	const struct row *row = chosen(view);
	uint32_t before = view->frozen.serial;
	uint32_t serial = view->page == PAGE_OVERVIEW ? row && !row->device ? row->total->serial : 0
						      : view->at.serial;

	(void)key;
	unfreeze(view);
	if (serial && serial != before)
		view->frozen.serial = serial;
}

void do_save(struct top_view *view, int key)
{
	(void)key;
	view->request = TOP_SAVE_SCREEN;
}

void do_record(struct top_view *view, int key)
{
	(void)key;
	view->request = TOP_RECORD;
}

void do_whole_run(struct top_view *view, int key)
{
	(void)key;
	view->whole_run = !view->whole_run;
}

void do_zoom(struct top_view *view, int key)
{
	(void)key;
	view->ten_minutes = !view->ten_minutes;
}

void do_toggle_column(struct top_view *view, int key)
{
	(void)key;
	columns_toggle(view, columns_under_cursor(view));
}

void do_shift_column(struct top_view *view, int key)
{
	columns_shift(view, key == '-' || key == TOP_KEY_LEFT || key == TOP_KEY_F + 7 ? -1 : 1);
}

void do_sort_by_column(struct top_view *view, int key)
{
	(void)key;
	columns_sort_by(view, columns_under_cursor(view));
}

void do_default_columns(struct top_view *view, int key)
{
	(void)key;
	columns_default(&view->choices);
}

void do_redraw(struct top_view *view, int key)
{
	(void)view;
	(void)key;
}
