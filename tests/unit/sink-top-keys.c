// SPDX-License-Identifier: GPL-2.0
/* Every key that does anything on a page stands in the help, and what stands there does something. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/fakesnap.h"
#include "sink/top/view.h"

#define MS 1000000ULL

static const struct fake_endpoint two[] = {
	{.ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock",
	 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .gap_max_ns = 1230000,
	 .latency_ns = 220000, .transfers = 4000, .bytes = 300000000},
	{.ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock",
	 .depth_ns = {0, 0, 0, 0, 1000 * MS}, .latency_ns = 900000, .transfers = 9000},
};

/* As people call them; all there are, but for letters. */
static const struct {
	int key;
	const char *name;
} named[] = {
	{TOP_KEY_UP, "Up"}, {TOP_KEY_DOWN, "Down"}, {TOP_KEY_LEFT, "Left"}, {TOP_KEY_RIGHT, "Right"},
	{TOP_KEY_PAGE_UP, "PgUp"}, {TOP_KEY_PAGE_DOWN, "PgDn"}, {TOP_KEY_HOME, "Home"},
	{TOP_KEY_END, "End"}, {TOP_KEY_BACKSPACE, "Bksp"}, {TOP_KEY_QUIT, "F10"},
	{TOP_KEY_REDRAW, "^L"}, {TOP_KEY_ENTER, "Enter"}, {'\n', "Enter"}, {TOP_KEY_ESCAPE, "Esc"},
	{' ', "Space"}, {'\t', "Tab"}, {TOP_KEY_F + 1, "F1"}, {TOP_KEY_F + 2, "F2"},
	{TOP_KEY_F + 3, "F3"}, {TOP_KEY_F + 4, "F4"}, {TOP_KEY_F + 5, "F5"}, {TOP_KEY_F + 6, "F6"},
	{TOP_KEY_F + 7, "F7"}, {TOP_KEY_F + 8, "F8"}, {TOP_KEY_F + 9, "F9"},
};
#define NAMED (sizeof(named) / sizeof(named[0]))
#define KEYS  (128 + NAMED)

/* The i-th key that there is: control and printable ASCII, then the others. */
static int nth_key(size_t i, char name[8])
{
	size_t k;

	int key = i < 128 ? (int)i : named[i - 128].key;

	for (k = 0; k < NAMED; k++)
		if (named[k].key == key) {
			snprintf(name, 8, "%s", named[k].name);
			return key;
		}
	if (key < ' ')
		snprintf(name, 8, "^%c", key + '@');
	else
		snprintf(name, 8, "%c", key);
	return key ? key : TOP_KEY_NONE;
}

struct fixture {
	struct snapshot *snap;
	struct top_view *view;
	struct canvas canvas;
};

static void open_page(struct fixture *f, enum top_page page, bool replay)
{
	struct top_replay line = {.on = replay, .speed = "x1"};

	f->snap = fake_snapshot(two, 2, 1000 * MS);
	f->view = top_view_new();
	assert_non_null(f->view);
	assert_int_equal(canvas_init(&f->canvas, 120, 200, true), 0);
	f->view->page = page;
	f->view->at.serial = 1;
	f->view->moment = 0;
	top_set_replay(f->view, &line);
	{
		const struct top_data data = {.total = f->snap, .interval = f->snap};

		assert_int_equal(top_draw(&f->canvas, f->view, &data), 0);
	}
}

static void close_page(struct fixture *f)
{
	fake_free(f->snap);
	top_view_free(f->view);
	canvas_release(&f->canvas);
}

static bool does_something(enum top_page page, int key, bool replay)
{
	struct fixture f;
	bool does;

	open_page(&f, page, replay);
	does = (replay && top_time_key(f.view, key)) || top_key(f.view, key) || top_quit(f.view);
	close_page(&f);
	return does;
}

/* The names of keys in the help line of a section; what a key does begins after two blanks or more. */
static bool names_key(const char *line, const char *name)
{
	char keys[64], *word, *rest = keys;

	if (strncmp(line, "  ", 2))
		return false;
	snprintf(keys, sizeof(keys), "%.13s", line + 2);
	while ((word = strsep(&rest, " ")))
		if (!strcmp(word, name))
			return true;
	return false;
}

/* Which of the sections of the help tell of a page: the list's of all, then its own. */
static bool tells_of(const char *title, enum top_page page, bool replay)
{
	return (!strcmp(title, "In the list")) ||
	       (!strncmp(title, "On the page", 11) && (page == PAGE_ENDPOINT || page == PAGE_DEVICE)) ||
	       (!strncmp(title, "Where columns", 13) && page == PAGE_COLUMNS) ||
	       (!strncmp(title, "In this help", 12) && page == PAGE_HELP) ||
	       (!strncmp(title, "While a rec", 11) && replay);
}

static bool help_tells(const char *name, enum top_page page, bool replay)
{
	struct fixture f;
	char text[200], title[200] = "";
	unsigned int attr;
	bool found = false;
	int i;

	open_page(&f, PAGE_HELP, replay);
	for (i = 0; i < help_line_cnt(); i++) {
		help_line(f.view, i, text, sizeof(text), &attr);
		if (text[0] && text[0] != ' ')
			snprintf(title, sizeof(title), "%s", text);
		found |= tells_of(title, page, replay) && names_key(text, name);
	}
	close_page(&f);
	return found;
}

static void help_has_every_key(void **state)
{
	int page, replay, did = 0;
	char name[8];
	size_t i;

	(void)state;
	for (page = 0; page < PAGE_CNT; page++)
		for (replay = 0; replay < 2; replay++)
			for (i = 0; i < KEYS; i++) {
				int key = nth_key(i, name);

				if (key == TOP_KEY_NONE || !does_something((enum top_page)page, key, replay))
					continue;
				did++;
				if (!help_tells(name, (enum top_page)page, replay))
					fail_msg("%s does something on page %d, and is not in the help", name,
						 page);
			}
	assert_true(did > 200);
}

