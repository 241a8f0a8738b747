// SPDX-License-Identifier: GPL-2.0
#include "sink/html_chart.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sink/html.h"
#include "urbscope/format.h"

#define PLOT_HEIGHT 100		/* of the plot in its own units; the page stretches it */
#define HEADROOM    3		/* for half the width of a line */
#define LANE_HEIGHT 20
#define BARS_HEIGHT 60

/* Neighbouring bins made one, until there are few enough. */
struct reduced {
	struct course_bin bins[COURSE_BINS];
	size_t cnt;
	uint64_t bin_ns;
	uint32_t max;
};

static void reduce(struct reduced *r, const struct course *course, size_t most)
{
	unsigned int by = 0;

	while ((course->bin_cnt - 1) >> by >= most)
		by++;
	r->bin_ns = course->bin_ns << by;
	r->cnt = r->max = 0;
	for (size_t i = 0; i < course->bin_cnt; i++) {
		if (i >> by == r->cnt)
			r->bins[r->cnt++] = course->bins[i];
		else
			course_bin_merge(&r->bins[i >> by], &course->bins[i]);
		if (course->bins[i].max > r->max)
			r->max = course->bins[i].max;
	}
}

static bool known(const struct course_bin *bin)
{
	return bin->min <= bin->max;
}

static uint64_t busy(const struct course_bin *bin)
{
	return bin->active_ns + bin->gap_ns;
}

static double mean(const struct course_bin *bin)
{
	return busy(bin) ? (double)bin->level_ns / (double)busy(bin) : 0;
}

static double up(const struct reduced *r, double level)
{
	return PLOT_HEIGHT - (r->max ? level * PLOT_HEIGHT / r->max : 0);
}

/* Along the upper edge from bin `from` on, while something is known; returns where that ends. */
static size_t put_edge(FILE *out, const struct reduced *r, size_t from)
{
	size_t i = from;

	fprintf(out, "M%zu %.4g", i, up(r, r->bins[i].max));
	for (; i < r->cnt && known(&r->bins[i]); i++) {
		if (i > from && r->bins[i].max != r->bins[i - 1].max)
			fprintf(out, "H%zuV%.4g", i, up(r, r->bins[i].max));
	}
	fprintf(out, "H%zu", i);
	return i;
}

/* From the least to the most in flight. */
static void put_band(FILE *out, const struct reduced *r)
{
	fputs("<path class=\"band\" d=\"", out);
	for (size_t i = 0, from; i < r->cnt; i++) {
		if (!known(&r->bins[i]))
			continue;
		from = i;
		i = put_edge(out, r, from);
		fprintf(out, "V%.4g", up(r, r->bins[i - 1].min));
		for (size_t k = i - 1; k > from; k--)
			if (r->bins[k - 1].min != r->bins[k].min)
				fprintf(out, "H%zuV%.4g", k, up(r, r->bins[k - 1].min));
		fprintf(out, "H%zuZ", from);
	}
	fputs("\"/>", out);
}

/* The mean of each bin that was busy. */
static void put_mean(FILE *out, const struct reduced *r)
{
	bool on = false;

	fputs("<path class=\"mean\" d=\"", out);
	for (size_t i = 0; i < r->cnt; i++) {
		if (!busy(&r->bins[i])) {
			on = false;
			continue;
		}
		if (on)
			fprintf(out, "V%.4gh1", up(r, mean(&r->bins[i])));
		else
			fprintf(out, "M%zu %.4gh1", i, up(r, mean(&r->bins[i])));
		on = true;
	}
	fputs("\"/>", out);
}

/* Where something failed, and where nothing is known. */
static void put_marks(FILE *out, const struct reduced *r)
{
	fputs("<path class=\"doubt\" d=\"", out);
	for (size_t i = 0; i < r->cnt; i++)
		if (r->bins[i].doubt_ns)
			fprintf(out, "M%zu 0h1v%dh-1z", i, PLOT_HEIGHT);
	fputs("\"/><path class=\"error\" d=\"", out);
	for (size_t i = 0; i < r->cnt; i++)
		if (r->bins[i].failed)
			fprintf(out, "M%zu.5 -%dv%d", i, HEADROOM, PLOT_HEIGHT / 8);
	fputs("\"/>", out);
}

