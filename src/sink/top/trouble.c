// SPDX-License-Identifier: GPL-2.0
/* What is wrong anywhere, in the head, and the way there. */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"

#define KINDS 8
#define MORE  (sizeof(", 999 more") - 1)

struct kind {
	const char *word;
	double badness;
	int cnt;
};

static size_t add(struct kind *kinds, size_t n, const char *word, double badness)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(kinds[i].word, word)) {
			kinds[i].cnt++;
			return n;
		}
	if (n == KINDS)
		return n;
	/* by badness */
	for (i = n; i && kinds[i - 1].badness < badness; i--)
		kinds[i] = kinds[i - 1];
	kinds[i] = (struct kind){word, badness, 1};
	return n + 1;
}

bool has_trouble(const struct row *row)
{
	return !row->device && row_worst(row);
}

void rows_summary(const struct top_view *view, int width, char *buf, size_t size)
{
	struct kind kinds[KINDS];
	size_t n = 0, used = 0, room = width > 0 ? (size_t)width : 0, i;
	char text[64];
	int row;

	snprintf(buf, size, "%s", "");
	for (row = 0; row < view->row_cnt; row++)
		if (has_trouble(&view->rows[row]) && !view->rows[row].parent)
			n = add(kinds, n, row_worst(&view->rows[row]), row_badness(&view->rows[row]));
	for (i = 0; i < n; i++) {
		bool more = i + 1 < n;

		snprintf(text, sizeof(text), "%s%d %s%s", i ? ", " : "", kinds[i].cnt,
			 strcmp(kinds[i].word, "errors") ? "" : "with ", kinds[i].word);
		if (used + strlen(text) + (more ? MORE : 0) > room || used + strlen(text) + MORE > size)
			break;
		used += (size_t)snprintf(buf + used, size - used, "%s", text);
	}
	for (row = 0; i < n; i++)
		row += kinds[i].cnt;
	if (row && used)
		snprintf(buf + used, size - used, ", %d more", row);
	else if (row)
		snprintf(buf, size, "%d wrong", row);
}

void trouble_next(struct top_view *view)
{
	int i, row;

	for (i = 1; i <= view->row_cnt; i++) {
		row = (view->cursor_row + i) % view->row_cnt;
		if (!has_trouble(&view->rows[row]))
			continue;
		cursor_to(view, row);
		return;
	}
	top_say(view, "Nothing is wrong in the list.");
}
