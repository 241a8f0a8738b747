// SPDX-License-Identifier: GPL-2.0
/* What Prometheus scrapes: counters only grow, series go on, nothing grows without bound. */
#include "../lib/testmain.h"

#include <stdio.h>
#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/promread.h"
#include "../lib/run.h"
#include "../lib/scrape.h"

#define EP urb_ep(1, 5, 0x81)

static const struct metrics_config short_idle = { .idle_threshold_ns = LIVES_IDLE_NS };

static struct prom_text read_back(struct expose *e)
{
	struct expose_out out = written(e, EXPOSE_TEXT);
	struct prom_text text;

	prom_text_read(&text, out.data, out.len);
	free(out.data);
	return text;
}

static bool is_gauge(const char *series)
{
	const char *name_end = strchrnul(series, '{');
	static const char *const endings[] = { "_total", "_bucket", "_sum", "_count" };

	for (size_t i = 0; i < 4; i++) {
		size_t len = strlen(endings[i]);

		if ((size_t)(name_end - series) > len && !strncmp(name_end - len, endings[i], len))
			return false;
	}
	return true;
}

static void assert_grown(const struct prom_text *before, const struct prom_text *after)
{
	for (size_t i = 0; i < before->cnt; i++) {
		const char *now = prom_value(after, before->sample[i].series);

		if (is_gauge(before->sample[i].series))
			continue;
		assert_non_null(now);
		assert_true(strtold(now, NULL) >= strtold(before->sample[i].value, NULL));
	}
}

/* Of an endpoint without facts. */
static const char *value_of(const struct prom_text *text, const char *name, uint32_t ep,
			    const char *more)
{
	char series[256];

	snprintf(series, sizeof(series),
		 "%s{device=\"%u:%u\",vendor_id=\"\",product_id=\"\",driver=\"\",endpoint=\"0x%02x\","
		 "direction=\"%s\",type=\"bulk\"%s}", name, urb_ep_bus(ep), urb_ep_address(ep),
		 urb_ep_endpoint(ep), urb_ep_is_in(ep) ? "in" : "out", more);
	return prom_value(text, series);
}

static void assert_number(const char *value, uint64_t expected)
{
	char number[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)expected);
	assert_non_null(value);
	assert_string_equal(value, number);
}

/* A decimal fraction of seconds, read without rounding. */
static uint64_t nanoseconds(const char *value)
{
	uint64_t ns = 0;
	int digits = -1;

	assert_non_null(value);
	for (const char *c = value; *c; c++) {
		if (*c == '.') {
			digits = 0;
			continue;
		}
		assert_true(*c >= '0' && *c <= '9');
		ns = ns * 10 + (uint64_t)(*c - '0');
		digits += digits >= 0;
	}
	assert_true(digits <= 9 && digits != 0);
	for (; digits < 9; digits++)
		ns *= digits < 0 ? 1 : 10;
	return ns;
}

static void assert_series(const struct prom_text *text, uint32_t ep, const struct naive_figures *n)
{
	uint64_t depth_ns = 0;

	for (size_t i = 1; i < NAIVE_LEVELS; i++)
		depth_ns += i * n->time_ns[i];
	assert_number(value_of(text, "urbscope_completions_total", ep, ""), n->completed);
	assert_number(value_of(text, "urbscope_transferred_bytes_total", ep, ""), n->bytes);
	assert_number(value_of(text, "urbscope_unpaired_total", ep, ""), n->unpaired);
	assert_number(value_of(text, "urbscope_submissions_total", ep, ""), n->submitted);
	assert_number(value_of(text, "urbscope_refused_submissions_total", ep, ""),
		      n->failed_submit);
	assert_number(value_of(text, "urbscope_in_flight", ep, ""), n->now);
	assert_number(value_of(text, "urbscope_in_flight_max", ep, ""), n->max);
	assert_number(value_of(text, "urbscope_bursts_total", ep, ""), n->bursts);
	assert_int_equal(nanoseconds(value_of(text, "urbscope_busy_seconds_total", ep, "")), n->busy);
	assert_int_equal(nanoseconds(value_of(text, "urbscope_idle_seconds_total", ep, "")), n->idle);
	assert_int_equal(nanoseconds(value_of(text, "urbscope_gap_seconds_total", ep, "")),
			 n->gaps.total);
	assert_int_equal(nanoseconds(value_of(text, "urbscope_depth_seconds_total", ep, "")),
			 depth_ns);
	assert_number(value_of(text, "urbscope_gap_duration_seconds_count", ep, ""), n->gaps.count);
	assert_number(value_of(text, "urbscope_latency_seconds_count", ep, ""), n->latency.count);
	assert_int_equal(nanoseconds(value_of(text, "urbscope_latency_seconds_sum", ep, "")),
			 n->latency.total);
}

