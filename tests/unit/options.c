// SPDX-License-Identifier: GPL-2.0
/* Durations of the command line. */
#include <errno.h>

#include "../lib/testmain.h"
#include "cmd/options.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{ "0", 0 }, { "1ns", 1 }, { "50us", 50000 }, { "2ms", 2000000 }, { "1s", 1000000000 },
		{ "10", 10000000000 }, { "1.5s", 1500000000 }, { "0.5", 500000000 }, { "2.5us", 2500 },
		{ "1e3ns", 1000 }, { "31536000", 31536000000000000 }, { "0.1ms", 100000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 1;

		assert_int_equal(parse_duration(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void test_bad_durations(void **state)
{
	static const char *const bad[] = {
		"", "s", "ms", "-1", "-1ms", "1m", "1h", "1 s", "1s ", "1sec", "1,5s", "nan", "inf",
		"infs", "1e30", "0x", "ten", "5us5",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ns;

		if (parse_duration(bad[i], &ns) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static const struct CMUnitTest tests[] = {
	TEST("durations-have-units", test_durations),
	TEST("bad-durations-are-refused", test_bad_durations),
};

TEST_MAIN(tests)
