/* SPDX-License-Identifier: GPL-2.0 */
/* Tables with a row an endpoint: shared by the text report, the batch output and the screen. */
#ifndef URBSCOPE_SINK_TABLE_H
#define URBSCOPE_SINK_TABLE_H

#include "urbscope/canvas.h"
#include "urbscope/snapshot.h"

#define TABLE_MAX_COLUMNS 40

/* What a row shows. A report has one snapshot: `now` and `total` are the same there. */
struct row {
	const struct endpoint_figures *now;	/* of the interval */
	const struct endpoint_figures *total;	/* of the run */
	const struct endpoint_figures *parent;	/* of a stream: the total of its endpoint */
	uint64_t length_ns;			/* of the interval */
	bool idle;				/* nothing in flight all along the interval */
	bool quiet;				/* in flight, but nothing began or ended */
	bool repeat;				/* of the device of the row above */
	bool device;				/* the line of a device, over its endpoints */
	bool frozen;				/* as it was at another moment */
	const struct trend *trend;		/* of the last minute; NULL: not known */
	double rank;				/* among the others, by the column that sorts */
	unsigned int group, order;		/* of the device, of the row, while sorting */
};

struct trend;

/* The text of a cell. Not yet clean: the canvas sees to that. */
struct cell_text {
	char s[160];
	unsigned int attr;
};

struct column {
	const char *group;	/* title over neighbours that share it; NULL */
	const char *title;
	uint8_t min, max;	/* cells; more than min only when all columns have theirs */
	uint8_t least;		/* 0, or what it makes do with before it goes */
	uint8_t drop;		/* what has the highest goes first when it is narrow; 0 stays */
	uint8_t grow;		/* who gets the cells left over: 1 first; 0 when max is min */
	bool right;		/* numbers */
	/* `width` is what it has got, for cells that choose between a long and a short form. */
	void (*cell)(const struct row *row, int width, struct cell_text *out);
	/* In place of cell(): draws `width` cells itself, for bars. */
	void (*draw)(struct canvas *c, int y, int x, int width, unsigned int attr,
		     const struct row *row);

	/* Of the live view. */
	const char *key;	/* its name where columns are chosen and remembered */
	const char *what;	/* what it says, in a line */
	/* What rows are sorted by, the most first; NULL: by the cell's text, A first. */
	double (*rank)(const struct row *row);
	bool off;		/* shown only if it is chosen */
	bool of_device;		/* the same for all endpoints of a device */
};

struct layout {
	int cnt;
	struct {
		const struct column *column;
		int x, width;
	} slot[TABLE_MAX_COLUMNS];
};

/*
 * Chooses and places the columns that fit between cells `left` and `width`. Where not even those fit
 * that must stay, the last one has what is left.
 */
void layout_fit(struct layout *l, const struct column *columns, size_t cnt, int left, int width);

/* Is there a column of this title? */
bool layout_has(const struct layout *l, const char *title);

/* The groups' titles (row y), the columns' own (row y). */
void layout_groups(const struct layout *l, struct canvas *c, int y, unsigned int attr);
void layout_titles(const struct layout *l, struct canvas *c, int y, unsigned int attr);
void layout_row(const struct layout *l, struct canvas *c, int y, unsigned int attr,
		const struct row *row);

extern const struct column report_columns[];
extern const size_t report_column_cnt;
extern const struct column top_columns[];
extern const size_t top_column_cnt;

/* "1-1.2", or "1:5" (bus:address) where the path is not known. */
#define DEVICE_SIZE 40
void device_name(const struct endpoint_figures *ep, char buf[DEVICE_SIZE]);

/* "bulk out", "int in", "control". */
#define TYPE_SIZE 16
void endpoint_type(const struct endpoint_figures *ep, char buf[TYPE_SIZE]);

/* The product's name, or "17e9:6006" if it has none; empty if neither is known. */
void product_name(const struct endpoint_figures *ep, char *buf, size_t size);

/*
 * The words for what matters in a row, the worst first: of the interval, of the run if that is a
 * loss, of the last minute if that is errors. Words are cut short before any is left out; "+" tells
 * that some are. `attr` is the worst's.
 */
void row_words(const struct row *row, int width, char *buf, size_t size, unsigned int *attr);

/* The worst of them; NULL: nothing is wrong. */
const char *row_worst(const struct row *row);

/* How bad: more for worse, 0 for nothing to say. */
double row_badness(const struct row *row);

/* Columns that only the live view has: src/sink/top/columns.c. */
void cell_link(const struct row *row, int width, struct cell_text *out);
double rank_link(const struct row *row);
void draw_trend(struct canvas *c, int y, int x, int width, unsigned int attr,
		const struct row *row);

#endif
