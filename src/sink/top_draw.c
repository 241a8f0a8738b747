// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sink/top_rows.h"
#include "urbscope/format.h"
#include "urbscope/text.h"

#define BATCH_WIDTH_MIN 40
#define BATCH_WIDTH_MAX 4096
/* Milliseconds say nothing of a recording that is shorter. */
#define SHORT_NS 100000000ULL

static const char *sort_name(enum top_sort sort)
{
	static const char *const names[] = {"device", "MB/s", "gap share", "errors"};

	return names[sort];
}

/* Writes a piece of the head and leaves two cells after it. */
static int piece(struct canvas *c, int y, int x, unsigned int attr, const char *s)
{
	if (x >= c->width)
		return x;
	return x + canvas_text(c, y, x, c->width - x, attr, s) + 2;
}

/* Where it stands in the time of a recording, as --from and --to take it. */
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

	moment_text(text, sizeof(text), r);
	x = piece(c, y, x, CANVAS_BOLD, text);
	x = piece(c, y, x, 0, r->speed);
	if (r->ended)
		x = piece(c, y, x, CANVAS_BOLD, "end");
	if (r->note[0])
		x = piece(c, y, x, CANVAS_WARN, r->note);
	return x;
}

static void draw_head(struct canvas *c, int y, const struct top_view *view,
		      const struct snapshot *total, const struct snapshot *interval)
{
	uint64_t length_ns = interval->end_ns - interval->start_ns;
	uint64_t events = interval->events.submit + interval->events.complete +
			  interval->events.submit_error;
	char a[FMT_SIZE], text[4200];
	int x;

	x = piece(c, y, 0, CANVAS_BOLD, "urbscope");
	if (view->paused)
		x = piece(c, y, x, CANVAS_WARN | CANVAS_BOLD, "PAUSED");
	if (view->replay.on)
		x = draw_replay(c, y, x, &view->replay);
	snprintf(text, sizeof(text), "%s%s%.4096s", total->source.kind ? total->source.kind : "?",
		 total->source.path ? " " : "", total->source.path ? total->source.path : "");
	x = piece(c, y, x, 0, text);
	if (!view->replay.on)
		x = piece(c, y, x, 0, fmt_duration(a, total->end_ns - total->start_ns));
	snprintf(text, sizeof(text), "%s events/s", fmt_rate(a, per_second(events, length_ns)));
	x = piece(c, y, x, 0, text);
	if (!total->events.lost)
		x = piece(c, y, x, 0, total->source.silent ? "losses not told" : "nothing lost");
	snprintf(text, sizeof(text), "%zu endpoint%s%s", total->endpoint_cnt,
		 total->endpoint_cnt == 1 ? "" : "s", view->hide_idle ? ", idle hidden" : "");
	x = piece(c, y, x, 0, text);
	snprintf(text, sizeof(text), "by %s", sort_name(view->sort));
	piece(c, y, x, CANVAS_DIM, text);
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

static void draw_foot(struct canvas *c, int y, const struct top_view *view)
{
	char text[64];
	int x = 0, last = view->scroll + view->page;

	last = last < view->row_cnt ? last : view->row_cnt;
	x = piece(c, y, x, CANVAS_DIM,
		  view->replay.on ? "q quit  h help  space pause  + - speed  . , step  arrows < > 0 G jump" :
				    "q quit  h help  s streams  i idle  sort: n m g e  space pause");
	if (view->row_cnt <= view->page)
		return;
	snprintf(text, sizeof(text), "%d-%d of %d", view->scroll + 1, last, view->row_cnt);
	if (x + (int)strlen(text) <= c->width)
		canvas_text_right(c, y, x, c->width - x, 0, text);
}

static void draw_help(struct canvas *c)
{
	static const char *const lines[] = {
		"urbscope: how many URBs an endpoint has in flight, and how the bus waits",
		"",
		"IN FLIGHT  URBs that the host controller holds: now, on average over busy",
		"           time, and the most of the run; the bar is now against that most",
		"GAPS       busy time with nothing in flight though there was more to do:",
		"           the bus waited for the host. Share of busy time, 99th percentile",
		"LATENCY    submission to completion: median, 99th percentile",
		"ERRORS     of the whole run, by name where they fit",
		"",
		"sync       never more than one URB in flight: a round trip each",
		"gaps       queued deeper, and yet ran empty",
		"unposted   an IN endpoint had no URB: the device could not have sent",
		"errors, refused   transfers that failed, submissions that were not accepted",
		"lost       events were lost: not certain until walked anew or drained",
		"waiting    in flight, and nothing began or ended in this interval",
		"",
		"n device order   m MB/s   g gap share   e errors      s streams   i hide idle",
		"arrows PgUp PgDn Home End   space pause   h help   q F10 quit",
		"",
		"A recording: + - speed   . , an interval on or back   left right 1 s   < > 10 s",
		"             0 its start   G its end",
	};
	int i;

	for (i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])); i++)
		canvas_text(c, i, 0, c->width, i ? 0 : CANVAS_BOLD, lines[i]);
}

