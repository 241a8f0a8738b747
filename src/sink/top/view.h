/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the live view: its state, and what its parts ask of each other. */
#ifndef URBSCOPE_SINK_TOP_VIEW_H
#define URBSCOPE_SINK_TOP_VIEW_H

#include "sink/table.h"
#include "sink/top/trend.h"
#include "urbscope/findings.h"
#include "urbscope/top.h"

enum top_page { PAGE_OVERVIEW, PAGE_ENDPOINT, PAGE_DEVICE, PAGE_COLUMNS, PAGE_HELP, PAGE_CNT };

/* What an index in it means: that of top_columns. */
struct top_choices {
	uint8_t column[TABLE_MAX_COLUMNS]; /* in the order in which they stand */
	uint8_t column_cnt;
	uint8_t sort;
	bool reverse, flat, show_idle, streams, no_mouse;
};

/* What somebody types into the last line. */
enum prompt { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER };

#define TOP_TEXT 80

/* A row that stays the same one when rows move: an endpoint, one of its streams, or a device. */
struct row_id {
	uint32_t serial;	/* of a device: its first endpoint's */
	uint16_t stream;
	bool device;
};

/* Where a click does what a key does. */
struct zone {
	int x, width, key;
};

#define TOP_ZONES 16

struct top_view {
	struct top_choices choices, read; /* `read`: as the file had them */
	char *kept;		/* lines of the file that are not ours */

	enum top_page page, back; /* `back`: where help and columns lead back to */
	bool quit;
	enum top_request request;
	char message[160];
	char recording[64];	/* empty: nothing is recorded */
	struct row_id at;	/* of the page of an endpoint or a device */
	bool whole_run;		/* its distributions: of the run, not of the last minute */
	bool ten_minutes;	/* charts of pages: not of one */

	/* A list, or a page longer than the screen. */
	struct row_id cursor;
	int cursor_row;		/* where it was, should the row be gone */
	int scroll, page_rows, line_cnt;

	struct top_replay replay;
	bool stream_ended;
	uint64_t silent_ns;	/* since the last news of a stream */
	uint64_t moment, first, last; /* shown; those that there are */
	struct row_id frozen;	/* serial 0: none */
	uint64_t frozen_ns;
	struct snapshot *frozen_total, *frozen_interval;

	enum prompt prompt;
	char typed[TOP_TEXT], search[TOP_TEXT], filter[TOP_TEXT], filter_before[TOP_TEXT];
	struct row_id search_from;
	int search_hits;

	/* Of the last drawing. */
	struct row *rows;
	size_t room;
	int row_cnt, hidden_cnt, hidden_hits; /* hits: of the search, among the hidden */
	bool has_trends;
	struct trend *trends;
	size_t trend_room;
	struct layout layout;
	int title_y, rows_y, foot_y, choice;
	struct zone zone[TOP_ZONES];
	int zone_cnt;
	uint64_t newest_ns;	/* end of the newest moment, while an older one is shown */
	struct canvas tall;	/* a page before it is scrolled */
};

/* rows.c: fills view->rows in order. 0 or -ENOMEM, then there are none. */
int top_rows(struct top_view *view, const struct top_data *data);
struct row_id row_id(const struct row *row);
bool same_row(struct row_id a, struct row_id b);

/* Of an endpoint: the latest total and its interval (all zero if that has none). NULL: not there. */
const struct endpoint_figures *total_of(const struct snapshot *total, uint32_t serial);
const struct endpoint_figures *interval_of(const struct snapshot *interval, size_t guess,
					   uint32_t serial);
bool same_device(const struct endpoint_figures *a, const struct endpoint_figures *b);
struct row row_of(const struct endpoint_figures *total, const struct endpoint_figures *now,
		  const struct endpoint_figures *parent, uint64_t length_ns);

/*
 * trouble.c: "1 with errors, 2 synchronous": the worst of each row, the worst first, as many as fit; of
 * all rows, seen or not.
 */
void rows_summary(const struct top_view *view, int width, char *buf, size_t size);
void trouble_next(struct top_view *view);
bool has_trouble(const struct row *row);

/* match.c: does what was typed mean this row? Selectors, any of them; or a part of what it shows. */
bool row_matches(const struct row *row, const char *typed);
bool is_selectors(const char *typed);

/* move.c: the cursor and the scrolling of lists. */
void cursor_move(struct top_view *view, int by);
void cursor_to(struct top_view *view, int row);
void cursor_fit(struct top_view *view);
void search_next(struct top_view *view, int direction, bool from_here);

/* keys.c: do keys mean what they say? Not while something is typed, or on a page with keys of its own. */
bool has_time_keys(const struct top_view *view);

/* help.c */
int help_line_cnt(void);
void help_line(const struct top_view *view, int i, char *buf, size_t size, unsigned int *attr);
/* Labels for the last line; writes `key label` pairs and their zones in `width` cells. */
void draw_keys(struct canvas *c, int y, int width, struct top_view *view);

/* prompt.c */
void prompt_open(struct top_view *view, enum prompt prompt);
bool prompt_key(struct top_view *view, int key);
void draw_prompt(struct canvas *c, int y, const struct top_view *view);

/* columns.c */
void columns_default(struct top_choices *choices);
size_t columns_chosen(const struct top_view *view, struct column out[TABLE_MAX_COLUMNS]);
int column_named(const char *key);
void columns_toggle(struct top_view *view, int column);
void columns_shift(struct top_view *view, int by);
void columns_sort_by(struct top_view *view, int column);
void columns_sort_beside(struct top_view *view, int direction);
/* The column that the cursor of the chooser is on, and what it says. */
int columns_under_cursor(const struct top_view *view);
void draw_columns_page(struct canvas *c, int y, int end, struct top_view *view);

/* The pages. Each draws rows y to end - 1. */
void draw_overview(struct canvas *c, int y, int end, struct top_view *view,
		   const struct top_data *data);
int draw_endpoint_page(struct canvas *c, struct top_view *view, const struct top_data *data);
int draw_device_page(struct canvas *c, struct top_view *view, const struct top_data *data);
void draw_device_line(struct canvas *c, int y, const struct row *rows, int cnt);

/* A finding in a sentence, and what the status means that most transfers failed with. */
void full_sentence(const struct finding *f, char *buf, size_t size);

/* Distributions and lists of the endpoint's page: each returns the row below. */
int draw_times(struct canvas *c, int y, const struct endpoint_figures *run,
	       const struct endpoint_figures *e);
int draw_depths(struct canvas *c, int y, const struct endpoint_figures *e);
int draw_errors(struct canvas *c, int y, const struct endpoint_figures *run,
		const struct recent_view *recent, uint64_t now_ns);
int draw_callers(struct canvas *c, int y, const struct top_data *data,
		 const struct endpoint_figures *e);
int draw_transfers(struct canvas *c, int y, const struct recent_view *recent, uint64_t now_ns);
int draw_streams(struct canvas *c, int y, const struct endpoint_figures *e,
		 const struct endpoint_figures *now, uint64_t length_ns);

/* What the charts of pages span: ten minutes, or a minute, or less where the run is that short. */
struct span {
	uint64_t ns;
	const char *name, *ago;	/* "the last NAME", "AGO ago" */
};
const struct span *chart_span(const struct top_view *view, const struct snapshot *total);

/* Lines of at most the canvas' width, cut at blanks; returns the row below. */
int draw_wrapped(struct canvas *c, int y, int x, unsigned int attr, const char *text);

/* Writes a piece of a line and leaves two cells after it. */
int draw_piece(struct canvas *c, int y, int x, unsigned int attr, const char *s);

#endif
