// SPDX-License-Identifier: GPL-2.0
/* Who takes gzip, by RFC 9110, section 12.5.3. */
#include "../lib/testmain.h"

#include "sink/http_pages.h"

static void gzip_is_for_those_who_take_it(void **state)
{
	static const struct { const char *header; bool takes; } cases[] = {
		{ NULL, false },
		{ "", false },
		{ "gzip", true },
		{ "GZip", true },
		{ "deflate, gzip", true },
		{ "br;q=1.0, gzip;q=0.8, *;q=0.1", true },
		{ "gzip;q=0", false },
		{ "gzip; q=0.000", false },
		{ "gzip ; q=0.001", true },
		{ "identity", false },
		{ "xgzip", false },
		{ "gzipped, br", false },
		{ "*", true },
		{ "*;q=0", false },
		{ "gzip;q=0, *", false },
		{ "*, gzip;q=0", false },
		{ ",,;;==,", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (http_takes_gzip(cases[i].header) != cases[i].takes)
			fail_msg("'%s'", cases[i].header ? cases[i].header : "none");
	}
}

static const struct CMUnitTest tests[] = {
	TEST("gzip-is-for-those-who-take-it", gzip_is_for_those_who_take_it),
};

TEST_MAIN(tests)
