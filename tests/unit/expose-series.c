// SPDX-License-Identifier: GPL-2.0
/* Series of endpoints that come and go: they go on, and nothing grows without bound. */
#include "../lib/testmain.h"

#include <string.h>

#include "../lib/prom_assert.h"
#include "../lib/run.h"
#include "../lib/scrape.h"

#define EP urb_ep(1, 5, 0x81)

static void plug_at(struct run *run, uint64_t *now, uint32_t ep, unsigned int vid, const char *path,
		    const char *driver)
{
	struct urb_facts facts = { .has_ids = true, .vid = vid, .pid = 0x6006,
				   .type = URB_TYPE_BULK };
	struct urb_event ev = plain_event(URB_EV_FACTS, *now += 10, 0, ep);

	strncpy(facts.path, path, sizeof(facts.path) - 1);
	strncpy(facts.driver, driver, sizeof(facts.driver) - 1);
	ev.facts = &facts;
	run_feed(run, &ev);
}

static void plug(struct run *run, uint64_t *now, unsigned int vid, const char *path,
		 const char *driver)
{
	plug_at(run, now, EP, vid, path, driver);
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

/* usbmon does not tell of unplugging: the old one stays, and the new one has another address. */
/* What a scrape adds goes to the series of the labels that the endpoint has by then. */
static void another_label_is_another_series(void **state)
{
	static const struct { unsigned int vid; const char *path, *driver; } others[] = {
		{ 0x17e9, "1-1", "usb-storage" }, { 0x17e9, "1-2", "uas" }, { 0x17ea, "1-1", "uas" },
	};
	struct expose *e = exposer(0);
	uint64_t now = 1000, transfers = 0;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		plug(&run, &now, 0x17e9, "1-1", "uas");
		for (size_t k = 0; k <= i; k++, transfers++)
			one_transfer(&run, &now);
		assert_goes_on(e, &run, transfers, true);
		plug(&run, &now, others[i].vid, others[i].path, others[i].driver);
		one_transfer(&run, &now);
		assert_goes_on(e, &run, transfers, false);
	}
	expose_free(e);
	run_release(&run);
}

static void gauges_are_of_the_youngest(void **state)
{
	struct expose *e = exposer(0);
	uint64_t now = 1000;
	struct prom_text text;
	struct run run;

	(void)state;
	run_init(&run, NULL, NULL);
	/* the one of the higher address comes first */
	for (unsigned int address = 6; address >= 5; address--) {
		uint32_t ep = urb_ep(1, address, 0x81);

		plug_at(&run, &now, ep, 0x17e9, "1-1", "uas");
		for (unsigned int i = 0; i < address; i++)
			run_submit(&run, now += 10, i, ep);
	}
	scrape(e, &run, 0);
	text = read_back(e);
	assert_number(prom_value(&text, "urbscope_in_flight" UAS_ENDPOINT), 5);
	assert_number(prom_value(&text, "urbscope_submissions_total" UAS_ENDPOINT), 5 + 6);
	prom_text_release(&text);
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

/* Most come and go between two scrapes, and have made room before anybody looks. */
static void what_nobody_scraped_is_in_the_sum(void **state)
{
	enum { DEVICES = 3000 };
	struct track_config config = { .max_gone = 5 };
	uint64_t now = 1000, seed = 3, transfers = 0, gone = 0;
	struct expose *e = exposer(20);
	struct prom_text text = { 0 };
	struct run run;

	(void)state;
	run_init(&run, &config, NULL);
	for (unsigned int i = 1; i <= DEVICES; i++) {
		plug(&run, &now, 1 + i % 1000, "1-1", "uas");
		for (uint64_t k = random_below(&seed, 4); k; k--, transfers++)
			one_transfer(&run, &now);
		if (random_below(&seed, 100) < 3) {
			struct prom_text before = text;

			scrape(e, &run, 0);
			text = read_back(e);
			assert_grown(&before, &text, true);
			prom_text_release(&before);
			assert_int_equal(prom_sum(&text, "urbscope_submissions_total{"), transfers);
			assert_int_equal(prom_sum(&text, "urbscope_latency_seconds_count{"), transfers);
			assert_int_equal(prom_sum(&text, "urbscope_depth_at_submit_count{"), transfers);
			gone += prom_sum(&text, "urbscope_submissions_total{device=\"gone\"");
			for (uint64_t k = random_below(&seed, 4); k; k--, transfers++)
				one_transfer(&run, &now);
		}
		unplug(&run, &now);
	}
	assert_true(transfers > DEVICES && gone > 0);
	prom_text_release(&text);
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

static const struct CMUnitTest tests[] = {
	TEST("a-replug-goes-on", a_replug_goes_on),
	TEST("another-label-is-another-series", another_label_is_another_series),
	TEST("gauges-are-of-the-youngest", gauges_are_of_the_youngest),
	TEST("a-storm-of-replugs-is-bounded", a_storm_of_replugs_is_bounded),
	TEST("what-nobody-scraped-is-in-the-sum", what_nobody_scraped_is_in_the_sum),
	TEST("labels-are-clean-and-escaped", labels_are_clean_and_escaped),
};

TEST_MAIN(tests)
