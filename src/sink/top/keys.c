// SPDX-License-Identifier: GPL-2.0
/* What each key does, in one table: the help page and the labels at the foot are made of it. */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/text.h"

#define LIST   (1 << PAGE_OVERVIEW)
#define ONE    (1 << PAGE_ENDPOINT)
#define PAGES  (1 << PAGE_ENDPOINT | 1 << PAGE_DEVICE)
#define COLS   (1 << PAGE_COLUMNS)
#define HELP   (1 << PAGE_HELP)
#define SHOWN  (LIST | PAGES)
#define ALL    (SHOWN | COLS | HELP)
#define CTRL(c) ((c) & 0x1f)

static void go_to(struct top_view *view, enum top_page page)
{
	view->page = page;
	view->scroll = 0;
	if (page == PAGE_OVERVIEW)
		cursor_fit(view);
}

static void back(struct top_view *view, int key)
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

static void quit_or_back(struct top_view *view, int key)
{
	if (view->page == PAGE_OVERVIEW)
		view->quit = true;
	else
		back(view, key);
}

static void quit(struct top_view *view, int key)
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

static void help(struct top_view *view, int key)
{
	(void)key;
	over(view, PAGE_HELP);
}

static void choose_columns(struct top_view *view, int key)
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

static void open_row(struct top_view *view, int key)
{
	const struct row *row = chosen(view);

	(void)key;
	open_page(view, row && row->device ? PAGE_DEVICE : PAGE_ENDPOINT);
}

static void open_device(struct top_view *view, int key)
{
	(void)key;
	open_page(view, view->page == PAGE_DEVICE ? PAGE_ENDPOINT : PAGE_DEVICE);
}

static void move(struct top_view *view, int by)
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

static void up(struct top_view *view, int key)
{
	(void)key;
	move(view, -1);
}

static void down(struct top_view *view, int key)
{
	(void)key;
	move(view, 1);
}

static void page_up(struct top_view *view, int key)
{
	(void)key;
	move(view, view->page_rows > 1 ? 1 - view->page_rows : -1);
}

static void page_down(struct top_view *view, int key)
{
	(void)key;
	move(view, view->page_rows > 1 ? view->page_rows - 1 : 1);
}

static void first(struct top_view *view, int key)
{
	(void)key;
	move(view, -100000);
}

static void last(struct top_view *view, int key)
{
	(void)key;
	move(view, 100000);
}

static void sort_next(struct top_view *view, int key)
{
	columns_sort_beside(view, key == '<' ? -1 : 1);
}

static void reverse(struct top_view *view, int key)
{
	(void)key;
	view->choices.reverse = !view->choices.reverse;
}

static void tree(struct top_view *view, int key)
{
	(void)key;
	view->choices.flat = !view->choices.flat;
}

static void idle(struct top_view *view, int key)
{
	(void)key;
	view->choices.show_idle = !view->choices.show_idle;
}

static void streams(struct top_view *view, int key)
{
	(void)key;
	view->choices.streams = !view->choices.streams;
}

static void search(struct top_view *view, int key)
{
	(void)key;
	prompt_open(view, PROMPT_SEARCH);
}

static void filter(struct top_view *view, int key)
{
	(void)key;
	prompt_open(view, PROMPT_FILTER);
}

static void search_again(struct top_view *view, int key)
{
	search_next(view, key == 'N' ? -1 : 1, false);
}

static void pause(struct top_view *view, int key)
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

static void earlier(struct top_view *view, int key)
{
	step(view, key == '[' ? -10 : -1);
}

static void later(struct top_view *view, int key)
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
static void freeze(struct top_view *view, int key)
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

static void save(struct top_view *view, int key)
{
	(void)key;
	view->request = TOP_SAVE_SCREEN;
}

static void record(struct top_view *view, int key)
{
	(void)key;
	view->request = TOP_RECORD;
}

static void whole_run(struct top_view *view, int key)
{
	(void)key;
	view->whole_run = !view->whole_run;
}

