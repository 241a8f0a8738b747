// SPDX-License-Identifier: GPL-2.0
/* The live view beyond its list: pages, the past, search and filter, columns, mouse, memory. */
#include "../lib/testmain.h"

#include <errno.h>
#include <string.h>

#include "../lib/canvasline.h"
#include "../lib/fakesnap.h"
#include "sink/top/view.h"

#define MS 1000000ULL
#define S  (1000 * MS)

static const struct fake_endpoint three[] = {
	{.ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .gap_max_ns = 1230000,
	 .latency_ns = 220000, .transfers = 4000, .bytes = 300000000},
	{.ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {0, 0, 0, 0, 1000 * MS}, .latency_ns = 900000, .transfers = 9000,
	 .bytes = 500000000, .stalls = 7},
	{.ep = 0x010683, .type = URB_TYPE_INT, .path = "1-2", .name = "Keyboard",
	 .driver = "usbhid"},
};

struct fixture {
	struct snapshot *snap;
	struct history *history;
	struct recent_view recent;
	struct top_view *view;
	struct canvas canvas;
	struct snapshot *past_total, *past_interval;
};

static void open_at(struct fixture *f, int width, int height)
{
	memset(f, 0, sizeof(*f));
	f->snap = fake_snapshot(three, 3, S);
	f->view = top_view_new();
	f->history = history_new(600 * S, SIZE_MAX);
	assert_non_null(f->view);
	assert_non_null(f->history);
	assert_int_equal(canvas_init(&f->canvas, width, height, true), 0);
}

static void close_all(struct fixture *f)
{
	snapshot_free(f->past_total);
	snapshot_free(f->past_interval);
	fake_free(f->snap);
	history_free(f->history);
	top_view_free(f->view);
	canvas_release(&f->canvas);
}

/* As the loop does it. */
static void draw(struct fixture *f)
{
	struct top_data data = {.total = f->snap, .interval = f->snap, .history = f->history,
				.recent = top_endpoint(f->view) ? &f->recent : NULL};
	uint64_t moment = top_moment(f->view);

	snapshot_free(f->past_total);
	snapshot_free(f->past_interval);
	f->past_total = f->past_interval = NULL;
	if (moment && moment != history_last(f->history)) {
		assert_int_equal(history_recall(f->history, moment, f->snap, &f->past_total,
						&f->past_interval), 0);
		data.total = f->past_total;
		data.interval = f->past_interval;
	}
	assert_int_equal(top_draw(&f->canvas, f->view, &data), 0);
}

/* A second passes in which all goes on as before. */
static void tick(struct fixture *f)
{
	assert_int_equal(history_add(f->history, f->snap, f->snap), 0);
	draw(f);
	f->snap->start_ns += S;
	f->snap->end_ns += S;
}

static void press(struct fixture *f, int key)
{
	top_key(f->view, key);
	draw(f);
}

static void type(struct fixture *f, const char *text)
{
	while (*text)
		press(f, *text++);
}

static const char *line(const struct fixture *f, int y)
{
	return canvas_line(&f->canvas, y);
}

/* The row of the screen that has a text; -1: none. */
static int row_with(const struct fixture *f, const char *text)
{
	int y;

	for (y = 0; y < f->canvas.height; y++)
		if (strstr(line(f, y), text))
			return y;
	return -1;
}

static void has(const struct fixture *f, const char *text)
{
	int y;

	if (row_with(f, text) >= 0)
		return;
	for (y = 0; y < f->canvas.height; y++)
		print_message("%s\n", line(f, y));
	fail_msg("not on the screen: %s", text);
}

static void hides_what_was_idle_for_a_minute(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 100, 24);
	tick(&f);
	assert_int_equal(f.view->hidden_cnt, 1);
	has(&f, "1 with errors, 1 synchronous  nothing lost  1 idle hidden");
	assert_int_equal(row_with(&f, "Keyboard"), -1);
	press(&f, 'i');
	has(&f, "Keyboard");
	press(&f, 'i');
	/* 30 s later nothing happens on the dock; it is idle only when a minute has passed */
	fake_ep(f.snap, 0)->busy_ns = fake_ep(f.snap, 1)->busy_ns = 0;
	fake_ep(f.snap, 0)->in_flight_now = fake_ep(f.snap, 1)->in_flight_now = 0;
	memset(&fake_ep(f.snap, 0)->transfers, 0, sizeof(f.snap->endpoints[0].transfers));
	memset(&fake_ep(f.snap, 1)->transfers, 0, sizeof(f.snap->endpoints[1].transfers));
	fake_ep(f.snap, 0)->depth.time_cnt = fake_ep(f.snap, 1)->depth.time_cnt = 0;
	fake_ep(f.snap, 1)->status_cnt = 0;
	f.snap->start_ns += 30 * S;
	f.snap->end_ns += 30 * S;
	tick(&f);
	assert_int_equal(f.view->hidden_cnt, 1);
	f.snap->start_ns += 60 * S;
	f.snap->end_ns += 60 * S;
	tick(&f);
	assert_int_equal(f.view->hidden_cnt, 3);
	has(&f, "All endpoints are idle. i shows them.");
	close_all(&f);
}

