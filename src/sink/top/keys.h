/* SPDX-License-Identifier: GPL-2.0 */
/* What each key does: one table, of which the help and the labels at the foot are made. */
#ifndef URBSCOPE_SINK_TOP_KEYS_H
#define URBSCOPE_SINK_TOP_KEYS_H

#include "sink/top/view.h"

#define KEYS_MAX 6

struct binding {
	unsigned int pages;	/* bits of enum top_page; 0: of who plays a recording */
	int key[KEYS_MAX];	/* the first stands at the foot */
	const char *what;	/* in the help */
	const char *label;	/* at the foot; NULL: not there */
	const char *label_keys;	/* NULL: the first key's name */
	void (*act)(struct top_view *view, int key);
	enum top_time time;	/* of who plays */
};

extern const struct binding bindings[];
extern const size_t binding_cnt;

/* "Up", "^F", "Space", "F3", "k". */
#define KEY_NAME_SIZE 12
void key_name(int key, char buf[KEY_NAME_SIZE]);

/* Does what the key does on this page; false if that is nothing. */
bool act(struct top_view *view, int key);

/* mouse.c */
void mouse(struct top_view *view, int key);

/* actions.c: the cursor or the page by so many lines; the others are of the table. */
void move_by(struct top_view *view, int by);
void do_help(struct top_view *view, int key);
void do_back(struct top_view *view, int key);
void do_quit_or_back(struct top_view *view, int key);
void do_quit(struct top_view *view, int key);
void do_up(struct top_view *view, int key);
void do_down(struct top_view *view, int key);
void do_page_up(struct top_view *view, int key);
void do_page_down(struct top_view *view, int key);
void do_half_up(struct top_view *view, int key);
void do_half_down(struct top_view *view, int key);
void do_first(struct top_view *view, int key);
void do_last(struct top_view *view, int key);
void do_open_row(struct top_view *view, int key);
void do_open_device(struct top_view *view, int key);
void do_search(struct top_view *view, int key);
void do_search_again(struct top_view *view, int key);
void do_trouble(struct top_view *view, int key);
void do_filter(struct top_view *view, int key);
void do_tree(struct top_view *view, int key);
void do_sort_beside(struct top_view *view, int key);
void do_worst_first(struct top_view *view, int key);
void do_reverse(struct top_view *view, int key);
void do_idle(struct top_view *view, int key);
void do_streams(struct top_view *view, int key);
void do_choose_columns(struct top_view *view, int key);
void do_toggle_column(struct top_view *view, int key);
void do_shift_column(struct top_view *view, int key);
void do_sort_by_column(struct top_view *view, int key);
void do_default_columns(struct top_view *view, int key);
void do_pause(struct top_view *view, int key);
void do_earlier(struct top_view *view, int key);
void do_later(struct top_view *view, int key);
void do_freeze(struct top_view *view, int key);
void do_whole_run(struct top_view *view, int key);
void do_zoom(struct top_view *view, int key);
void do_save(struct top_view *view, int key);
void do_record(struct top_view *view, int key);
void do_redraw(struct top_view *view, int key);

#endif
