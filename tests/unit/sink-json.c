// SPDX-License-Identifier: GPL-2.0
/* Whatever is written reads back as it was, or the file's error is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "../lib/jsonread.h"
#include "urbscope/json.h"

struct output {
	char *text;
	size_t size;
	FILE *file;
	struct json j;
};

static void begin(struct output *o, int lines)
{
	o->file = open_memstream(&o->text, &o->size);
	assert_non_null(o->file);
	json_init(&o->j, o->file, lines);
}

static struct json_value *end(struct output *o)
{
	struct json_value *v;
	char error[128] = "";

	assert_int_equal(json_finish(&o->j), 0);
	fclose(o->file);
	v = json_read(o->text, o->size, error, sizeof(error));
	assert_string_equal(error, "");
	free(o->text);
	return v;
}

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *in, *back;
	} cases[] = {
		{"", ""}, {"\"\\/", "\"\\/"}, {"\x01\x1f\x7f\t\n", "\x01\x1f\x7f\t\n"},
		{"\xc2\x9b", "\xc2\x9b"}, {"\u202e", "\u202e"}, {"é漢😀", "é漢😀"},
		{"\xff" "a\xc3", "\uFFFDa\uFFFD"}, {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
	};
	struct json_value *v;
	struct output o;
	char full[65];
	size_t i;

	(void)state;
	begin(&o, 1);
	json_array(&o.j, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		json_string(&o.j, NULL, cases[i].in);
	memset(full, 0xe9, 64);
	full[64] = '\0';
	json_string(&o.j, NULL, full);
	json_close(&o.j);
	/* none reaches a terminal raw: neither C0, nor C1 in UTF-8 */
	fflush(o.file);
	for (i = 0; i < o.size; i++)
		assert_true(o.text[i] == '\n' || (unsigned char)o.text[i] >= 0x20);
	assert_null(memmem(o.text, o.size, "\xc2\x9b", 2));
	assert_null(memmem(o.text, o.size, "\u202e", 3));
	v = end(&o);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[16];

		snprintf(path, sizeof(path), "[%zu]", i);
		assert_string_equal(json_text_at(v, path), cases[i].back);
	}
	json_value_free(v);
}

static void integers_are_exact(void **state)
{
	struct json_value *v;
	struct output o;

	(void)state;
	begin(&o, 0);
	json_object(&o.j, NULL);
	json_u64(&o.j, "max", UINT64_MAX);
	json_u64(&o.j, "odd", 9007199254740993);
	json_i64(&o.j, "min", INT64_MIN);
	json_close(&o.j);
	v = end(&o);
	assert_string_equal(json_text_at(v, "max"), "18446744073709551615");
	assert_string_equal(json_text_at(v, "odd"), "9007199254740993");
	assert_string_equal(json_text_at(v, "min"), "-9223372036854775808");
	json_value_free(v);
}

static void doubles_read_back(void **state)
{
	static const double values[] = {0, 1, 0.1, 0.13, 1.0 / 3, 100, 1e15, 123456789.125, 5e-324,
					DBL_MAX, DBL_MIN, -0.87, 7.975};
	struct json_value *v;
	struct output o;
	char path[16];
	size_t i;

	(void)state;
	begin(&o, 0);
	json_array(&o.j, NULL);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		json_double(&o.j, NULL, values[i]);
	json_double(&o.j, NULL, NAN);
	json_double(&o.j, NULL, -INFINITY);
	json_close(&o.j);
	v = end(&o);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(path, sizeof(path), "[%zu]", i);
		assert_true(json_double_at(v, path) == values[i]);
	}
	assert_string_equal(json_text_at(v, "[2]"), "0.1");
	assert_string_equal(json_text_at(v, "[5]"), "100");
	assert_string_equal(json_text_at(v, "[13]"), "null");
	assert_string_equal(json_text_at(v, "[14]"), "null");
	json_value_free(v);
}

