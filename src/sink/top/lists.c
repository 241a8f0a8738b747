// SPDX-License-Identifier: GPL-2.0
/* The parts of an endpoint's page: distributions, errors, callers, transfers, streams. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/findings.h"
#include "urbscope/format.h"
#include "urbscope/report.h"

#define STREAMS_SHOWN 64

/* A distribution in `width` cells from the least to the most that occurred. */
static void draw_hist(struct canvas *c, int y, int x, int width, const struct hist *h)
{
	int first = -1, last = 0, i, k;
	uint64_t most = 0, sum[40];
	char text[FMT_SIZE];

	for (i = 0; h && i < HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		first = first < 0 ? i : first;
		last = i;
	}
	if (first < 0 || width < 24)
		return;
	fmt_duration_tight(text, first ? hist_upper((unsigned int)first - 1) : 0);
	canvas_text_right(c, y, x, 7, CANVAS_DIM, text);
	width = width - 16 < 40 ? width - 16 : 40;
	if (last - first + 1 < width)
		width = last - first + 1;
	for (i = 0; i < width; i++)
		sum[i] = 0;
	for (i = first; i <= last; i++)
		sum[(i - first) * width / (last - first + 1)] += h->bucket[i];
	for (i = 0; i < width; i++)
		most = sum[i] > most ? sum[i] : most;
	for (k = 0; k < width; k++)
		draw_column(c, y, x + 8 + k, 1, (double)sum[k] / (double)most, CANVAS_ACCENT);
	fmt_duration_tight(text, h->max);
	canvas_text(c, y, x + 9 + width, 8, CANVAS_DIM, text);
}

static int draw_time(struct canvas *c, int y, const char *name, bool seen, uint64_t count,
		     const uint64_t ns[3], const struct hist *hist)
{
	char a[FMT_SIZE];
	int i;

	canvas_text(c, y, 2, 16, 0, name);
	if (!seen) {
		canvas_text_right(c, y, 18, 7, CANVAS_DIM, FMT_NA);
		return y + 1;
	}
	canvas_text_right(c, y, 18, 7, 0, count ? fmt_count(a, count) : FMT_NONE);
	for (i = 0; count && i < 3; i++)
		canvas_text_right(c, y, 26 + 8 * i, 7, 0, fmt_duration_tight(a, ns[i]));
	draw_hist(c, y, 51, c->width - 51, hist);
	return y + 1;
}

int draw_times(struct canvas *c, int y, const struct endpoint_figures *run,
	       const struct endpoint_figures *e)
{
	const struct {
		const char *name;
		const struct time_figures *run, *t;
	} times[] = {
		{"latency", &run->latency, &e->latency},
		{"service", &run->service, &e->service},
		{"giveback delay", &run->giveback_delay, &e->giveback_delay},
		{"handler", &run->handler, &e->handler},
		{"turnaround", &run->turnaround, &e->turnaround},
	};
	static const char *const titles[] = {"COUNT", "P50", "P99", "MAX"};
	uint64_t ns[3] = {e->gaps.p50_ns, e->gaps.p99_ns, e->gaps.max_ns};
	size_t i;

	for (i = 0; i < 4; i++)
		canvas_text_right(c, y, 18 + 8 * (int)i, 7, CANVAS_DIM, titles[i]);
	y = draw_time(c, y + 1, "gap", run->depth.seen, e->gaps.count, ns, e->gaps.hist);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct time_figures *t = times[i].t;

		ns[0] = t->p50_ns;
		ns[1] = t->p99_ns;
		ns[2] = t->max_ns;
		y = draw_time(c, y, times[i].name, times[i].run->seen || t->seen, t->count, ns,
			      t->hist);
	}
	if (!run->handler.seen && !e->handler.seen && run->service.seen)
		canvas_text(c, y++, 2, c->width - 2, CANVAS_DIM,
			    "n/a: the handler is seen with --level full");
	return y;
}

/* A row a depth; where there are many, in powers of two. */
int draw_depths(struct canvas *c, int y, const struct endpoint_figures *e)
{
	const struct depth_figures *d = &e->depth;
	size_t from, to, i;
	bool each = d->time_cnt <= 12, seen = false;
	char text[64], a[FMT_SIZE];

	if (!d->seen || !e->busy_ns) {
		canvas_text(c, y, 2, c->width - 2, CANVAS_DIM, d->seen ? FMT_NONE : FMT_NA);
		return y + 1;
	}
	for (from = 0; from < d->time_cnt; from = to) {
		uint64_t time = 0;
		double share;

		to = each || from < 2 ? from + 1 : from * 2;
		to = to < d->time_cnt ? to : d->time_cnt;
		for (i = from; i < to; i++)
			time += d->time_ns[i];
		seen |= time > 0;
		if (!seen)
			continue;
		share = (double)time / (double)e->busy_ns;
		if (to == from + 1)
			snprintf(text, sizeof(text), "%zu%s", from, from ? "" : " (gaps)");
		else
			snprintf(text, sizeof(text), "%zu-%zu", from, to - 1);
		canvas_text_right(c, y, 2, 10, from ? 0 : CANVAS_BOLD, text);
		canvas_text_right(c, y, 13, 6, 0, time ? fmt_percent(a, share) : FMT_NONE);
		draw_share(c, y++, 20, c->width - 21 < 50 ? c->width - 21 : 50, share,
			   from ? CANVAS_ACCENT : CANVAS_WARN);
	}
	return y;
}