/* Random runs in parts: what is scraped never falls, and ends at the definitions' figures. */
static void counters_never_fall_and_add_up(void **state)
{
	enum { RUNS = 400, EVENTS = 200, PARTS = 8 };
	uint64_t seed = 4711;
	unsigned int exact = 0, late = 0;

	(void)state;
	for (int r = 0; r < RUNS; r++) {
		struct urb_event events[EVENTS];
		struct expose *e = exposer(0);
		struct prom_text before = { 0 };
		struct lives lives;
		struct run run;
		size_t next = 0;

		lives_draw(&lives, &seed);
		lives_generate(&lives, &seed, events, EVENTS);
		run_init(&run, NULL, &short_idle);
		for (size_t p = 1; p <= PARTS; p++) {
			struct prom_text after;

			for (; next < EVENTS * p / PARTS; next++)
				run_feed(&run, &events[next]);
			scrape(e, &run, 0);
			after = read_back(e);
			assert_grown(&before, &after);
			prom_text_release(&before);
			before = after;
		}
		for (unsigned int i = 0; i < lives.eps; i++) {
			struct naive_figures n = { 0 };

			naive_compute(events, EVENTS, lives.ep[i], 0, 0, LIVES_IDLE_NS, &n);
			late += n.inherited_late > 0;
			/* What is told late, or taken back, is not booked after the fact. */
			if (n.inherited_late || n.failed_submit || !n.submission_seen ||
			    !n.latency.count)
				continue;
			assert_series(&before, lives.ep[i], &n);
			exact++;
		}
		prom_text_release(&before);
		expose_free(e);
		run_release(&run);
	}
	assert_true(exact > 100 && late > 20);
}

static void plug(struct run *run, uint64_t *now, unsigned int vid, const char *path,
		 const char *driver)
{
	struct urb_facts facts = { .has_ids = true, .vid = vid, .pid = 0x6006,
				   .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, *now += 10, 0, EP);

	strncpy(facts.path, path, sizeof(facts.path) - 1);
	strncpy(facts.driver, driver, sizeof(facts.driver) - 1);
	ev.facts = &facts;
	run_feed(run, &ev);
}

static void one_transfer(struct run *run, uint64_t *now)
{
	run_submit(run, *now += 10, 7, EP);
	run_complete(run, *now += 100, 7, EP);
}

static void unplug(struct run *run, uint64_t *now)
{
	run_plain(run, URB_EV_GONE, *now += 10, 0, EP);
}

#define UAS_ENDPOINT "{device=\"1-1\",vendor_id=\"17e9\",product_id=\"6006\",driver=\"uas\"," \
		     "endpoint=\"0x81\",direction=\"in\",type=\"bulk\"}"

/* Scrapes, and holds the endpoint above against what happened there and whether it is there. */
static void assert_goes_on(struct expose *e, struct run *run, uint64_t transfers, bool there)
{
	struct prom_text text;

	scrape(e, run, 0);
	text = read_back(e);
	assert_number(prom_value(&text, "urbscope_completions_total" UAS_ENDPOINT), transfers);
	assert_number(prom_value(&text, "urbscope_latency_seconds_count" UAS_ENDPOINT), transfers);
	assert_int_equal(!!prom_value(&text, "urbscope_in_flight_max" UAS_ENDPOINT), there);
	prom_text_release(&text);
}

static void a_replug_goes_on(void **state)
{
	struct expose *e = exposer(0);
	uint64_t now = 1000, transfers = 0;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	for (unsigned int round = 1; round <= 4; round++) {
		plug(&run, &now, 0x17e9, "1-1", "uas");
		for (unsigned int i = 0; i < round; i++, transfers++)
			one_transfer(&run, &now);
		assert_goes_on(e, &run, transfers, true);
		one_transfer(&run, &now);
		transfers++;
		unplug(&run, &now);
		/* The third time it is there again before anybody looks. */
		if (round != 2)
			assert_goes_on(e, &run, transfers, false);
	}
	expose_free(e);
	run_release(&run);
}

