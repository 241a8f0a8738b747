// SPDX-License-Identifier: GPL-2.0
/* The live view, frame by frame, without a terminal. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/canvasline.h"
#include "../lib/fakesnap.h"
#include "sink/top/view.h"
#include "urbscope/report.h"

#define MS 1000000ULL

/* One second: a synchronous OUT, a queued IN, an idle interrupt endpoint, a UAS pipe. */
static const struct fake_endpoint four[] = {
	{.ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .gap_max_ns = 1230000,
	 .latency_ns = 220000, .transfers = 4000, .bytes = 300000000},
	{.ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	 .depth_ns = {0, 0, 0, 0, 1000 * MS}, .latency_ns = 900000, .transfers = 9000,
	 .bytes = 500000000},
	{.ep = 0x010683, .type = URB_TYPE_INT, .path = "1-2", .name = "Keyboard",
	 .driver = "usbhid"},
	{.ep = 0x020784, .type = URB_TYPE_BULK, .path = "2-1", .name = "Disk", .driver = "uas",
	 .depth_ns = {0, 0, 500 * MS}, .latency_ns = 40000, .transfers = 100, .bytes = 1000000,
	 .stalls = 2, .streams = 2},
};

struct fixture {
	struct snapshot *snap;
	struct top_view *view;
	struct canvas canvas;
};

static void open_with(struct fixture *f, const struct fake_endpoint *eps, size_t cnt, int width,
		      int height)
{
	*f = (struct fixture){.snap = fake_snapshot(eps, cnt, 1000 * MS),
			      .view = top_view_new()};
	assert_non_null(f->view);
	f->view->choices.show_idle = f->view->choices.flat = true;
	assert_int_equal(canvas_init(&f->canvas, width, height, true), 0);
}

static void close_all(struct fixture *f)
{
	fake_free(f->snap);
	top_view_free(f->view);
	canvas_release(&f->canvas);
}

static void draw_data(struct fixture *f, const struct snapshot *interval)
{
	const struct top_data data = {.total = f->snap, .interval = interval};

	assert_int_equal(top_draw(&f->canvas, f->view, &data), 0);
}

static void draw(struct fixture *f)
{
	draw_data(f, f->snap);
}

static const char *line(const struct fixture *f, int y)
{
	return canvas_line(&f->canvas, y);
}

static void press(struct fixture *f, int key)
{
	top_key(f->view, key);
	draw(f);
}

/* The rows in order, each by its serial; a stream has that of its endpoint. */
static void order_is(const struct fixture *f, const char *serials)
{
	size_t i;

	assert_int_equal(f->view->row_cnt, strlen(serials));
	for (i = 0; serials[i]; i++)
		assert_int_equal(f->view->rows[i].total->serial, serials[i] - '0');
}

static void frame_80x24(void **state)
{
	struct fixture f;
	int y;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	draw(&f);
	/*
	 * The least widths of the columns that fit take 76 cells, the device has the other 4:
	 * DEVICE at 0, EP 11, TYPE 16, NOW 25, MEAN 30, MAX 35, the bar 40, SHARE 45, MB/s 52, ERR 58,
	 * words 63. 13100 submissions and as many completions in a second.
	 */
	assert_string_equal(line(&f, 0), "urbscope  bpf  1.00 s  26.2k events/s  "
			    "1 with errors, 1 synchronous  4 endpoints");
	assert_string_equal(line(&f, 1), "");
	assert_string_equal(line(&f, 3), "DEVICE     EP   TYPE      NOW MEAN  MAX       SHARE  MB/s "
			    "ERR  REMARK");
	assert_string_equal(line(&f, 4), "1-1.2      0x02 bulk out    1 0.87    1 ━━━━  13.0%   300 "
			    "-    synchronous");
	assert_string_equal(line(&f, 5), "           0x81 bulk in     4 4.00    4 ━━━━     0%   500 "
			    "-");
	assert_string_equal(line(&f, 6), "1-2        0x83 int in      0    -    0           -     - "
			    "-    idle");
	assert_string_equal(line(&f, 7), "2-1        0x84 bulk in     2 2.00    2 ━━━━     0%  1.00 "
			    "2    errors");
	for (y = 8; y < 23; y++)
		assert_string_equal(line(&f, y), "");
	assert_string_equal(line(&f, 23), "h help  q quit  Enter open  d device  / search  "
			    "! next trouble  \\ filter  t tree");
	/* idle is dim, a gap share is bold, what is wrong is marked, errors are red, the cursor and what sorts reversed */
	assert_true(f.canvas.cells[6 * 80].attr & CANVAS_DIM);
	assert_true(f.canvas.cells[4 * 80 + 50].attr & CANVAS_BOLD);
	assert_true(f.canvas.cells[4 * 80 + 63].attr & CANVAS_WARN);
	assert_true(f.canvas.cells[7 * 80 + 58].attr & CANVAS_ALERT);
	assert_true(f.canvas.cells[4 * 80].attr & CANVAS_REVERSE);
	assert_false(f.canvas.cells[5 * 80].attr & CANVAS_REVERSE);
	assert_true(f.canvas.cells[3 * 80].attr & CANVAS_REVERSE);
	close_all(&f);
}

