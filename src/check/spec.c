// SPDX-License-Identifier: GPL-2.0
/* The kinds of assertions, in one table, and how their limits are written. */
#include "urbscope/check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MAX 200	/* errno names are looked for up to this one */

static const struct assertion_info infos[ASSERTION_KINDS] = {
	[ASSERT_MIN_DEPTH] = { "min-depth", UNIT_DEPTH, true,
		"At least N in flight, all of the busy time" },
	[ASSERT_MAX_DEPTH] = { "max-depth", UNIT_DEPTH, false,
		"At most N in flight" },
	[ASSERT_MIN_MEAN_DEPTH] = { "min-mean-depth", UNIT_MEAN, true,
		"Mean number in flight over busy time" },
	[ASSERT_MAX_MEAN_DEPTH] = { "max-mean-depth", UNIT_MEAN, false,
		"The same, at most" },
	[ASSERT_MIN_P1_DEPTH] = { "min-p1-depth", UNIT_DEPTH, true,
		"At least N in flight for 99% of the busy time" },
	[ASSERT_MIN_P50_DEPTH] = { "min-p50-depth", UNIT_DEPTH, true,
		"At least N in flight for half of the busy time" },
	[ASSERT_MAX_P99_DEPTH] = { "max-p99-depth", UNIT_DEPTH, false,
		"At most N in flight for 99% of the busy time" },
	[ASSERT_MAX_GAP] = { "max-gap", UNIT_TIME, false,
		"The longest gap" },
	[ASSERT_MAX_GAP_P99] = { "max-gap-p99", UNIT_TIME, false,
		"99% of the gaps are at most that long" },
	[ASSERT_MAX_GAP_SHARE] = { "max-gap-share", UNIT_SHARE, false,
		"Gaps' share of busy time" },
	[ASSERT_MAX_UNPOSTED] = { "max-unposted", UNIT_TIME, false,
		"IN: all time without a URB posted between two transfers" },
	[ASSERT_MAX_UNPOSTED_PENDING] = { "max-unposted-pending", UNIT_TIME, false,
		"IN: the longest time without a URB posted while OUT of the same device is in flight" },
	[ASSERT_MAX_LATENCY] = { "max-latency", UNIT_TIME, false,
		"The longest latency" },
	[ASSERT_MAX_LATENCY_P99] = { "max-latency-p99", UNIT_TIME, false,
		"99% of the transfers take at most that long" },
	[ASSERT_MAX_LATENCY_MEAN] = { "max-latency-mean", UNIT_TIME, false,
		"The mean latency" },
	[ASSERT_MIN_THROUGHPUT] = { "min-throughput", UNIT_BYTE_RATE, true,
		"Bytes per second of busy time, such as 30MB/s" },
	[ASSERT_MAX_ERRORS] = { "max-errors", UNIT_COUNT, false,
		"Transfers that failed; cancelled ones do not count" },
	[ASSERT_MAX_STATUS] = { "max-status", UNIT_COUNT, false,
		"Transfers with one status, such as EPIPE=0" },
	[ASSERT_MAX_REFUSED] = { "max-refused", UNIT_COUNT, false,
		"Submissions that usb_submit_urb() refused" },
	[ASSERT_MIN_TRANSFERS] = { "min-transfers", UNIT_COUNT, true,
		"Transfers completed" },
	[ASSERT_MIN_BYTES] = { "min-bytes", UNIT_BYTES, true,
		"Bytes transferred, such as 10MB or 64KiB" },
};

const struct assertion_info *assertion_info(enum assertion_kind kind)
{
	static const struct assertion_info models[] = {
		{ "bulk-in-queue", UNIT_DEPTH, true, "" }, { "bulk-out-queue", UNIT_DEPTH, true, "" },
		{ "rules", UNIT_COUNT, true, "" },
	};

	return kind < ASSERTION_KINDS ? &infos[kind] : &models[kind - ASSERTION_KINDS];
}

struct unit {
	const char *name;
	double factor;
};

