// SPDX-License-Identifier: GPL-2.0
/* What Prometheus scrapes: counters only grow, values are exact, what is not known is absent. */
#include "../lib/testmain.h"

#include <stdio.h>
#include <string.h>

#include "../lib/lives.h"
#include "../lib/naive.h"
#include "../lib/prom_assert.h"
#include "../lib/run.h"
#include "../lib/scrape.h"

#define EP urb_ep(1, 5, 0x81)

static const struct metrics_config short_idle = { .idle_threshold_ns = LIVES_IDLE_NS };

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

/* What intervals between scrapes add up to, on one endpoint. */
struct added {
	uint64_t gaps, submits, busy_ns, late;
};

static void add_interval(struct added *added, uint32_t ep, const struct snapshot *from,
			 const struct snapshot *to)
{
	struct snapshot *snap = snapshot_interval(from, to);

	assert_non_null(snap);
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *e = &snap->endpoints[i];

		if (e->ep != ep)
			continue;
		added->gaps += e->gaps.count;
		added->busy_ns += e->busy_ns;
		added->late += from && e->transfers.inherited_late;
		for (size_t d = 0; d < e->depth.at_submit_cnt; d++)
			added->submits += e->depth.at_submit[d];
	}
	snapshot_free(snap);
}

/* A completion does not tell it, and with another type another series begins. */
static void tell_type(struct run *run)
{
	struct urb_facts facts = { .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, 0, 0, EP);

	ev.facts = &facts;
	run_feed(run, &ev);
}

/*
 * A transfer that was in flight all along comes to light: all levels of the run rise, and its gaps were
 * none. Of what was scraped before nothing is booked again.
 */
static void what_comes_to_light_late_is_not_booked_again(void **state)
{
	enum { RUNS = 1000, EVENTS = 24, PARTS = 12 };
	uint64_t seed = 12;
	unsigned int late = 0;

	(void)state;
	for (int r = 0; r < RUNS; r++) {
		struct lives lives = { .inherited = true, .eps = 1, .ids = 6, .ep = { EP } };
		struct snapshot *before = NULL, *now;
		struct urb_event events[EVENTS];
		struct expose *e = exposer(0);
		struct added added = { 0 };
		struct prom_text text;
		struct run run;
		size_t next = 0;

		lives_generate(&lives, &seed, events, EVENTS);
		run_init(&run, NULL, &short_idle);
		tell_type(&run);
		for (size_t p = 1; p <= PARTS; p++) {
			for (; next < EVENTS * p / PARTS; next++)
				run_feed(&run, &events[next]);
			now = metrics_snapshot(run.metrics, 0, NULL, 0);
			add_interval(&added, EP, before, now);
			snapshot_free(before);
			before = now;
			scrape(e, &run, 0);
		}
		snapshot_free(before);
		text = read_back(e);
		if (value_of(&text, "urbscope_gap_duration_seconds_count", EP, "")) {
			assert_number(value_of(&text, "urbscope_gap_duration_seconds_count", EP, ""),
				      added.gaps);
			assert_number(value_of(&text, "urbscope_depth_at_submit_count", EP, ""),
				      added.submits);
			assert_int_equal(nanoseconds(value_of(&text, "urbscope_busy_seconds_total",
							      EP, "")), added.busy_ns);
			late += added.late > 0;
		}
		prom_text_release(&text);
		expose_free(e);
		run_release(&run);
	}
	assert_true(late > 20);
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
			assert_grown(&before, &after, false);
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

/* Whoever reaches the port writes this header; the sanitizers look on. */
static void any_header_gets_some_format(void **state)
{
	static const char *const pieces[] = {
		"text/plain", "application/openmetrics-text", "application/vnd.google.protobuf", "*/*",
		"text/*", ";", ",", "=", "\"", " ", "\t", "q", "Q=0.5", ";q=1", ";q=0.0000000000001",
		";q=-1", "version", "=1.0.0", "=0.0.4", "proto", "io.prometheus.client.MetricFamily",
		"encoding", "delimited", "\x80", "\\", "/", ".", "99999999999999999999",
	};
	uint64_t seed = 8;
	unsigned int chosen[EXPOSE_FORMATS] = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		size_t cnt = random_below(&seed, 12), len = 0;
		char header[512], *copy;

		for (size_t k = 0; k < cnt; k++)
			len += (size_t)sprintf(header + len, "%s",
					       pieces[random_below(&seed, sizeof(pieces) / sizeof(*pieces))]);
		header[len] = '\0';
		copy = strdup(header);	/* with nothing readable behind it */
		chosen[expose_choose(copy)]++;
		free(copy);
	}
	for (int f = 0; f < EXPOSE_FORMATS; f++)
		assert_true(chosen[f] > 100);
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
	TEST("what-comes-to-light-late-is-not-booked-again",
	     what_comes_to_light_late_is_not_booked_again),
	TEST("seconds-are-exact", seconds_are_exact),
	TEST("what-is-not-known-is-absent", what_is_not_known_is_absent),
	TEST("a-scraper-gets-what-it-likes-best", a_scraper_gets_what_it_likes_best),
	TEST("any-header-gets-some-format", any_header_gets_some_format),
	TEST("results-of-one-name-are-one", results_of_one_name_are_one),
};

TEST_MAIN(tests)