static double gap_share(const struct course_bin *bin)
{
	return busy(bin) ? (double)bin->gap_ns / (double)busy(bin) : 0;
}

/* What share of each bin's busy time was gaps: something, if it is not 0. */
static void put_lane(FILE *out, const struct reduced *r, double width)
{
	fprintf(out, "<svg class=\"lane\" aria-hidden=\"true\" viewBox=\"0 0 %.6g %d\" "
		"preserveAspectRatio=\"none\"><path class=\"gap\" d=\"", width, LANE_HEIGHT);
	for (size_t i = 0; i < r->cnt; i++) {
		double h = gap_share(&r->bins[i]) * LANE_HEIGHT;

		if (h > 0)
			fprintf(out, "M%zu %dv-%.3gh1V%dz", i, LANE_HEIGHT, h < 2 ? 2 : h,
				LANE_HEIGHT);
	}
	fputs("\"/></svg>", out);
}

/* For the script: mean in hundredths, least, most, gap, doubt, completions, failed ones, bytes. */
static void put_data(FILE *out, const struct reduced *r, uint64_t length_ns)
{
	fprintf(out, " data-ns=\"%" PRIu64 "\" data-length=\"%" PRIu64 "\" data-bins=\"", r->bin_ns,
		length_ns);
	for (size_t i = 0; i < r->cnt; i++) {
		const struct course_bin *b = &r->bins[i];

		if (!busy(b) && !b->doubt_ns && !b->completed)
			fputs(i ? " -" : "-", out);
		else
			fprintf(out,
				"%s%.0f,%u,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
				",%" PRIu64,
				i ? " " : "", mean(b) * 100, known(b) ? b->min : 0, b->max,
				b->gap_ns, b->doubt_ns, b->completed, b->failed, b->bytes);
	}
	fputc('"', out);
}

/* The picture in words. */
static void put_label(FILE *out, const char *name, const struct endpoint_figures *ep,
		      const struct reduced *r)
{
	char m[FMT_SIZE], share[FMT_SIZE], at[FMT_SIZE];
	const struct course_bin *worst = r->bins;

	for (size_t i = 1; i < r->cnt; i++)
		if (r->bins[i].gap_ns > worst->gap_ns)
			worst = &r->bins[i];
	fputs(" aria-label=\"", out);
	html_printf(out,
		    "Depth over time, %s: mean %s, at most %u in flight; gaps %s of the busy time",
		    name, fmt_mean(m, ep->depth.mean), ep->in_flight_max,
		    fmt_percent(share, ep->gaps.share));
	if (worst->gap_ns)
		html_printf(out, ", most of them about %s after the start",
			    fmt_duration(at, (uint64_t)(worst - r->bins) * r->bin_ns));
	fputs("\"", out);
}

static void put_axis(FILE *out, uint64_t length_ns)
{
	char t[FMT_SIZE];

	fputs("<div class=\"xs\" aria-hidden=\"true\">", out);
	for (unsigned int i = 0; i <= 4; i++)
		html_element(out, "span", i % 2 ? "odd" : NULL,
			     i ? fmt_duration(t, length_ns / 4 * i) : "0");
	fputs("</div>", out);
}

