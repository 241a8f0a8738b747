// SPDX-License-Identifier: GPL-2.0
/* A comparison as text that stands in a mail: ASCII, no line longer than DIFF_WIDTH. */
#include "urbscope/diff.h"

#include <stdarg.h>
#include <string.h>

#include "sink/diff_words.h"
#include "sink/out.h"
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

static void put_run(const struct page *p, enum compare_side side, const struct compare_run *run)
{
	char length[FMT_SIZE], lost[64] = "";

	if (run->snap->events.lost)
		snprintf(lost, sizeof(lost), ", %llu events lost",
			 (unsigned long long)run->snap->events.lost);
	line(p, "%-6s  %s  (%s%s)", side == COMPARE_BEFORE ? "before" : "after", diff_end_of_name(run->name, 36),
	     fmt_duration(length, run->snap->end_ns - run->snap->start_ns), lost);
}

static void put_head(const struct page *p)
{
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < p->c->run_cnt[side]; i++)
			put_run(p, side, &p->c->run[side][i]);
}

static void put_endpoint(const struct page *p, const struct compare_endpoint *ep)
{
	char title[DIFF_TITLE];

	diff_title(p->c, ep, title, sizeof(title));
	fputc('\n', p->out);
	line(p, "%s", title);
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

static void put_paragraph(void *page, const char *text)
{
	paragraph(page, "%s", text);
}

int diff_text(const struct comparison *c, FILE *out)
{
	struct page page = { .c = c, .out = out };

	put_head(&page);
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		if (compare_is_compared(&c->endpoint[i]))
			put_endpoint(&page, &c->endpoint[i]);
	if (diff_has_others(c))
		fputc('\n', out);
	diff_each_other(c, put_paragraph, &page);
	fputc('\n', out);
	diff_each_note(c, put_paragraph, &page);
	return out_finish(out);
}