static const struct unit times[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { 0 } };
static const struct unit shares[] = { { "%", 0.01 }, { 0 } };
static const struct unit sizes[] = {
	{ "", 1 }, { "B", 1 }, { "kB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 },
	{ "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 }, { 0 },
};
static const struct unit rates[] = {
	{ "B/s", 1 }, { "kB/s", 1e3 }, { "MB/s", 1e6 }, { "GB/s", 1e9 },
	{ "KiB/s", 1024 }, { "MiB/s", 1048576 }, { 0 },
};
static const struct unit plain[] = { { "", 1 }, { 0 } };

static const struct {
	const struct unit *units;
	const char *example;
	double min, max;
	bool whole;
} forms[] = {
	[UNIT_DEPTH] = { plain, "a whole number of URBs, such as 2", 1, 1e6, true },
	[UNIT_MEAN] = { plain, "a number of URBs, such as 1.5", 0, 1e6, false },
	[UNIT_TIME] = { times, "a time with its unit, such as 50us or 2ms", 0, 1e15, false },
	[UNIT_SHARE] = { shares, "a share, such as 1% or 0.5%", 0, 1, false },
	[UNIT_BYTE_RATE] = { rates, "a rate with its unit, such as 30MB/s", 0, 1e15, false },
	[UNIT_BYTES] = { sizes, "a number of bytes, such as 4096 or 10MB", 0, 1e18, true },
	[UNIT_COUNT] = { plain, "a whole number, such as 0 or 1000", 0, 1e15, true },
};

static int parse_number(const char *text, const struct unit *units, double *value)
{
	char *end;
	double number = strtod(text, &end);

	/* strtod() takes more than decimals: "inf", "0x2", "1e3" */
	if (end == text || end != text + strspn(text, "0123456789."))
		return -EINVAL;
	for (; units->name; units++) {
		if (strcmp(end, units->name))
			continue;
		*value = number * units->factor;
		return 0;
	}
	return -EINVAL;
}

static int parse_status(const char *text, const char **rest, int32_t *status)
{
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;

	for (int i = 1; n && i < STATUS_MAX; i++) {
		const char *name = urb_errno_name(-i);

		if (!name || strlen(name) != n || strncmp(name, text, n))
			continue;
		*status = -i;
		*rest = equals + 1;
		return 0;
	}
	return -EINVAL;
}

/* "7 for 99%": the share, and what stands before it in `number`. */
static int parse_share(const char *text, char *number, size_t size, double *share)
{
	const char *words = strstr(text, " for ");
	size_t n = words ? (size_t)(words - text) : 0;

	if (!words)
		return 0;
	if (n >= size || parse_number(words + strlen(" for "), shares, share) || *share <= 0 ||
	    *share > 1)
		return -EINVAL;
	memcpy(number, text, n);
	number[n] = '\0';
	return 0;
}

int assertion_parse(enum assertion_kind kind, const char *text, struct assertion *out,
		    struct fault *fault)
{
	const struct assertion_info *info = &infos[kind];
	bool shared = kind == ASSERT_MIN_DEPTH || kind == ASSERT_MAX_DEPTH;
	const char *number = text;
	char before[24] = "";
	double value;

	*out = (struct assertion){ .kind = kind, .share = 1 };
	if (shared && parse_share(text, before, sizeof(before), &out->share)) {
		fault_set(fault, "%s %.80s: write a number of URBs and a share, such as 2 for 99%%",
			  info->name, text);
		return -EINVAL;
	}
	if (before[0])
		number = before;
	if (kind == ASSERT_MAX_STATUS && parse_status(text, &number, &out->status)) {
		fault_set(fault, "%s %.80s: write the name of a status and how many of it are allowed, "
				 "such as EPIPE=0", info->name, text);
		return -EINVAL;
	}
	if (parse_number(number, forms[info->unit].units, &value) ||
	    value < forms[info->unit].min || value > forms[info->unit].max ||
	    (forms[info->unit].whole && value != floor(value))) {
		fault_set(fault, "%s %.80s: write %s", info->name, text, forms[info->unit].example);
		return -EINVAL;
	}
	out->limit = value;
	return 0;
}

/* Moves on behind "name=NUMBER", if that stands there and is in range. */
static bool take_parameter(const char **text, const char *name, double min, double max,
			   double *value)
{
	size_t n = strlen(name);
	double number;
	char *end;

	if (strncmp(*text, name, n) || (*text)[n] != '=' || (*text)[n + 1] < '0' ||
	    (*text)[n + 1] > '9')
		return false;
	number = (double)strtoul(*text + n + 1, &end, 10);
	if (number < min || number > max)
		return false;
	*value = number;
	*text = end;
	return true;
}

int assertion_parse_model(const char *text, struct assertion *out, struct fault *fault)
{
	const char *colon = strchr(text, ':'), *rest = colon ? colon + 1 : NULL;
	size_t n = colon ? (size_t)(colon - text) : 0;
	double depth = 0, buf_len = 0;

	*out = (struct assertion){ .kind = ASSERT_BULK_IN_QUEUE, .share = 1 };
	for (; out->kind <= ASSERT_BULK_OUT_QUEUE; out->kind++) {
		const char *name = assertion_info(out->kind)->name;

		if (strlen(name) == n && !strncmp(name, text, n))
			break;
	}
	if (out->kind <= ASSERT_BULK_OUT_QUEUE && take_parameter(&rest, "depth", 1, 4096, &depth)) {
		if (*rest == ',' && out->kind == ASSERT_BULK_IN_QUEUE) {
			rest++;
			if (!take_parameter(&rest, "buf_len", 1, 1e9, &buf_len))
				rest = "?";
		}
		out->limit = depth;
		out->buf_len = (uint32_t)buf_len;
		if (!*rest)
			return 0;
	}
	fault_set(fault, "model %.80s: write bulk-in-queue:depth=N, bulk-in-queue:depth=N,buf_len=BYTES "
			 "or bulk-out-queue:depth=N", text);
	return -EINVAL;
}

struct check_target *check_spec_target(struct check_spec *spec)
{
	struct check_target *p = realloc(spec->targets, (spec->target_cnt + 1) * sizeof(*p));

	if (!p)
		return NULL;
	spec->targets = p;
	p += spec->target_cnt++;
	memset(p, 0, sizeof(*p));
	return p;
}

struct assertion *check_target_assertion(struct check_target *target)
{
	struct assertion *p = realloc(target->assertions, (target->assertion_cnt + 1) * sizeof(*p));

	if (!p)
		return NULL;
	target->assertions = p;
	p += target->assertion_cnt++;
	memset(p, 0, sizeof(*p));
	return p;
}

void check_spec_release(struct check_spec *spec)
{
	for (size_t i = 0; i < spec->target_cnt; i++)
		free(spec->targets[i].assertions);
	free(spec->targets);
	memset(spec, 0, sizeof(*spec));
}
