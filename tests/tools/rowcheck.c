// SPDX-License-Identifier: GPL-2.0
/*
 * rowcheck CSV REPORT [MAX]: holds the rows of `urbscope export --to csv` against the report of the
 * same recording. The CSV is read by RFC 4180, strictly. From the rows of an endpoint alone:
 *
 *	- how long so many were in flight, and the gaps, by looking at all rows for every moment;
 *	- the depth that a row states must lie between those counted just before and at its moment, and
 *	  how often each depth is stated must be depth.at_submit of the report;
 *	- the gap that a row states must be a stretch without any in flight, that ended with it;
 *	- latency, service and giveback delay, from the moments;
 *	- how many there were of each outcome, and the bytes.
 *
 * Endpoints that are not complete, and those of more than MAX rows, are compared in their counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spans.h"

#define COLUMNS 64
#define NONE	UINT64_MAX

enum { SUBMIT, QUEUED, DONE, HANDLER, RETURNED, MOMENTS };

struct row {
	uint64_t serial, transfer, start_ns, end_ns, gap_ns, depth, bytes, moment[MOMENTS];
	char outcome[16];
	bool inherited;
};

struct table {
	char *name[COLUMNS];
	size_t columns, rows, line;
	struct row *row;
};

static void die(const struct table *t, const char *why)
{
	fprintf(stderr, "rowcheck: line %zu: %s\n", t->line, why);
	exit(2);
}

/* Takes a field off *at, decoded in place; *last: the line ended behind it. */
static char *field(const struct table *t, char **at, bool *last)
{
	char *from = *at, *to = *at, *begin = *at;

	if (*from == '"') {
		for (from++;; from++) {
			if (!*from)
				die(t, "a quote is not closed");
			if (*from == '"' && *++from != '"')
				break;
			*to++ = *from;
		}
	} else {
		while (*from && *from != ',' && *from != '\n') {
			if (*from == '"')
				die(t, "a quote within a field");
			*to++ = *from++;
		}
	}
	if (*from != ',' && *from != '\n')
		die(t, "neither a comma nor the end of the line behind a field");
	*last = *from == '\n';
	*at = from + 1;
	*to = '\0';
	return begin;
}

static size_t column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (!strcmp(t->name[i], name))
			return i;
	die(t, name);
	return 0;
}

static uint64_t number(const struct table *t, const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (!*text)
		return NONE;
	if (*end || *text == '-')
		die(t, "not a number");
	return value;
}

static struct row row_of(const struct table *t, char **f)
{
	static const char *const moments[] = { "submit_ns", "queued_ns", "done_ns", "handler_ns",
					       "returned_ns" };
	struct row r = {
		.serial = number(t, f[column(t, "serial")]),
		.transfer = number(t, f[column(t, "transfer")]),
		.start_ns = number(t, f[column(t, "start_ns")]),
		.end_ns = number(t, f[column(t, "end_ns")]),
		.gap_ns = number(t, f[column(t, "gap_ns")]),
		.depth = number(t, f[column(t, "depth")]),
		.bytes = number(t, f[column(t, "actual_bytes")]),
		.inherited = !strcmp(f[column(t, "inherited")], "true"),
	};

	for (int i = 0; i < MOMENTS; i++)
		r.moment[i] = number(t, f[column(t, moments[i])]);
	snprintf(r.outcome, sizeof(r.outcome), "%s", f[column(t, "outcome")]);
	return r;
}

static void load(struct table *t, char *at)
{
	char *fields[COLUMNS];
	bool last = false;
	size_t cnt;

	t->line = 1;
	while (!last) {
		if (t->columns == COLUMNS)
			die(t, "too many columns");
		t->name[t->columns++] = field(t, &at, &last);
	}
	while (*at) {
		t->line++;
		for (cnt = 0, last = false; !last; cnt++) {
			if (cnt == t->columns)
				die(t, "more fields than columns");
			fields[cnt] = field(t, &at, &last);
		}
		if (cnt != t->columns)
			die(t, "fewer fields than columns");
		if (!(t->rows & (t->rows - 1)))
			t->row = realloc(t->row, (t->rows ? t->rows * 2 : 1) * sizeof(*t->row));
		t->row[t->rows++] = row_of(t, fields);
	}
}

