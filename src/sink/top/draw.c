// SPDX-License-Identifier: GPL-2.0
/* The frame: head, page, foot. And the list as plain text. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/out.h"
#include "sink/top/view.h"
#include "urbscope/format.h"
#include "urbscope/text.h"

#define BATCH_WIDTH_MIN 40
#define BATCH_WIDTH_MAX 4096
/* Milliseconds say nothing of a recording that is shorter. */
#define SHORT_NS 100000000ULL
/* The first frame of a recording has no time yet. */
#define NO_RATE_NS 1000ULL
/* A stream of which nothing came for so long is told. */
#define SECOND_NS 1000000000ULL
#define SILENT_NS (3 * SECOND_NS)

int draw_piece(struct canvas *c, int y, int x, unsigned int attr, const char *s)
{
	if (x >= c->width)
		return x;
	return x + canvas_text(c, y, x, c->width - x, attr, s) + 2;
}

/* Where it stands in the time of a recording, as --from and --until take it. */
static void moment_text(char *buf, size_t size, const struct top_replay *r)
{
	char at[FMT_SIZE], length[FMT_SIZE];

	if (r->length_ns && r->length_ns < SHORT_NS)
		snprintf(buf, size, "%s / %s", fmt_duration(at, r->at_ns),
			 fmt_duration(length, r->length_ns));
	else if (r->length_ns)
		snprintf(buf, size, "%.3f / %.3f s", r->at_ns / 1e9, r->length_ns / 1e9);
	else
		snprintf(buf, size, "%.3f s", r->at_ns / 1e9);
}

/* Returns where the head goes on. */
static int draw_replay(struct canvas *c, int y, int x, const struct top_replay *r)
{
	char text[3 * FMT_SIZE];

	if (r->paused)
		x = draw_piece(c, y, x, CANVAS_WARN | CANVAS_BADGE, "PAUSED");
	moment_text(text, sizeof(text), r);
	x = draw_piece(c, y, x, CANVAS_BOLD, text);
	x = draw_piece(c, y, x, 0, r->speed);
	if (r->ended)
		x = draw_piece(c, y, x, CANVAS_BOLD, "end");
	if (r->note[0])
		x = draw_piece(c, y, x, CANVAS_BOLD, r->note);
	return x;
}

/* Not at all, where it would be cut. */
static int draw_whole(struct canvas *c, int y, int x, unsigned int attr, const char *s)
{
	return x + text_width(s, c->utf8) <= c->width ? draw_piece(c, y, x, attr, s) : x;
}

static const char *sort_name(const struct top_view *view)
{
	const struct column *k = &top_columns[view->choices.sort];

	return k->title[0] ? k->title : k->key;
}

/* Which time is shown, if it is not now. */
static int draw_time(struct canvas *c, int y, int x, const struct top_view *view,
		     const struct top_data *data)
{
	char ago[FMT_SIZE], text[96];

	if (!view->moment)
		return x;
	snprintf(text, sizeof(text), "PAUSED");
	if (view->newest_ns > data->total->end_ns)
		snprintf(text, sizeof(text), "PAUSED %s ago",
			 fmt_duration(ago, view->newest_ns - data->total->end_ns));
	return draw_piece(c, y, x, CANVAS_WARN | CANVAS_BADGE, text);
}

/* Its kind, and the file: the end of a long path, for what comes behind it matters more. */
static int draw_source(struct canvas *c, int y, int x, const struct snapshot_source *source)
{
	const char *path = source->path ? source->path : "";
	int room = c->width / 4;

	x = draw_piece(c, y, x, 0, source->kind ? source->kind : "?");
	if (!*path)
		return x;
	while (text_width(path, c->utf8) > room && strchr(path, '/'))
		path = strchr(path, '/') + 1;
	return x - 1 + canvas_text(c, y, x - 1, room, 0, path) + 2;
}

/* Of a stream that is shown as it comes. */
static int draw_stream(struct canvas *c, int y, int x, const struct top_view *view)
{
	char ago[FMT_SIZE], text[64];

	if (view->stream_ended)
		return draw_piece(c, y, x, CANVAS_BOLD, "ended");
	if (view->silent_ns < SILENT_NS)
		return x;
	snprintf(text, sizeof(text), "nothing came for %s",
		 fmt_duration(ago, view->silent_ns / SECOND_NS * SECOND_NS));
	return draw_piece(c, y, x, CANVAS_WARN | CANVAS_BADGE, text);
}

/* How the list is sorted, if not as it is by itself. */
static int draw_order(struct canvas *c, int y, int x, const struct top_view *view)
{
	char text[64];

	if (!strcmp(top_columns[view->choices.sort].key, "device") && !view->choices.reverse)
		return x;
	snprintf(text, sizeof(text), "by %s%s", sort_name(view),
		 view->choices.reverse ? ", reversed" : "");
	return draw_whole(c, y, x, CANVAS_DIM, text);
}

