// SPDX-License-Identifier: GPL-2.0
/* What the live view remembers, and what it reckons that a link carries. */
#include "../lib/testmain.h"

#include <stdio.h>
#include <string.h>

#include "sink/top/link.h"
#include "sink/top/view.h"

static char *config_of(const struct top_view *view)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	assert_int_equal(top_config_write(view, out), 0);
	fclose(out);
	return text;
}

static void read_config(struct top_view *view, const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(in);
	assert_int_equal(top_config_read(view, in), 0);
	fclose(in);
}

static void choices_are_remembered(void **state)
{
	struct top_view *a = top_view_new(), *b = top_view_new();
	char *first, *second;

	(void)state;
	assert_false(top_config_changed(a));
	top_key(a, 't');
	top_key(a, 'r');
	top_key(a, '>');
	top_key(a, 'r');
	top_key(a, 's');
	columns_toggle(a, column_named("handler-p99"));
	assert_true(top_config_changed(a));
	first = config_of(a);
	read_config(b, first);
	assert_false(top_config_changed(b));
	assert_true(b->choices.flat && b->choices.streams && b->choices.reverse);
	assert_int_equal(b->choices.sort, a->choices.sort);
	assert_int_equal(b->choices.column_cnt, a->choices.column_cnt);
	assert_memory_equal(b->choices.column, a->choices.column, a->choices.column_cnt);
	second = config_of(b);
	assert_string_equal(second, first);
	free(first);
	free(second);
	top_view_free(a);
	top_view_free(b);
}

static void what_is_not_understood_is_kept_and_told(void **state)
{
	static const char text[] =
		"# mine\n"
		"colour-of-the-bikeshed = green\n"
		"tree = maybe\n"
		"mouse = no\n"
		"sort = gaps\n"
		"columns = ep words new-one ep\n"
		"\xff\xfe garbage without an end";
	struct top_view *view = top_view_new(), *again = top_view_new();
	char *written, *twice;

	(void)state;
	read_config(view, text);
	assert_non_null(strstr(view->message, "4 lines of the configuration not understood, from "
			       "line 2 on"));
	assert_false(top_wants_mouse(view));
	assert_false(view->choices.flat);
	assert_int_equal(view->choices.column_cnt, 2);
	assert_int_equal(view->choices.sort, column_named("gaps"));
	written = config_of(view);
	assert_non_null(strstr(written, "# mine\ncolour-of-the-bikeshed = green\ntree = maybe\n"));
	assert_non_null(strstr(written, "\xff\xfe garbage without an end\n"));
	assert_non_null(strstr(written, "mouse = no\n"));
	/* nothing piles up */
	read_config(again, written);
	twice = config_of(again);
	assert_string_equal(twice, written);
	free(written);
	free(twice);
	top_view_free(view);
	top_view_free(again);
}

/* USB 2.0, tables 5-3, 5-5, 5-7, 5-9 and 5-10: "max bandwidth" of the rows of these sizes. */
static void links_carry_what_the_standard_says(void **state)
{
	static const struct {
		unsigned int speed, type, max_packet;
		uint64_t bytes;
	} rows[] = {
		{URB_SPEED_LOW, URB_TYPE_INT, 8, 8000},
		{URB_SPEED_FULL, URB_TYPE_CONTROL, 64, 832000},
		{URB_SPEED_FULL, URB_TYPE_CONTROL, 8, 224000},
		{URB_SPEED_FULL, URB_TYPE_BULK, 64, 1216000},
		{URB_SPEED_FULL, URB_TYPE_BULK, 32, 1056000},
		{URB_SPEED_FULL, URB_TYPE_BULK, 8, 568000},
		{URB_SPEED_FULL, URB_TYPE_BULK, 0, 1216000},
		{URB_SPEED_FULL, URB_TYPE_ISO, 1023, 1023000},
		{URB_SPEED_FULL, URB_TYPE_INT, 64, 64000},
		{URB_SPEED_HIGH, URB_TYPE_CONTROL, 64, 15872000},
		{URB_SPEED_HIGH, URB_TYPE_BULK, 512, 53248000},
		{URB_SPEED_HIGH, URB_TYPE_INT, 1024, 8192000},
		{URB_SPEED_HIGH, URB_TYPE_ISO, 1024 | 2 << 11, 24576000},
		{URB_SPEED_SUPER, URB_TYPE_BULK, 1024, 484848484},
		{URB_SPEED_SUPER_PLUS, URB_TYPE_BULK, 1024, 1170954},
		{URB_SPEED_UNKNOWN, URB_TYPE_BULK, 512, 0},
		{URB_SPEED_LOW, URB_TYPE_BULK, 8, 0},
		{URB_SPEED_HIGH, URB_TYPE_UNKNOWN, 512, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = link_capacity(rows[i].speed, rows[i].type, rows[i].max_packet);

		if (rows[i].speed == URB_SPEED_SUPER_PLUS)
			bytes /= 1000;
		assert_int_equal(bytes, rows[i].bytes);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("top-choices-are-remembered", choices_are_remembered),
	TEST("top-config-keeps-what-it-does-not-understand", what_is_not_understood_is_kept_and_told),
	TEST("links-carry-what-the-standard-says", links_carry_what_the_standard_says),
};

TEST_MAIN(tests)