static void layout_does_not_change_the_value(void **state)
{
	struct json_value *v;
	struct output o;
	int lines;

	(void)state;
	for (lines = 0; lines < 5; lines++) {
		size_t i, breaks = 0;

		begin(&o, lines);
		json_object(&o.j, NULL);
		json_object(&o.j, "empty");
		json_close(&o.j);
		json_array(&o.j, "a");
		json_bool(&o.j, NULL, true);
		json_null(&o.j, NULL);
		json_array(&o.j, NULL);
		json_close(&o.j);
		json_close(&o.j);
		json_close(&o.j);
		fflush(o.file);
		for (i = 0; i < o.size; i++)
			breaks += o.text[i] == '\n';
		assert_true(lines ? breaks : !breaks);
		v = end(&o);
		assert_string_equal(json_text_at(v, "a[0]"), "true");
		assert_string_equal(json_text_at(v, "a[1]"), "null");
		assert_int_equal(json_at(v, "empty", NULL)->cnt, 0);
		assert_int_equal(json_at(v, "a", NULL)->cnt, 3);
		json_value_free(v);
	}
}

static void disk_full_is_told(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct json j;
	int i;

	(void)state;
	if (!full)
		skip();
	json_init(&j, full, 0);
	json_array(&j, NULL);
	for (i = 0; i < 10000; i++) /* more than a buffer: the error comes in the middle */
		json_u64(&j, NULL, UINT64_MAX);
	json_close(&j);
	assert_int_equal(json_finish(&j), -ENOSPC);
	fclose(full);
	/* and what only the flush finds out */
	full = fopen("/dev/full", "w");
	json_init(&j, full, 0);
	json_null(&j, NULL);
	assert_int_equal(json_finish(&j), -ENOSPC);
	fclose(full);
}

static void nesting_is_bounded(void **state)
{
	struct output o;
	int i;

	(void)state;
	begin(&o, 0);
	for (i = 0; i <= JSON_MAX_DEPTH; i++)
		json_array(&o.j, NULL);
	assert_int_equal(json_finish(&o.j), -EOVERFLOW);
	fclose(o.file);
	free(o.text);
}

/* The witness itself: what RFC 8259 forbids it refuses. */
static void the_reader_is_strict(void **state)
{
	static const char *const bad[] = {
		"", "{", "[1,]", "{\"a\":1,}", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "nul", "'a'",
		"\"\t\"", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
		"\"open", "[1] 2", "{\"a\":1,\"a\":2}", "{a:1}", "[NaN]", "[1 2]",
	};
	char error[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(json_read(bad[i], strlen(bad[i]), error, sizeof(error)));
}

static void paths_select(void **state)
{
	static const char text[] = "{\"e\":[{\"k\":\"0x81\",\"d\":{\"p\":\"1-1.2\"},\"n\":1},"
				   "{\"k\":\"0x02\",\"d\":{\"p\":\"1-1.2\"},\"n\":2}],"
				   "\"s\":{\"-32\":7}}";
	struct json_value *v;
	char error[128];
	size_t count;

	(void)state;
	v = json_read(text, strlen(text), error, sizeof(error));
	assert_non_null(v);
	assert_int_equal(json_u64_at(v, "e[1].n"), 2);
	assert_int_equal(json_u64_at(v, "e[k=0x02].n"), 2);
	assert_int_equal(json_u64_at(v, "e[d.p=1-1.2].n"), 1);
	assert_int_equal(json_u64_at(v, "e[d.p=1-1.2,k=0x02].n"), 2);
	assert_int_equal(json_u64_at(v, "s.-32"), 7);
	assert_non_null(json_at(v, "e[#]", &count));
	assert_int_equal(count, 2);
	assert_null(json_text_at(v, "e[2].n"));
	assert_null(json_text_at(v, "e[k=0x99].n"));
	assert_null(json_text_at(v, "nothing.here"));
	json_value_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"strings-are-escaped", strings_are_escaped, NULL, NULL, NULL},
		{"integers-are-exact", integers_are_exact, NULL, NULL, NULL},
		{"doubles-read-back", doubles_read_back, NULL, NULL, NULL},
		{"layout-does-not-change-the-value", layout_does_not_change_the_value, NULL, NULL,
		 NULL},
		{"disk-full-is-told", disk_full_is_told, NULL, NULL, NULL},
		{"nesting-is-bounded", nesting_is_bounded, NULL, NULL, NULL},
		{"the-reader-is-strict", the_reader_is_strict, NULL, NULL, NULL},
		{"paths-select", paths_select, NULL, NULL, NULL},
	};

	if (getenv("T"))
		cmocka_set_test_filter(getenv("T"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
