// SPDX-License-Identifier: GPL-2.0
/* Text of devices cannot touch the terminal, and figures are written one way. */
#include "../lib/testmain.h"

#include <string.h>

#include "urbscope/canvas.h"
#include "urbscope/format.h"
#include "urbscope/text.h"

/* Decodes all of a string into at most 16 code points, returns how many. */
static size_t decode(const char *s, size_t n, uint32_t out[16])
{
	size_t cnt = 0, used;

	for (; n && cnt < 16; s += used, n -= used) {
		used = utf8_decode(s, n, &out[cnt++]);
		assert_in_range(used, 1, n);
	}
	return cnt;
}

/* Unicode 15, tables 3-8 and 3-9. */
static void utf8_follows_the_standard(void **state)
{
	static const struct {
		const char *s;
		size_t cnt;
		uint32_t cp[8];
	} cases[] = {
		{"a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", 4, {'a', 0xe9, 0x6f22, 0x1f600}},
		{"\xc0\xaf", 2, {0xfffd, 0xfffd}},
		{"\xe0\x80\xaf", 3, {0xfffd, 0xfffd, 0xfffd}},
		{"\xed\xa0\x80", 3, {0xfffd, 0xfffd, 0xfffd}},
		{"\xf4\x90\x80\x80", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}},
		{"\x41\xff\x42", 3, {0x41, 0xfffd, 0x42}},
		{"\xe1\x80" "A", 2, {0xfffd, 0x41}},
	};
	uint32_t got[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(decode(cases[i].s, strlen(cases[i].s), got), cases[i].cnt);
		assert_memory_equal(got, cases[i].cp, cases[i].cnt * sizeof(got[0]));
	}
}

static void every_code_point_survives_encode_and_decode(void **state)
{
	char buf[UTF8_MAX];
	uint32_t cp, back;
	size_t n;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		n = utf8_encode(cp, buf);
		assert_int_equal(utf8_decode(buf, n, &back), n);
		assert_int_equal(back, cp);
	}
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e ||
	       cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static void no_control_is_ever_shown(void **state)
{
	uint32_t cp, shown;
	int width;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		shown = cp;
		width = text_clean(&shown, true);
		assert_in_range(width, 0, 2);
		assert_false(width && is_control(shown));
		shown = cp;
		width = text_clean(&shown, false);
		assert_in_range(width, 0, 1);
		assert_false(width && (shown < 0x20 || shown >= 0x7f));
	}
}

static void print(struct canvas *c, char *buf, size_t size)
{
	FILE *f = fmemopen(buf, size, "w");

	assert_non_null(f);
	canvas_print(c, 0, f);
	assert_int_equal(fclose(f), 0);
}

static void hostile_strings_become_harmless_cells(void **state)
{
	static const struct {
		const char *s, *shown;
	} cases[] = {
		{"\x1b[2J\x1b]0;x\x07", "\uFFFD[2J\uFFFD]0;x\uFFFD\n"},
		{"a\xc2\x9b" "31mb", "a\uFFFD31mb\n"},
		{"a\u202Egnp.b\u2066", "a\uFFFDgnp.b\uFFFD\n"},
		{"e\u0301tat", "etat\n"},
		{"\xff\xfe" "x", "\uFFFD\uFFFDx\n"},
		{"line\r\nbreak", "line\uFFFD\uFFFDbreak\n"},
	};
	struct canvas c;
	char buf[256];
	size_t i;

	(void)state;
	assert_int_equal(canvas_init(&c, 40, 1, true), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		canvas_clear(&c);
		canvas_text(&c, 0, 0, 40, 0, cases[i].s);
		print(&c, buf, sizeof(buf));
		assert_string_equal(buf, cases[i].shown);
	}
	canvas_release(&c);
}