static void the_minute_is_drawn_against_the_most(void **state)
{
	struct fixture f;
	int y, i;

	(void)state;
	open_at(&f, 100, 24);
	f.snap->end_ns = 6 * S; /* whole seconds */
	f.snap->start_ns = 5 * S;
	fake_ep(f.snap, 1)->in_flight_max = 8;
	for (i = 0; i < 60; i++)
		tick(&f);
	y = row_with(&f, "0x81");
	assert_true(y > 0);
	/* 4 of 8 all the time: half a cell; 0.87 of 1, with gaps: seven eighths, coloured */
	assert_non_null(strstr(line(&f, y), "▄▄▄▄▄▄▄▄"));
	assert_non_null(strstr(line(&f, y - 1), "▇▇▇▇▇▇▇▇"));
	for (i = 0; f.canvas.cells[(y - 1) * 100 + i].ch != 0x2587; i++)
		;
	assert_true(f.canvas.cells[(y - 1) * 100 + i].attr & CANVAS_WARN);
	assert_false(f.canvas.cells[y * 100 + i].attr & CANVAS_WARN);
	close_all(&f);
}

static void an_endpoint_has_a_page(void **state)
{
	static struct hist hist = {.count = 9000, .sum = 8100000000, .max = 900000};
	struct fixture f;

	(void)state;
	open_at(&f, 100, 80);
	hist.bucket[hist_bucket(900000)] = 9000;
	fake_ep(f.snap, 1)->latency.hist = &hist;
	f.recent.transfer_cnt = 1;
	f.recent.transfers[0] = (struct recent_transfer){
		.number = 9001, .time_ns = f.snap->end_ns - 3 * MS, .length = 4096, .status = -EPIPE,
		.seen = URB_QUEUED | URB_DONE, .queued_ns = 1000, .done_ns = 8000, .left = 3};
	f.recent.error_cnt = 1;
	f.recent.errors[0] = (struct recent_error){.first_ns = 1, .last_ns = f.snap->end_ns - 3 * MS,
						   .count = 7, .status = -EPIPE};
	f.recent.caller_cnt = 1;
	f.recent.callers[0] = (struct recent_caller){.count = 42, .pid = 77, .comm = "dd"};
	tick(&f);
	press(&f, 'j');
	f.snap->end_ns -= S; /* still the moment of the tick */
	f.snap->start_ns -= S;
	press(&f, TOP_KEY_ENTER);
	assert_int_equal(top_endpoint(f.view), 2);
	has(&f, "1-1.2 0x81 bulk in  Dock  17e9:6006  driver udl  super speed");
	has(&f, "7 of 9000 transfers failed: EPIPE x7");
	has(&f, "in flight 4 now, 4.00 on average, 4 at most  9.00k URB/s");
	has(&f, "500 MB/s of 485 that the link could carry (100%)");
	has(&f, "Depth over the last 15 seconds"); /* the run is no longer */
	has(&f, "latency           9.00k   900us   900us   900us");
	has(&f, "4   100% ██████████");
	has(&f, "7 EPIPE       ");
	has(&f, "3.00 ms ago  EPIPE, 7 times");
	has(&f, "42 dd[77]");
	has(&f, "     9001   3.00ms     4096   7.00us      n/a        3  EPIPE");
	press(&f, 'q');
	assert_int_equal(f.view->page, PAGE_OVERVIEW);
	assert_int_equal(top_endpoint(f.view), 0);
	close_all(&f);
}

/* A page is scrolled on the smallest screen, to its end and back. */
static void pages_scroll(void **state)
{
	struct fixture f;
	int first, i;

	(void)state;
	open_at(&f, 80, 24);
	tick(&f);
	press(&f, TOP_KEY_ENTER);
	first = f.view->scroll;
	assert_int_equal(first, 0);
	press(&f, TOP_KEY_PAGE_DOWN);
	i = f.view->line_cnt - f.view->page_rows;
	assert_true(i > 0 && i < f.view->page_rows);
	assert_int_equal(f.view->scroll, i);
	press(&f, 'G');
	has(&f, "Who submits");
	press(&f, 'j');
	assert_int_equal(f.view->scroll, i);
	press(&f, 'g');
	assert_int_equal(f.view->scroll, 0);
	has(&f, "1-1.2 0x02 bulk out");
	close_all(&f);
}

