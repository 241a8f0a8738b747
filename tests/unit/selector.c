// SPDX-License-Identifier: GPL-2.0
/* Selectors: what they say, what they refuse, and which endpoints they match. */
#include <string.h>

#include "../lib/testmain.h"
#include "urbscope/selector.h"

static struct selector parsed(const char *text)
{
	struct fault fault = { "" };
	struct selector sel;

	if (selector_parse(text, &sel, &fault))
		fail_msg("%s: %s", text, fault.text);
	assert_int_equal(fault.text[0], '\0');
	return sel;
}

static void test_devices(void **state)
{
	struct selector sel;

	(void)state;
	sel = parsed("17e9:6006");
	assert_int_equal(sel.by, SEL_VID | SEL_PID);
	assert_int_equal(sel.vid, 0x17e9);
	assert_int_equal(sel.pid, 0x6006);
	sel = parsed("ABCD:*");
	assert_int_equal(sel.by, SEL_VID);
	assert_int_equal(sel.vid, 0xabcd);
	sel = parsed("1-1.2");
	assert_int_equal(sel.by, SEL_PATH);
	assert_string_equal(sel.path, "1-1.2");
	assert_string_equal(parsed("usb12").path, "usb12");
	sel = parsed("10:127");
	assert_int_equal(sel.by, SEL_BUS | SEL_ADDRESS);
	assert_int_equal(sel.bus, 10);
	assert_int_equal(sel.address, 127);
	sel = parsed("driver=usb-storage");
	assert_int_equal(sel.by, SEL_DRIVER);
	assert_string_equal(sel.driver, "usb-storage");
	assert_int_equal(parsed("*").by, 0);
}

/* Four digits before the colon are hexadecimal, as lsusb prints them; fewer are a bus. */
static void test_ids_are_told_from_addresses(void **state)
{
	(void)state;
	assert_int_equal(parsed("0001:0002").by, SEL_VID | SEL_PID);
	assert_int_equal(parsed("001:002").by, SEL_BUS | SEL_ADDRESS);
	assert_int_equal(parsed("1:5").by, SEL_BUS | SEL_ADDRESS);
}

static void test_endpoints(void **state)
{
	static const struct {
		const char *text;
		unsigned int by, type;
	} cases[] = {
		{ "*/*", 0, 0 },
		{ "*/in", SEL_IN, 0 },
		{ "*/out", SEL_OUT, 0 },
		{ "*/control", SEL_TYPE, URB_TYPE_CONTROL },
		{ "*/iso", SEL_TYPE, URB_TYPE_ISO },
		{ "*/bulk", SEL_TYPE, URB_TYPE_BULK },
		{ "*/int", SEL_TYPE, URB_TYPE_INT },
		{ "*/iso-in", SEL_TYPE | SEL_IN, URB_TYPE_ISO },
		{ "*/bulk-out", SEL_TYPE | SEL_OUT, URB_TYPE_BULK },
		{ "*/int-in", SEL_TYPE | SEL_IN, URB_TYPE_INT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct selector sel = parsed(cases[i].text);

		assert_int_equal(sel.by, cases[i].by);
		assert_int_equal(sel.type, cases[i].type);
	}
	assert_int_equal(parsed("*/0x81").endpoint, 0x81);
	assert_int_equal(parsed("*/0x0").endpoint, 0);
	assert_int_equal(parsed("1:5/0x8f").by, SEL_BUS | SEL_ADDRESS | SEL_ENDPOINT);
}

static void test_streams(void **state)
{
	struct selector sel = parsed("driver=uas/bulk-in#65535");

	(void)state;
	assert_int_equal(sel.by, SEL_DRIVER | SEL_TYPE | SEL_IN | SEL_STREAM);
	assert_int_equal(sel.stream, 65535);
	assert_int_equal(parsed("*/0x81#1").stream, 1);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"", "/", "/in", "#1", "*/", "*/*/in", "**", "x", "in", "0x81", "17e9", "17e9:", "17e9:600",
		"17e9:60066", "17e9:6006 ", " 17e9:6006", "17eg:6006", "17e9:0x06", "17e9:-006",
		"1:", ":5", "1:128", "1:5:6", "+1:5", "65536:1", "1:0x5", "usb", "usb1x", "1-1.2x", "-1",
		"driver=", "driver=0123456789012345678901234567890123", "*/0x", "*/0x181", "*/0x91",
		"*/0x+1", "*/0x0x1", "*/81", "*/IN", "*/input", "*/bulk-", "*/bulk-inout", "*/bulkin", "*/in-bulk",
		"*/in#", "*/in#0", "*/in#65536", "*/in#1x", "*/in#-1", "*/in##1", "*/in#99999999999999999999",
		"1-1.2.3.4.5.6.7.8.9.10.11.12.13.14",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fault fault = { "" };
		struct selector sel;

		if (!selector_parse(bad[i], &sel, &fault))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(fault.text, bad[i]));
		assert_null(strchr(fault.text, '\n'));
	}
}

