// SPDX-License-Identifier: GPL-2.0
/* One endpoint of the page: its course, its distributions, its figures. */
#include "sink/report_html.h"

#include <inttypes.h>
#include <string.h>

#include "sink/html.h"
#include "sink/html_chart.h"
#include "sink/table.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define MOST_BARS 48

/* Makes the last of `cnt` bars wider, until they are few. Returns how many values stand in one. */
static size_t per_bar(size_t cnt)
{
	size_t per = 1;

	while ((cnt + per - 1) / per > MOST_BARS)
		per *= 2;
	return per;
}

static void put_depths(FILE *out, const struct endpoint_figures *ep)
{
	const struct depth_figures *d = &ep->depth;
	struct chart_bar bars[MOST_BARS];
	struct chart_bars chart = { .title = "Depth, by time", .from = "0", .bars = bars };
	char summary[200], mean[FMT_SIZE], to[24];
	size_t per = per_bar(d->time_cnt);

	snprintf(summary, sizeof(summary), !d->seen ? FMT_NA : "no busy time");
	if (d->seen && ep->busy_ns) {
		snprintf(summary, sizeof(summary),
			 "mean %s, for 98%% of the busy time from %u to %u, at most %u",
			 fmt_mean(mean, d->mean), d->p1, d->p99, d->max);
		for (size_t i = 0; i < d->time_cnt; i += per) {
			struct chart_bar *b = &bars[chart.cnt++];
			uint64_t time_ns = 0;
			size_t k;

			for (k = i; k < i + per && k < d->time_cnt; k++)
				time_ns += d->time_ns[k];
			*b = (struct chart_bar){ .share = per_second(time_ns, ep->busy_ns) / 1e9,
						 .class = i + per == 1 ? "gap" : NULL };
			if (per == 1)
				snprintf(b->label, sizeof(b->label), "%zu in flight", i);
			else
				snprintf(b->label, sizeof(b->label), "%zu to %zu in flight", i,
					 k - 1);
		}
	}
	snprintf(to, sizeof(to), "%zu", d->time_cnt ? d->time_cnt - 1 : 0);
	chart.summary = summary;
	chart.to = to;
	chart_bars(out, &chart);
}

/* Of a histogram as much as is in use, of evenly wide bars on the scale of its buckets. */
static void put_times(FILE *out, const char *title, const char *class, const struct hist *h,
		      const char *summary)
{
	struct chart_bar bars[MOST_BARS];
	struct chart_bars chart = { .title = title, .summary = summary, .bars = bars };
	size_t first = 0, last = HIST_BUCKETS, per;
	char from[FMT_SIZE], to[FMT_SIZE];

	while (h && first < HIST_BUCKETS && !h->bucket[first])
		first++;
	while (h && last > first && !h->bucket[last - 1])
		last--;
	per = per_bar(last - first);
	for (size_t i = first; h && h->count && i < last; i += per) {
		struct chart_bar *b = &bars[chart.cnt++];
		uint64_t count = 0;
		size_t end = i + per < last ? i + per : last;

		for (size_t k = i; k < end; k++)
			count += h->bucket[k];
		b->share = per_second(count, h->count) / 1e9;
		b->class = class;
		snprintf(b->label, sizeof(b->label), "up to %s", end < HIST_BUCKETS ?
			 fmt_duration(to, hist_upper(end - 1)) : "any time");
	}
	chart.from = fmt_duration(from, first ? hist_upper(first - 1) : 0);
	chart.to = fmt_duration(to, h && last < HIST_BUCKETS ? hist_upper(last - 1) : 0);
	chart_bars(out, &chart);
}

static void put_gaps(FILE *out, const struct endpoint_figures *ep)
{
	char summary[160], p50[FMT_SIZE], p99[FMT_SIZE], max[FMT_SIZE];
	const struct gap_figures *g = &ep->gaps;

	if (!ep->depth.seen)
		snprintf(summary, sizeof(summary), FMT_NA);
	else if (!g->count)
		snprintf(summary, sizeof(summary), "none");
	else
		snprintf(summary, sizeof(summary), "%" PRIu64 ": p50 %s, p99 %s, longest %s",
			 g->count, fmt_duration(p50, g->p50_ns), fmt_duration(p99, g->p99_ns),
			 fmt_duration(max, g->max_ns));
	put_times(out, "Gaps", "gap", ep->depth.seen ? g->hist : NULL, summary);
}

