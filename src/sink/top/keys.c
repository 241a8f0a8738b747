// SPDX-License-Identifier: GPL-2.0
#include "sink/top/keys.h"

#include <stdio.h>
#include <string.h>

#include "urbscope/text.h"

#define LIST  (1 << PAGE_OVERVIEW)
#define ONE   (1 << PAGE_ENDPOINT)
#define PAGES (1 << PAGE_ENDPOINT | 1 << PAGE_DEVICE)
#define COLS  (1 << PAGE_COLUMNS)
#define HELP  (1 << PAGE_HELP)
#define SHOWN (LIST | PAGES)
#define ALL   (SHOWN | COLS | HELP)

#define F(n)	(TOP_KEY_F + (n))
#define CTRL(c) ((c) & 0x1f)
#define ENTER	TOP_KEY_ENTER, '\n'

#define KEYS(...)      .key = {__VA_ARGS__}
#define FOOT(l)	       .label = (l)
#define FOOT_AS(k, l)  .label = (l), .label_keys = (k)

const struct binding bindings[] = {
	{ALL, KEYS('h', F(1), '?', 'H'), "this page, and back", FOOT("help"), .act = do_help},
	{SHOWN | HELP, KEYS('q', 'Q'), "quit; from a page back to the list", FOOT("quit"),
	 .act = do_quit_or_back},
	{COLS, KEYS('q', TOP_KEY_ESCAPE), "back", FOOT("back"), .act = do_back},
	{SHOWN | HELP, KEYS(TOP_KEY_ESCAPE, TOP_KEY_BACKSPACE),
	 "back; in the list: no filter, then no pause", .act = do_back},
	{ALL, KEYS(TOP_KEY_QUIT), "quit", .act = do_quit},
	{ALL, KEYS(TOP_KEY_UP, 'k', 'y', CTRL('p')), "up", .act = do_up},
	{ALL, KEYS(TOP_KEY_DOWN, 'j', 'e', CTRL('n')), "down", .act = do_down},
	{ALL, KEYS(TOP_KEY_PAGE_UP, 'b', CTRL('b')), "a page up", .act = do_page_up},
	{ALL, KEYS(TOP_KEY_PAGE_DOWN, CTRL('f')), "a page down", .act = do_page_down},
	{HELP, KEYS(' '), "a page down", FOOT("more"), .act = do_page_down},
	{ALL, KEYS(CTRL('u')), "half a page up", .act = do_half_up},
	{ALL, KEYS(CTRL('d')), "half a page down", .act = do_half_down},
	{ALL, KEYS(TOP_KEY_HOME, 'g'), "to the first", .act = do_first},
	{ALL, KEYS(TOP_KEY_END, 'G'), "to the last", .act = do_last},
	{LIST, KEYS(ENTER), "the page of this endpoint, or device", FOOT("open"),
	 .act = do_open_row},
	{SHOWN, KEYS('d'), "the page of its device", FOOT("device"), .act = do_open_device},
	{LIST, KEYS('/', F(3)), "search: a selector, or any text of a row", FOOT("search"),
	 .act = do_search},
	{LIST, KEYS('n'), "the next match", .act = do_search_again},
	{LIST, KEYS('N'), "the match before", .act = do_search_again},
	{LIST, KEYS('!', '\t'), "the next row where something is wrong", FOOT("next trouble"),
	 .act = do_trouble},
	{LIST, KEYS('\\', F(4), '&'), "show only what matches; several selectors: any",
	 FOOT("filter"), .act = do_filter},
	{LIST, KEYS('t', F(5)), "tree of devices, or a flat list", FOOT("tree"), .act = do_tree},
	{LIST, KEYS('>', F(6)), "sort by the next column; or click on a title", FOOT("sort"),
	 .act = do_sort_beside},
	{LIST, KEYS('<'), "sort by the column before", .act = do_sort_beside},
	{LIST, KEYS('r', 'I'), "the other way round", .act = do_reverse},
	{LIST, KEYS('W'), "the worst first; again: by port", FOOT("worst first"), .act = do_worst_first},
	{LIST, KEYS('i'), "hide what was idle for a minute, or show it", FOOT("idle"),
	 .act = do_idle},
	{LIST, KEYS('s'), "a row for each bulk stream", .act = do_streams},
	{LIST, KEYS('C', F(2), 'S'), "choose columns", FOOT("columns"), .act = do_choose_columns},
	{SHOWN, KEYS(' ', 'Z'), "pause, and go on", FOOT("pause"), .act = do_pause},
	{SHOWN, KEYS(TOP_KEY_LEFT), "an interval back; ten minutes are kept", .act = do_earlier},
	{SHOWN, KEYS(TOP_KEY_RIGHT), "an interval on", .act = do_later},
	{SHOWN, KEYS('['), "ten intervals back", .act = do_earlier},
	{SHOWN, KEYS(']'), "ten intervals on", .act = do_later},
	{SHOWN, KEYS('f'), "freeze this endpoint's row while others go on; again: not",
	 .act = do_freeze},
	{ONE, KEYS('a'), "distributions of the whole run, or of the last minute",
	 FOOT("all or minute"), .act = do_whole_run},
	{PAGES, KEYS('z'), "charts of ten minutes, or of one", FOOT("zoom"), .act = do_zoom},
	{ALL, KEYS('w'), "write the screen to a file, as text", .act = do_save},
	{SHOWN, KEYS('R'), "record from now on to a file; again: end it", .act = do_record},
	{COLS, KEYS(' ', ENTER), "show this column, or not", FOOT("show"), .act = do_toggle_column},
	{COLS, KEYS('-', TOP_KEY_LEFT, F(7)), "move it to the left", FOOT("left"),
	 .act = do_shift_column},
	{COLS, KEYS('+', TOP_KEY_RIGHT, F(8)), "move it to the right", FOOT("right"),
	 .act = do_shift_column},
	{COLS, KEYS('s'), "sort by it; again: the other way round", FOOT("sort"),
	 .act = do_sort_by_column},
	{COLS, KEYS('D'), "all as it was at first", FOOT("default"), .act = do_default_columns},
	{ALL, KEYS(TOP_KEY_REDRAW), "draw anew", .act = do_redraw},
	{0, KEYS(' ', 'Z'), "pause, and go on", FOOT("pause"), .time = TOP_PAUSE},
	{0, KEYS('+', '='), "faster: x64 at most, then as fast as it can be read",
	 FOOT_AS("+ -", "speed"), .time = TOP_FASTER},
	{0, KEYS('-'), "slower: x1/8 at least", .time = TOP_SLOWER},
	{0, KEYS('.'), "an interval on, and pause there", FOOT_AS(". ,", "step"), .time = TOP_STEP},
	{0, KEYS(','), "an interval back, and pause there", .time = TOP_STEP_BACK},
	{0, KEYS(TOP_KEY_RIGHT), "a second on", .time = TOP_ON_1S},
	{0, KEYS(TOP_KEY_LEFT), "a second back", .time = TOP_BACK_1S},
	{0, KEYS('>'), "ten seconds on; F6 sorts", FOOT_AS("< > 0 G", "jump"), .time = TOP_ON_10S},
	{0, KEYS('<'), "ten seconds back", .time = TOP_BACK_10S},
	{0, KEYS('0'), "its start", .time = TOP_START},
	{0, KEYS('G'), "its end", .time = TOP_END},
};

