// SPDX-License-Identifier: GPL-2.0
/* The help page, and the labels at the foot: both made of the table of keys. */
#include <stdio.h>
#include <string.h>

#include "sink/top/keys.h"

/* Cells that the keys have in the help. */
#define KEYS_WIDTH 13

static const char *const words[] = {
	"IN FLIGHT    URBs that the host controller holds: now, on average over the",
	"             busy time, the most of the run, and a line: now against the most",
	"LAST MIN     the depth over the last minute; coloured where there were gaps",
	"GAPS         busy time with nothing in flight though there was more to do: the",
	"             bus waited for the host. Share of busy time, 99th percentile",
	"LATENCY      submission to completion",
	"LINK         of what the link could carry at its speed, nothing else on it",
	"ERR          of the whole run, by name where they fit",
	"",
	"lost         events were lost: not certain until walked anew or drained",
	"errors       (err) transfers failed in the last minute",
	"refused      (ref) usb_submit_urb() said no",
	"synchronous  (sync) never more than one URB in flight: a round trip each",
	"starved      an OUT queue ran empty, though it was deeper at times",
	"unposted     an IN endpoint had no URB: the device could not have sent",
	"too deep     (deep) OUT never runs low, yet transfers take a tenth of a second",
	"partial      completions without submission, or the reverse",
	"waiting      in flight, and nothing began or ended in this interval",
	"idle, gone   nothing in flight; unplugged",
	"+            and more words, which do not fit",
};

#define WORDS ((int)(sizeof(words) / sizeof(words[0])))

enum { IN_LIST, ON_PAGES, IN_COLUMNS, IN_HELP, PLAYING, SECTIONS };

static const char *const sections[SECTIONS] = {
	"In the list", "On the page of an endpoint or a device", "Where columns are chosen",
	"In this help", "While a recording is played",
};

/* The keys that the list has, then what other pages have besides. */
static int section_of(const struct binding *b)
{
	static const struct {
		unsigned int pages;
		int section;
	} of[] = {
		{1 << PAGE_OVERVIEW, IN_LIST},
		{1 << PAGE_ENDPOINT | 1 << PAGE_DEVICE, ON_PAGES},
		{1 << PAGE_COLUMNS, IN_COLUMNS},
		{1 << PAGE_HELP, IN_HELP},
	};
	size_t i;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (b->pages & of[i].pages)
			return of[i].section;
	return PLAYING;
}

static int section_lines(int section)
{
	int n = 0;
	size_t i;

	for (i = 0; i < binding_cnt; i++)
		n += section_of(&bindings[i]) == section;
	return n;
}

int help_line_cnt(void)
{
	return 1 + 1 + WORDS + SECTIONS * 2 + (int)binding_cnt;
}

/* "Up k y ^P" */
static void names_of(const struct binding *b, char *buf, size_t size)
{
	char name[KEY_NAME_SIZE];
	size_t used = 0, i;

	for (i = 0; i < KEYS_MAX && b->key[i]; i++) {
		if (b->key[i] == '\n') /* Enter, too */
			continue;
		key_name(b->key[i], name);
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? " " : "", name);
	}
}

static void key_line(int section, int nth, char *buf, size_t size)
{
	char names[KEYS_MAX * KEY_NAME_SIZE];
	size_t i;

	for (i = 0; i < binding_cnt; i++) {
		if (section_of(&bindings[i]) != section || nth--)
			continue;
		names_of(&bindings[i], names, sizeof(names));
		snprintf(buf, size, "  %-*s %s", KEYS_WIDTH, names, bindings[i].what);
		return;
	}
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
		return has_time_keys(view);
	return b->label && b->pages & 1U << view->page &&
	       !(view->replay.on && top_time_key(view, b->key[0]));
}

static void draw_label(struct canvas *c, int y, int width, int *x, struct top_view *view,
		       const struct binding *b)
{
	char name[KEY_NAME_SIZE];
	const char *keys = b->label_keys;
	int start = *x, more;

	key_name(b->key[0], name);
	keys = keys ? keys : name;
	more = (int)(strlen(keys) + strlen(b->label)) + 1;
	if (start + more > width || view->zone_cnt == TOP_ZONES)
		return;
	*x += canvas_text(c, y, *x, width - *x, CANVAS_BOLD, keys) + 1;
	*x += canvas_text(c, y, *x, width - *x, CANVAS_DIM, b->label) + 2;
	if (b->pages)
		view->zone[view->zone_cnt++] = (struct zone){start, more, b->key[0]};
}

/* Who plays looks for the keys of time, so those come first then. */
void draw_keys(struct canvas *c, int y, int width, struct top_view *view)
{
	int x = 0, turn;
	size_t i;

	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < binding_cnt; i++)
			if (!bindings[i].pages == !turn && has_label(view, &bindings[i]))
				draw_label(c, y, width, &x, view, &bindings[i]);
}
