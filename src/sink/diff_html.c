// SPDX-License-Identifier: GPL-2.0
/* A comparison as a page: the table of the text, with what is for the worse in red. */
#include "urbscope/diff.h"

#include "sink/diff_words.h"
#include "sink/html.h"
#include "sink/out.h"
#include "urbscope/format.h"

static const char *const side_names[] = { [COMPARE_BEFORE] = "Before", [COMPARE_AFTER] = "After" };

static void put_run(FILE *out, enum compare_side side, const struct compare_run *run)
{
	const struct snapshot *snap = run->snap;
	char length[FMT_SIZE];

	fprintf(out, "<tr><td class=\"t\">%s</td><th scope=\"row\">", side_names[side]);
	html_text(out, run->name);
	fputs("</th>", out);
	html_format(out, "td", "t", "%s", snap->source.kind ? snap->source.kind : "?");
	html_format(out, "td", NULL, "%s", fmt_duration(length, snap->end_ns - snap->start_ns));
	if (snap->events.lost || !snap->source.silent)
		html_format(out, "td", snap->events.lost ? "alert" : NULL, "%llu",
			    (unsigned long long)snap->events.lost);
	else
		html_element(out, "td", NULL, "not told");
	html_format(out, "td", "t", "%s%s%s", run->broken_off ? "broke off " : "",
		    run->late ? "events out of order " : "",
		    snap->events.skipped ? "records not understood" : "");
	fputs("</tr>\n", out);
}

static void put_runs(FILE *out, const struct comparison *c)
{
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Runs\"><table><thead><tr><th scope=\"col\" class=\"t\">SIDE</th>"
	      "<th scope=\"col\" class=\"t\">RUN</th><th scope=\"col\" class=\"t\">SOURCE</th>"
	      "<th scope=\"col\">WINDOW</th><th scope=\"col\">LOST</th>"
	      "<th scope=\"col\" class=\"t\">REMARKS</th></tr></thead>\n<tbody>\n", out);
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < c->run_cnt[side]; i++)
			put_run(out, side, &c->run[side][i]);
	fputs("</tbody></table></div>\n", out);
}

static void put_note(void *out, const char *note)
{
	html_element(out, "p", NULL, note);
	fputc('\n', out);
}

/* Never by colour alone: what is worse is said, too. */
static void put_change(FILE *out, const struct compare_endpoint *ep, enum compare_figure figure)
{
	const struct compare_result *r = &ep->result[figure];
	char change[DIFF_CELL];

	diff_change(ep, figure, change);
	if (compare_is_worse(figure, r->verdict))
		html_format(out, "td", "t alert", "%s: worse", change);
	else if (r->verdict == COMPARE_HIGHER || r->verdict == COMPARE_LOWER)
		html_element(out, "td", "t", change);
	else
		html_element(out, "td", "t none", change);
}

static void put_figure(FILE *out, const struct compare_endpoint *ep, enum compare_figure figure)
{
	const struct compare_result *r = &ep->result[figure];
	char value[DIFF_CELL];

	fprintf(out, "<tr><th scope=\"row\">%s</th>", diff_label(figure));
	for (int side = 0; side < COMPARE_SIDES; side++) {
		diff_value(figure, &r->side[side], value);
		html_element(out, "td", NULL, value);
	}
	put_change(out, ep, figure);
	fputs("</tr>\n", out);
}

static void put_endpoint(FILE *out, const struct comparison *c, const struct compare_endpoint *ep)
{
	char title[DIFF_TITLE];

	diff_title(c, ep, title, sizeof(title));
	fputs("<section>", out);
	html_element(out, "h2", NULL, title);
	fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\" class=\"t\">FIGURE</th>"
	      "<th scope=\"col\">BEFORE</th><th scope=\"col\">AFTER</th>"
	      "<th scope=\"col\" class=\"t\">CHANGE</th></tr></thead>\n<tbody>\n", out);
	for (int figure = 0; figure < COMPARE_FIGURES; figure++)
		if (diff_shows(ep, figure))
			put_figure(out, ep, figure);
	fputs("</tbody></table></div></section>\n", out);
}

static void put_other(void *out, const char *other)
{
	html_element(out, "li", NULL, other);
	fputc('\n', out);
}

static void put_others(FILE *out, const struct comparison *c)
{
	if (!diff_has_others(c))
		return;
	fputs("<section><h2>Not compared</h2><ul class=\"findings\">\n", out);
	diff_each_other(c, put_other, out);
	fputs("</ul></section>\n", out);
}

static void put_page(FILE *out, const struct comparison *c)
{
	html_begin(out, "urbscope diff");
	fputs("<h1>urbscope diff</h1>\n", out);
	html_main(out);
	put_runs(out, c);
	diff_each_note(c, put_note, out);
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		if (compare_is_compared(&c->endpoint[i]))
			put_endpoint(out, c, &c->endpoint[i]);
	put_others(out, c);
	fputs("<footer><p>Figures, method and words: docs/diff.md. Made by urbscope " URBSCOPE_VERSION
	      ".</p></footer>\n", out);
	html_end(out);
}

int diff_html(const struct comparison *c, FILE *out)
{
	put_page(out, c);
	return out_finish(out);
}