/* "EPIPE  stall: the endpoint is halted" */
static void error_text(int status, char *buf, size_t size)
{
	const char *name = urb_errno_name(status), *meaning = urb_errno_meaning(status);

	if (name)
		snprintf(buf, size, "%-11s %s", name, meaning ? meaning : "");
	else
		snprintf(buf, size, "%d", status);
}

static const struct status_count *most_failed(const struct endpoint_figures *e)
{
	const struct status_count *most = NULL;
	size_t i;

	for (i = 0; i < e->status_cnt; i++) {
		const struct status_count *s = &e->status[i];

		if (s->status && !status_is_cancel(s->status) && (!most || s->count > most->count))
			most = s;
	}
	return most;
}

void full_sentence(const struct finding *f, char *buf, size_t size)
{
	const struct status_count *most;
	const char *meaning;
	size_t used;

	finding_sentence(f, buf, size);
	most = f->kind == FINDING_ERRORS ? most_failed(f->endpoint) : NULL;
	meaning = most ? urb_errno_meaning(most->status) : NULL;
	used = strlen(buf);
	if (meaning)
		snprintf(buf + used, size - used, " (%s)", meaning);
}

static char *ago(char *buf, uint64_t now_ns, uint64_t then_ns)
{
	char a[FMT_SIZE];

	snprintf(buf, FMT_SIZE * 2, "%s ago",
		 fmt_duration(a, now_ns > then_ns ? now_ns - then_ns : 0));
	return buf;
}

int draw_errors(struct canvas *c, int y, const struct endpoint_figures *run,
		const struct recent_view *recent, uint64_t now_ns)
{
	char text[200], a[FMT_SIZE], b[FMT_SIZE * 2];
	size_t i;

	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, "Errors of the run, and the last ones");
	for (i = 0; i < run->status_cnt; i++) {
		int status = run->status[i].status;

		if (!status)
			continue;
		canvas_text_right(c, y, 2, 7, 0, fmt_count(a, run->status[i].count));
		error_text(status, text, sizeof(text));
		canvas_text(c, y++, 10, c->width - 10, status_is_cancel(status) ? 0 : CANVAS_ALERT | CANVAS_BOLD,
			    text);
	}
	if (run->transfers.failed_submit) {
		canvas_text_right(c, y, 2, 7, 0, fmt_count(a, run->transfers.failed_submit));
		canvas_text(c, y++, 10, c->width - 10, CANVAS_ALERT | CANVAS_BOLD,
			    "refused by usb_submit_urb()");
	}
	for (i = 0; recent && i < recent->error_cnt && i < 8; i++) {
		const struct recent_error *e = &recent->errors[i];

		if (e->first_ns > now_ns)
			continue;
		canvas_text_right(c, y, 2, 14, CANVAS_DIM, ago(b, now_ns, e->last_ns));
		error_text(e->status, text, sizeof(text));
		text[strcspn(text, " ")] = '\0';
		if (e->refused)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " on submission");
		if (e->count > 1)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 ", %" PRIu64 " times", e->count);
		canvas_text(c, y++, 18, c->width - 18, 0, text);
	}
	return y;
}

static void caller_text(const struct top_data *data, const struct recent_caller *k, char *buf,
			size_t size)
{
	const char *fn = data->symbol && k->complete_fn ? data->symbol(data->symbol_ctx,
									k->complete_fn) : NULL;
	char who[64];

	if (k->in_irq)
		snprintf(who, sizeof(who), "in interrupt context");
	else
		snprintf(who, sizeof(who), "%s[%u]", k->comm, k->pid);
	snprintf(buf, size, "%-24s %s%s", who, fn ? "completes in " : "", fn ? fn : "");
}

int draw_callers(struct canvas *c, int y, const struct top_data *data,
		 const struct endpoint_figures *e)
{
	const struct recent_view *recent = data->recent;
	char text[200], a[FMT_SIZE];
	size_t i;

	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, "Who submits");
	if (e->facts.driver[0]) {
		snprintf(text, sizeof(text), "driver %s", e->facts.driver);
		canvas_text(c, y++, 2, c->width - 2, 0, text);
	}
	if (!recent || !recent->caller_cnt) {
		canvas_text(c, y, 2, c->width - 2, CANVAS_DIM,
			    "task and function: with --level full, on a running kernel");
		return y + 1;
	}
	for (i = 0; i < recent->caller_cnt; i++) {
		canvas_text_right(c, y, 2, 7, 0, fmt_count(a, recent->callers[i].count));
		caller_text(data, &recent->callers[i], text, sizeof(text));
		canvas_text(c, y++, 10, c->width - 10, 0, text);
	}
	if (recent->other_calls) {
		canvas_text_right(c, y, 2, 7, 0, fmt_count(a, recent->other_calls));
		canvas_text(c, y++, 10, c->width - 10, 0, "others");
	}
	return y;
}