static bool any_page_takes(const char *section, const char *word)
{
	bool replay = !strncmp(section, "While a rec", 11);
	char name[8];
	int page;
	size_t i;

	for (page = 0; page < PAGE_CNT; page++) {
		if (!tells_of(section, (enum top_page)page, replay))
			continue;
		for (i = 0; i < KEYS; i++) {
			int key = nth_key(i, name);

			if (key != TOP_KEY_NONE && !strcmp(name, word) &&
			    does_something((enum top_page)page, key, replay))
				return true;
		}
	}
	return false;
}

static void what_the_help_has_is_a_key(void **state)
{
	char text[200], title[200] = "", keys[64], *word, *rest;
	struct fixture f;
	unsigned int attr;
	int i, named_keys = 0;

	(void)state;
	open_page(&f, PAGE_HELP, false);
	for (i = 0; i < help_line_cnt(); i++) {
		help_line(f.view, i, text, sizeof(text), &attr);
		if (strlen(text) > 80)
			fail_msg("too long for 80 columns: %s", text);
		if (text[0] && text[0] != ' ')
			snprintf(title, sizeof(title), "%s", text);
		if (text[0] != ' ' || !strncmp(title, "What the", 8))
			continue;
		snprintf(keys, sizeof(keys), "%.13s", text + 2);
		rest = keys;
		while ((word = strsep(&rest, " "))) {
			if (!*word)
				continue;
			named_keys++;
			if (!any_page_takes(title, word))
				fail_msg("'%s' is in the help, and does nothing: %s", word, text);
		}
	}
	assert_true(named_keys > 70);
	close_page(&f);
}

/* htop's and less's own lists (htop.1, less.1), but for what has no meaning here. */
static void keys_are_those_people_know(void **state)
{
	static const struct {
		const char *from;
		int key;
		enum top_page page;
	} known[] = {
		{"htop", TOP_KEY_UP, PAGE_OVERVIEW}, {"htop", TOP_KEY_DOWN, PAGE_OVERVIEW},
		{"htop", TOP_KEY_PAGE_UP, PAGE_OVERVIEW}, {"htop", TOP_KEY_PAGE_DOWN, PAGE_OVERVIEW},
		{"htop", TOP_KEY_HOME, PAGE_OVERVIEW}, {"htop", TOP_KEY_END, PAGE_OVERVIEW},
		{"htop", TOP_KEY_F + 1, PAGE_OVERVIEW}, {"htop", 'h', PAGE_OVERVIEW},
		{"htop", '?', PAGE_OVERVIEW}, {"htop", TOP_KEY_F + 2, PAGE_OVERVIEW},
		{"htop", 'S', PAGE_OVERVIEW}, {"htop", TOP_KEY_F + 3, PAGE_OVERVIEW},
		{"htop", '/', PAGE_OVERVIEW}, {"htop", TOP_KEY_F + 4, PAGE_OVERVIEW},
		{"htop", '\\', PAGE_OVERVIEW}, {"htop", TOP_KEY_F + 5, PAGE_OVERVIEW},
		{"htop", 't', PAGE_OVERVIEW}, {"htop", TOP_KEY_F + 6, PAGE_OVERVIEW},
		{"htop", '<', PAGE_OVERVIEW}, {"htop", '>', PAGE_OVERVIEW}, {"htop", 'I', PAGE_OVERVIEW},
		{"htop", 'Z', PAGE_OVERVIEW}, {"htop", TOP_KEY_QUIT, PAGE_OVERVIEW},
		{"htop", 'q', PAGE_OVERVIEW}, {"htop", TOP_KEY_REDRAW, PAGE_OVERVIEW},
		{"less", 'e', PAGE_ENDPOINT}, {"less", 'j', PAGE_ENDPOINT}, {"less", 'N' & 0x1f, PAGE_ENDPOINT},
		{"less", 'y', PAGE_ENDPOINT}, {"less", 'k', PAGE_ENDPOINT}, {"less", 'P' & 0x1f, PAGE_ENDPOINT},
		{"less", 'F' & 0x1f, PAGE_ENDPOINT}, {"less", 'b', PAGE_ENDPOINT},
		{"less", 'B' & 0x1f, PAGE_ENDPOINT}, {"less", 'D' & 0x1f, PAGE_ENDPOINT},
		{"less", 'U' & 0x1f, PAGE_ENDPOINT}, {"less", 'g', PAGE_ENDPOINT}, {"less", 'G', PAGE_ENDPOINT},
		{"less", ' ', PAGE_HELP}, {"less", 'h', PAGE_ENDPOINT}, {"less", 'H', PAGE_ENDPOINT},
		{"less", 'q', PAGE_ENDPOINT}, {"less", 'Q', PAGE_ENDPOINT}, {"less", '/', PAGE_OVERVIEW},
		{"less", 'n', PAGE_OVERVIEW}, {"less", 'N', PAGE_OVERVIEW}, {"less", '&', PAGE_OVERVIEW},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!does_something(known[i].page, known[i].key, false))
			fail_msg("%s's key %#x does nothing on page %d", known[i].from, known[i].key,
				 known[i].page);
}

static const struct CMUnitTest tests[] = {
	TEST("top-help-has-every-key", help_has_every_key),
	TEST("top-what-the-help-has-is-a-key", what_the_help_has_is_a_key),
	TEST("top-keys-are-those-people-know", keys_are_those_people_know),
};

TEST_MAIN_UTF8(tests)
