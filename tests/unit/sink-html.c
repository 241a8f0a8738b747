// SPDX-License-Identifier: GPL-2.0
/* The page is well-formed, fetches nothing, and says what the snapshot says, and nothing else. */
#include "../lib/testmain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../lib/fakesnap.h"
#include "../lib/lives.h"
#include "../lib/run.h"
#include "../lib/xmlread.h"
#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define MS	   UINT64_C(1000000)
#define MAX_EVENTS 300
#define RUNS	   60

static const struct fake_endpoint three[] = {
	{ .ep = 0x010502, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	  .depth_ns = { 130 * MS, 870 * MS }, .gap_cnt = 500, .gap_max_ns = 1230000,
	  .latency_ns = 220000, .transfers = 4000, .bytes = 300000000, .stalls = 3 },
	{ .ep = 0x010581, .type = URB_TYPE_BULK, .path = "1-1.2", .name = "Dock", .driver = "udl",
	  .depth_ns = { 0, 0, 10 * MS, 0, 0, 0, 0, 0, 990 * MS }, .latency_ns = 900000,
	  .transfers = 9000, .bytes = 500000000 },
	{ .ep = 0x020784, .type = URB_TYPE_BULK, .path = "2-1", .driver = "uas",
	  .depth_ns = { 0, 0, 500 * MS }, .latency_ns = 40000, .transfers = 100, .bytes = 1000000,
	  .streams = 2 },
};

static char *text_of(const struct snapshot *snap, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	assert_non_null(f);
	assert_int_equal(report_html(snap, f), 0);
	fclose(f);
	return text;
}

static struct xml *page_of(const struct snapshot *snap)
{
	char error[200];
	size_t n;
	char *text = text_of(snap, &n);
	struct xml *page = xml_read(text, n, error, sizeof(error));

	assert_string_equal(error, "");
	assert_string_equal(page->name, "html");
	free(text);
	return page;
}

static bool has_text(const struct xml *x, const char *what)
{
	char *text = xml_text(x);
	bool has = strstr(text, what);

	free(text);
	return has;
}

static void assert_text(const struct xml *x, const char *want)
{
	char *text;

	assert_non_null(x);
	text = xml_text(x);
	assert_string_equal(text, want);
	free(text);
}

/* The value of a name in a <dl>, of which there must be one. */
static const struct xml *fact(const struct xml *in, const char *name)
{
	for (struct xml *x = xml_walk(in, NULL); x; x = xml_walk(in, x))
		if (!strcmp(x->name, "dt") && x->first && !strcmp(x->first->text, name))
			return x->next;
	return NULL;
}

static void assert_count(const struct xml *in, const char *name, uint64_t want)
{
	const struct xml *x = fact(in, name);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, want);
	if (!x && !want)
		return;
	assert_text(x, text);
}

/* --- the page as such ----------------------------------------------------------------------- */

/* Nothing in it could be fetched, whatever the policy says; every link leads to a place in it. */
static void fetches_nothing(void **state)
{
	static const char *const forbidden[] = {
		"src", "srcset", "action", "formaction", "data", "poster", "background", "style",
		"ping", "xlink:href", "manifest", "cite",
	};
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct xml *page = page_of(snap);

	(void)state;
	for (struct xml *x = xml_walk(page, NULL); x; x = xml_walk(page, x)) {
		const char *href = xml_attribute(x, "href");
		const char *policy = xml_attribute(x, "http-equiv");

		for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
			assert_null(xml_attribute(x, forbidden[i]));
		for (const struct xml_attribute *a = x->attributes; a; a = a->next)
			assert_int_not_equal(strncmp(a->name, "on", 2), 0);
		if (href) {
			assert_int_equal(href[0], '#');
			assert_int_not_equal(strlen(href), 1);
		}
		if (policy)
			assert_non_null(strstr(xml_attribute(x, "content"), "default-src 'none'"));
		assert_string_not_equal(x->name, "link");
		assert_string_not_equal(x->name, "img");
		assert_string_not_equal(x->name, "iframe");
	}
	assert_int_equal(xml_count(page, "script", NULL, NULL), 1);
	assert_int_equal(xml_count(page, "style", NULL, NULL), 1);
	assert_false(has_text(page, "url("));
	assert_false(has_text(page, "@import"));
	assert_non_null(xml_find(page, "meta", "http-equiv", "Content-Security-Policy", 0));
	xml_free(page);
	fake_free(snap);
}

