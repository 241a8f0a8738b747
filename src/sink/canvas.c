// SPDX-License-Identifier: GPL-2.0
#include "urbscope/canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/text.h"

int canvas_init(struct canvas *c, int width, int height, bool utf8)
{
	*c = (struct canvas){.utf8 = utf8};
	return canvas_resize(c, width, height);
}

void canvas_release(struct canvas *c)
{
	free(c->cells);
	*c = (struct canvas){.utf8 = c->utf8};
}

int canvas_resize(struct canvas *c, int width, int height)
{
	bool utf8 = c->utf8;

	width = width < 0 ? 0 : width;
	height = height < 0 ? 0 : height;
	if (width != c->width || height != c->height) {
		canvas_release(c);
		c->utf8 = utf8;
		if (width && height) {
			c->cells = calloc((size_t)width * (size_t)height, sizeof(*c->cells));
			if (!c->cells)
				return -ENOMEM;
		}
		c->width = width;
		c->height = height;
	}
	canvas_clear(c);
	return 0;
}

void canvas_clear(struct canvas *c)
{
	size_t n = c->cells ? (size_t)c->width * (size_t)c->height : 0, i;

	for (i = 0; i < n; i++)
		c->cells[i] = (struct cell){.ch = ' '};
}

static struct cell *at(const struct canvas *c, int y, int x)
{
	if (!c->cells || y < 0 || x < 0 || y >= c->height || x >= c->width)
		return NULL;
	return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

/* One cell; half a wide character that this leaves behind becomes a blank. */
static void set(struct canvas *c, int y, int x, unsigned int attr, uint32_t ch)
{
	struct cell *cell = at(c, y, x), *next = at(c, y, x + 1), *before = at(c, y, x - 1);

	if (!cell)
		return;
	if (!cell->ch && ch && before)
		before->ch = ' ';
	if (next && !next->ch)
		next->ch = ' ';
	*cell = (struct cell){.ch = ch, .attr = (uint8_t)attr};
}

void canvas_put(struct canvas *c, int y, int x, unsigned int attr, uint32_t ch)
{
	if (text_clean(&ch, c->utf8) == 1)
		set(c, y, x, attr, ch);
}

int canvas_text(struct canvas *c, int y, int x, int width, unsigned int attr, const char *s)
{
	size_t n = strlen(s), used;
	int room = width, cells, put = 0;
	uint32_t cp;

	if (width <= 0)
		return 0;
	if (text_width(s, c->utf8) > width)
		room = width - 1;
	for (; n; s += used, n -= used) {
		used = utf8_decode(s, n, &cp);
		cells = text_clean(&cp, c->utf8);
		if (put + cells > room)
			break;
		if (cells == 2 && x + put + 1 >= c->width)
			cp = ' '; /* half of it would stand outside */
		if (cells)
			set(c, y, x + put, attr, cp);
		if (cells == 2)
			set(c, y, x + put + 1, attr, cp == ' ' ? ' ' : 0);
		put += cells;
	}
	if (room < width)
		set(c, y, x + put++, attr, c->utf8 ? 0x2026 : '~');
	return put;
}

int canvas_text_right(struct canvas *c, int y, int x, int width, unsigned int attr, const char *s)
{
	int used = text_width(s, c->utf8);

	if (used > width)
		used = width;
	canvas_text(c, y, x + width - used, used, attr, s);
	return width;
}

/* A coloured line or block: reversed, it would be a hole of that colour. */
static bool is_bar(const struct cell *cell)
{
	return cell->ch >= 0x2500 && cell->ch < 0x25a0 &&
	       cell->attr & (CANVAS_ALERT | CANVAS_WARN | CANVAS_ACCENT);
}

void canvas_paint(struct canvas *c, int y, int x, int width, unsigned int attr)
{
	struct cell *cell;
	int i;

	for (i = x < 0 ? 0 : x; i < x + width && i < c->width; i++) {
		cell = at(c, y, i);
		if (!cell)
			continue;
		if (attr & CANVAS_REVERSE) /* or the bar is patchy */
			cell->attr &= (uint8_t)~CANVAS_DIM;
		if (!(attr & CANVAS_REVERSE) || !is_bar(cell))
			cell->attr |= (uint8_t)attr;
	}
}

void canvas_print(const struct canvas *c, int y, FILE *out)
{
	const struct cell *row = at(c, y, 0);
	int end = row ? c->width : 0, x;
	char bytes[UTF8_MAX];

	while (end > 0 && row[end - 1].ch == ' ')
		end--;
	for (x = 0; x < end; x++)
		if (row[x].ch)
			fwrite(bytes, 1, utf8_encode(row[x].ch, bytes), out);
	fputc('\n', out);
}
