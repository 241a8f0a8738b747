// SPDX-License-Identifier: GPL-2.0
/* The transfers around the worst moments of an endpoint, as a table. */
#include "sink/report_html.h"

#include <inttypes.h>

#include "sink/html.h"
#include "urbscope/format.h"

/* What the source sees of transfers, in order. */
static const struct {
	enum urb_moment moment;
	const char *title;
} seen[] = {
	{ URB_SUBMIT, "Submitted" }, { URB_QUEUED, "Queued" }, { URB_DONE, "Given back" },
	{ URB_HANDLER, "Handler" },
};
#define SEEN_CNT (sizeof(seen) / sizeof(*seen))

static unsigned int column_cnt(uint8_t sees)
{
	unsigned int cnt = 4;

	for (size_t i = 0; i < SEEN_CNT; i++)
		cnt += sees & seen[i].moment ? 1 : 0;
	return cnt;
}

static void put_titles(FILE *out, const char *name, uint8_t sees)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Worst moments, ",
	      out);
	html_text(out, name);
	fputs("\"><table class=\"moments\"><caption>In ms: what is seen first of a transfer is "
	      "since the start of the window, the rest (+) since that. Depth: in flight just "
	      "after its submission.</caption><thead><tr><th scope=\"col\">Transfer</th><th scope=\"col\">Depth</th>",
	      out);
	for (size_t i = 0; i < SEEN_CNT; i++)
		if (sees & seen[i].moment)
			fprintf(out, "<th scope=\"col\">%s</th>", seen[i].title);
	fputs("<th scope=\"col\">Length</th><th scope=\"col\">Status</th></tr></thead>\n", out);
}

/* When a transfer began, as far as it was seen. */
static uint64_t began(const struct course_transfer *t)
{
	if (t->seen & URB_SUBMIT)
		return t->submit_ns;
	return t->seen & URB_QUEUED ? t->queued_ns : 0;
}

/* A moment of a transfer: the first one since the start of the window, the others since that. */
static void put_moment(FILE *out, const struct course_transfer *t, enum urb_moment which,
		       uint64_t at_ns, uint64_t start_ns)
{
	uint64_t first = began(t), base = start_ns;
	const char *sign = "";

	if (!(t->seen & which)) {
		fputs("<td>n/a</td>", out);
		return;
	}
	if (first && at_ns != first)
		base = first, sign = "+";
	fprintf(out, "<td>%s%.6f</td>", sign, (at_ns > base ? at_ns - base : 0) / 1e6);
}

static void put_transfer(FILE *out, const struct snapshot *snap, const struct course_transfer *t,
			 bool itself)
{
	const uint64_t at[SEEN_CNT] = { t->submit_ns, t->queued_ns, t->done_ns, t->handler_ns };
	const char *name = urb_errno_name(t->status);

	fprintf(out, "<tr%s><th scope=\"row\">%" PRIu64 "%s</th>", itself ? " class=\"it\"" : "",
		t->number, t->inherited ? " (inherited)" : "");
	if (t->depth)
		fprintf(out, "<td>%u</td>", t->depth);
	else
		fputs("<td>n/a</td>", out);
	for (size_t i = 0; i < SEEN_CNT; i++)
		if (snap->source.sees & seen[i].moment)
			put_moment(out, t, seen[i].moment, at[i], snap->start_ns);
	fprintf(out, "<td>%u</td>", t->length);
	if (!t->status)
		fputs("<td>0</td>", out);
	else if (name)
		html_element(out, "td", "alert", name);
	else
		html_format(out, "td", "alert", "%d", t->status);
	fputs("</tr>\n", out);
}

static void put_group(FILE *out, const struct snapshot *snap, const struct course_moment *m,
		      size_t nth)
{
	static const char *const kinds[] = {
		[COURSE_GAP] = "Gap", [COURSE_DELAY] = "Latency", [COURSE_ERROR] = "Failure",
	};
	static const char *const classes[] = {
		[COURSE_GAP] = "gap", [COURSE_DELAY] = "delay", [COURSE_ERROR] = "error",
	};
	char length[FMT_SIZE], at[FMT_SIZE];
	uint64_t start = m->start_ns > snap->start_ns ? m->start_ns - snap->start_ns : 0;

	fprintf(out, "<tbody class=\"%s\"><tr><th colspan=\"%u\" scope=\"rowgroup\">%s %zu",
		classes[m->kind], column_cnt(snap->source.sees), kinds[m->kind], nth);
	if (m->kind != COURSE_ERROR)
		fprintf(out, ": %s", fmt_duration(length, m->length_ns));
	fprintf(out, ", %s after the start</th></tr>\n", fmt_duration(at, start));
	for (size_t i = 0; i <= m->cnt; i++) {
		if (i == m->before && m->kind == COURSE_GAP)
			fprintf(out,
				"<tr class=\"it\"><td colspan=\"%u\">none in flight for "
				"%s</td></tr>\n",
				column_cnt(snap->source.sees), fmt_duration(length, m->length_ns));
		if (i < m->cnt)
			put_transfer(out, snap, &m->transfer[i],
				     i == m->before && m->kind != COURSE_GAP);
	}
	fputs("</tbody>\n", out);
}

void report_html_moments(FILE *out, const struct snapshot *snap, const struct endpoint_figures *ep,
			 const struct html_measure *measure)
{
	const struct course *c = ep->course;
	char name[ENDPOINT_NAME_SIZE];
	size_t nth = 0;

	if (!c->moment_cnt)
		return;
	if (!measure->most_moments) {
		html_element(out, "p", "none",
			     "The transfers around its worst moments are left out among so many "
			     "endpoints; report --html -s selects it.");
		return;
	}
	report_html_name(ep, name);
	fprintf(out,
		"<details class=\"worst\"%s><summary>Transfers around the worst "
		"moments</summary>\n",
		measure->open_moments ? " open=\"open\"" : "");
	put_titles(out, name, snap->source.sees);
	for (size_t i = 0; i < c->moment_cnt; i++) {
		nth = i && c->moments[i].kind == c->moments[i - 1].kind ? nth + 1 : 1;
		if (nth <= measure->most_moments)
			put_group(out, snap, &c->moments[i], nth);
	}
	fputs("</table></div></details>\n", out);
}