static void toggle_column(struct top_view *view, int key)
{
	(void)key;
	columns_toggle(view, columns_under_cursor(view));
}

static void shift_column(struct top_view *view, int key)
{
	columns_shift(view, key == TOP_KEY_F + 7 || key == TOP_KEY_LEFT || key == '-' ? -1 : 1);
}

static void sort_by_column(struct top_view *view, int key)
{
	(void)key;
	columns_sort_by(view, columns_under_cursor(view));
}

static void default_columns(struct top_view *view, int key)
{
	(void)key;
	columns_default(&view->choices);
}

static void redraw(struct top_view *view, int key)
{
	(void)view;
	(void)key;
}

#define F(n) (TOP_KEY_F + (n))

static const struct binding {
	unsigned int pages;
	int key[4];
	const char *shown;	/* in the help */
	const char *what;
	const char *label;	/* at the foot, for the first key; NULL: not there */
	const char *label_key;
	void (*act)(struct top_view *view, int key);
} bindings[] = {
	{ALL, {F(1), 'h', '?'}, "F1 h ?", "this page, and back", "help", "h", help},
	{SHOWN | HELP, {'q'}, "q", "quit; from a page back to the list", "quit", "q",
	 quit_or_back},
	{COLS, {'q', TOP_KEY_ESCAPE}, "q Esc", "back", "back", "q", back},
	{SHOWN | HELP, {TOP_KEY_ESCAPE, TOP_KEY_BACKSPACE}, "Esc",
	 "back; in the list: no filter, then no pause", NULL, NULL, back},
	{ALL, {TOP_KEY_QUIT}, "F10", "quit", NULL, NULL, quit},
	{ALL, {TOP_KEY_UP, 'k'}, "Up k", "up", NULL, NULL, up},
	{ALL, {TOP_KEY_DOWN, 'j'}, "Down j", "down", NULL, NULL, down},
	{ALL, {TOP_KEY_PAGE_UP, 'b', CTRL('b')}, "PgUp b", "a page up", NULL, NULL, page_up},
	{ALL, {TOP_KEY_PAGE_DOWN, CTRL('f')}, "PgDn ^F", "a page down", NULL, NULL, page_down},
	{ALL, {TOP_KEY_HOME, 'g'}, "Home g", "to the first", NULL, NULL, first},
	{ALL, {TOP_KEY_END, 'G'}, "End G", "to the last", NULL, NULL, last},
	{LIST, {TOP_KEY_ENTER, '\n'}, "Enter", "the page of this endpoint, or device", "open",
	 "Enter", open_row},
	{SHOWN, {'d'}, "d", "the page of its device", "device", "d", open_device},
	{LIST, {'/', F(3)}, "/ F3", "search: a selector, or any text of a row", "search", "/",
	 search},
	{LIST, {'n', 'N'}, "n N", "the next match, the one before", NULL, NULL, search_again},
	{LIST, {'\\', F(4)}, "\\ F4", "show only what matches; several selectors: any", "filter",
	 "\\", filter},
	{LIST, {'t', F(5)}, "t F5", "tree of devices, or a flat list", "tree", "t", tree},
	{LIST, {'>', F(6)}, "> F6", "sort by the next column; or click on a title", "sort", ">",
	 sort_next},
	{LIST, {'<'}, "<", "sort by the column before", NULL, NULL, sort_next},
	{LIST, {'r', 'I'}, "r I", "the other way round", NULL, NULL, reverse},
	{LIST, {'i'}, "i", "hide what was idle for a minute, or show it", "idle", "i", idle},
	{LIST, {'s'}, "s", "a row for each bulk stream", NULL, NULL, streams},
	{LIST, {'C', F(2)}, "C F2", "choose columns", "columns", "C", choose_columns},
	{SHOWN, {' '}, "Space", "pause, and go on", "pause", "Space", pause},
	{SHOWN, {TOP_KEY_LEFT, '['}, "Left [", "an interval back, ten: ten minutes are kept", NULL,
	 NULL, earlier},
	{SHOWN, {TOP_KEY_RIGHT, ']'}, "Right ]", "an interval on, ten", NULL, NULL, later},
	{LIST | PAGES, {'f'}, "f", "freeze this endpoint's row while others go on; again: not",
	 NULL, NULL, freeze},
	{ONE, {'a'}, "a", "distributions of the whole run, or of the last minute", "all or minute",
	 "a", whole_run},
	{ALL, {'w'}, "w", "write the screen to a file, as text", NULL, NULL, save},
	{SHOWN, {'R'}, "R", "record from now on to a file; again: end the recording", NULL, NULL,
	 record},
	{COLS, {' ', TOP_KEY_ENTER, '\n'}, "Space", "show this column, or not", "show", "Space",
	 toggle_column},
	{COLS, {F(7), TOP_KEY_LEFT, '-'}, "Left -", "move it to the left", "left", "-",
	 shift_column},
	{COLS, {F(8), TOP_KEY_RIGHT, '+'}, "Right +", "move it to the right", "right", "+",
	 shift_column},
	{COLS, {'s'}, "s", "sort by it; again: the other way round", "sort", "s", sort_by_column},
	{COLS, {'D'}, "D", "all as it was at first", "default", "D", default_columns},
	{ALL, {TOP_KEY_REDRAW}, "^L", "draw anew", NULL, NULL, redraw},
	/* Who plays takes these first (top_has_time_keys()); so they stand here to be told only. */
	{0, {0}, "Space", "pause, and go on", "pause", "Space", NULL},
	{0, {0}, "+ -", "faster, slower: x1/8 to x64, and as fast as it can be read", "speed", "+ -",
	 NULL},
	{0, {0}, ". ,", "an interval on, or back, and pause there", "step", ". ,", NULL},
	{0, {0}, "Right Left", "a second on, or back", NULL, NULL, NULL},
	{0, {0}, "> <", "ten seconds on, or back; F6 sorts", "jump", "< > 0 G", NULL},
	{0, {0}, "0 G", "its start, its end", NULL, NULL, NULL},
};