/* 10,000 devices that are alike in nothing. */
static void a_storm_of_replugs_is_bounded(void **state)
{
	enum { DEVICES = 10000, GONE = 50, EACH = 500 };
	struct expose *e = exposer(GONE);
	struct prom_text before = { 0 };
	uint64_t now = 1000;
	size_t most = 0;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	for (unsigned int i = 1; i <= DEVICES; i++) {
		plug(&run, &now, i, "1-1", "uas");
		one_transfer(&run, &now);
		if (i % EACH == 0) {
			struct prom_text text;

			scrape(e, &run, 0);
			text = read_back(e);
			if (text.cnt > most)
				most = text.cnt;
			assert_int_equal(prom_sum(&text, "urbscope_submissions_total{"), i);
			assert_int_equal(prom_sum(&text, "urbscope_latency_seconds_count{"), i);
			assert_int_equal(prom_sum(&text, "urbscope_events_total{kind=\"submit\"}"), i);
			prom_text_release(&before);
			before = text;
		}
		unplug(&run, &now);
	}
	/* The one that is there, those kept, and their sum; less than 130 samples each. */
	assert_true(most > GONE * 60 && most < (GONE + 2) * 130 + 30);
	prom_text_release(&before);
	expose_free(e);
	run_release(&run);
}

/* Label values come from devices. */
static void labels_are_clean_and_escaped(void **state)
{
	struct expose *e = exposer(0);
	uint64_t now = 1000;
	struct prom_text text;
	struct run run;
	const char *value;

	(void)state;
	run_init(&run, NULL, NULL);
	plug(&run, &now, 0x17e9, "1-\"1\\", "a\nb\xff\xc3\xa9");
	one_transfer(&run, &now);
	scrape(e, &run, 0);
	text = read_back(e);
	value = prom_value(&text, "urbscope_completions_total{device=\"1-\\\"1\\\\\",vendor_id=\"17e9\","
			   "product_id=\"6006\",driver=\"a\xef\xbf\xbd" "b\xef\xbf\xbd\xc3\xa9\","
			   "endpoint=\"0x81\",direction=\"in\",type=\"bulk\"}");
	assert_number(value, 1);
	prom_text_release(&text);
	expose_free(e);
	run_release(&run);
}

static void seconds_are_exact(void **state)
{
	static const uint64_t ns[] = { 1, 10, 999999999, 1000000000, 1500000001,
				       UINT64_C(123456789012345678) };
	static const char *const said[] = { "0.000000001", "0.00000001", "0.999999999", "1",
					    "1.500000001", "123456789.012345678" };

	(void)state;
	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++) {
		struct expose *e = exposer(0);
		struct prom_text text;
		struct run run;

		run_init(&run, NULL, NULL);
		run_submit(&run, 5, 7, EP);
		run_complete(&run, 5 + ns[i], 7, EP);
		scrape(e, &run, 0);
		text = read_back(e);
		assert_string_equal(value_of(&text, "urbscope_busy_seconds_total", EP, ""), said[i]);
		assert_string_equal(value_of(&text, "urbscope_latency_seconds_sum", EP, ""), said[i]);
		prom_text_release(&text);
		expose_free(e);
		run_release(&run);
	}
}

static void what_is_not_known_is_absent(void **state)
{
	struct expose *e = exposer(0);
	struct prom_text text = read_back(e);
	struct run run;

	(void)state;
	assert_non_null(prom_value(&text, "urbscope_build_info{version=\"0\"}"));
	assert_null(prom_value(&text, "urbscope_lost_events_total"));
	assert_null(prom_value(&text, "process_open_fds"));
	prom_text_release(&text);
	run_init(&run, NULL, NULL);
	run_submit(&run, 1000, 7, EP);
	run_complete(&run, 2000, 7, EP);
	run_lost(&run, 2500, EP, 3);
	scrape(e, &run, 0);
	text = read_back(e);
	assert_number(prom_value(&text, "urbscope_lost_events_total"), 3);
	assert_number(value_of(&text, "urbscope_endpoint_lost_events_total", EP, ""), 3);
	assert_number(value_of(&text, "urbscope_endpoint_certain", EP, ""), 0);
	assert_null(value_of(&text, "urbscope_in_flight", EP, ""));
	assert_null(value_of(&text, "urbscope_service_seconds_count", EP, ""));
	assert_non_null(value_of(&text, "urbscope_unposted_seconds_total", EP, ""));
	prom_text_release(&text);
	expose_free(e);
	run_release(&run);
}