static void a_device_has_a_page(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 120, 40);
	tick(&f);
	press(&f, 'd');
	has(&f, "1-1.2  Dock  17e9:6006  super  800 MB/s");
	has(&f, "1-1.2 0x02 bulk out: synchronous");
	has(&f, "udl        0x02  bulk out");
	has(&f, "udl        0x81  bulk in ");
	has(&f, "OUT pending");
	has(&f, "IN posted");
	assert_int_equal(row_with(&f, "Keyboard"), -1);
	press(&f, TOP_KEY_ESCAPE);
	/* a line of the tree leads there, too */
	press(&f, TOP_KEY_HOME);
	press(&f, TOP_KEY_ENTER);
	assert_int_equal(f.view->page, PAGE_DEVICE);
	close_all(&f);
}

static void search_goes_to_what_is_typed(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 100, 24);
	f.view->choices.show_idle = true;
	tick(&f);
	press(&f, '/');
	type(&f, "keyb");
	has(&f, "Search: keyb");
	has(&f, "text: 1 match");
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 3);
	press(&f, TOP_KEY_ESCAPE);
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 1);
	press(&f, '/');
	type(&f, "17e9:6006/in");
	has(&f, "selector: 2 matches");
	press(&f, TOP_KEY_ENTER);
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 2);
	press(&f, 'n');
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 3);
	press(&f, 'n');
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 2);
	press(&f, 'N');
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 3);
	close_all(&f);
}

static int endpoints_shown(const struct fixture *f)
{
	int i, n = 0;

	for (i = 0; i < f->view->row_cnt; i++)
		n += !f->view->rows[i].device;
	return n;
}

static void filter_keeps_what_is_typed(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 100, 24);
	f.view->choices.show_idle = true;
	tick(&f);
	press(&f, '\\');
	type(&f, "1-1.2/out 1-2");
	assert_int_equal(endpoints_shown(&f), 2);
	press(&f, TOP_KEY_BACKSPACE); /* "1-" is no port yet, but text of all rows that have it */
	press(&f, TOP_KEY_ENTER);
	has(&f, "only 1-1.2/out 1-");
	press(&f, TOP_KEY_F + 4);
	press(&f, 'U' & 0x1f);
	type(&f, "BULK");
	assert_int_equal(endpoints_shown(&f), 2);
	press(&f, TOP_KEY_ESCAPE); /* as it was before */
	has(&f, "only 1-1.2/out 1-");
	press(&f, TOP_KEY_ESCAPE);
	assert_int_equal(endpoints_shown(&f), 3);
	press(&f, '\\');
	type(&f, "nothing like that");
	assert_int_equal(endpoints_shown(&f), 0);
	has(&f, "No endpoint matches the filter.");
	close_all(&f);
}

static void the_past_is_shown_as_it_was(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	open_at(&f, 100, 24);
	for (i = 1; i <= 8; i++) {
		fake_ep(f.snap, 1)->in_flight_now = 10 + (unsigned int)i;
		tick(&f);
	}
	f.snap->end_ns -= S; /* of the last tick */
	f.snap->start_ns -= S;
	press(&f, ' ');
	assert_int_equal(top_moment(f.view), 8);
	has(&f, "PAUSED");
	press(&f, TOP_KEY_LEFT);
	press(&f, TOP_KEY_LEFT);
	has(&f, "PAUSED 2.00 s ago");
	has(&f, "0x81  bulk in     16"); /* 10 + 6 */
	press(&f, TOP_KEY_RIGHT);
	has(&f, "0x81  bulk in     17");
	/* what happens meanwhile is kept, and changes nothing */
	f.snap->end_ns += S;
	f.snap->start_ns += S;
	fake_ep(f.snap, 1)->in_flight_now = 99;
	tick(&f);
	has(&f, "0x81  bulk in     17");
	press(&f, '[');
	has(&f, "0x81  bulk in     11");
	press(&f, TOP_KEY_LEFT);
	assert_int_equal(top_moment(f.view), 1);
	press(&f, ']');
	press(&f, ']');
	assert_int_equal(top_moment(f.view), 9);
	press(&f, ' ');
	assert_int_equal(top_moment(f.view), 0);
	assert_int_equal(row_with(&f, "PAUSED"), -1);
	close_all(&f);
}