struct check {
	const struct table *t;
	const struct json_value *report;
	char where[64];
	bool differs;
};

static void same(struct check *k, const char *what, uint64_t computed)
{
	char path[128];

	snprintf(path, sizeof(path), "%s.%s", k->where, what);
	if (json_u64_at(k->report, path) == computed)
		return;
	printf("%s: %s in the report, %" PRIu64 " by the rows\n", path, json_text_at(k->report, path),
	       computed);
	k->differs = true;
}

static bool is(const struct row *r, const char *outcome)
{
	return !strcmp(r->outcome, outcome);
}

static bool in_flight(const struct row *r)
{
	return r->start_ns != NONE && !(is(r, "refused") && r->depth == NONE && !r->inherited);
}

static void check_counts(struct check *k, uint64_t serial)
{
	uint64_t completed = 0, open = 0, missed = 0, refused = 0, unpaired = 0, inherited = 0, bytes = 0;

	for (size_t i = 0; i < k->t->rows; i++) {
		const struct row *r = &k->t->row[i];

		if (r->serial != serial)
			continue;
		completed += is(r, "completed");
		open += is(r, "open");
		missed += is(r, "missed");
		refused += is(r, "refused");
		unpaired += is(r, "unpaired");
		inherited += r->inherited && !is(r, "refused");
		bytes += r->bytes != NONE ? r->bytes : 0;
	}
	same(k, "transfers.completed", completed);
	same(k, "transfers.open", open);
	same(k, "transfers.missed", missed);
	same(k, "transfers.failed_submit", refused);
	same(k, "transfers.unpaired", unpaired + missed);
	same(k, "transfers.inherited", inherited);
	same(k, "transfers.submitted", completed + open + missed - inherited);
	same(k, "bytes", bytes);
}

struct times {
	uint64_t count, total, max;
};

static void book(struct times *t, uint64_t from, uint64_t to)
{
	uint64_t ns = to > from ? to - from : 0;

	if (from == NONE || to == NONE)
		return;
	t->count++;
	t->total += ns;
	if (ns > t->max)
		t->max = ns;
}

static void same_times(struct check *k, const char *what, const struct times *t)
{
	static const char *const parts[] = { "count", "total", "max" };
	const uint64_t values[] = { t->count, t->total, t->max };
	char path[64];

	for (int i = 0; i < 3 && t->count; i++) {
		snprintf(path, sizeof(path), "%s.%s", what, parts[i]);
		same(k, path, values[i]);
	}
}

static void check_times(struct check *k, uint64_t serial)
{
	struct times latency = { 0 }, service = { 0 }, giveback = { 0 };
	bool with = false, without = false;

	for (size_t i = 0; i < k->t->rows; i++) {
		const struct row *r = &k->t->row[i];
		const uint64_t *m = r->moment;

		if (r->serial != serial || !is(r, "completed"))
			continue;
		book(&latency, m[SUBMIT] != NONE ? m[SUBMIT] : m[QUEUED],
		     m[HANDLER] != NONE ? m[HANDLER] : m[DONE]);
		book(&service, m[QUEUED], m[DONE]);
		book(&giveback, m[DONE], m[HANDLER]);
		with |= m[HANDLER] != NONE;
		without |= m[HANDLER] == NONE;
	}
	/* to the report, what waits for its handler when the window ends has no latency yet */
	if (!with || !without)
		same_times(k, "latency_ns", &latency);
	same_times(k, "service_ns", &service);
	same_times(k, "giveback_delay_ns", &giveback);
}