const size_t binding_cnt = sizeof(bindings) / sizeof(bindings[0]);

void key_name(int key, char buf[KEY_NAME_SIZE])
{
	static const struct {
		int key;
		const char *name;
	} names[] = {
		{TOP_KEY_UP, "Up"}, {TOP_KEY_DOWN, "Down"}, {TOP_KEY_LEFT, "Left"},
		{TOP_KEY_RIGHT, "Right"}, {TOP_KEY_PAGE_UP, "PgUp"}, {TOP_KEY_PAGE_DOWN, "PgDn"},
		{TOP_KEY_HOME, "Home"}, {TOP_KEY_END, "End"}, {TOP_KEY_BACKSPACE, "Bksp"},
		{TOP_KEY_QUIT, "F10"}, {TOP_KEY_REDRAW, "^L"}, {TOP_KEY_ENTER, "Enter"},
		{TOP_KEY_ESCAPE, "Esc"}, {' ', "Space"}, {'\t', "Tab"},
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].key == key) {
			snprintf(buf, KEY_NAME_SIZE, "%s", names[i].name);
			return;
		}
	if (key > F(0) && key < F(10))
		snprintf(buf, KEY_NAME_SIZE, "F%d", key - F(0));
	else if (key < ' ')
		snprintf(buf, KEY_NAME_SIZE, "^%c", key + '@');
	else
		snprintf(buf, KEY_NAME_SIZE, "%c", key);
}

static bool has_key(const struct binding *b, int key)
{
	size_t i;

	for (i = 0; i < KEYS_MAX && b->key[i]; i++)
		if (b->key[i] == key)
			return true;
	return false;
}

bool act(struct top_view *view, int key)
{
	size_t i;

	for (i = 0; i < binding_cnt; i++) {
		if (!(bindings[i].pages & 1U << view->page) || !has_key(&bindings[i], key))
			continue;
		bindings[i].act(view, key);
		return true;
	}
	return false;
}

bool has_time_keys(const struct top_view *view)
{
	return !view->prompt && view->page != PAGE_HELP && view->page != PAGE_COLUMNS;
}

enum top_time top_time_key(const struct top_view *view, int key)
{
	size_t i;

	for (i = 0; i < binding_cnt && has_time_keys(view); i++)
		if (!bindings[i].pages && has_key(&bindings[i], key))
			return bindings[i].time;
	return TOP_TIME_NONE;
}

bool top_key(struct top_view *view, int key)
{
	bool told = view->message[0];

	if (key == TOP_KEY_NONE)
		return false;
	view->message[0] = '\0';
	if (view->prompt && key < TOP_KEY_MOUSE && key != TOP_KEY_QUIT)
		return prompt_key(view, key);
	if (key >= TOP_KEY_MOUSE)
		mouse(view, key);
	else if (!act(view, key))
		return told;
	return !view->quit;
}