static void draw_count(struct canvas *c, int y, int x, const struct top_view *view, size_t endpoints)
{
	const char *s = endpoints == 1 ? "" : "s";
	char text[64], hidden[32];

	snprintf(hidden, sizeof(hidden), "%d idle hidden", view->hidden_cnt);
	if (view->hidden_cnt)
		snprintf(text, sizeof(text), "%zu endpoint%s, %s", endpoints, s, hidden);
	else
		snprintf(text, sizeof(text), "%zu endpoint%s", endpoints, s);
	draw_whole(c, y, x, 0,
		   view->hidden_cnt && x + (int)strlen(text) > c->width ? hidden : text);
}

static void draw_head(struct canvas *c, int y, const struct top_view *view,
		      const struct top_data *data, const struct snapshot *interval)
{
	const struct snapshot *total = data->total;
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	uint64_t events = interval->events.submit + interval->events.complete +
			  interval->events.submit_error;
	char a[FMT_SIZE], text[4200];
	int x;

	x = draw_piece(c, y, 0, CANVAS_BOLD, "urbscope");
	x = draw_time(c, y, x, view, data);
	if (view->replay.on)
		x = draw_replay(c, y, x, &view->replay);
	if (view->recording[0])
		x = draw_piece(c, y, x, CANVAS_ALERT | CANVAS_BADGE, "RECORDING");
	if (view->filter[0]) {
		snprintf(text, sizeof(text), "only %s", view->filter);
		x = draw_piece(c, y, x, CANVAS_ACCENT, text);
	}
	x = draw_source(c, y, x, &total->source);
	if (!view->replay.on)
		x = draw_piece(c, y, x, 0, fmt_duration(a, total->end_ns - total->start_ns));
	x = draw_stream(c, y, x, view);
	snprintf(text, sizeof(text), "%s events/s", fmt_rate(a, per_second(events, length_ns)));
	if (length_ns >= NO_RATE_NS)
		x = draw_whole(c, y, x, 0, text);
	if (!total->events.lost && total->source.silent)
		x = draw_whole(c, y, x, 0, "losses not told");
	rows_summary(view, c->width - x, text, sizeof(text));
	if (text[0])
		x = draw_whole(c, y, x, CANVAS_WARN | CANVAS_BADGE, text);
	if (!total->events.lost && !total->source.silent)
		x = draw_whole(c, y, x, 0, "nothing lost");
	x = draw_order(c, y, x, view);
	draw_count(c, y, x, view, total->endpoint_cnt);
}

/* Loud, and on a line of its own: figures below may be wrong. */
static bool draw_loss(struct canvas *c, int y, const struct snapshot *total,
		      const struct snapshot *interval)
{
	char text[160], dropped[64] = "";

	if (!total->events.lost && !total->endpoints_dropped)
		return false;
	if (total->endpoints_dropped)
		snprintf(dropped, sizeof(dropped), ", %" PRIu64 " endpoints not followed",
			 total->endpoints_dropped);
	snprintf(text, sizeof(text),
		 " %" PRIu64 " EVENTS LOST%s (%" PRIu64 " now): figures marked \"lost\" are not "
		 "certain",
		 total->events.lost, dropped, interval->events.lost);
	canvas_text(c, y, 0, c->width, 0, text);
	canvas_paint(c, y, 0, c->width, CANVAS_ALERT | CANVAS_REVERSE | CANVAS_BOLD);
	return true;
}

static void draw_foot(struct canvas *c, int y, struct top_view *view)
{
	int last = view->scroll + view->page_rows;
	int lines = view->page == PAGE_OVERVIEW ? view->row_cnt : view->line_cnt;
	char text[64] = "";
	int width = c->width;

	view->foot_y = y;
	view->zone_cnt = 0;
	if (view->prompt) {
		draw_prompt(c, y, view);
		return;
	}
	if (lines > view->page_rows && view->page_rows > 0) {
		last = last < lines ? last : lines;
		snprintf(text, sizeof(text), " %d-%d of %d", view->scroll + 1, last, lines);
	}
	if ((int)strlen(text) < width)
		width -= (int)strlen(text);
	if (view->message[0])
		canvas_text(c, y, 0, width, CANVAS_ACCENT | CANVAS_BOLD, view->message);
	else
		draw_keys(c, y, width, view);
	canvas_text(c, y, width, c->width - width, 0, text);
}

/* Lines of the page in view->tall from view->scroll on. */
static void copy_scrolled(struct canvas *c, int y, int end, struct top_view *view)
{
	const struct canvas *from = &view->tall;
	int last = view->line_cnt - (end - y), x;

	view->page_rows = end - y;
	view->scroll = view->scroll < last ? view->scroll : last;
	view->scroll = view->scroll > 0 ? view->scroll : 0;
	for (; y < end; y++) {
		int row = view->scroll + y - (end - view->page_rows);

		if (row >= view->line_cnt || !from->cells)
			break;
		for (x = 0; x < c->width && x < from->width; x++)
			c->cells[(size_t)y * (size_t)c->width + (size_t)x] =
				from->cells[(size_t)row * (size_t)from->width + (size_t)x];
	}
}

