/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A screen in memory: cells of a character and how it looks. Everything that people see is drawn
 * here first; a terminal, a pipe and a test each read it in their own way. Drawing outside is
 * cut, so no caller needs to know how much room there is, and only clean text gets in (text.h).
 */
#ifndef URBSCOPE_CANVAS_H
#define URBSCOPE_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum canvas_attr {
	CANVAS_BOLD = 1 << 0,
	CANVAS_DIM = 1 << 1,	 /* idle, gone, of less weight */
	CANVAS_REVERSE = 1 << 2,
	CANVAS_ALERT = 1 << 3,	 /* losses and errors: red */
	CANVAS_WARN = 1 << 4,	 /* the host is late: yellow */
	CANVAS_ACCENT = 1 << 5,	 /* what to look at first: cyan */
	CANVAS_BADGE = 1 << 6,	 /* of an alert or a warning: on its colour, not in it */
};

struct cell {
	uint32_t ch;	/* code point; 0: the right half of a wide character */
	uint8_t attr;	/* enum canvas_attr */
};

struct canvas {
	int width, height;
	bool utf8;	/* false: ASCII only */
	struct cell *cells; /* row by row; NULL if either size is 0 */
};

/* Blank. Negative sizes count as 0. 0 or -ENOMEM; then the canvas is 0 x 0. */
int canvas_init(struct canvas *c, int width, int height, bool utf8);

/* Frees the cells. A canvas that is all zero is fine. */
void canvas_release(struct canvas *c);

/* Another size, blank. On -ENOMEM the canvas is 0 x 0. */
int canvas_resize(struct canvas *c, int width, int height);

void canvas_clear(struct canvas *c);

/*
 * Writes a string from cell x of row y in at most `width` cells; what does not fit is cut, and a
 * mark in the last cell says so. Returns how many cells were used (also where the canvas ended
 * before).
 */
int canvas_text(struct canvas *c, int y, int x, int width, unsigned int attr, const char *s);

/* The same, to the right end of its `width` cells. Returns `width`. */
int canvas_text_right(struct canvas *c, int y, int x, int width, unsigned int attr,
		      const char *s);

/* One code point in one cell, for lines and bars. */
void canvas_put(struct canvas *c, int y, int x, unsigned int attr, uint32_t ch);

/* Adds attributes to cells as they are; what is reversed is not dim any more. Coloured bars are not reversed. */
void canvas_paint(struct canvas *c, int y, int x, int width, unsigned int attr);

/* Writes row y as text, blanks at its end left out, and a newline. Errors stay in the file. */
void canvas_print(const struct canvas *c, int y, FILE *out);

#endif
