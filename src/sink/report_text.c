// SPDX-License-Identifier: GPL-2.0
/* The report for people: what is doubtful first, then the table, then what it means. */
#include "urbscope/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sink/out.h"
#include "sink/table.h"
#include "urbscope/format.h"
#include "urbscope/text.h"

#define WIDTH_MIN    40
#define WIDTH_MAX    4096
#define FINDINGS_PER_KIND 5 /* the JSON has them all */

/* One row of cells, printed and drawn anew: memory does not grow with the report. */
struct page {
	struct canvas line;
	FILE *out;
};

static void page_flush(struct page *p)
{
	canvas_print(&p->line, 0, p->out);
	canvas_clear(&p->line);
}

/* The bytes of `s` that stand in `width` cells, broken at a blank if there is one. */
static size_t fitting(const char *s, int width, bool utf8)
{
	size_t n = strlen(s), i = 0, last_blank = 0;
	int cells = 0;
	uint32_t cp;

	while (i < n) {
		size_t used = utf8_decode(s + i, n - i, &cp);

		if (cp == ' ')
			last_blank = i;
		cells += text_clean(&cp, utf8);
		if (cells > width)
			return last_blank ? last_blank : i ? i : used;
		i += used;
	}
	return n;
}

/* A paragraph: its first line from cell `first`, the others from `rest`. */
static void paragraph(struct page *p, int first, int rest, const char *s)
{
	char line[1024];
	int x = first;

	while (*s) {
		size_t n = fitting(s, p->line.width - x, p->line.utf8);

		if (n >= sizeof(line))
			n = sizeof(line) - 1;
		memcpy(line, s, n);
		line[n] = '\0';
		canvas_text(&p->line, 0, x, p->line.width - x, 0, line);
		page_flush(p);
		for (s += n; *s == ' '; s++)
			;
		x = rest;
	}
}

static void put_losses(struct page *p, const struct finding *findings, size_t cnt)
{
	char text[FINDING_SIZE], line[FINDING_SIZE + 16];
	size_t i;

	for (i = 0; i < cnt && !findings[i].endpoint; i++) {
		finding_sentence(&findings[i], text, sizeof(text));
		snprintf(line, sizeof(line), "%s%s.",
			 findings[i].kind == FINDING_SKIPPED ? "" : "INCOMPLETE: ", text);
		paragraph(p, 0, 2, line);
	}
}

static void put_unseen(struct page *p, uint8_t sees)
{
	if ((sees & (URB_DONE | URB_RETURNED)) == (URB_DONE | URB_RETURNED))
		return;
	if (!(sees & URB_SUBMIT) && !(sees & URB_QUEUED))
		paragraph(p, 0, 2, "This source sees no submissions: depth and gaps are n/a.");
	else if (!(sees & (URB_DONE | URB_RETURNED)))
		paragraph(p, 0, 2,
			  "This source sees submissions and completions only: service, giveback "
			  "and handler times are n/a.");
}

static void put_head(struct page *p, const struct snapshot *snap)
{
	const struct snapshot_source *source = &snap->source;
	char window[FMT_SIZE], idle[FMT_SIZE], resolution[FMT_SIZE], line[4608];
	char lost[48] = "nothing lost", refused[48] = "";

	snprintf(line, sizeof(line), "urbscope report: %.4096s%s%s, %s clock, resolution %s%s",
		 source->path ? source->path : "live", source->path ? " (" : ", ",
		 source->kind ? source->kind : "?", source->clock ? source->clock : "unknown",
		 fmt_duration(resolution, source->resolution_ns), source->path ? ")" : "");
	paragraph(p, 0, 2, line);
	if (snap->events.lost)
		snprintf(lost, sizeof(lost), "%" PRIu64 " EVENTS LOST", snap->events.lost);
	else if (source->silent)
		snprintf(lost, sizeof(lost), "losses not told");
	if (snap->events.submit_error)
		snprintf(refused, sizeof(refused), ", %" PRIu64 " refused",
			 snap->events.submit_error);
	snprintf(line, sizeof(line),
		 "%s window, %zu endpoint%s, %" PRIu64 " submissions%s, %" PRIu64
		 " completions; %s; idle from %s",
		 fmt_duration(window, snap->end_ns - snap->start_ns), snap->endpoint_cnt,
		 snap->endpoint_cnt == 1 ? "" : "s", snap->events.submit, refused,
		 snap->events.complete, lost, fmt_duration(idle, snap->idle_threshold_ns));
	paragraph(p, 0, 2, line);
	put_unseen(p, source->sees);
}

static bool same_device(const struct endpoint_figures *a, const struct endpoint_figures *b)
{
	return urb_ep_bus(a->ep) == urb_ep_bus(b->ep) &&
	       urb_ep_address(a->ep) == urb_ep_address(b->ep) && a->gone == b->gone &&
	       !strcmp(a->facts.path, b->facts.path);
}

/* The drivers of a device whose endpoints begin at ep, each once: "snd-usb-audio, usbhid". */
static void device_drivers(const struct endpoint_figures *ep, const struct endpoint_figures *end,
			   char *buf, size_t size)
{
	const struct endpoint_figures *e, *seen;
	size_t used = 0;

	buf[0] = '\0';
	for (e = ep; e < end && same_device(ep, e); e++) {
		for (seen = ep; seen < e && strcmp(seen->facts.driver, e->facts.driver); seen++)
			;
		if (seen == e && e->facts.driver[0] && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 e->facts.driver);
	}
}

static int piece(struct page *p, int x, const char *s)
{
	if (!s || !s[0] || x >= p->line.width)
		return x;
	return x + canvas_text(&p->line, 0, x, p->line.width - x, 0, s) + 2;
}

