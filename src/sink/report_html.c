// SPDX-License-Identifier: GPL-2.0
/* The report as a page: what is doubtful, what was found, all endpoints in a table, then each. */
#include "sink/report_html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/html.h"
#include "sink/html_chart.h"
#include "sink/table.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define FINDINGS_PER_KIND 5	/* the others are folded */
#define FEW		  2	/* endpoints, which are unfolded whatever was found of them; else */
#define MOST_OPEN	  4	/* of those of which something was; if of none, of all */
#define MOST_TABLES	  64	/* of transfers around the worst moments */
#define CELL_WIDTH	  16	/* errors that have more to say than that are counted */
#define FINDINGS_COLUMN	  3	/* before this one: behind endpoint, type and driver */

void report_html_name(const struct endpoint_figures *ep, char buf[ENDPOINT_NAME_SIZE])
{
	char device[DEVICE_SIZE], type[TYPE_SIZE];

	device_name(ep, device);
	endpoint_type(ep, type);
	snprintf(buf, ENDPOINT_NAME_SIZE, "%s 0x%02x %s", device, urb_ep_endpoint(ep->ep), type);
}

static void put_head(FILE *out, const struct snapshot *snap)
{
	const struct snapshot_source *source = &snap->source;
	char window[FMT_SIZE], idle[FMT_SIZE], resolution[FMT_SIZE];

	fputs("<h1>urbscope report</h1>\n<p class=\"source\">", out);
	html_text(out, source->path ? source->path : "live");
	fputs("</p>\n<dl class=\"facts\">", out);
	html_fact(out, "Source", NULL, "%s, %s clock, resolution %s",
		  source->kind ? source->kind : "?", source->clock ? source->clock : "unknown",
		  fmt_duration(resolution, source->resolution_ns));
	html_fact(out, "Window", NULL, "%s", fmt_duration(window, snap->end_ns - snap->start_ns));
	html_fact(out, "Submissions", NULL, "%" PRIu64, snap->events.submit);
	html_fact(out, "Refused", NULL, "%" PRIu64, snap->events.submit_error);
	html_fact(out, "Completions", NULL, "%" PRIu64, snap->events.complete);
	if (snap->events.lost || !source->silent)
		html_fact(out, "Lost", snap->events.lost ? "alert" : NULL, "%" PRIu64,
			  snap->events.lost);
	else
		html_fact(out, "Lost", NULL, "not told");
	html_fact(out, "Idle from", NULL, "%s", fmt_duration(idle, snap->idle_threshold_ns));
	fputs("</dl>\n", out);
}

static void put_losses(FILE *out, const struct finding *findings, size_t cnt)
{
	char text[FINDING_SIZE];

	for (size_t i = 0; i < cnt && !findings[i].endpoint; i++) {
		finding_sentence(&findings[i], text, sizeof(text));
		html_format(out, "p", "loss", "%s%s.",
			    findings[i].kind == FINDING_SKIPPED ? "" : "INCOMPLETE: ", text);
	}
}

/* Doubt and failures are red, what the host is late with is orange. */
static const char *class_of(enum finding_kind kind)
{
	return kind < FINDING_SYNC ? "alert" : "warn";
}

static void put_finding(FILE *out, const struct finding *f)
{
	const struct endpoint_figures *ep = f->parent ? f->parent : f->endpoint;
	char object[128], text[FINDING_SIZE];

	finding_object(f, object, sizeof(object));
	finding_sentence(f, text, sizeof(text));
	fprintf(out, "<li class=\"%s\"><a href=\"#e%u\">", class_of(f->kind), ep->serial);
	html_text(out, object);
	fputs("</a>: ", out);
	html_text(out, text);
	fputs(".</li>\n", out);
}