static const char *id_of_target(const struct xml *page, const char *id)
{
	for (struct xml *x = xml_walk(page, NULL); x; x = xml_walk(page, x)) {
		const char *has = xml_attribute(x, "id");

		if (has && !strcmp(has, id))
			return has;
	}
	return NULL;
}

/* Of what a reader of the page by ear or by keys needs: names, heads, languages, places. */
static void is_fit_for_all_readers(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct xml *page = page_of(snap);
	size_t ids = 0;

	(void)state;
	assert_string_equal(xml_attribute(page, "lang"), "en");
	assert_int_equal(xml_count(page, "h1", NULL, NULL), 1);
	assert_int_equal(xml_count(page, "main", NULL, NULL), 1);
	assert_int_equal(xml_count(page, "header", NULL, NULL), 1);
	for (struct xml *x = xml_walk(page, NULL); x; x = xml_walk(page, x)) {
		const char *id = xml_attribute(x, "id"), *href = xml_attribute(x, "href");
		const char *by = xml_attribute(x, "aria-labelledby");

		if (id) {
			for (const struct xml *y = xml_walk(page, x); y; y = xml_walk(page, y))
				if (xml_attribute(y, "id"))
					assert_string_not_equal(xml_attribute(y, "id"), id);
			ids++;
		}
		if (href)
			assert_non_null(id_of_target(page, href + 1));
		if (by)
			assert_non_null(id_of_target(page, by));
		if (!strcmp(x->name, "svg"))
			assert_true(xml_attribute(x, "aria-label") ||
				    xml_attribute(x, "aria-hidden"));
		if (!strcmp(x->name, "table"))
			assert_string_equal(x->first->name, "caption");
		if (!strcmp(x->name, "th"))
			assert_non_null(xml_attribute(x, "scope"));
		if (!strcmp(x->name, "details"))
			assert_string_equal(x->first->name, "summary");
	}
	assert_true(ids >= 6);
	xml_free(page);
	fake_free(snap);
}

static void an_empty_run_is_a_page(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 0, 0);
	struct xml *page = page_of(snap);

	(void)state;
	assert_true(has_text(page, "No traffic was seen."));
	assert_true(has_text(page, "Nothing to remark."));
	assert_int_equal(xml_count(page, "table", NULL, NULL), 0);
	xml_free(page);
	fake_free(snap);
}

/* Whatever devices and files are called: it is text, and only that. */
static void names_are_but_text(void **state)
{
	static const char evil[] =
		"<script>alert(1)</script>\"'&amp;\x1b[31m\xff\xe2\x80\xae\xef\xbf\xbf";
	static const char told[] = "<script>alert(1)</script>\"'&amp;\xef\xbf\xbd[31m\xef\xbf\xbd"
				   "\xef\xbf\xbd\xef\xbf\xbd";
	struct fake_endpoint ep = three[0];
	struct snapshot *snap;
	struct xml *page, *summary;
	char *text;

	(void)state;
	ep.name = evil;
	ep.driver = "\"><img src=x>";
	ep.path = "]]></title><b>";
	snap = fake_snapshot(&ep, 1, 1000 * MS);
	snap->source.path = evil;
	snap->source.kind = "a<b";
	page = page_of(snap);
	assert_int_equal(xml_count(page, "script", NULL, NULL), 1);
	assert_int_equal(xml_count(page, "img", NULL, NULL), 0);
	assert_text(xml_find(page, "p", "class", "source", 0), told);
	summary = xml_find(xml_find(page, "details", "class", "ep", 0), "summary", NULL, NULL, 0);
	text = xml_text(summary);
	assert_non_null(strstr(text, told));
	assert_non_null(strstr(text, "\"><img src=x>"));
	assert_non_null(strstr(text, "]]></title><b>"));
	free(text);
	xml_free(page);
	fake_free(snap);
}

