/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of expositions assert. */
#ifndef TESTS_PROM_ASSERT_H
#define TESTS_PROM_ASSERT_H

#include <stdio.h>
#include <string.h>

#include "promread.h"

static inline void assert_number(const char *value, uint64_t expected)
{
	char number[32];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)expected);
	assert_non_null(value);
	assert_string_equal(value, number);
}

static inline bool is_gauge(const char *series)
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

/* `may_go`: series may disappear. */
static inline void assert_grown(const struct prom_text *before, const struct prom_text *after, bool may_go)
{
	for (size_t i = 0; i < before->cnt; i++) {
		const char *now = prom_value(after, before->sample[i].series);

		if (is_gauge(before->sample[i].series) || (may_go && !now))
			continue;
		assert_non_null(now);
		assert_true(strtold(now, NULL) >= strtold(before->sample[i].value, NULL));
	}
}

#endif
