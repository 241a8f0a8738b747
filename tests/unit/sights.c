// SPDX-License-Identifier: GPL-2.0
/* What a source without facts of its own learns of endpoints, and whom it lets through. */
#include <errno.h>
#include <stdio.h>

#include "../lib/testmain.h"
#include "source/sights.h"

#define SECOND 1000000000ULL
#define IN     0x81

/* The machine: one device at 1:5 with one endpoint, or none. */
static struct urb_facts there;
static bool plugged;
static int asked;

static int find(uint32_t ep, struct device_endpoint *found)
{
	asked++;
	if (!plugged || ep >> 8 != urb_ep(1, 5, 0) >> 8)
		return -ENOENT;
	*found = (struct device_endpoint){ .ep = ep, .facts = there };
	return 0;
}

static void plug(uint16_t vid, const char *path, const char *driver)
{
	there = (struct urb_facts){ .has_ids = true, .vid = vid, .pid = 1 };
	snprintf(there.path, sizeof(there.path), "%s", path);
	snprintf(there.driver, sizeof(there.driver), "%s", driver);
	plugged = true;
}

struct seen {
	bool wanted;
	struct urb_event news[2];
	int cnt;
};

static struct seen see(struct sights *sights, uint8_t endpoint, uint64_t time_ns)
{
	struct seen s = { 0 };

	assert_int_equal(sights_see(sights, urb_ep(1, 5, endpoint), URB_TYPE_BULK, time_ns, &s.wanted,
				    s.news, &s.cnt), 0);
	return s;
}

static void init(struct sights *sights, struct source_config *config, const char *selector)
{
	static struct selector sel;
	struct fault fault = { "" };

	*config = (struct source_config){ 0 };
	if (selector) {
		assert_int_equal(selector_parse(selector, &sel, &fault), 0);
		config->selectors = &sel;
		config->selector_cnt = 1;
	}
	plugged = false;
	asked = 0;
	assert_int_equal(sights_init(sights, config, find), 0);
}

static void test_facts_once(void **state)
{
	struct source_config config;
	struct sights sights;
	struct seen s;

	(void)state;
	init(&sights, &config, NULL);
	plug(0x17e9, "1-1", "udl");
	s = see(&sights, IN, 5);
	assert_true(s.wanted);
	assert_int_equal(s.cnt, 1);
	assert_int_equal(s.news[0].kind, URB_EV_FACTS);
	assert_int_equal(s.news[0].time_ns, 5);
	assert_int_equal(s.news[0].facts->vid, 0x17e9);
	assert_int_equal(s.news[0].facts->type, URB_TYPE_BULK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(see(&sights, IN, 6 + i).cnt, 0);
	assert_int_equal(asked, 1);
	sights_release(&sights);
}

static void test_facts_later(void **state)
{
	struct source_config config;
	struct sights sights;

	(void)state;
	init(&sights, &config, NULL);
	assert_true(see(&sights, 0, 0).wanted);
	assert_int_equal(see(&sights, 0, 1000).cnt, 0);
	assert_int_equal(asked, 1);
	plug(0x17e9, "1-1", "usb");
	assert_int_equal(see(&sights, 0, SECOND).cnt, 1);
	sights_release(&sights);
}

static void test_selected(void **state)
{
	struct source_config config;
	struct sights sights;

	(void)state;
	init(&sights, &config, "driver=uas/in");
	assert_false(see(&sights, IN, 0).wanted);
	plug(0x17e9, "1-1", "usb-storage");
	assert_false(see(&sights, IN, SECOND).wanted);
	assert_int_equal(see(&sights, 0x02, SECOND).cnt, 0);
	plug(0x17e9, "1-1", "uas");
	assert_true(see(&sights, IN, 3 * SECOND).wanted);
	assert_false(see(&sights, 0x02, 3 * SECOND).wanted);
	sights_release(&sights);
}

static void test_address_used_anew(void **state)
{
	struct source_config config;
	struct sights sights;
	struct seen s;

	(void)state;
	init(&sights, &config, NULL);
	plug(0x17e9, "1-1", "udl");
	see(&sights, IN, 0);
	see(&sights, 0x02, 0);
	plug(0x046d, "1-4", "usbhid");
	s = see(&sights, IN, 2 * SECOND);
	assert_int_equal(s.cnt, 2);
	assert_int_equal(s.news[0].kind, URB_EV_GONE);
	assert_int_equal(s.news[1].kind, URB_EV_FACTS);
	assert_string_equal(s.news[1].facts->path, "1-4");
	/* the old device is gone with all its endpoints: once */
	s = see(&sights, 0x02, 2 * SECOND + 1);
	assert_int_equal(s.cnt, 1);
	assert_int_equal(s.news[0].kind, URB_EV_FACTS);
	sights_release(&sights);
}

static void test_many(void **state)
{
	struct source_config config;
	struct sights sights;

	(void)state;
	init(&sights, &config, NULL);
	plug(0x17e9, "1-1", "udl");
	for (int round = 0; round < 2; round++) {
		for (unsigned int bus = 1; bus < 300; bus++) {
			struct urb_event news[2];
			bool wanted;
			int cnt;

			assert_int_equal(sights_see(&sights, urb_ep(bus, 5, IN), URB_TYPE_BULK, round,
						    &wanted, news, &cnt), 0);
			assert_true(wanted);
			assert_int_equal(cnt, !round && bus == 1);
		}
	}
	assert_int_equal(asked, 299);
	sights_release(&sights);
}

static const struct CMUnitTest tests[] = {
	TEST("facts-are-told-once", test_facts_once),
	TEST("facts-are-told-when-sysfs-has-them", test_facts_later),
	TEST("selectors-choose-by-facts", test_selected),
	TEST("another-device-at-an-address-is-told", test_address_used_anew),
	TEST("many-endpoints-are-kept-apart", test_many),
};

TEST_MAIN(tests)