static void a_scraper_gets_what_it_likes_best(void **state)
{
	static const struct {
		const char *accept;
		enum expose_format format;
	} cases[] = {
		{ NULL, EXPOSE_TEXT },
		{ "", EXPOSE_TEXT },
		{ "*/*", EXPOSE_TEXT },
		{ "text/html", EXPOSE_TEXT },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", EXPOSE_TEXT },
		/* Prometheus 2.26, 2.42, 2.42 with native histograms, 3.0 */
		{ "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  EXPOSE_TEXT },
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  EXPOSE_OPENMETRICS },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		  "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
		  "application/openmetrics-text;version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", EXPOSE_PROTOBUF },
		{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", EXPOSE_OPENMETRICS },
		{ "application/vnd.google.protobuf;encoding=text;"
		  "proto=io.prometheus.client.MetricFamily,text/plain;q=0.1", EXPOSE_TEXT },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		  "encoding=\"delimited\";q=0.2, text/plain; q=0.1", EXPOSE_PROTOBUF },
		{ "Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9 , text/plain", EXPOSE_TEXT },
		{ "text/plain;q=0,application/openmetrics-text;q=0.001,*/*", EXPOSE_OPENMETRICS },
		{ "application/openmetrics-text;q=0", EXPOSE_TEXT },
		{ "application/openmetrics-text;q=nonsense, text/plain;q=0.1", EXPOSE_TEXT },
		{ ",,;;,=,\"", EXPOSE_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(expose_choose(cases[i].accept), cases[i].format);
	assert_int_equal(expose_choose(expose_content_type(EXPOSE_TEXT)), EXPOSE_TEXT);
	assert_int_equal(expose_choose(expose_content_type(EXPOSE_OPENMETRICS)), EXPOSE_OPENMETRICS);
	assert_int_equal(expose_choose(expose_content_type(EXPOSE_PROTOBUF)), EXPOSE_PROTOBUF);
}

static void results_of_one_name_are_one(void **state)
{
	static const struct expose_assertion assertions[] = {
		{ "b", VERDICT_HOLDS, 0 }, { "a", VERDICT_HOLDS, 0 }, { "b", VERDICT_VIOLATED, 2 },
		{ "b", VERDICT_INCONCLUSIVE, 3 }, { "c\"", VERDICT_INCONCLUSIVE, 0 },
	};
	struct expose_agent agent = { .assertions = assertions, .assertion_cnt = 5 };
	struct expose *e = exposer(0);
	struct expose_out out = { 0 };
	struct prom_text text;

	(void)state;
	assert_int_equal(expose_write(e, EXPOSE_TEXT, &agent, &out), 0);
	prom_text_read(&text, out.data, out.len);
#define STATE(name, verdict) \
	prom_value(&text, "urbscope_assertion_state{assertion=\"" name "\",verdict=\"" verdict "\"}")
	assert_string_equal(STATE("a", "pass"), "1");
	assert_string_equal(STATE("a", "fail"), "0");
	assert_string_equal(STATE("b", "pass"), "0");
	assert_string_equal(STATE("b", "fail"), "1");
	assert_string_equal(STATE("b", "inconclusive"), "0");
	assert_string_equal(STATE("c\\\"", "inconclusive"), "1");
#undef STATE
	assert_string_equal(prom_value(&text, "urbscope_assertion_violations_total{assertion=\"b\"}"),
			    "5");
	prom_text_release(&text);
	free(out.data);
	expose_free(e);
}

static const struct CMUnitTest tests[] = {
	TEST("counters-never-fall-and-add-up", counters_never_fall_and_add_up),
	TEST("a-replug-goes-on", a_replug_goes_on),
	TEST("a-storm-of-replugs-is-bounded", a_storm_of_replugs_is_bounded),
	TEST("labels-are-clean-and-escaped", labels_are_clean_and_escaped),
	TEST("seconds-are-exact", seconds_are_exact),
	TEST("what-is-not-known-is-absent", what_is_not_known_is_absent),
	TEST("a-scraper-gets-what-it-likes-best", a_scraper_gets_what_it_likes_best),
	TEST("results-of-one-name-are-one", results_of_one_name_are_one),
};

TEST_MAIN(tests)