static void an_error_of_the_file_is_told(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(report_html(snap, full), -ENOSPC);
	fclose(full);
	fake_free(snap);
}

/* --- what it says --------------------------------------------------------------------------- */

static void losses_come_first(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct xml *page, *loss;

	(void)state;
	snap->events.lost = 7;
	fake_ep(snap, 1)->transfers.lost = 7;
	fake_ep(snap, 1)->complete = fake_ep(snap, 1)->certain = false;
	page = page_of(snap);
	loss = xml_find(page, "p", "class", "loss", 0);
	assert_non_null(loss);
	assert_ptr_equal(xml_find(page, "main", NULL, NULL, 0)->first->next, loss);
	assert_true(has_text(loss, "INCOMPLETE: 7 events lost"));
	assert_text(fact(page, "Lost"), "7");
	assert_true(has_text(xml_find(page, "ul", "class", "findings", 0), "7 events lost here"));
	xml_free(page);
	fake_free(snap);
}

/* Figures of the snapshot made by hand, as literals. */
static void figures_are_those_of_the_snapshot(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 3, 1000 * MS);
	struct xml *page = page_of(snap), *row, *ep;

	(void)state;
	row = xml_find(xml_find(page, "tbody", NULL, NULL, 0), "tr", NULL, NULL, 0);
	assert_text(xml_find(row, "td", NULL, NULL, 0), "1-1.2");
	assert_text(xml_find(row, "th", NULL, NULL, 0), "0x02");
	assert_text(xml_find(row, "td", NULL, NULL, 1), "bulk out");
	assert_text(xml_find(row, "td", NULL, NULL, 2), "udl");
	assert_text(xml_find(row, "td", NULL, NULL, 3), "errors sync");
	assert_text(xml_find(row, "td", NULL, NULL, 4), "1");
	assert_text(xml_find(row, "td", NULL, NULL, 5), "0.87");
	assert_string_equal(xml_attribute(xml_find(row, "svg", NULL, NULL, 0), "aria-label"),
			    "in flight: gaps 13.0%, 1 87.0%");
	assert_text(xml_find(row, "td", NULL, NULL, 7), "13.0%");
	assert_true(has_text(xml_find(row, "td", NULL, NULL, 9), "1.23ms"));
	assert_true(has_text(row, "EPIPE x3"));
	ep = xml_find(page, "details", "class", "ep", 0);
	assert_text(fact(ep, "Completed"), "4000");
	assert_text(fact(ep, "Bytes"), "300000000");
	assert_text(fact(ep, "Busy"), "1.00 s");
	assert_true(has_text(ep, "500: p50 1.23 ms, p99 1.23 ms, longest 1.23 ms"));
	assert_true(has_text(ep, "p50 220 us, p99 220 us, longest 220 us"));
	assert_int_equal(xml_count(page, "tr", "class", "stream"), 2);
	xml_free(page);
	fake_free(snap);
}

static void unseen_is_told_as_such(void **state)
{
	struct snapshot *snap = fake_snapshot(three, 1, 1000 * MS);
	struct endpoint_figures *e = fake_ep(snap, 0);
	struct xml *page, *ep;

	(void)state;
	e->depth.seen = e->complete = e->latency.seen = e->service.seen = false;
	e->latency.count = e->service.count = 0;
	e->latency.hist = e->service.hist = NULL;
	page = page_of(snap);
	ep = xml_find(page, "details", "class", "ep", 0);
	assert_text(fact(ep, "Service"), "n/a");
	assert_text(fact(ep, "Busy"), "n/a");
	assert_true(has_text(ep, "Depth over time: n/a"));
	assert_int_equal(xml_count(ep, "div", "class", "plot"), 0);
	xml_free(page);
	fake_free(snap);
}