static void put_latency(FILE *out, const struct endpoint_figures *ep)
{
	char summary[160], p50[FMT_SIZE], p99[FMT_SIZE], max[FMT_SIZE];
	const struct time_figures *t = &ep->latency;

	if (!t->count)
		snprintf(summary, sizeof(summary), "%s", t->seen ? "none" : FMT_NA);
	else
		snprintf(summary, sizeof(summary), "p50 %s, p99 %s, longest %s",
			 fmt_duration(p50, t->p50_ns), fmt_duration(p99, t->p99_ns),
			 fmt_duration(max, t->max_ns));
	put_times(out, "Latency", NULL, t->hist, summary);
}

#define LABEL_SIZE 64
/* "0 B", "1 B", "257 B to 512 B" */
static void size_label(char buf[LABEL_SIZE], unsigned int class)
{
	uint64_t upper = class ? UINT64_C(1) << (class - 1) : 0;

	if (class < 3)
		snprintf(buf, LABEL_SIZE, "%" PRIu64 " B", upper);
	else
		snprintf(buf, LABEL_SIZE, "%" PRIu64 " B to %" PRIu64 " B", upper / 2 + 1, upper);
}

static void put_sizes(FILE *out, const struct endpoint_figures *ep)
{
	const uint64_t *size = ep->course->size;
	unsigned int first = 0, last = COURSE_SIZES, most = 0;
	struct chart_bar bars[COURSE_SIZES];
	struct chart_bars chart = { .title = "Size", .bars = bars };
	char summary[200], label[LABEL_SIZE] = "", from[FMT_SIZE], to[FMT_SIZE], share[FMT_SIZE];
	uint64_t count = 0;

	for (unsigned int i = 0; i < COURSE_SIZES; i++) {
		count += size[i];
		most = size[i] > size[most] ? i : most;
	}
	while (last > 1 && !size[last - 1])
		last--;
	while (first + 1 < last && !size[first])
		first++;
	for (unsigned int i = first; count && i < last; i++) {
		struct chart_bar *b = &bars[chart.cnt++];

		*b = (struct chart_bar){ .share = per_second(size[i], count) / 1e9 };
		size_label(b->label, i);
	}
	size_label(label, most);
	snprintf(from, sizeof(from), "%" PRIu64 " B",
		 first < 2 ? first : (UINT64_C(1) << (first - 2)) + 1);
	snprintf(to, sizeof(to), "%" PRIu64 " B", last < 2 ? 0 : UINT64_C(1) << (last - 2));
	if (count)
		snprintf(summary, sizeof(summary), "mean %.0f B; %s of them %s",
			 (double)ep->bytes / (double)count,
			 fmt_percent(share, per_second(size[most], count) / 1e9), label);
	else
		snprintf(summary, sizeof(summary), "none");
	chart.summary = summary;
	chart.from = from;
	chart.to = to;
	chart_bars(out, &chart);
}

static void put_time(FILE *out, const char *name, const struct time_figures *t)
{
	char p50[FMT_SIZE], p99[FMT_SIZE], max[FMT_SIZE];

	if (!t->count)
		html_fact(out, name, NULL, "%s", t->seen ? FMT_NONE : FMT_NA);
	else
		html_fact(out, name, NULL, "p50 %s, p99 %s, longest %s",
			  fmt_duration(p50, t->p50_ns), fmt_duration(p99, t->p99_ns),
			  fmt_duration(max, t->max_ns));
}

static void put_count(FILE *out, const char *name, uint64_t count, bool always)
{
	if (!count && !always)
		return;
	html_fact(out, name, NULL, "%" PRIu64, count);
}