#define TALLEST 400

static int draw_help(struct canvas *c, const struct top_view *view)
{
	int i, lines = help_line_cnt();
	unsigned int attr;
	char text[200];

	for (i = 0; i < lines; i++) {
		help_line(view, i, text, sizeof(text), &attr);
		canvas_text(c, i, 0, c->width, attr, text);
	}
	return lines;
}

static int draw_tall(struct canvas *c, int y, int end, struct top_view *view,
		     const struct top_data *data)
{
	int err;

	view->title_y = view->rows_y = -1;
	view->tall.utf8 = c->utf8;
	err = canvas_resize(&view->tall, c->width, TALLEST);
	if (err)
		return err;
	if (view->page == PAGE_HELP)
		view->line_cnt = draw_help(&view->tall, view);
	else if (view->page == PAGE_ENDPOINT)
		view->line_cnt = draw_endpoint_page(&view->tall, view, data);
	else
		view->line_cnt = draw_device_page(&view->tall, view, data);
	if (y < end)
		copy_scrolled(c, y, end, view);
	return 0;
}

/* What is kept of the past, for moving in it. */
static void look_at_history(struct top_view *view, const struct top_data *data)
{
	view->first = view->last = 0;
	view->newest_ns = 0;
	if (!data->history)
		return;
	view->first = history_first(data->history);
	view->last = history_last(data->history);
	view->newest_ns = history_time(data->history, view->last);
	if (view->moment && view->moment < view->first)
		view->moment = view->first;
}

static int take_frozen(struct top_view *view, const struct top_data *data)
{
	uint64_t moment = view->moment ? view->moment : view->last;
	int err = 0;

	if (!view->frozen.serial || view->frozen_total)
		return 0;
	if (moment)
		err = history_recall(data->history, moment, data->total, &view->frozen_total,
				     &view->frozen_interval);
	if (err == -ENOMEM)
		return err;
	if (err || !moment)
		view->frozen = (struct row_id){0};
	return 0;
}

int top_draw(struct canvas *c, struct top_view *view, const struct top_data *data)
{
	const struct snapshot *interval = data->interval ? data->interval : data->total;
	int y = 0, end = c->height, err;

	canvas_clear(c);
	view->zone_cnt = 0;
	view->title_y = view->rows_y = view->foot_y = -1;
	look_at_history(view, data);
	err = take_frozen(view, data);
	if (!err)
		err = top_rows(view, data);
	if (err)
		return err;
	/* What goes first when it is low: the foot, the groups' titles, the titles. */
	draw_head(c, y++, view, data, interval);
	if (end >= 2 && draw_loss(c, y, data->total, interval))
		y++;
	if (end >= 10)
		y++;
	if (end >= 6 || view->prompt)
		end--;
	if (view->page == PAGE_OVERVIEW)
		draw_overview(c, y, end, view, data);
	else if (view->page == PAGE_COLUMNS)
		draw_columns_page(c, y, end, view);
	else
		err = draw_tall(c, y, end, view, data);
	if (end >= 0 && end < c->height)
		draw_foot(c, end, view);
	return err;
}

int top_batch(struct top_view *view, const struct top_data *data, int width, bool utf8, FILE *out)
{
	const struct snapshot *interval = data->interval ? data->interval : data->total;
	struct column columns[TABLE_MAX_COLUMNS];
	struct layout layout;
	struct canvas c;
	int i, err;

	width = width < BATCH_WIDTH_MIN ? BATCH_WIDTH_MIN : width;
	err = canvas_init(&c, width < BATCH_WIDTH_MAX ? width : BATCH_WIDTH_MAX, 1, utf8);
	if (!err)
		err = top_rows(view, data);
	if (err)
		goto out;
	draw_head(&c, 0, view, data, interval);
	canvas_print(&c, 0, out);
	canvas_clear(&c);
	if (draw_loss(&c, 0, data->total, interval))
		canvas_print(&c, 0, out);
	canvas_clear(&c);
	layout_fit(&layout, columns, columns_chosen(view, columns), 0, c.width);
	layout_groups(&layout, &c, 0, 0);
	canvas_print(&c, 0, out);
	canvas_clear(&c);
	layout_titles(&layout, &c, 0, 0);
	canvas_print(&c, 0, out);
	for (i = 0; i < view->row_cnt; i++) {
		canvas_clear(&c);
		layout_row(&layout, &c, 0, 0, &view->rows[i]);
		canvas_print(&c, 0, out);
	}
	fputc('\n', out);
	err = out_finish(out);
out:
	canvas_release(&c);
	return err;
}