/* The fields of put_data() in html_chart.c, added up over the bins. */
static void add_up(const char *bins, uint64_t sum[8])
{
	memset(sum, 0, 8 * sizeof(*sum));
	while (*bins) {
		if (*bins == '-')
			bins++;
		for (int i = 0; *bins && *bins != ' '; i++) {
			char *end;

			sum[i] += strtoull(bins, &end, 10);
			bins = end + (*end == ',');
		}
		while (*bins == ' ')
			bins++;
	}
}

static void assert_course(const struct xml *ep, const struct endpoint_figures *e)
{
	const struct xml *plot = xml_find(ep, "div", "class", "plot", 0);
	size_t gaps = 0, delays = 0, errors = 0;
	uint64_t sum[8];

	for (size_t i = 0; i < e->course->moment_cnt; i++) {
		gaps += e->course->moments[i].kind == COURSE_GAP;
		delays += e->course->moments[i].kind == COURSE_DELAY;
		errors += e->course->moments[i].kind == COURSE_ERROR;
	}
	assert_int_equal(xml_count(ep, "tbody", "class", "gap"), gaps);
	assert_int_equal(xml_count(ep, "tbody", "class", "delay"), delays);
	assert_int_equal(xml_count(ep, "tbody", "class", "error"), errors);
	if (!plot) {
		assert_true(!e->depth.seen || !e->busy_ns);
		return;
	}
	add_up(xml_attribute(plot, "data-bins"), sum);
	assert_int_equal(sum[3], e->gaps.total_ns);
	assert_int_equal(sum[5],
			 e->transfers.completed + e->transfers.unpaired - e->transfers.missed);
	assert_int_equal(sum[6], endpoint_failures(e));
	assert_int_equal(sum[7], e->bytes);
}

static void assert_moments(const struct xml *ep, const struct endpoint_figures *e)
{
	const struct course_moment *m = e->course->moments;
	const struct xml *group;
	char want[64];

	for (size_t i = 0; i < e->course->moment_cnt; i++, m++) {
		size_t rows = m->cnt + 1u + (m->kind == COURSE_GAP);

		group = xml_find(xml_find(ep, "table", "class", "moments", 0), "tbody", NULL, NULL,
				 i);
		assert_int_equal(xml_count(group, "tr", NULL, NULL), rows);
		assert_int_equal(xml_count(group, "tr", "class", "it"), 1);
		for (size_t k = 0; k < m->cnt; k++) {
			const struct course_transfer *t = &m->transfer[k];
			size_t shift = 1 + (m->kind == COURSE_GAP && k >= m->before);
			const struct xml *row = xml_find(group, "tr", NULL, NULL, k + shift);
			size_t cells = xml_count(row, "td", NULL, NULL);

			snprintf(want, sizeof(want), "%" PRIu64 "%s", t->number,
				 t->inherited ? " (inherited)" : "");
			assert_text(xml_find(row, "th", NULL, NULL, 0), want);
			snprintf(want, sizeof(want), "%u", t->depth);
			assert_text(xml_find(row, "td", NULL, NULL, 0), t->depth ? want : "n/a");
			snprintf(want, sizeof(want), "%u", t->length);
			assert_text(xml_find(row, "td", NULL, NULL, cells - 2), want);
		}
	}
}