static void between(struct canvas *c, int y, int x, const struct recent_transfer *t,
		    uint8_t from, uint64_t from_ns, uint8_t to, uint64_t to_ns)
{
	char a[FMT_SIZE];

	if (t->seen & from && t->seen & to)
		canvas_text_right(c, y, x, 8, 0,
				  fmt_duration_tight(a, to_ns > from_ns ? to_ns - from_ns : 0));
	else
		canvas_text_right(c, y, x, 8, CANVAS_DIM, FMT_NA);
}

int draw_transfers(struct canvas *c, int y, const struct recent_view *recent, uint64_t now_ns)
{
	static const char *const titles[] = {"AGO", "BYTES", "SERVICE", "GIVEBACK", "LEFT"};
	static const int at[] = {10, 19, 28, 37, 46};
	char text[80], a[FMT_SIZE];
	size_t i;

	canvas_text(c, y++, 0, c->width, CANVAS_BOLD,
		    "The last transfers, the latest first; LEFT: in flight after it");
	for (i = 0; i < 5; i++)
		canvas_text_right(c, y, at[i], 8, CANVAS_DIM, titles[i]);
	canvas_text(c, y++, 56, 6, CANVAS_DIM, "STATUS");
	for (i = 0; i < recent->transfer_cnt; i++) {
		const struct recent_transfer *t = &recent->transfers[i];

		if (t->time_ns > now_ns)
			continue;
		snprintf(text, sizeof(text), "%" PRIu64, t->number);
		canvas_text_right(c, y, 0, 9, CANVAS_DIM, text);
		canvas_text_right(c, y, at[0], 8, 0, fmt_duration_tight(a, now_ns - t->time_ns));
		snprintf(text, sizeof(text), "%u", t->length);
		canvas_text_right(c, y, at[1], 8, 0, text);
		/* what only two moments are seen of has one time, by whatever name */
		if (t->seen & URB_QUEUED)
			between(c, y, at[2], t, URB_QUEUED, t->queued_ns, URB_DONE, t->done_ns);
		else
			between(c, y, at[2], t, URB_SUBMIT, t->submit_ns, URB_HANDLER,
				t->handler_ns);
		between(c, y, at[3], t, URB_DONE, t->done_ns, URB_HANDLER, t->handler_ns);
		snprintf(text, sizeof(text), "%u", t->left);
		canvas_text_right(c, y, at[4], 8, t->left ? 0 : CANVAS_BOLD, text);
		if (t->status)
			error_text(t->status, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "ok");
		text[strcspn(text, " ")] = '\0';
		canvas_text(c, y++, 56, c->width - 56,
			    t->status && !status_is_cancel(t->status) ? CANVAS_ALERT | CANVAS_BOLD
									: 0, text);
	}
	if (!recent->transfer_cnt)
		canvas_text(c, y++, 2, c->width - 2, CANVAS_DIM, "none yet");
	return y;
}

int draw_streams(struct canvas *c, int y, const struct endpoint_figures *e,
		 const struct endpoint_figures *now, uint64_t length_ns)
{
	char text[200], a[FMT_SIZE], b[FMT_SIZE], d[FMT_SIZE];
	size_t i, k;

	canvas_text(c, y++, 0, c->width, CANVAS_BOLD, "Streams");
	for (i = 0; i < e->stream_cnt && i < STREAMS_SHOWN; i++) {
		const struct endpoint_figures *s = &e->streams[i], *n = NULL;

		for (k = 0; k < now->stream_cnt && !n; k++)
			if (now->streams[k].stream == s->stream)
				n = &now->streams[k];
		snprintf(text, sizeof(text), "#%-5u %u in flight, %u at most; %s URB/s, %s MB/s; "
			 "%s failed", s->stream, s->in_flight_now, s->in_flight_max,
			 fmt_rate(a, n ? per_second(n->transfers.completed, length_ns) : 0),
			 fmt_mbps(b, n ? per_second(n->bytes, length_ns) : 0),
			 fmt_count(d, endpoint_failures(s)));
		canvas_text(c, y++, 2, c->width - 2, 0, text);
	}
	if (e->stream_cnt > STREAMS_SHOWN) {
		snprintf(text, sizeof(text), "and %zu more", e->stream_cnt - STREAMS_SHOWN);
		canvas_text(c, y++, 2, c->width - 2, CANVAS_DIM, text);
	}
	return y;
}