static void a_frozen_row_stays(void **state)
{
	struct fixture f;

	(void)state;
	open_at(&f, 100, 24);
	tick(&f);
	press(&f, 'f');
	has(&f, "*");
	fake_ep(f.snap, 0)->in_flight_now = 55;
	fake_ep(f.snap, 1)->in_flight_now = 66;
	tick(&f);
	assert_int_equal(row_with(&f, " 55 "), -1);
	has(&f, " 66 ");
	press(&f, TOP_KEY_ENTER);
	has(&f, "frozen");
	has(&f, "in flight 1 now");
	press(&f, 'q');
	press(&f, 'f');
	has(&f, " 55 ");
	close_all(&f);
}

static void columns_are_chosen_and_moved(void **state)
{
	struct fixture f;
	int at;

	(void)state;
	open_at(&f, 240, 40);
	tick(&f);
	press(&f, 'C');
	has(&f, "[x] device");
	has(&f, "[ ] service-p99");
	at = row_with(&f, "[x] now");
	while (f.view->rows_y + f.view->choice - f.view->scroll < at)
		press(&f, 'j');
	press(&f, '+');
	press(&f, 's');
	press(&f, TOP_KEY_END); /* turnaround-p99: shown from now on */
	press(&f, ' ');
	press(&f, 'q');
	at = row_with(&f, "TURNAROUND");
	assert_true(at > 0);
	assert_true(strstr(line(&f, at), "MEAN") < strstr(line(&f, at), "NOW"));
	assert_int_equal(f.view->choices.sort, column_named("now"));
	press(&f, 'C');
	press(&f, 'D');
	press(&f, 'q');
	assert_int_equal(row_with(&f, "TURNAROUND"), -1);
	/* the last one stays */
	press(&f, 'C');
	for (at = 0; at < 60; at++)
		columns_toggle(f.view, f.view->choices.column[0]);
	assert_int_equal(f.view->choices.column_cnt, 1);
	close_all(&f);
}

static void the_mouse_does_what_keys_do(void **state)
{
	struct fixture f;
	const char *at;
	int y;

	(void)state;
	open_at(&f, 100, 24);
	tick(&f);
	y = f.view->title_y;
	at = strstr(line(&f, y), "SHARE");
	press(&f, top_mouse(TOP_CLICK, y, (int)(at - line(&f, y)) + 1));
	assert_int_equal(f.view->choices.sort, column_named("gaps"));
	y = row_with(&f, "0x81");
	press(&f, top_mouse(TOP_CLICK, y, 5));
	assert_int_equal(f.view->rows[f.view->cursor_row].total->serial, 2);
	press(&f, top_mouse(TOP_WHEEL_UP, y, 5));
	assert_int_equal(f.view->cursor_row, 0);
	press(&f, top_mouse(TOP_DOUBLE_CLICK, y, 5));
	assert_int_equal(f.view->page, PAGE_ENDPOINT);
	assert_int_equal(f.view->at.serial, 2);
	at = strstr(line(&f, 23), "q quit");
	press(&f, top_mouse(TOP_CLICK, 23, (int)(at - line(&f, 23))));
	assert_int_equal(f.view->page, PAGE_OVERVIEW);
	/* outside of everything */
	press(&f, top_mouse(TOP_CLICK, 0, 99));
	press(&f, top_mouse(TOP_DOUBLE_CLICK, 20, 99));
	assert_int_equal(f.view->page, PAGE_OVERVIEW);
	close_all(&f);
}

static const struct CMUnitTest tests[] = {
	TEST("top-hides-what-was-idle-for-a-minute", hides_what_was_idle_for_a_minute),
	TEST("top-draws-the-minute-against-the-most", the_minute_is_drawn_against_the_most),
	TEST("top-endpoint-page", an_endpoint_has_a_page),
	TEST("top-pages-scroll", pages_scroll),
	TEST("top-device-page", a_device_has_a_page),
	TEST("top-search", search_goes_to_what_is_typed),
	TEST("top-filter", filter_keeps_what_is_typed),
	TEST("top-past-is-shown-as-it-was", the_past_is_shown_as_it_was),
	TEST("top-frozen-row-stays", a_frozen_row_stays),
	TEST("top-columns-are-chosen-and-moved", columns_are_chosen_and_moved),
	TEST("top-mouse-does-what-keys-do", the_mouse_does_what_keys_do),
};

TEST_MAIN_UTF8(tests)