/* The depth and the gap of one row, by all the others. */
static void check_row(struct check *k, const struct row *r)
{
	uint64_t surely = 1, perhaps = 1, since = 0;

	for (size_t i = 0; i < k->t->rows; i++) {
		const struct row *o = &k->t->row[i];

		if (o->serial != r->serial || o == r || !in_flight(o))
			continue;
		/* of what happens at the same moment the order is not known */
		surely += o->start_ns < r->start_ns && o->end_ns > r->start_ns;
		perhaps += o->start_ns <= r->start_ns && o->end_ns >= r->start_ns;
		if (o->start_ns < r->start_ns && o->end_ns <= r->start_ns && o->end_ns > since)
			since = o->end_ns;
	}
	if (r->depth < surely || r->depth > perhaps) {
		printf("%s: transfer %" PRIu64 ": depth %" PRIu64 ", computed: %" PRIu64 " to %" PRIu64 "\n",
		       k->where, r->transfer, r->depth, surely, perhaps);
		k->differs = true;
	}
	if (r->gap_ns == NONE || !r->gap_ns)
		return;
	if (surely > 1 || r->start_ns - since != r->gap_ns) {
		printf("%s: transfer %" PRIu64 ": gap %" PRIu64 ", computed: %" PRIu64 "\n", k->where,
		       r->transfer, r->gap_ns, r->start_ns - since);
		k->differs = true;
	}
}

static void check_depths(struct check *k, uint64_t serial, uint64_t end_ns)
{
	static uint64_t at_submit[LEVELS];
	static struct span_figures f;
	uint64_t idle = json_u64_at(k->report, "idle_threshold_ns"), gaps = 0;
	struct spans spans = { 0 };
	char path[64];

	memset(at_submit, 0, sizeof(at_submit));
	for (size_t i = 0; i < k->t->rows; i++) {
		const struct row *r = &k->t->row[i];

		if (r->serial != serial || !in_flight(r))
			continue;
		spans_add(&spans, r->start_ns, r->end_ns);
		if (r->depth == NONE)
			continue;
		at_submit[r->depth < LEVELS ? r->depth : 0]++;
		check_row(k, r);
		gaps += r->gap_ns != NONE && r->gap_ns && r->gap_ns < idle;
	}
	spans_compute(&spans, end_ns, idle, &f);
	k->differs |= spans_differ(&f, k->report, k->where);
	same(k, "gaps.count", gaps);
	for (size_t i = 0; i < LEVELS; i++) {
		snprintf(path, sizeof(path), "depth.at_submit[%zu]", i);
		if (at_submit[i])
			same(k, path, at_submit[i]);
	}
	free(spans.all);
}

static uint64_t window_start(const struct table *t)
{
	uint64_t start = NONE;

	for (size_t i = 0; i < t->rows; i++) {
		if (t->row[i].start_ns < start)
			start = t->row[i].start_ns;
		if (t->row[i].end_ns < start)
			start = t->row[i].end_ns;
	}
	return start;
}

static size_t rows_of(const struct table *t, uint64_t serial)
{
	size_t cnt = 0;

	for (size_t i = 0; i < t->rows; i++)
		cnt += t->row[i].serial == serial;
	return cnt;
}

int main(int argc, char **argv)
{
	size_t size, endpoints = 0, exact = 0, max = argc > 3 ? strtoul(argv[3], NULL, 10) : 3000;
	struct table t = { .line = 0 };
	struct check k = { .t = &t };
	char *csv = argc > 2 ? slurp(argv[1], &size) : NULL;
	struct json_value *report = argc > 2 ? read_report(argv[2]) : NULL;
	uint64_t end_ns;

	if (!csv || !report) {
		fprintf(stderr, "usage: rowcheck CSV REPORT [MAX]\n");
		return 2;
	}
	load(&t, csv);
	k.report = report;
	end_ns = window_start(&t) + json_u64_at(report, "window_ns");
	json_at(report, "endpoints[#]", &endpoints);
	for (size_t i = 0; i < endpoints; i++) {
		char path[80];
		uint64_t serial;

		snprintf(k.where, sizeof(k.where), "endpoints[%zu]", i);
		snprintf(path, sizeof(path), "%s.serial", k.where);
		serial = json_u64_at(report, path);
		check_counts(&k, serial);
		snprintf(path, sizeof(path), "%s.complete", k.where);
		if (strcmp(json_text_at(report, path), "true") || rows_of(&t, serial) > max)
			continue;
		check_times(&k, serial);
		check_depths(&k, serial, end_ns);
		exact++;
	}
	printf("%zu endpoints, %zu exact, %zu rows\n", endpoints, exact, t.rows);
	json_value_free(report);
	free(t.row);
	free(csv);
	return k.differs;
}