/* "1-1.2  17e9:6006  Dock  super  udl  (unplugged)"; drivers where they have no column. */
static void put_device(struct page *p, const struct endpoint_figures *ep,
		       const struct endpoint_figures *end, bool drivers)
{
	char device[DEVICE_SIZE], text[160] = "";
	int x;

	device_name(ep, device);
	if (ep->facts.has_ids)
		snprintf(text, sizeof(text), "%04x:%04x", ep->facts.vid, ep->facts.pid);
	x = piece(p, 0, device);
	x = piece(p, x, text);
	x = piece(p, x, ep->facts.name);
	x = piece(p, x, urb_speed_name(ep->facts.speed));
	device_drivers(ep, end, text, sizeof(text));
	if (drivers)
		x = piece(p, x, text);
	piece(p, x, ep->gone ? "(unplugged)" : NULL);
	page_flush(p);
}

static void put_row(struct page *p, const struct layout *l, const struct endpoint_figures *ep,
		    const struct endpoint_figures *parent, uint64_t length_ns)
{
	struct row row = {.now = ep, .total = ep, .parent = parent, .length_ns = length_ns};

	layout_row(l, &p->line, 0, 0, &row);
	page_flush(p);
}

/* A bus has many endpoints that do nothing; one line says that they were watched too. */
static void put_quiet(struct page *p, size_t quiet)
{
	char line[128];

	if (!quiet)
		return;
	snprintf(line, sizeof(line), "%zu endpoint%s without traffic; --json lists %s.", quiet,
		 quiet == 1 ? "" : "s", quiet == 1 ? "it" : "them");
	paragraph(p, 0, 2, line);
}

static size_t count_quiet(const struct snapshot *snap)
{
	size_t quiet = 0;

	for (size_t i = 0; i < snap->endpoint_cnt; i++)
		quiet += !endpoint_had_traffic(&snap->endpoints[i]);
	return quiet;
}

static void put_table(struct page *p, const struct snapshot *snap)
{
	uint64_t length_ns = snap->end_ns - snap->start_ns;
	const struct endpoint_figures *last = NULL;
	size_t quiet = count_quiet(snap);
	struct layout layout;
	size_t i, k;

	if (quiet == snap->endpoint_cnt) {
		paragraph(p, 0, 2, "No traffic was seen.");
		put_quiet(p, quiet);
		return;
	}
	layout_fit(&layout, report_columns, report_column_cnt, 2, p->line.width);
	layout_groups(&layout, &p->line, 0, 0);
	page_flush(p);
	layout_titles(&layout, &p->line, 0, 0);
	page_flush(p);
	for (i = 0; i < snap->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &snap->endpoints[i];

		if (!endpoint_had_traffic(ep))
			continue;
		if (!last || !same_device(last, ep))
			put_device(p, ep, snap->endpoints + snap->endpoint_cnt,
				   !layout_has(&layout, "DRIVER"));
		last = ep;
		put_row(p, &layout, ep, NULL, length_ns);
		for (k = 0; k < ep->stream_cnt; k++)
			put_row(p, &layout, &ep->streams[k], ep, length_ns);
	}
	put_quiet(p, quiet);
}

/* They are sorted by kind: one that is everywhere must not push the others off the screen. */
static void put_findings(struct page *p, const struct finding *findings, size_t cnt)
{
	char object[128], text[FINDING_SIZE], line[sizeof(object) + sizeof(text) + 4];
	size_t i = 0, of_kind = 0, more = 0;

	while (i < cnt && !findings[i].endpoint)
		i++; /* told at the top */
	page_flush(p);
	paragraph(p, 0, 0, i < cnt ? "Findings" : "Nothing to remark.");
	for (; i < cnt; i++) {
		bool last = i + 1 == cnt || findings[i + 1].kind != findings[i].kind;

		if (of_kind++ < FINDINGS_PER_KIND) {
			finding_object(&findings[i], object, sizeof(object));
			finding_sentence(&findings[i], text, sizeof(text));
			snprintf(line, sizeof(line), "%s: %s.", object, text);
			paragraph(p, 2, 4, line);
		} else {
			more++;
		}
		if (last && more) {
			snprintf(line, sizeof(line), "and %zu more endpoint%s: %s.", more,
				 more == 1 ? "" : "s", finding_name(findings[i].kind));
			paragraph(p, 2, 4, line);
		}
		if (last)
			of_kind = more = 0;
	}
}

/* By BPF it can be known why, if one asks for it. */
static void put_cure(struct page *p, const struct snapshot *snap, const struct finding *findings, size_t cnt)
{
	bool basic = snap->source.sees & URB_QUEUED && !(snap->source.sees & URB_RETURNED);

	for (size_t i = 0; basic && i < cnt; i++) {
		if (findings[i].kind < FINDING_SYNC || findings[i].kind > FINDING_UNPOSTED ||
		    findings[i].by_protocol)
			continue;
		paragraph(p, 2, 4, "With --level full it is told where the time of the gaps goes.");
		return;
	}
}

int report_text(const struct snapshot *snap, int width, bool utf8, FILE *out)
{
	struct page page = {.out = out};
	struct finding *findings;
	size_t cnt;
	int err;

	width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
	findings = findings_new(snap, &cnt);
	if (cnt == SIZE_MAX)
		return -ENOMEM;
	err = canvas_init(&page.line, width, 1, utf8);
	if (err)
		goto out;
	put_losses(&page, findings, cnt);
	put_head(&page, snap);
	page_flush(&page);
	put_table(&page, snap);
	put_findings(&page, findings, cnt);
	put_cure(&page, snap, findings, cnt);
	err = out_finish(out);
out:
	canvas_release(&page.line);
	free(findings);
	return err;
}