#define BINDINGS (sizeof(bindings) / sizeof(bindings[0]))
#define PLAYING_KEYS 6 /* the last ones */

static const char *const words[] = {
	"IN FLIGHT    URBs that the host controller holds: now, on average over the",
	"             busy time, and the most of the run",
	"LAST MIN     the depth over the last minute; coloured where there were gaps",
	"GAPS         busy time with nothing in flight though there was more to do: the",
	"             bus waited for the host. Share of busy time, 99th percentile",
	"LATENCY      submission to completion",
	"LINK         of what the link could carry at its speed, nothing else on it",
	"ERR          of the whole run, by name where they fit",
	"",
	"synchronous  (sync) never more than one URB in flight: a round trip each",
	"starved      an OUT queue ran empty, though it was deeper at times",
	"unposted     an IN endpoint had no URB: the device could not have sent",
	"too deep     OUT never runs low, and yet transfers take a tenth of a second",
	"errors       transfers failed in the last minute",
	"refused      usb_submit_urb() said no",
	"lost         events were lost: not certain until walked anew or drained",
	"waiting      in flight, and nothing began or ended in this interval",
};

#define WORDS ((int)(sizeof(words) / sizeof(words[0])))

enum { IN_LIST, ON_PAGES, IN_COLUMNS, PLAYING, SECTIONS };

static const char *const sections[SECTIONS] = {
	"In the list", "On the page of an endpoint or a device", "Where columns are chosen",
	"While a recording is played",
};

/* The keys that the list has, then what other pages have besides. */
static int section_of(const struct binding *b)
{
	return !b->pages ? PLAYING : b->pages & LIST ? IN_LIST : b->pages & PAGES ? ON_PAGES
										  : IN_COLUMNS;
}

static int section_lines(int section)
{
	int n = 0;
	size_t i;

	for (i = 0; i < BINDINGS; i++)
		n += section_of(&bindings[i]) == section;
	return n;
}

