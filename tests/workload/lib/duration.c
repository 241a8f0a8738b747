// SPDX-License-Identifier: GPL-2.0
#include "duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int duration_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *unit;
	double value;

	errno = 0;
	value = strtod(text, &unit);
	if (unit == text || errno || !(value >= 0) || value > 1e9)
		return -EINVAL;
	if (value == 0 && !*unit) {
		*ns = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(unit, units[i].name)) {
			*ns = (uint64_t)(value * units[i].ns);
			return 0;
		}
	}
	return -EINVAL;
}

void duration_sleep(uint64_t ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};

	if (!ns)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}
