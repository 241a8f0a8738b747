// SPDX-License-Identifier: GPL-2.0
#include "urbscope/format.h"

#include <math.h>
#include <stdio.h>
#include <stddef.h>

struct unit {
	const char *name;
	double factor;
};

/* Three significant digits of a value that rounds to less than 1000. */
static void three_digits(char *buf, double v, const char *sep, const char *unit)
{
	int decimals = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;

	snprintf(buf, FMT_SIZE, "%.*f%s%s", decimals, v, sep, unit);
}

/* The first unit in which the value rounds to at most three digits, else the last. */
static char *scaled(char *buf, double v, const struct unit *units, size_t n, const char *sep)
{
	size_t i = 0;

	while (i + 1 < n && v / units[i].factor >= 999.5)
		i++;
	three_digits(buf, v / units[i].factor, sep, units[i].name);
	return buf;
}

static char *duration(char *buf, uint64_t ns, const char *sep)
{
	static const struct unit units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
	static const struct unit long_units[] = {{"h", 3600e9}, {"d", 86400e9}};

	if (ns < 1000)
		snprintf(buf, FMT_SIZE, "%u%sns", (unsigned int)ns, sep);
	else if (ns < 3600ULL * 1000000000)
		scaled(buf, ns, units, 3, sep);
	else
		scaled(buf, ns, long_units + (ns >= 86400ULL * 1000000000), 1, sep);
	return buf;
}

char *fmt_duration(char *buf, uint64_t ns)
{
	return duration(buf, ns, " ");
}

char *fmt_duration_tight(char *buf, uint64_t ns)
{
	return duration(buf, ns, "");
}

static const struct unit count_units[] = {{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12},
					  {"P", 1e15}, {"E", 1e18}};
#define COUNT_UNITS (sizeof(count_units) / sizeof(count_units[0]))

char *fmt_count(char *buf, uint64_t count)
{
	if (count >= 1000)
		return scaled(buf, count, count_units, COUNT_UNITS, "");
	snprintf(buf, FMT_SIZE, "%u", (unsigned int)count);
	return buf;
}

char *fmt_rate(char *buf, double rate)
{
	if (!(rate > 0))
		snprintf(buf, FMT_SIZE, "0");
	else if (rate < 999.5)
		three_digits(buf, rate, "", "");
	else
		scaled(buf, rate, count_units, COUNT_UNITS, "");
	return buf;
}

char *fmt_mbps(char *buf, double rate)
{
	double mb = rate / 1e6;

	if (!(mb > 0))
		snprintf(buf, FMT_SIZE, "0");
	else if (mb < 0.005)
		snprintf(buf, FMT_SIZE, "<0.01");
	else
		three_digits(buf, mb, "", "");
	return buf;
}

char *fmt_percent(char *buf, double share)
{
	double p = share * 100;

	if (!(p > 0))
		snprintf(buf, FMT_SIZE, "0%%");
	else if (p < 0.05)
		snprintf(buf, FMT_SIZE, "<0.1%%");
	else if (p >= 100)
		snprintf(buf, FMT_SIZE, "%.0f%%", p);
	else if (p >= 99.95)
		snprintf(buf, FMT_SIZE, ">99.9%%");
	else
		snprintf(buf, FMT_SIZE, "%.1f%%", p);
	return buf;
}

char *fmt_mean(char *buf, double mean)
{
	if (!isfinite(mean))
		snprintf(buf, FMT_SIZE, FMT_NA);
	else if (mean >= 999.5)
		scaled(buf, mean, count_units, COUNT_UNITS, "");
	else
		three_digits(buf, mean, "", "");
	return buf;
}

double per_second(uint64_t count, uint64_t length_ns)
{
	return length_ns ? (double)count * 1e9 / (double)length_ns : 0;
}