static void frame_132x40(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 132, 40);
	f.view->choices.streams = true;
	draw(&f);
	assert_non_null(strstr(line(&f, 3), "NAME"));
	assert_non_null(strstr(line(&f, 3), "DRIVER"));
	assert_non_null(strstr(line(&f, 3), "URB/s"));
	assert_non_null(strstr(line(&f, 4), "Dock"));
	assert_non_null(strstr(line(&f, 4), "4.00k"));
	assert_null(strstr(line(&f, 5), "Dock")); /* the same device as above */
	assert_non_null(strstr(line(&f, 7), "Disk"));
	assert_non_null(strstr(line(&f, 8), " #1 "));
	assert_non_null(strstr(line(&f, 9), " #2 "));
	assert_string_equal(line(&f, 10), "");
	close_all(&f);
}

static void half_full_is_half_a_bar(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 132, 24);
	fake_ep(f.snap, 1)->in_flight_now = 2;
	fake_ep(f.snap, 3)->in_flight_max = 400;
	draw(&f);
	assert_non_null(strstr(line(&f, 5), " ━━── "));
	assert_non_null(strstr(line(&f, 7), " ╸─── ")); /* little is not nothing */
	close_all(&f);
}

/* Which column sorts is drawn as such, and told. */
static void sort_by(struct fixture *f, const char *key)
{
	while (f->view->choices.sort != column_named(key))
		top_key(f->view, '>');
	draw(f);
}

static void sorting(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 200, 24);
	draw(&f);
	order_is(&f, "1234");
	sort_by(&f, "rate");
	order_is(&f, "2143");
	assert_non_null(strstr(line(&f, 0), "by MB/s"));
	sort_by(&f, "gaps");
	order_is(&f, "1243"); /* idle: no share is known */
	press(&f, 'r');
	order_is(&f, "3241"); /* of equals the order of ports stays */
	sort_by(&f, "name"); /* letters begin with A */
	order_is(&f, "4123");
	press(&f, 'I');
	order_is(&f, "3124");
	sort_by(&f, "errors");
	order_is(&f, "4123");
	press(&f, 's');
	order_is(&f, "444123"); /* streams stay with their endpoint */
	sort_by(&f, "device");
	order_is(&f, "123444");
	press(&f, '<');
	assert_int_equal(f.view->choices.sort, column_named("words"));
	order_is(&f, "444123");
	close_all(&f);
}