static void wide_characters_never_hang_over_the_edge(void **state)
{
	struct canvas c;
	char buf[64];

	(void)state;
	assert_int_equal(canvas_init(&c, 5, 1, true), 0);
	/* three take six cells: two fit beside the mark of the cut */
	assert_int_equal(canvas_text(&c, 0, 0, 5, 0, "漢漢漢"), 5);
	print(&c, buf, sizeof(buf));
	assert_string_equal(buf, "漢漢…\n");
	/* what covers half of one leaves no half behind */
	canvas_put(&c, 0, 1, 0, 'x');
	canvas_put(&c, 0, 2, 0, 'y');
	print(&c, buf, sizeof(buf));
	assert_string_equal(buf, " xy …\n");
	/* at the border of the canvas itself */
	canvas_clear(&c);
	canvas_text(&c, 0, 4, 2, 0, "漢");
	print(&c, buf, sizeof(buf));
	assert_string_equal(buf, "\n");
	canvas_release(&c);
}

static void ascii_canvas_holds_ascii(void **state)
{
	struct canvas c;
	char buf[64];

	(void)state;
	assert_int_equal(canvas_init(&c, 6, 1, false), 0);
	canvas_text(&c, 0, 0, 6, 0, "caf\xc3\xa9 au lait");
	print(&c, buf, sizeof(buf));
	assert_string_equal(buf, "caf? ~\n");
	canvas_release(&c);
}

static void durations_have_three_digits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *s;
	} cases[] = {
		{0, "0 ns"}, {999, "999 ns"}, {1000, "1.00 us"}, {1234, "1.23 us"},
		{9994, "9.99 us"}, {9996, "10.0 us"}, {99960, "100 us"}, {999499, "999 us"},
		{999500, "1.00 ms"}, {45600000, "45.6 ms"}, {999500000, "1.00 s"},
		{123000000000, "123 s"}, {3599000000000, "3599 s"}, {9000000000000, "2.50 h"},
		{1036800000000000, "12.0 d"}, {UINT64_MAX, "213504 d"},
	};
	char buf[FMT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(fmt_duration(buf, cases[i].ns), cases[i].s);
	assert_string_equal(fmt_duration_tight(buf, 1234), "1.23us");
}

static void rounding_never_claims_none_or_all(void **state)
{
	char buf[FMT_SIZE];

	(void)state;
	assert_string_equal(fmt_percent(buf, 0), "0%");
	assert_string_equal(fmt_percent(buf, 1e-9), "<0.1%");
	assert_string_equal(fmt_percent(buf, 0.1324), "13.2%");
	assert_string_equal(fmt_percent(buf, 0.99951), ">99.9%");
	assert_string_equal(fmt_percent(buf, 1), "100%");
	assert_string_equal(fmt_mbps(buf, 0), "0");
	assert_string_equal(fmt_mbps(buf, 8), "<0.01");
	assert_string_equal(fmt_mbps(buf, 312345678), "312");
	assert_string_equal(fmt_count(buf, 999), "999");
	assert_string_equal(fmt_count(buf, 999500), "1.00M");
	assert_string_equal(fmt_count(buf, UINT64_MAX), "18.4E");
	assert_string_equal(fmt_mean(buf, 7.996), "8.00");
	assert_true(per_second(5, 0) == 0);
	assert_true(per_second(5, 500000000) == 10);
}

static const struct CMUnitTest tests[] = {
	TEST("utf8-follows-the-standard", utf8_follows_the_standard),
	TEST("every-code-point-survives-encode-and-decode",
	     every_code_point_survives_encode_and_decode),
	TEST("no-control-is-ever-shown", no_control_is_ever_shown),
	TEST("hostile-strings-become-harmless-cells", hostile_strings_become_harmless_cells),
	TEST("wide-characters-never-hang-over-the-edge", wide_characters_never_hang_over_the_edge),
	TEST("ascii-canvas-holds-ascii", ascii_canvas_holds_ascii),
	TEST("durations-have-three-digits", durations_have_three_digits),
	TEST("rounding-never-claims-none-or-all", rounding_never_claims_none_or_all),
};

TEST_MAIN_UTF8(tests)
