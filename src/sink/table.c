// SPDX-License-Identifier: GPL-2.0
#include "sink/table.h"

#include <string.h>

#include "urbscope/text.h"

/* Groups stand apart by two cells where there is room, columns by one. */
#define ROOMY 100

static bool same_group(const struct column *a, const struct column *b)
{
	return a->group && b->group && !strcmp(a->group, b->group);
}

static int gap_before(const struct layout *l, int i, int width)
{
	if (!i)
		return 0;
	if (width < ROOMY || same_group(l->slot[i - 1].column, l->slot[i].column))
		return 1;
	return 2;
}

static int total(const struct layout *l, int width)
{
	int sum = 0, i;

	for (i = 0; i < l->cnt; i++)
		sum += l->slot[i].width + gap_before(l, i, width);
	return sum;
}

/*
 * Takes out the column that is missed least, of equals the last, or makes it as narrow as it can be.
 * False if all must stay.
 */
static bool drop_one(struct layout *l)
{
	int worst = 0, i;

	for (i = 1; i < l->cnt; i++)
		if (l->slot[i].column->drop >= l->slot[worst].column->drop)
			worst = i;
	if (!l->cnt || !l->slot[worst].column->drop)
		return false;
	if (l->slot[worst].column->least && l->slot[worst].width > l->slot[worst].column->least) {
		l->slot[worst].width = l->slot[worst].column->least;
		return true;
	}
	l->cnt--;
	memmove(&l->slot[worst], &l->slot[worst + 1],
		(size_t)(l->cnt - worst) * sizeof(l->slot[0]));
	return true;
}

/* Deals the cells left over: all that a column wishes for, then the next. */
static void grow(struct layout *l, int more)
{
	int turn, i, wish;

	for (turn = 1; turn <= 4; turn++) {
		for (i = 0; i < l->cnt && more > 0; i++) {
			if (l->slot[i].column->grow != turn)
				continue;
			wish = l->slot[i].column->max - l->slot[i].width;
			wish = wish < more ? wish : more;
			l->slot[i].width += wish;
			more -= wish;
		}
	}
}

void layout_fit(struct layout *l, const struct column *columns, size_t cnt, int left, int width)
{
	int room = width - left, x = left, i;
	size_t k;

	l->cnt = 0;
	for (k = 0; k < cnt && k < TABLE_MAX_COLUMNS; k++) {
		l->slot[l->cnt].column = &columns[k];
		l->slot[l->cnt++].width = columns[k].min;
	}
	while (total(l, width) > room && drop_one(l))
		;
	grow(l, room - total(l, width));
	if (l->cnt && total(l, width) > room) {
		l->slot[l->cnt - 1].width -= total(l, width) - room;
		if (l->slot[l->cnt - 1].width < 1)
			l->slot[l->cnt - 1].width = 1;
	}
	for (i = 0; i < l->cnt; i++) {
		x += gap_before(l, i, width);
		l->slot[i].x = x;
		x += l->slot[i].width;
	}
}

bool layout_has(const struct layout *l, const char *title)
{
	int i;

	for (i = 0; i < l->cnt; i++)
		if (!strcmp(l->slot[i].column->title, title))
			return true;
	return false;
}

void layout_groups(const struct layout *l, struct canvas *c, int y, unsigned int attr)
{
	int i, j, x, width, title;

	for (i = 0; i < l->cnt; i = j) {
		for (j = i + 1; j < l->cnt && same_group(l->slot[i].column, l->slot[j].column); j++)
			;
		if (!l->slot[i].column->group)
			continue;
		x = l->slot[i].x;
		width = l->slot[j - 1].x + l->slot[j - 1].width - x;
		title = text_width(l->slot[i].column->group, c->utf8);
		if (title <= width)
			x += (width - title) / 2;
		else if (i) /* into the gap before it: a group that lost its columns */
			x -= 1, width += 1;
		canvas_text(c, y, x, width, attr, l->slot[i].column->group);
	}
}

static void aligned(struct canvas *c, int y, int x, int width, bool right, unsigned int attr,
		    const char *s)
{
	if (right)
		canvas_text_right(c, y, x, width, attr, s);
	else
		canvas_text(c, y, x, width, attr, s);
}

void layout_titles(const struct layout *l, struct canvas *c, int y, unsigned int attr)
{
	int i;

	for (i = 0; i < l->cnt; i++)
		aligned(c, y, l->slot[i].x, l->slot[i].width, l->slot[i].column->right, attr,
			l->slot[i].column->title);
}

void layout_row(const struct layout *l, struct canvas *c, int y, unsigned int attr,
		const struct row *row)
{
	const struct column *column;
	struct cell_text text;
	unsigned int look;
	int i;

	for (i = 0; i < l->cnt; i++) {
		column = l->slot[i].column;
		if (column->draw) {
			column->draw(c, y, l->slot[i].x, l->slot[i].width, attr, row);
			continue;
		}
		text.s[0] = '\0';
		text.attr = 0;
		column->cell(row, l->slot[i].width, &text);
		/* what is wrong is not pale, though the row may be */
		look = text.attr & (CANVAS_ALERT | CANVAS_WARN) ? attr & ~(unsigned int)CANVAS_DIM : attr;
		aligned(c, y, l->slot[i].x, l->slot[i].width, column->right, look | text.attr,
			text.s);
	}
}
