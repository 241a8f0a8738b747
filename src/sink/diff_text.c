// SPDX-License-Identifier: GPL-2.0
/* A comparison as text that stands in a mail: ASCII, no line longer than DIFF_WIDTH. */
#include "urbscope/diff.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "sink/diff_words.h"
#include "urbscope/format.h"
#include "urbscope/text.h"

struct page {
	const struct comparison *c;
	FILE *out;
	int column;		/* of a paragraph */
};

/* A line, clean, cut where it would be too long. */
__attribute__((format(printf, 2, 3))) static void line(const struct page *p, const char *fmt, ...)
{
	char raw[512], clean[DIFF_WIDTH + UTF8_MAX]; /* which is what text_clean_copy() needs */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_clean_copy(clean, sizeof(clean), raw, false);
	fprintf(p->out, "%s\n", clean);
}

/* Words of a paragraph; a word that does not fit begins a line. */
static void put_words(struct page *p, const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (p->column && p->column + 1 + length > DIFF_WIDTH) {
			fputc('\n', p->out);
			p->column = 0;
		}
		p->column += fprintf(p->out, "%s%.*s", p->column ? " " : "", length, text);
		text += length;
		text += strspn(text, " ");
	}
}

/* Clean before it is broken into lines. */
__attribute__((format(printf, 2, 3))) static void paragraph(struct page *p, const char *fmt, ...)
{
	char raw[512], clean[sizeof(raw) + UTF8_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	text_clean_copy(clean, sizeof(clean), raw, false);
	put_words(p, clean);
	fputc('\n', p->out);
	p->column = 0;
}

/* The end of a long name is what tells it from others. */
static const char *end_of(const char *name, size_t most)
{
	size_t length = strlen(name);

	return length > most ? name + length - most : name;
}

static void put_run(const struct page *p, enum compare_side side, const struct compare_run *run)
{
	char length[FMT_SIZE], lost[64] = "";

	if (run->snap->events.lost)
		snprintf(lost, sizeof(lost), ", %llu events lost",
			 (unsigned long long)run->snap->events.lost);
	line(p, "%-6s  %s  (%s%s)", side == COMPARE_BEFORE ? "before" : "after", end_of(run->name, 36),
	     fmt_duration(length, run->snap->end_ns - run->snap->start_ns), lost);
}

static void put_head(const struct page *p)
{
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < p->c->run_cnt[side]; i++)
			put_run(p, side, &p->c->run[side][i]);
}

static void name_of(const struct compare_endpoint *ep, enum compare_side side, char *buf, size_t size)
{
	char device[128];

	diff_device(&ep->device[side], device, sizeof(device));
	snprintf(buf, size, "%s 0x%02x %s%s", device, ep->endpoint, urb_type_name(ep->type),
		 ep->type == URB_TYPE_CONTROL || ep->type >= URB_TYPE_UNKNOWN ? "" :
		 ep->endpoint & 0x80 ? " in" : " out");
}

static void put_title(const struct page *p, const struct compare_endpoint *ep)
{
	char name[256], other[128] = "", runs[64] = "";

	name_of(ep, COMPARE_BEFORE, name, sizeof(name));
	if (ep->moved) {
		char before[112], after[112];

		diff_device(&ep->device[COMPARE_BEFORE], before, sizeof(before));
		diff_device(&ep->device[COMPARE_AFTER], after, sizeof(after));
		if (strcmp(before, after))
			snprintf(other, sizeof(other), " (after: %s)", after);
	}
	if (ep->runs[COMPARE_BEFORE] < p->c->run_cnt[COMPARE_BEFORE] ||
	    ep->runs[COMPARE_AFTER] < p->c->run_cnt[COMPARE_AFTER])
		snprintf(runs, sizeof(runs), " (in %zu and %zu runs)", ep->runs[COMPARE_BEFORE],
			 ep->runs[COMPARE_AFTER]);
	fputc('\n', p->out);
	line(p, "%s%s%s", name, runs, other);
}