int help_line_cnt(void)
{
	return 1 + 1 + WORDS + SECTIONS * 2 + (int)BINDINGS;
}

static void key_line(int section, int nth, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < BINDINGS; i++)
		if (section_of(&bindings[i]) == section && !nth--)
			snprintf(buf, size, "  %-10s %s", bindings[i].shown, bindings[i].what);
}

void help_line(const struct top_view *view, int i, char *buf, size_t size, unsigned int *attr)
{
	int nth, section, lines;

	*attr = 0;
	snprintf(buf, size, "%s", "");
	for (nth = 0; nth < SECTIONS; nth++) {
		/* first what is special now */
		section = view->replay.on ? (nth + PLAYING) % SECTIONS : nth;
		lines = section_lines(section);
		if (i == 0) {
			snprintf(buf, size, "%s", sections[section]);
			*attr = CANVAS_BOLD;
			return;
		}
		if (i <= lines) {
			key_line(section, i - 1, buf, size);
			return;
		}
		if (i == lines + 1)
			return;
		i -= lines + 2;
	}
	if (i == 0) {
		snprintf(buf, size, "What the columns and the words mean");
		*attr = CANVAS_BOLD;
	} else if (i >= 2 && i - 2 < WORDS) {
		snprintf(buf, size, "  %s", words[i - 2]);
	}
}

static bool has_label(const struct top_view *view, const struct binding *b)
{
	/* a click on it would not reach who plays, so it is not to be clicked on */
	if (view->replay.on && b->label && !b->pages)
		return top_has_time_keys(view);
	return b->label && b->pages & 1 << view->page &&
	       !(view->replay.on && (b->act == pause || b->act == sort_next));
}

void draw_keys(struct canvas *c, int y, int width, struct top_view *view)
{
	size_t k;
	int x = 0;

	for (k = 0; k < BINDINGS && view->zone_cnt < TOP_ZONES; k++) {
		/* who plays has the last ones, and looks for them */
		size_t i = view->replay.on ? (k + BINDINGS - PLAYING_KEYS) % BINDINGS : k;
		const struct binding *b = &bindings[i];
		int start = x, more;

		if (!has_label(view, b))
			continue;
		more = (int)(strlen(b->label_key) + strlen(b->label)) + 1;
		if (x + more > width)
			continue;
		x += canvas_text(c, y, x, width - x, CANVAS_BOLD, b->label_key) + 1;
		x += canvas_text(c, y, x, width - x, CANVAS_DIM, b->label) + 2;
		if (b->pages)
			view->zone[view->zone_cnt++] = (struct zone){start, more, b->key[0]};
	}
}

static void act(struct top_view *view, int key);

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
			toggle_column(view, ' ');
	}
	if (view->page != PAGE_OVERVIEW || i >= view->row_cnt)
		return;
	cursor_to(view, i);
	if (twice)
		open_row(view, TOP_KEY_ENTER);
}

static void mouse(struct top_view *view, int key)
{
	int what = (key - TOP_KEY_MOUSE) >> 23;

	if (what == TOP_WHEEL_UP || what == TOP_WHEEL_DOWN)
		move(view, what == TOP_WHEEL_UP ? -3 : 3);
	else
		click(view, key >> 12 & 0x7ff, key & 0xfff, what == TOP_DOUBLE_CLICK);
}

static const struct binding *binding_of(const struct top_view *view, int key)
{
	size_t i, k;

	for (i = 0; i < BINDINGS; i++)
		for (k = 0; k < 4 && bindings[i].key[k]; k++)
			if (bindings[i].key[k] == key && bindings[i].pages & 1 << view->page)
				return &bindings[i];
	return NULL;
}

static void act(struct top_view *view, int key)
{
	const struct binding *b = binding_of(view, key);

	if (b)
		b->act(view, key);
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
	else if (binding_of(view, key))
		act(view, key);
	else
		return told;
	return !view->quit;
}
