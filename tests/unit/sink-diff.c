// SPDX-License-Identifier: GPL-2.0
/* The page of a comparison is well-formed, fetches nothing, and says what the text says. */
#include "../lib/testmain.h"

#include <stdio.h>
#include <string.h>

#include "../lib/fakesnap.h"
#include "../lib/xmlread.h"
#include "urbscope/diff.h"

#define MS UINT64_C(1000000)

static const struct fake_endpoint endpoints[] = {
	{ .ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1", .driver = "udl",
	  .depth_ns = { 100 * MS, 900 * MS }, .gap_cnt = 50, .gap_max_ns = MS, .latency_ns = 220000,
	  .transfers = 400, .bytes = 30000000 },
	{ .ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1", .driver = "udl",
	  .depth_ns = { 0, 1000 * MS }, .latency_ns = 900000, .transfers = 900, .bytes = 50000000 },
};

/* So steady that whatever differs is told apart; every other batch varies a bit. */
static void fill(struct batch batch[100], uint64_t gap_ns, uint64_t level)
{
	for (int i = 0; i < 100; i++)
		batch[i] = (struct batch){
			.wall_ns = 10 * MS, .busy_ns = 10 * MS, .level_ns = level * MS,
			.gap_ns = gap_ns + i % 2 * 1000, .gaps = gap_ns > 0, .bytes = 300000 + i % 2,
			.latency_ns = 4 * 220000, .latency_cnt = 4, .completed = 4, .submissions = 4,
		};
}

struct two {
	struct snapshot *snap[2];
	struct batch batch[2][100];
	struct batch_list list[2];
	struct batches batches[2];
	struct compare_run run[2];
	struct comparison *c;
};

/* Before has no gaps; afterwards there are some, and the second endpoint is gone. */
static void two_init(struct two *t, const char *name)
{
	for (int i = 0; i < 2; i++) {
		t->snap[i] = fake_snapshot(endpoints, i ? 1 : 2, 1000 * MS);
		fill(t->batch[i], i ? MS : 0, i ? 7 : 9);
		t->list[i] = (struct batch_list){ fake_ep(t->snap[i], 0)->serial, 100, t->batch[i] };
		t->batches[i] = (struct batches){ 1, &t->list[i] };
		t->run[i] = (struct compare_run){ t->snap[i], &t->batches[i], name, false, 0 };
	}
	t->c = compare_new(&t->run[0], 1, &t->run[1], 1);
	assert_non_null(t->c);
}

static void two_release(struct two *t)
{
	compare_free(t->c);
	fake_free(t->snap[0]);
	fake_free(t->snap[1]);
}

static char *shown(const struct two *t, int (*show)(const struct comparison *, FILE *), size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	assert_non_null(f);
	assert_int_equal(show(t->c, f), 0);
	fclose(f);
	return text;
}

static struct xml *page_of(const struct two *t)
{
	char error[200];
	size_t n;
	char *text = shown(t, diff_html, &n);
	struct xml *page = xml_read(text, n, error, sizeof(error));

	assert_string_equal(error, "");
	free(text);
	return page;
}

static void page_says_what_the_text_says(void **state)
{
	struct xml *page;
	struct two t;
	char *text;
	size_t n, cells = 0;

	(void)state;
	two_init(&t, "a.urb");
	page = page_of(&t);
	text = shown(&t, diff_text, &n);
	for (struct xml *x = xml_walk(page, NULL); x; x = xml_walk(page, x)) {
		char *cell = xml_text(x), *worse = strstr(cell, ": worse");

		if (worse)
			*worse = '\0';
		if (!strcmp(x->name, "td") && strstr(cell, "95 %")) {
			assert_non_null(strstr(text, cell));
			cells++;
		}
		free(cell);
	}
	/* depth, gap share, gaps */
	assert_int_equal(cells, t.c->differences);
	assert_int_equal(cells, 3);
	free(text);
	xml_free(page);
	two_release(&t);
}

/* More gaps are worse, and are said to be; less depth is nobody's business. */
static void page_says_what_is_worse(void **state)
{
	struct xml *page;
	struct two t;

	(void)state;
	two_init(&t, "a.urb");
	page = page_of(&t);
	assert_int_equal(xml_count(page, "td", "class", "t alert"), 2);
	for (size_t i = 0; i < 2; i++) {
		char *cell = xml_text(xml_find(page, "td", "class", "t alert", i));

		assert_non_null(strstr(cell, ": worse"));
		free(cell);
	}
	assert_int_equal(xml_count(page, "li", NULL, NULL), 1);
	xml_free(page);
	two_release(&t);
}

static void nobody_else_speaks_in_the_page(void **state)
{
	static const char evil[] = "</h2><script src='x'>&\"\033[31m";
	struct xml *page;
	struct two t;

	(void)state;
	two_init(&t, evil);
	for (int i = 0; i < 2; i++)
		snprintf(t.c->endpoint[0].device[i].facts.path, 32, "%s", evil);
	page = page_of(&t);
	assert_int_equal(xml_count(page, "script", NULL, NULL), 1);
	assert_int_equal(xml_count(page, "script", "src", "x"), 0);
	assert_int_equal(xml_count(page, "link", NULL, NULL), 0);
	assert_int_equal(xml_count(page, "img", NULL, NULL), 0);
	xml_free(page);
	two_release(&t);
}

static const struct CMUnitTest tests[] = {
	TEST("diff-page-says-what-the-text-says", page_says_what_the_text_says),
	TEST("diff-page-says-what-is-worse", page_says_what_is_worse),
	TEST("nobody-else-speaks-in-the-diff-page", nobody_else_speaks_in_the_page),
};

TEST_MAIN(tests)