/* Of random runs, with all that can befall them. */
static void every_course_is_in_it(void **state)
{
	static const struct metrics_config config = {
		.idle_threshold_ns = LIVES_IDLE_NS, .with_course = true,
	};
	static const struct snapshot_source source = {
		.kind = "bpf", .resolution_ns = 1,
		.sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED,
	};
	struct urb_event events[MAX_EVENTS];

	(void)state;
	for (uint64_t r = 1; r <= RUNS; r++) {
		struct snapshot *snap;
		struct lives lives;
		struct xml *page;
		uint64_t seed = r;
		size_t shown = 0;
		struct run run;

		lives_draw(&lives, &seed);
		lives_generate(&lives, &seed, events, MAX_EVENTS);
		run_init(&run, NULL, &config);
		for (size_t i = 0; i < MAX_EVENTS; i++)
			run_feed(&run, &events[i]);
		snap = metrics_snapshot(run.metrics, 0, &source, 0);
		page = page_of(snap);
		for (size_t i = 0; i < snap->endpoint_cnt; i++) {
			const struct endpoint_figures *e = &snap->endpoints[i];
			const struct xml *ep;

			if (!endpoint_had_traffic(e))
				continue;
			ep = xml_find(page, "details", "class", "ep", shown++);
			assert_non_null(ep);
			assert_count(ep, "Submitted", e->transfers.submitted);
			assert_count(ep, "Completed", e->transfers.completed);
			assert_count(ep, "Inherited", e->transfers.inherited);
			assert_count(ep, "Missed", e->transfers.missed);
			assert_count(ep, "Unpaired", e->transfers.unpaired);
			assert_count(ep, "Refused", e->transfers.failed_submit);
			assert_count(ep, "Bytes", e->bytes);
			assert_course(ep, e);
			assert_moments(ep, e);
		}
		assert_int_equal(xml_count(page, "details", "class", "ep"), shown);
		xml_free(page);
		snapshot_free(snap);
		run_release(&run);
	}
}

/* A loss in the middle of a run is seen in the picture, and no depth is drawn there. */
static void doubt_is_in_the_picture(void **state)
{
	static const struct metrics_config config = { .with_course = true };
	struct xml *page, *doubt, *mean;
	struct snapshot *snap;
	struct run run;
	uint64_t sum[8];

	(void)state;
	run_init(&run, NULL, &config);
	for (uint64_t i = 0; i < 100; i++) {
		run_submit(&run, i * 10, 1, 0x010581);
		run_complete(&run, i * 10 + 8, 1, 0x010581);
		if (i == 50)
			run_lost(&run, 508, 0x010581, 3);
	}
	run_submit(&run, 1024, 1, 0x010581);
	snap = metrics_snapshot(run.metrics, 0, NULL, 0);
	page = page_of(snap);
	doubt = xml_find(page, "path", "class", "doubt", 0);
	mean = xml_find(page, "path", "class", "mean", 0);
	/*
	 * Bins of 4 ns: 127 to 129. The first transfer that began after the loss ends in the last
	 * of these, at 518, and what follows up to 520 is a gap.
	 */
	assert_string_equal(xml_attribute(doubt, "d"),
			    "M127 0h1v100h-1zM128 0h1v100h-1zM129 0h1v100h-1z");
	assert_non_null(strstr(xml_attribute(mean, "d"), "h1M129 100h1V"));
	add_up(xml_attribute(xml_find(page, "div", "class", "plot", 0), "data-bins"), sum);
	assert_int_equal(sum[4], 518 - 508);
	assert_non_null(xml_find(page, "p", "class", "loss", 0));
	xml_free(page);
	snapshot_free(snap);
	run_release(&run);
}

static const struct CMUnitTest tests[] = {
	TEST("page-fetches-nothing", fetches_nothing),
	TEST("page-is-fit-for-all-readers", is_fit_for_all_readers),
	TEST("page-of-an-empty-run", an_empty_run_is_a_page),
	TEST("page-takes-names-for-text", names_are_but_text),
	TEST("page-tells-an-error-of-the-file", an_error_of_the_file_is_told),
	TEST("page-tells-losses-first", losses_come_first),
	TEST("page-figures-are-those-of-the-snapshot", figures_are_those_of_the_snapshot),
	TEST("page-tells-what-is-unseen", unseen_is_told_as_such),
	TEST("page-shows-doubt", doubt_is_in_the_picture),
	TEST("page-has-every-course", every_course_is_in_it),
};

TEST_MAIN(tests)