/* The findings of one kind: [from, to). */
static void put_kind(FILE *out, const struct finding *findings, size_t from, size_t to)
{
	size_t shown = to - from > FINDINGS_PER_KIND ? from + FINDINGS_PER_KIND : to;

	fputs("<ul class=\"findings\">\n", out);
	for (size_t i = from; i < shown; i++)
		put_finding(out, &findings[i]);
	fputs("</ul>\n", out);
	if (shown == to)
		return;
	fputs("<details class=\"more\">", out);
	html_format(out, "summary", NULL, "and %zu more endpoint%s: %s", to - shown,
		    to - shown == 1 ? "" : "s", finding_name(findings[from].kind));
	fputs("<ul class=\"findings\">\n", out);
	for (size_t i = shown; i < to; i++)
		put_finding(out, &findings[i]);
	fputs("</ul></details>\n", out);
}

static void put_findings(FILE *out, const struct finding *findings, size_t cnt)
{
	size_t i = 0, to;

	fputs("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n", out);
	while (i < cnt && !findings[i].endpoint)
		i++; /* told at the top */
	if (i == cnt)
		html_element(out, "p", NULL, "Nothing to remark.");
	for (; i < cnt; i = to) {
		for (to = i; to < cnt && findings[to].kind == findings[i].kind; to++)
			;
		put_kind(out, findings, i, to);
	}
	fputs("</section>\n", out);
}

static bool is_type(const struct column *c)
{
	return !strcmp(c->title, "TYPE");
}

/*
 * Numbers or text, and what goes first where the screen is narrow: columns that the text report
 * drops early, too. 0x81 says the direction, if not the type.
 */
#define CLASS_SIZE 8
static const char *class_of_column(const struct column *c, char buf[CLASS_SIZE])
{
	snprintf(buf, CLASS_SIZE, "%s%s", c->right ? "n" : "t",
		 c->drop >= 7 ? " p3" : c->drop >= 3 || is_type(c) ? " p2" : "");
	return buf;
}

/* What is left for the details. */
static bool is_shown(const struct column *c)
{
	return c->drop < 9;
}

static bool is_bands(const struct column *c)
{
	return c->group && !strncmp(c->group, "BUSY", 4);
}

static void put_th(FILE *out, const char *class, const char *group, const char *title)
{
	fprintf(out, "<th scope=\"col\" class=\"%s\">", class);
	if (group)
		html_element(out, "small", NULL, group);
	html_element(out, "span", NULL, title);
	fputs("</th>", out);
}