/* Ports are numbers: 1-10 comes after 1-2, and what hangs on a hub after the hub. */
static void ports_are_in_order(void **state)
{
	static const struct fake_endpoint eps[] = {
		{.ep = 0x010281, .type = URB_TYPE_BULK, .path = "1-10", .depth_ns = {0, MS}},
		{.ep = 0x010381, .type = URB_TYPE_BULK, .path = "1-2.4", .depth_ns = {0, MS}},
		{.ep = 0x010481, .type = URB_TYPE_BULK, .path = "1-2", .depth_ns = {0, MS}},
		{.ep = 0x010181, .type = URB_TYPE_INT, .path = "usb1", .depth_ns = {0, MS}},
		{.ep = 0x020181, .type = URB_TYPE_INT, .path = "usb2", .depth_ns = {0, MS}},
		{.ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-2.3.1", .depth_ns = {0, MS}},
	};
	struct fixture f;

	(void)state;
	open_with(&f, eps, 6, 80, 24);
	draw(&f);
	order_is(&f, "436215");
	close_all(&f);
}

static void a_tree_has_lines_of_devices(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	press(&f, 't');
	/*
	 * 300 and 500 MB in a second at super speed: both ways at once, so the fuller one counts,
	 * 500 of 484.8.
	 */
	assert_string_equal(line(&f, 4), "1-1.2  Dock  17e9:6006  super  800 MB/s, 100% of the "
			    "link");
	assert_non_null(strstr(line(&f, 5), "  0x02 bulk"));
	assert_null(strstr(line(&f, 5), "1-1.2"));
	assert_string_equal(line(&f, 7), "1-2  Keyboard  17e9:6006  super");
	/* three devices, four endpoints; devices stand where their first endpoint does */
	assert_int_equal(f.view->row_cnt, 7);
	sort_by(&f, "errors");
	assert_non_null(strstr(line(&f, 4), "2-1  Disk"));
	assert_true(f.view->rows[0].device);
	assert_int_equal(f.view->rows[1].total->serial, 4);
	close_all(&f);
}

static void idle_rows_can_be_hidden(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	press(&f, 'i');
	order_is(&f, "124");
	press(&f, 'i');
	order_is(&f, "1234");
	close_all(&f);
}

/* An endpoint that waits is not idle: its URB is out there. */
static void waiting_is_not_idle(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	fake_ep(f.snap, 2)->in_flight_now = fake_ep(f.snap, 2)->in_flight_max = 1;
	press(&f, 'i');
	order_is(&f, "1234");
	assert_non_null(strstr(line(&f, 6), "waiting"));
	close_all(&f);
}

static void many_endpoints_scroll(void **state)
{
	static struct fake_endpoint many[500];
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < 500; i++)
		many[i] = (struct fake_endpoint){.ep = urb_ep(1, 1 + (unsigned int)i / 15,
						 1 + i % 15), .type = URB_TYPE_BULK,
						 .depth_ns = {0, MS}, .transfers = 1};
	open_with(&f, many, 500, 80, 24);
	draw(&f);
	assert_int_equal(f.view->page_rows, 19); /* 24 less head, blank, two of titles, foot */
	press(&f, TOP_KEY_UP);
	assert_int_equal(f.view->cursor_row, 0);
	press(&f, 'j');
	assert_int_equal(f.view->cursor_row, 1);
	assert_int_equal(f.view->scroll, 0);
	press(&f, TOP_KEY_PAGE_DOWN);
	assert_int_equal(f.view->cursor_row, 19); /* one line is seen twice */
	assert_int_equal(f.view->scroll, 1);
	press(&f, TOP_KEY_END);
	assert_int_equal(f.view->scroll, 481);
	assert_non_null(strstr(line(&f, 23), "482-500 of 500"));
	press(&f, TOP_KEY_PAGE_DOWN);
	assert_int_equal(f.view->scroll, 481);
	press(&f, 'k');
	assert_int_equal(f.view->cursor_row, 498);
	assert_int_equal(f.view->scroll, 481);
	/* fewer rows than before: no blank screen */
	f.snap->endpoint_cnt = 30;
	draw(&f);
	assert_int_equal(f.view->scroll, 11);
	press(&f, TOP_KEY_HOME);
	assert_int_equal(f.view->scroll, 0);
	f.snap->endpoint_cnt = 500;
	close_all(&f);
}

/* What --from and --until take, in place of the length of the run; before a path that may be long. */
static void time_line_of_a_recording(void **state)
{
	char path[200];
	struct fixture f;

	(void)state;
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	open_with(&f, four, 4, 80, 24);
	f.snap->source.path = path;
	f.view->replay = (struct top_replay){ .on = true, .paused = true, .at_ns = 12500 * MS,
					      .length_ns = 60000 * MS, .speed = "x1/8",
					      .note = "a pipe cannot jump" };
	draw(&f);
	assert_non_null(strstr(line(&f, 0),
			       "urbscope  PAUSED  12.500 / 60.000 s  x1/8  a pipe cannot jump  "));
	assert_null(strstr(line(&f, 0), "1.00 s"));
	assert_non_null(strstr(line(&f, 23), "0 G jump"));
	f.view->replay.length_ns = 0;
	f.view->replay.note[0] = '\0';
	f.view->replay.paused = false;
	draw(&f);
	assert_non_null(strstr(line(&f, 0), "urbscope  12.500 s  x1/8  "));
	f.view->replay.at_ns = f.view->replay.length_ns = 1230;
	f.view->replay.ended = true;
	draw(&f);
	assert_non_null(strstr(line(&f, 0), "urbscope  1.23 us / 1.23 us  x1/8  end  "));
	/* the help has them on the smallest screen */
	press(&f, 'h');
	assert_string_equal(line(&f, 2), "While a recording is played");
	assert_string_equal(line(&f, 12), "  0             its start");
	/* keys of time mean something else where a column is chosen, or something is typed */
	assert_int_equal(top_time_key(f.view, '+'), TOP_TIME_NONE);
	press(&f, 'h');
	assert_int_equal(top_time_key(f.view, '+'), TOP_FASTER);
	press(&f, '/');
	assert_int_equal(top_time_key(f.view, '+'), TOP_TIME_NONE);
	close_all(&f);
}