static bool same_device(const struct row *a, const struct row *b)
{
	const struct endpoint_figures *ea = a->parent ? a->parent : a->total;
	const struct endpoint_figures *eb = b->parent ? b->parent : b->total;

	return urb_ep_bus(ea->ep) == urb_ep_bus(eb->ep) &&
	       urb_ep_address(ea->ep) == urb_ep_address(eb->ep) && ea->gone == eb->gone;
}

static unsigned int row_attr(const struct row *row)
{
	return row->idle || row->quiet || row->total->gone ? CANVAS_DIM : 0;
}

static void draw_table(struct canvas *c, int y, int end, bool groups, struct top_view *view)
{
	struct layout layout;
	int i;

	layout_fit(&layout, top_columns, top_column_cnt, 0, c->width);
	if (groups)
		layout_groups(&layout, c, y++, CANVAS_DIM);
	if (y < end)
		layout_titles(&layout, c, y++, CANVAS_BOLD);
	view->page = end > y ? end - y : 0;
	top_scroll_fit(view);
	for (i = view->scroll; y < end && i < view->row_cnt; i++, y++) {
		struct row *row = &view->rows[i];

		row->repeat = i > view->scroll && same_device(row - 1, row);
		layout_row(&layout, c, y, row_attr(row), row);
	}
	if (!view->row_cnt && y < end)
		canvas_text(c, y, 0, c->width, CANVAS_DIM,
			    view->hide_idle ? "All endpoints are idle." : "No traffic yet.");
}

int top_draw(struct canvas *c, struct top_view *view, const struct snapshot *total,
	     const struct snapshot *interval)
{
	int y = 0, end = c->height, err;

	if (!interval)
		interval = total;
	canvas_clear(c);
	err = top_rows(view, total, interval);
	if (err)
		return err;
	if (view->help) {
		draw_help(c);
		return 0;
	}
	/* What goes first when it is low: the foot, the groups' titles, the titles. */
	draw_head(c, y++, view, total, interval);
	if (end >= 2 && draw_loss(c, y, total, interval))
		y++;
	if (end >= 10)
		y++;
	if (end >= 6)
		end--;
	draw_table(c, y, end, c->height >= 8, view);
	if (end < c->height)
		draw_foot(c, end, view);
	return 0;
}

int top_batch(struct top_view *view, const struct snapshot *total,
	      const struct snapshot *interval, int width, bool utf8, FILE *out)
{
	struct layout layout;
	struct canvas c;
	int i, err;

	if (!interval)
		interval = total;
	width = width < BATCH_WIDTH_MIN ? BATCH_WIDTH_MIN : width;
	err = canvas_init(&c, width < BATCH_WIDTH_MAX ? width : BATCH_WIDTH_MAX, 1, utf8);
	if (!err)
		err = top_rows(view, total, interval);
	if (err)
		goto out;
	draw_head(&c, 0, view, total, interval);
	canvas_print(&c, 0, out);
	canvas_clear(&c);
	if (draw_loss(&c, 0, total, interval))
		canvas_print(&c, 0, out);
	canvas_clear(&c);
	layout_fit(&layout, top_columns, top_column_cnt, 0, c.width);
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
	errno = 0;
	if (fflush(out) || ferror(out))
		err = errno ? -errno : -EIO;
out:
	canvas_release(&c);
	return err;
}