static void put_titles(FILE *out)
{
	fputs("<thead><tr>", out);
	put_th(out, "t", NULL, "DEVICE");
	for (size_t i = 0; i < report_column_cnt; i++) {
		const struct column *c = &report_columns[i];
		char class[CLASS_SIZE];

		if (i == FINDINGS_COLUMN)
			put_th(out, "t p2", NULL, "FINDINGS");
		if (is_shown(c))
			put_th(out, class_of_column(c, class), is_bands(c) ? "BUSY" : c->group,
			       is_bands(c) ? "AT DEPTH" : c->title);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void put_cell(FILE *out, const struct column *c, const struct row *row)
{
	struct cell_text cell = { "", 0 };
	char class[CLASS_SIZE];

	c->cell(row, CELL_WIDTH, &cell);
	fprintf(out, "<td class=\"%s%s\">", class_of_column(c, class),
		cell.attr & CANVAS_ALERT ? " alert" : cell.attr & CANVAS_WARN ? " warn" : "");
	if (is_bands(c))
		chart_bands(out, row->total);
	else
		html_text(out, cell.s);
	fputs("</td>", out);
}

static void put_words(FILE *out, const struct endpoint_figures *ep)
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t cnt = findings_of_endpoint(ep, found);

	for (size_t i = 0; i < cnt; i++) {
		fputs(i ? " " : "", out);
		html_element(out, "b", class_of(found[i].kind), finding_name(found[i].kind));
	}
	if (ep->gone)
		html_element(out, "b", "gone", cnt ? " unplugged" : "unplugged");
}

static void put_row(FILE *out, const struct endpoint_figures *ep,
		    const struct endpoint_figures *parent, uint64_t length_ns)
{
	const struct endpoint_figures *whole = parent ? parent : ep;
	struct row row = { .now = ep, .total = ep, .parent = parent, .length_ns = length_ns };
	char device[DEVICE_SIZE], name[ENDPOINT_NAME_SIZE], stream[16] = "";

	if (parent)
		snprintf(stream, sizeof(stream), " #%u", ep->stream);
	device_name(whole, device);
	report_html_name(whole, name);
	fprintf(out, "<tr%s><td class=\"t\">", parent ? " class=\"stream\"" : "");
	html_text(out, device);
	/* by ear a link is heard without its row */
	fprintf(out, "</td><th scope=\"row\"><a href=\"#e%u\" aria-label=\"", whole->serial);
	html_text(out, name);
	fprintf(out, "%s\">0x%02x%s</a></th>", stream, urb_ep_endpoint(whole->ep), stream);
	for (size_t i = 1; i < report_column_cnt; i++) {
		if (i == FINDINGS_COLUMN) {
			fputs("<td class=\"t p2\">", out);
			if (!parent)
				put_words(out, ep);
			fputs("</td>", out);
		}
		if (is_shown(&report_columns[i]))
			put_cell(out, &report_columns[i], &row);
	}
	fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct snapshot *snap, size_t shown)
{
	uint64_t length_ns = snap->end_ns - snap->start_ns;
	size_t quiet = snap->endpoint_cnt - shown;

	fputs("<section aria-labelledby=\"endpoints\"><h2 id=\"endpoints\">Endpoints</h2>\n", out);
	if (!shown)
		html_element(out, "p", NULL, "No traffic was seen.");
	else if (shown > 1)
		fputs("<div class=\"tools\" hidden=\"hidden\"><label>Show only <input "
		      "type=\"search\" "
		      "id=\"filter\" placeholder=\"uas, bulk in, sync\"/></label> "
		      "<output id=\"count\"></output></div>\n",
		      out);
	if (shown)
		fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of "
		      "endpoints\">"
		      "<table id=\"all\"><caption>Each endpoint with traffic; its name leads to "
		      "what it did "
		      "when.</caption>\n",
		      out);
	if (shown)
		put_titles(out);
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &snap->endpoints[i];

		if (!endpoint_had_traffic(ep))
			continue;
		put_row(out, ep, NULL, length_ns);
		for (size_t k = 0; k < ep->stream_cnt; k++)
			put_row(out, &ep->streams[k], ep, length_ns);
	}
	if (shown)
		fputs("</tbody></table></div>\n", out);
	if (quiet)
		html_format(out, "p", "none",
			    "%zu endpoint%s without traffic; report --json lists %s.", quiet,
			    quiet == 1 ? "" : "s", quiet == 1 ? "it" : "them");
	fputs("</section>\n", out);
}

/* Those of which the most important things were found, where not all can have everything. */
struct chosen {
	const struct endpoint_figures *endpoint[MOST_TABLES];
	size_t cnt;
};

static bool is_chosen(const struct chosen *chosen, const struct endpoint_figures *ep)
{
	for (size_t i = 0; i < chosen->cnt; i++)
		if (chosen->endpoint[i] == ep)
			return true;
	return false;
}

static void choose(struct chosen *chosen, const struct finding *findings, size_t cnt)
{
	chosen->cnt = 0;
	for (size_t i = 0; i < cnt && chosen->cnt < MOST_TABLES; i++) {
		const struct finding *f = &findings[i];
		const struct endpoint_figures *ep = f->parent ? f->parent : f->endpoint;

		if (ep && !is_chosen(chosen, ep))
			chosen->endpoint[chosen->cnt++] = ep;
	}
}

static void put_key(FILE *out, size_t shown)
{
	fputs("<p class=\"key\"><span class=\"k-mean\">mean in flight</span> "
	      "<span class=\"k-band\">from least to most</span> "
	      "<span class=\"k-gap\">share of gaps: the host was late</span> "
	      "<span class=\"k-error\">failed transfers</span> "
	      "<span class=\"k-doubt\">not known</span></p>\n", out);
	if (shown > 1)
		fputs("<div class=\"tools\" hidden=\"hidden\"><button type=\"button\" "
		      "id=\"unfold\">"
		      "Unfold all</button> <button type=\"button\" id=\"fold\">Fold "
		      "all</button></div>\n",
		      out);
}