static void nothing_is_drawn_too(void **state)
{
	struct fixture f;
	int page;

	(void)state;
	open_with(&f, four, 0, 80, 24);
	for (page = 0; page < PAGE_CNT; page++) {
		f.view->page = (enum top_page)page;
		press(&f, 'j');
		press(&f, 'f');
	}
	f.view->page = PAGE_OVERVIEW;
	press(&f, 't'); /* the tree */
	press(&f, TOP_KEY_ENTER);
	assert_int_equal(f.view->page, PAGE_OVERVIEW);
	assert_non_null(strstr(line(&f, 4), "No traffic yet."));
	close_all(&f);
}

static void silence_is_no_promise(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	f.snap->source.silent = true;
	draw(&f);
	assert_null(strstr(line(&f, 0), "nothing lost"));
	assert_non_null(strstr(line(&f, 0), "losses not told"));
	close_all(&f);
}

/* The same figures of two drivers: one could do better, the other does what its protocol asks for. */
static void what_a_protocol_demands_is_not_wrong(void **state)
{
	static const struct fake_endpoint two[] = {
		{.ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1", .name = "Dock", .driver = "udl",
		 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .transfers = 4000},
		{.ep = 0x010602, .type = URB_TYPE_BULK, .path = "1-2", .name = "Stick", .driver = "usb-storage",
		 .depth_ns = {130 * MS, 870 * MS}, .gap_cnt = 500, .transfers = 4000},
	};
	struct fixture f;

	(void)state;
	open_with(&f, two, 2, 80, 24);
	draw(&f);
	assert_non_null(strstr(line(&f, 0), "1 synchronous"));
	assert_non_null(strstr(line(&f, 4), "synchronous"));
	assert_non_null(strstr(line(&f, 5), "synchronous"));
	/* REMARK begins at 63 */
	assert_int_equal(f.canvas.cells[4 * 80 + 63].attr & (CANVAS_WARN | CANVAS_DIM), CANVAS_WARN);
	assert_int_equal(f.canvas.cells[5 * 80 + 63].attr & (CANVAS_WARN | CANVAS_DIM), CANVAS_DIM);
	/* "next trouble" passes it by */
	press(&f, TOP_KEY_DOWN);
	press(&f, '!');
	assert_true(f.canvas.cells[4 * 80].attr & CANVAS_REVERSE);
	assert_false(f.canvas.cells[5 * 80].attr & CANVAS_REVERSE);
	close_all(&f);
}

static void losses_are_loud(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	f.snap->events.lost = 321;
	fake_ep(f.snap, 1)->certain = false;
	fake_ep(f.snap, 1)->in_flight_now = 777;
	draw(&f);
	assert_null(strstr(line(&f, 0), "nothing lost"));
	assert_non_null(strstr(line(&f, 1), "321 EVENTS LOST"));
	assert_true(f.canvas.cells[80].attr & CANVAS_ALERT);
	assert_true(f.canvas.cells[80].attr & CANVAS_REVERSE);
	assert_non_null(strstr(line(&f, 6), "lost"));
	/* what was counted in doubt is no depth */
	for (int y = 0; y < 24; y++)
		assert_null(strstr(line(&f, y), "777"));
	close_all(&f);
}

static void rows_are_matched_by_serial(void **state)
{
	struct snapshot *interval = fake_snapshot(four + 1, 2, 500 * MS);
	struct fixture f;

	(void)state;
	/* the interval knows only the second and the third, at other places */
	fake_ep(interval, 0)->serial = 2;
	fake_ep(interval, 1)->serial = 3;
	open_with(&f, four, 4, 80, 24);
	fake_ep(f.snap, 0)->in_flight_now = fake_ep(f.snap, 3)->in_flight_now = 0;
	draw_data(&f, interval);
	assert_non_null(strstr(line(&f, 4), "idle"));
	assert_non_null(strstr(line(&f, 5), "1000")); /* 500 MB in half a second */
	assert_non_null(strstr(line(&f, 7), "idle"));
	fake_free(interval);
	close_all(&f);
}