static void put_figures(FILE *out, const struct endpoint_figures *ep)
{
	char text[256];

	fputs("<dl class=\"facts\">", out);
	put_count(out, "Submitted", ep->transfers.submitted, true);
	put_count(out, "Inherited", ep->transfers.inherited, false);
	put_count(out, "Completed", ep->transfers.completed, true);
	put_count(out, "Open", ep->transfers.open, false);
	put_count(out, "Missed", ep->transfers.missed, false);
	put_count(out, "Unpaired", ep->transfers.unpaired, false);
	put_count(out, "Refused", ep->transfers.failed_submit, false);
	put_count(out, "Events lost", ep->transfers.lost, false);
	put_count(out, "Bytes", ep->bytes, true);
	if (status_names(ep, text, sizeof(text)))
		html_fact(out, "Status", endpoint_failures(ep) ? "alert" : NULL, "%s", text);
	if (ep->depth.seen)
		put_count(out, "Bursts", ep->bursts, true);
	html_fact(out, "Busy", NULL, "%s",
		  ep->depth.seen ? fmt_duration(text, ep->busy_ns) : FMT_NA);
	if (urb_ep_is_in(ep->ep))
		html_fact(out, "Unposted", NULL, "%s",
			  ep->depth.seen ? fmt_duration(text, ep->unposted_ns) : FMT_NA);
	put_time(out, "Service", &ep->service);
	put_time(out, "Giveback delay", &ep->giveback_delay);
	put_time(out, "Handler", &ep->handler);
	put_time(out, "Turnaround", &ep->turnaround);
	fputs("</dl>\n", out);
}

static void put_summary(FILE *out, const struct endpoint_figures *ep, const char *name)
{
	char product[96], a[FMT_SIZE], b[FMT_SIZE];
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t cnt = findings_of_endpoint(ep, found);

	product_name(ep, product, sizeof(product));
	fputs("<summary>", out);
	html_element(out, "strong", NULL, name);
	fputs(" <span>", out);
	html_text(out, product);
	fputs(product[0] && ep->facts.driver[0] ? ", " : "", out);
	html_text(out, ep->facts.driver);
	fputs("</span> ", out);
	if (!ep->depth.seen)
		html_element(out, "span", NULL, "depth n/a");
	else if (!ep->busy_ns)
		html_element(out, "span", NULL, "no busy time");
	else
		html_format(out, "span", NULL, "mean %s, at most %u in flight, gaps %s",
			    fmt_mean(a, ep->depth.mean), ep->in_flight_max,
			    fmt_percent(b, ep->gaps.share));
	for (size_t i = 0; i < cnt; i++) {
		fputs(" ", out);
		html_element(out, "b", found[i].kind < FINDING_SYNC ? "alert" : "warn",
			     finding_name(found[i].kind));
	}
	fputs("</summary>\n", out);
}

void report_html_endpoint(FILE *out, const struct snapshot *snap, const struct endpoint_figures *ep,
			  const struct html_measure *measure)
{
	uint64_t length_ns = snap->end_ns - snap->start_ns;
	char name[ENDPOINT_NAME_SIZE];

	report_html_name(ep, name);
	fprintf(out, "<details class=\"ep\"%s>", measure->open ? " open=\"open\"" : "");
	put_summary(out, ep, name);
	fprintf(out, "<div id=\"e%u\" class=\"in\">", ep->serial);
	if (!ep->depth.seen)
		html_element(out, "p", "none", "Depth over time: n/a, no submission was seen.");
	else if (!ep->course || !ep->busy_ns)
		html_element(out, "p", "none", "No busy time.");
	else
		chart_depth(out, name, ep, length_ns, measure->most_bins);
	fputs("<div class=\"four\">", out);
	put_depths(out, ep);
	put_gaps(out, ep);
	put_latency(out, ep);
	if (ep->course)
		put_sizes(out, ep);
	fputs("</div>\n", out);
	put_figures(out, ep);
	if (ep->course)
		report_html_moments(out, snap, ep, measure);
	fputs("</div></details>\n", out);
}