static void put_endpoint(const struct page *p, const struct compare_endpoint *ep)
{
	put_title(p, ep);
	for (int figure = 0; figure < COMPARE_FIGURES; figure++) {
		const struct compare_result *r = &ep->result[figure];
		char before[DIFF_CELL], after[DIFF_CELL], change[DIFF_CELL];

		if (!diff_shows(ep, figure))
			continue;
		diff_value(figure, &r->side[COMPARE_BEFORE], before);
		diff_value(figure, &r->side[COMPARE_AFTER], after);
		diff_change(ep, figure, change);
		line(p, "  %-10s %11s -> %-11s %s", diff_label(figure), before, after, change);
	}
}

static const char *why_not_compared(const struct compare_endpoint *ep)
{
	if (ep->ambiguous)
		return "not compared, several devices could be this one";
	return ep->runs[COMPARE_BEFORE] ? "before only" : "after only";
}

static void put_others(struct page *p)
{
	const struct comparison *c = p->c;
	bool first = true;

	for (size_t i = 0; i < c->endpoint_cnt; i++) {
		const struct compare_endpoint *ep = &c->endpoint[i];
		char name[256];

		if (compare_is_compared(ep))
			continue;
		name_of(ep, ep->runs[COMPARE_BEFORE] ? COMPARE_BEFORE : COMPARE_AFTER, name, sizeof(name));
		if (first)
			fputc('\n', p->out);
		first = false;
		paragraph(p, "%s: %s", name, why_not_compared(ep));
	}
}

static void put_run_notes(struct page *p, const struct compare_run *run)
{
	const char *name = end_of(run->name, 120);

	if (run->broken_off)
		paragraph(p, "%s: it broke off.", name);
	if (run->late)
		paragraph(p, "%s: %llu events came too late to be put in order.", name,
			  (unsigned long long)run->late);
	if (run->snap->events.skipped)
		paragraph(p, "%s: %llu records were not understood.", name,
			  (unsigned long long)run->snap->events.skipped);
}

/* What is true of more than one run is said once. */
static void put_notes_of_all(struct page *p)
{
	const struct comparison *c = p->c;
	bool silent = false, moved = false;

	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < c->run_cnt[side]; i++)
			silent |= c->run[side][i].snap->source.silent;
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		moved |= c->endpoint[i].moved && compare_is_compared(&c->endpoint[i]);
	if (c->unlike_sources)
		paragraph(p, "The runs are of sources that see different moments of a transfer.");
	if (moved)
		paragraph(p, "Devices were not all known by their ids and ports: those on another port "
			  "were taken for the same by their ids, those without ids by their address.");
	if (silent)
		paragraph(p, "Captures do not tell what they have lost.");
}

static void put_notes(struct page *p)
{
	const struct comparison *c = p->c;

	fputc('\n', p->out);
	if (!c->comparisons)
		paragraph(p, "Nothing could be compared.");
	else
		paragraph(p, "%zu comparison%s, %zu told apart from the noise %s.", c->comparisons,
			  c->comparisons == 1 ? "" : "s", c->differences,
			  c->between_runs ? "between runs (Welch's t; a false alarm among them: 5 % at "
					    "most, Holm)" :
					    "within a run (Welch's t over batches; Holm, 5 %)");
	if (c->comparisons && !c->between_runs)
		paragraph(p, "One run a side: what changes from one run of a driver to the next is not in "
			  "that noise, and may be what differs.");
	put_notes_of_all(p);
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < c->run_cnt[side]; i++)
			put_run_notes(p, &c->run[side][i]);
}

int diff_text(const struct comparison *c, FILE *out)
{
	struct page page = { .c = c, .out = out };

	put_head(&page);
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		if (compare_is_compared(&c->endpoint[i]))
			put_endpoint(&page, &c->endpoint[i]);
	put_others(&page);
	put_notes(&page);
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