static void keys(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, four, 4, 80, 24);
	draw(&f);
	press(&f, '?');
	assert_string_equal(line(&f, 2), "In the list");
	press(&f, 'q');
	assert_int_equal(f.view->page, PAGE_OVERVIEW);
	assert_false(top_quit(f.view));
	assert_false(top_key(f.view, TOP_KEY_NONE));
	assert_false(top_key(f.view, 'x'));
	press(&f, ' ');
	assert_non_null(strstr(line(&f, 23), "Nothing to hold yet"));
	press(&f, 'w');
	assert_int_equal(top_request(f.view), TOP_SAVE_SCREEN);
	assert_int_equal(top_request(f.view), TOP_NOTHING);
	top_key(f.view, TOP_KEY_QUIT);
	assert_true(top_quit(f.view));
	close_all(&f);
}

static void every_size_is_drawn(void **state)
{
	static const int heights[] = {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 24, 100, 500};
	static struct fake_endpoint many[500];
	static const char hostile[] = "漢\x1b[2J漢\xff\u202e漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢";
	struct fixture f;
	size_t i, h;
	int width;

	(void)state;
	for (i = 0; i < 500; i++) {
		many[i] = four[i % 4];
		many[i].ep = urb_ep(1, 1 + (unsigned int)i / 15, 1 + i % 15);
		many[i].name = hostile;
	}
	open_with(&f, many, 500, 1, 1);
	f.view->choices.streams = true;
	f.snap->events.lost = UINT64_MAX;
	for (width = 1; width <= 4096; width += width < 270 ? 1 : 1913) {
		for (h = 0; h < sizeof(heights) / sizeof(heights[0]); h++) {
			if (h > 10 && width % 50 > 1 && width < 270)
				continue; /* high ones only at some widths */
			f.view->page = width % PAGE_CNT;
			f.view->at.serial = 4;
			assert_int_equal(canvas_resize(&f.canvas, width, heights[h]), 0);
			press(&f, TOP_KEY_END);
		}
	}
	assert_int_equal(canvas_resize(&f.canvas, 0, 0), 0);
	draw(&f);
	close_all(&f);
}

static void batch_prints_all_rows(void **state)
{
	struct top_data data = {.history = NULL};
	struct fixture f;
	char *text, *at;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	int lines = 0;

	(void)state;
	open_with(&f, four, 4, 1, 1);
	data.total = data.interval = f.snap;
	assert_int_equal(top_batch(f.view, &data, 80, false, out), 0);
	fclose(out);
	for (at = text; *at; at++) {
		lines += *at == '\n';
		assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
	}
	assert_int_equal(lines, 3 + 4 + 1);
	/* every row names its device, for grep */
	assert_non_null(strstr(text, "\n1-1.2      0x81 bulk in"));
	free(text);
	out = fopen("/dev/full", "w");
	if (out) {
		assert_true(top_batch(f.view, &data, 80, false, out) < 0);
		fclose(out);
	}
	close_all(&f);
}

static const struct CMUnitTest tests[] = {
	TEST("frame-80x24", frame_80x24),
	TEST("frame-132x40", frame_132x40),
	TEST("half-full-is-half-a-bar", half_full_is_half_a_bar),
	TEST("sorting", sorting),
	TEST("ports-are-in-order", ports_are_in_order),
	TEST("a-tree-has-lines-of-devices", a_tree_has_lines_of_devices),
	TEST("idle-rows-can-be-hidden", idle_rows_can_be_hidden),
	TEST("waiting-is-not-idle", waiting_is_not_idle),
	TEST("many-endpoints-scroll", many_endpoints_scroll),
	TEST("time-line-of-a-recording", time_line_of_a_recording),
	TEST("top-draws-nothing-too", nothing_is_drawn_too),
	TEST("what-a-protocol-demands-is-not-wrong", what_a_protocol_demands_is_not_wrong),
	TEST("losses-are-loud", losses_are_loud),
	TEST("top-promises-nothing-of-a-silent-source", silence_is_no_promise),
	TEST("rows-are-matched-by-serial", rows_are_matched_by_serial),
	TEST("keys", keys),
	TEST("every-size-is-drawn", every_size_is_drawn),
	TEST("batch-prints-all-rows", batch_prints_all_rows),
};

TEST_MAIN_UTF8(tests)
