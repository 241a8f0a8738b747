// SPDX-License-Identifier: GPL-2.0
/* What is typed into the last line takes effect with each letter; Esc takes it back. */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/text.h"

void prompt_open(struct top_view *view, enum prompt prompt)
{
	view->prompt = prompt;
	view->search_from = view->cursor;
	view->search_hits = 0;
	snprintf(view->filter_before, TOP_TEXT, "%s", view->filter);
	snprintf(view->typed, TOP_TEXT, "%s", prompt == PROMPT_FILTER ? view->filter : "");
}

static void changed(struct top_view *view)
{
	if (view->prompt == PROMPT_FILTER) {
		snprintf(view->filter, TOP_TEXT, "%s", view->typed);
		return;
	}
	snprintf(view->search, TOP_TEXT, "%s", view->typed);
	view->cursor = view->search_from;
	cursor_fit(view);
	search_next(view, 1, true);
}

static void cancel(struct top_view *view)
{
	if (view->prompt == PROMPT_FILTER)
		snprintf(view->filter, TOP_TEXT, "%s", view->filter_before);
	else
		view->search[0] = '\0';
	view->cursor = view->search_from;
	view->prompt = PROMPT_NONE;
	cursor_fit(view);
}

/* The last character goes, all of its bytes. */
static void erase(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n ? n - 1 : 0] = '\0';
}

bool prompt_key(struct top_view *view, int key)
{
	size_t n = strlen(view->typed);
	char bytes[UTF8_MAX];

	switch (key) {
	case TOP_KEY_ENTER:
	case '\n':
		if (view->prompt == PROMPT_SEARCH && view->typed[0] && !view->search_hits)
			top_say(view, view->hidden_hits ? "What matches is idle, and hidden: i shows it."
							: "Nothing matches.");
		view->prompt = PROMPT_NONE;
		return true;
	case TOP_KEY_ESCAPE:
		cancel(view);
		return true;
	case 'U' & 0x1f:
		view->typed[0] = '\0';
		changed(view);
		return true;
	case TOP_KEY_BACKSPACE:
	case 0x7f:
	case '\b':
		if (!n) {
			cancel(view);
			return true;
		}
		erase(view->typed);
		changed(view);
		return true;
	case TOP_KEY_REDRAW:
		return true;
	}
	if (key < ' ' || key >= 0x110000 || text_is_control((uint32_t)key))
		return false;
	n += utf8_encode((uint32_t)key, bytes);
	if (n >= TOP_TEXT)
		return false;
	memcpy(view->typed + strlen(view->typed), bytes, n - strlen(view->typed));
	view->typed[n] = '\0';
	changed(view);
	return true;
}

void draw_prompt(struct canvas *c, int y, const struct top_view *view)
{
	bool search = view->prompt == PROMPT_SEARCH;
	int hits = search ? view->search_hits : view->row_cnt, i, x;
	char text[64];

	if (!search)
		for (hits = i = 0; i < view->row_cnt; i++)
			hits += !view->rows[i].device;
	x = canvas_text(c, y, 0, c->width, CANVAS_BOLD, search ? "Search: " : "Filter: ");
	x += canvas_text(c, y, x, c->width - x, 0, view->typed);
	if (x < c->width)
		canvas_put(c, y, x, CANVAS_REVERSE, ' ');
	if (!view->typed[0])
		snprintf(text, sizeof(text), "%s", "a selector (1-1.2/bulk-in), or any text");
	else
		snprintf(text, sizeof(text), "%s: %d match%s",
			 is_selectors(view->typed) ? "selector" : "text", hits, hits == 1 ? "" : "es");
	if (search && view->typed[0] && view->hidden_hits)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %d hidden: i shows %s",
			 view->hidden_hits, view->hidden_hits == 1 ? "it" : "them");
	x += 3;
	if (x < c->width)
		canvas_text(c, y, x, c->width - x, CANVAS_DIM, text);
}
