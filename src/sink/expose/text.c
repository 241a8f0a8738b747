// SPDX-License-Identifier: GPL-2.0
/*
 * Prometheus' text format 0.0.4 and OpenMetrics 1.0.0, which differ in the names of families, in the
 * unit, and in the end.
 */
#include <stdio.h>

#include "sink/expose/out.h"
#include "sink/expose/write.h"
#include "sink/out.h"

#define LINE_MAX 512		/* a line but for its labels */

static const char *type_of(const struct writer *w)
{
	switch (w->family->kind) {
	case FAMILY_COUNTER:
		return "counter";
	case FAMILY_INFO:
		return w->openmetrics ? "info" : "gauge";
	case FAMILY_SUMMARY:
		return "summary";
	case FAMILY_HISTOGRAM:
		return "histogram";
	default:
		return "gauge";
	}
}

static const char *suffix_of(const struct family *family)
{
	return family->kind == FAMILY_COUNTER ? "_total" :
	       family->kind == FAMILY_INFO    ? "_info" : "";
}

static void text_begin(struct writer *w)
{
	const struct family *f = w->family;
	const char *suffix = w->openmetrics ? "" : suffix_of(f);
	char *at = out_room(w->out, 2 * LINE_MAX);

	w->failed |= !at;
	if (!at)
		return;
	w->out->len += (size_t)sprintf(at, "# HELP %s%s %s\n# TYPE %s%s %s\n", f->name, suffix,
				       f->help, f->name, suffix, type_of(w));
	if (w->openmetrics && f->unit)
		w->out->len += (size_t)sprintf(w->out->data + w->out->len, "# UNIT %s %s\n",
					       f->name, f->unit);
}

static char *append_number(char *at, uint64_t number)
{
	char digits[OUT_DIGITS];
	size_t len = out_decimal(digits, number, false);

	return append(at, digits + OUT_DIGITS - len, len);
}

/* Exactly: a decimal fraction of up to nine digits. */
static char *append_value(char *at, struct value value)
{
	uint64_t fraction = value.is_ns ? value.number % 1000000000 : 0;
	int digits = 9;

	at = append_number(at, value.is_ns ? value.number / 1000000000 : value.number);
	if (!fraction)
		return at;
	for (; !(fraction % 10); digits--)
		fraction /= 10;
	*at = '.';
	for (int i = digits; i; i--) {
		at[i] = '0' + fraction % 10;
		fraction /= 10;
	}
	return at + digits + 1;
}

static char *append_text(char *at, const char *text)
{
	return append(at, text, strlen(text));
}

/* "name_suffix{labels", the rest of the labels, the brace and the value to follow. */
static char *append_name(const struct writer *w, char *at, const char *suffix,
			 const struct labels *base)
{
	at = append(at, w->family->name, w->name_len);
	at = append_text(at, suffix);
	if (base) {
		*at++ = '{';
		at = append(at, base->text, base->text_len);
	}
	return at;
}

/* With room for the line and `more`; NULL: no memory. */
static char *line_begin(struct writer *w, const char *suffix, const struct labels *base, size_t more)
{
	char *at = out_room(w->out, LINE_MAX + (base ? base->text_len : 0) + more);

	w->failed |= !at;
	return at ? append_name(w, at, suffix, base) : NULL;
}

static void line_end(struct writer *w, char *at, bool braced, struct value value)
{
	if (braced)
		*at++ = '}';
	*at++ = ' ';
	at = append_value(at, value);
	*at++ = '\n';
	w->out->len = at - w->out->data;
}

static void text_value(struct writer *w, const struct labels *base, const struct label *extra,
		       struct value value)
{
	char text[LABELS_TEXT];
	size_t len = extra ? labels_text(text, sizeof(text), extra, 1) : 0;
	char *at = line_begin(w, suffix_of(w->family), base, len);

	if (!at)
		return;
	if (extra) {
		*at++ = base ? ',' : '{';
		at = append(at, text, len);
	}
	line_end(w, at, base || extra, value);
}

static void put_part(struct writer *w, const char *suffix, const struct labels *base,
		     struct value value)
{
	char *at = line_begin(w, suffix, base, 0);

	if (at)
		line_end(w, at, base, value);
}

static void text_summary(struct writer *w, uint64_t count, struct value sum)
{
	put_part(w, "_count", NULL, (struct value){ .number = count });
	put_part(w, "_sum", NULL, sum);
}

/*
 * Buckets are most of what there is to write, and their lines differ in the end alone: what they begin
 * with is copied from the first one, and counts, which often stay the same, from the line before.
 * Copies of the boundary and the count are of a fixed length: faster, and there is room for it.
 */
struct bucket_lines {
	const char *begin;
	size_t begin_len;
	uint64_t count;
	char end[32];		/* "} COUNT and a line break */
	size_t end_len;
};

_Static_assert(sizeof("\"} \n") + OUT_DIGITS <= sizeof(((struct bucket_lines *)0)->end), "it fits");

static void set_count(struct bucket_lines *lines, uint64_t count)
{
	char *at = append_number(lines->end + 3, count);

	*at++ = '\n';
	lines->end_len = at - lines->end;
	lines->count = count;
}

/* What ends the line, behind its beginning. */
static char *append_bucket(char *at, struct bucket_lines *lines, const struct bound *bound,
			   uint64_t count)
{
	memcpy(at, bound->text, sizeof(bound->text));
	at += bound->text_len;
	if (count != lines->count)
		set_count(lines, count);
	memcpy(at, lines->end, sizeof(lines->end));
	return at + lines->end_len;
}

static void text_histogram(struct writer *w, const struct labels *base, const struct tally *tally,
			   const struct bounds *bounds)
{
	static const struct bound infinite = { .text = "+Inf", .text_len = 4 };
	struct value sum = { .number = tally->sum, .is_ns = bounds->is_time };
	struct bucket_lines lines = { .end = "\"} " };
	uint64_t cumulative[TIME_BOUNDS];
	char *at = out_room(w->out, (bounds->cnt + 1) * (LINE_MAX + base->text_len));

	w->failed |= !at;
	if (!at)
		return;
	bounds_count(bounds, tally, cumulative);
	set_count(&lines, 0);
	lines.begin = at;
	at = append_text(append_name(w, at, "_bucket", base), ",le=\"");
	lines.begin_len = at - lines.begin;
	for (size_t i = 0; i < bounds->cnt; i++) {
		at = append_bucket(at, &lines, &bounds->bound[i], cumulative[i]);
		at = append(at, lines.begin, lines.begin_len);
	}
	at = append_bucket(at, &lines, &infinite, tally->count);
	w->out->len = at - w->out->data;
	put_part(w, "_sum", base, sum);
	put_part(w, "_count", base, (struct value){ .number = tally->count });
}

static void text_end(struct writer *w)
{
	(void)w;
}

static void text_finish(struct writer *w)
{
	char *at = w->openmetrics ? out_room(w->out, LINE_MAX) : NULL;

	if (at)
		w->out->len += (size_t)sprintf(at, "# EOF\n");
	w->failed |= w->openmetrics && !at;
}

const struct writer_ops text_writer = {
	.begin = text_begin,
	.value = text_value,
	.summary = text_summary,
	.histogram = text_histogram,
	.end = text_end,
	.finish = text_finish,
};