void chart_depth(FILE *out, const char *name, const struct endpoint_figures *ep, uint64_t length_ns,
		 size_t most_bins)
{
	struct reduced *r = malloc(sizeof(*r));
	double width;

	if (!r) {
		html_element(out, "p", "none", "No memory for a picture.");
		return;
	}
	reduce(r, ep->course, most_bins);
	width = length_ns ? (double)length_ns / (double)r->bin_ns : 1;
	fputs("<div class=\"plot\"", out);
	put_data(out, r, length_ns);
	fputs("><div class=\"ys\" aria-hidden=\"true\">", out);
	html_format(out, "span", NULL, "%u", r->max);
	fputs("<span>0</span></div><svg class=\"over\" role=\"img\"", out);
	put_label(out, name, ep, r);
	fprintf(out, " viewBox=\"0 -%d %.6g %d\" preserveAspectRatio=\"none\">", HEADROOM, width,
		PLOT_HEIGHT + HEADROOM);
	put_band(out, r);
	put_mean(out, r);
	put_marks(out, r);
	fputs("</svg><div class=\"ys\" aria-hidden=\"true\"><span>gaps</span></div>", out);
	put_lane(out, r, width);
	put_axis(out, length_ns);
	fputs("</div>\n", out);
	free(r);
}

void chart_bars(FILE *out, const struct chart_bars *chart)
{
	double most = 0;

	for (size_t i = 0; i < chart->cnt; i++)
		most = chart->bars[i].share > most ? chart->bars[i].share : most;
	fputs("<figure class=\"bars\">", out);
	html_element(out, "figcaption", NULL, chart->title);
	if (chart->cnt) {
		fputs("<div class=\"box\"><svg role=\"img\" aria-label=\"", out);
		html_text(out, chart->title);
		fputs(": ", out);
		html_text(out, chart->summary);
		fprintf(out,
			"\" width=\"%zu\" viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\">",
			chart->cnt < 8 ? (size_t)120 : chart->cnt * 15, chart->cnt, BARS_HEIGHT);
	}
	for (size_t i = 0; i < chart->cnt; i++) {
		const struct chart_bar *b = &chart->bars[i];
		double h = most > 0 ? b->share / most * BARS_HEIGHT : 0;
		char share[FMT_SIZE];

		if (b->share <= 0)
			continue;
		fprintf(out,
			"<rect%s%s%s x=\"%zu.1\" y=\"%.3g\" width=\".8\" height=\"%.3g\"><title>",
			b->class ? " class=\"" : "", b->class ? b->class : "", b->class ? "\"" : "",
			i, BARS_HEIGHT - (h < 1 ? 1 : h), h < 1 ? 1 : h);
		html_printf(out, "%s: %s", b->label, fmt_percent(share, b->share));
		fputs("</title></rect>", out);
	}
	if (chart->cnt) {
		fputs("</svg><div class=\"ends\" aria-hidden=\"true\">", out);
		html_element(out, "span", NULL, chart->from);
		html_element(out, "span", NULL, chart->to);
		fputs("</div></div>", out);
	}
	html_element(out, "p", NULL, chart->summary);
	fputs("</figure>\n", out);
}

void chart_bands(FILE *out, const struct endpoint_figures *ep)
{
	static const char *const words[] = { "gaps", "1", "2-3", "4-7", "8 or more" };
	uint64_t time[5] = { 0 };
	char share[FMT_SIZE];
	const char *comma = "";
	double x = 0;

	for (size_t i = 0; i < ep->depth.time_cnt; i++)
		time[i < 2 ? i : i < 4 ? 2 : i < 8 ? 3 : 4] += ep->depth.time_ns[i];
	if (!ep->depth.seen || !ep->busy_ns) {
		html_text(out, ep->depth.seen ? FMT_NONE : FMT_NA);
		return;
	}
	fputs("<svg class=\"bands\" role=\"img\" aria-label=\"in flight: ", out);
	for (int i = 0; i < 5; i++) {
		if (!time[i])
			continue;
		html_printf(out, "%s%s %s", comma, words[i],
			    fmt_percent(share, per_second(time[i], ep->busy_ns) / 1e9));
		comma = ", ";
	}
	fputs("\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\">", out);
	for (int i = 0; i < 5; i++) {
		double width = per_second(time[i], ep->busy_ns) / 1e7;

		if (time[i])
			fprintf(out,
				"<rect class=\"b%d\" x=\"%.4g\" width=\"%.4g\" height=\"10\"/>", i,
				x, width);
		x += width;
	}
	fputs("</svg>", out);
}