static void put_details(FILE *out, const struct snapshot *snap, const struct finding *findings,
			size_t cnt, size_t shown)
{
	struct html_measure measure = {
		.most_bins = shown <= 16 ? 512 : shown <= 64 ? 256 : 128,
		.open_moments = shown == 1,
	};
	struct finding found[FINDINGS_PER_ENDPOINT];
	struct chosen chosen;
	size_t opened = 0;
	bool matters;

	if (!shown)
		return;
	choose(&chosen, findings, cnt);
	fputs("<section aria-labelledby=\"courses\"><h2 id=\"courses\">What happened when</h2>\n",
	      out);
	put_key(out, shown);
	for (size_t i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &snap->endpoints[i];

		if (!endpoint_had_traffic(ep))
			continue;
		matters = chosen.cnt ? findings_of_endpoint(ep, found) : ep->transfers.completed;
		measure.open = opened < MOST_OPEN && (shown <= FEW || matters);
		opened += measure.open;
		measure.most_moments = shown <= 16 ? COURSE_GAPS : 1;
		if (shown > MOST_TABLES && !is_chosen(&chosen, ep))
			measure.most_moments = 0;
		report_html_endpoint(out, snap, ep, &measure);
	}
	fputs("</section>\n", out);
}

static void put_words_meaning(FILE *out, uint8_t sees)
{
	fputs("<footer><h2>The words</h2><dl>", out);
	html_fact(out, "In flight", NULL, "URBs %s", sees & (URB_QUEUED | URB_DONE) ?
		  "that the host controller has accepted and not given back." :
		  "from their submission to their completion, as far as this source sees them.");
	html_fact(out, "Gap", NULL,
		  "time with none in flight between two transfers, shorter than the idle "
		  "threshold: the host had more to do, and the endpoint stood empty.");
	html_fact(out, "Busy time", NULL,
		  "time with something in flight, and gaps. Depth and gap share are shares of it.");
	html_fact(out, "n/a", NULL, "the source cannot see it.");
	fputs("</dl><p>Counts, sums and maxima are exact, percentiles of times within 4.5 %. "
	      "Definitions: "
	      "docs/figures.md. Made by urbscope " URBSCOPE_VERSION ".</p></footer>\n",
	      out);
}

static void put_page(FILE *out, const struct snapshot *snap, const struct finding *findings,
		     size_t cnt)
{
	const char *path = snap->source.path;
	char title[300];
	size_t shown = 0;

	for (size_t i = 0; i < snap->endpoint_cnt; i++)
		shown += endpoint_had_traffic(&snap->endpoints[i]);
	snprintf(title, sizeof(title), "urbscope report: %.256s", path ? path : "live");
	html_begin(out, title);
	put_head(out, snap);
	html_main(out);
	put_losses(out, findings, cnt);
	put_findings(out, findings, cnt);
	put_table(out, snap, shown);
	put_details(out, snap, findings, cnt, shown);
	put_words_meaning(out, snap->source.sees);
	html_end(out);
}

/* The page is bounded, so it is made first: what fails on the way out is told by one call. */
int report_html(const struct snapshot *snap, FILE *out)
{
	struct finding *findings;
	char *text = NULL;
	size_t cnt, n = 0;
	FILE *page;
	int err = 0;

	findings = findings_new(snap, &cnt);
	page = cnt == SIZE_MAX ? NULL : open_memstream(&text, &n);
	if (!page) {
		free(findings);
		return -ENOMEM;
	}
	put_page(page, snap, findings, cnt);
	free(findings);
	if (fclose(page))
		err = -ENOMEM;
	errno = 0;
	if (!err && (fwrite(text, 1, n, out) != n || fflush(out)))
		err = errno ? -errno : -EIO;
	free(text);
	return err;
}