static const struct urb_facts disk = {
	.has_ids = true, .vid = 0x17e9, .pid = 0x6006, .path = "1-1.2", .driver = "uas"
};

static bool matches(const char *text, uint32_t ep, uint16_t stream, uint8_t type,
		    const struct urb_facts *facts)
{
	struct selector sel = parsed(text);

	return selector_match(&sel, ep, stream, type, facts);
}

static void test_matches_what_is_named(void **state)
{
	static const char *const good[] = {
		"*", "17e9:6006", "17e9:*", "1-1.2", "1:5", "driver=uas", "*/in", "*/0x81", "*/bulk",
		"*/bulk-in", "*/bulk-in#3", "driver=uas/0x81#3",
	};
	static const char *const bad[] = {
		"17e9:6007", "17e8:*", "1-1", "1-1.2.1", "2:5", "1:6", "driver=ua", "driver=uas2", "*/out",
		"*/0x01", "*/int", "*/int-in", "*/bulk-out", "*/bulk-in#4", "usb1",
	};
	uint32_t ep = urb_ep(1, 5, 0x81);

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!matches(good[i], ep, 3, URB_TYPE_BULK, &disk))
			fail_msg("%s does not match", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (matches(bad[i], ep, 3, URB_TYPE_BULK, &disk))
			fail_msg("%s matches", bad[i]);
	}
}

static void test_the_unknown_matches_nothing_that_asks(void **state)
{
	static const struct urb_facts nothing = { .vid = 0 };
	uint32_t ep = urb_ep(1, 5, 0);

	(void)state;
	assert_true(matches("1:5/control", ep, 0, URB_TYPE_CONTROL, NULL));
	assert_false(matches("17e9:*", ep, 0, URB_TYPE_CONTROL, NULL));
	assert_false(matches("0000:0000", ep, 0, URB_TYPE_CONTROL, &nothing));
	assert_false(matches("1-1.2", ep, 0, URB_TYPE_CONTROL, NULL));
	assert_false(matches("1-1.2", ep, 0, URB_TYPE_CONTROL, &nothing));
	assert_false(matches("driver=uas", ep, 0, URB_TYPE_CONTROL, NULL));
}

static const struct CMUnitTest tests[] = {
	TEST("selectors-name-devices", test_devices),
	TEST("selectors-tell-ids-from-addresses", test_ids_are_told_from_addresses),
	TEST("selectors-name-endpoints", test_endpoints),
	TEST("selectors-name-streams", test_streams),
	TEST("bad-selectors-are-refused-by-name", test_refusals),
	TEST("selectors-match-what-they-name", test_matches_what_is_named),
	TEST("unknown-facts-match-no-selector", test_the_unknown_matches_nothing_that_asks),
};

TEST_MAIN(tests)
