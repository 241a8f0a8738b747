// SPDX-License-Identifier: GPL-2.0
#include "urbscope/findings.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A share of time below this is not worth a sentence. */
#define SHARE_MIN 0.01

/* The first transfer after a pause is no pattern; this many completions are one. */
#define TRANSFERS_MIN 4

/* Half of the transfers take that long, and yet the queue never runs low: it is too deep. */
#define DEEP_LATENCY_NS 100000000

bool status_is_cancel(int status)
{
	return status == -ENOENT || status == -ECONNRESET || status == -ESHUTDOWN;
}

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[] = {
		[FINDING_EVENTS_LOST] = "events-lost",
		[FINDING_TABLE_FULL] = "table-full",
		[FINDING_SKIPPED] = "skipped",
		[FINDING_LOST] = "lost",
		[FINDING_INCOMPLETE] = "incomplete",
		[FINDING_ERRORS] = "errors",
		[FINDING_SUBMIT_ERRORS] = "refused",
		[FINDING_SYNC] = "sync",
		[FINDING_GAPS] = "gaps",
		[FINDING_UNPOSTED] = "unposted",
		[FINDING_DEEP] = "deep",
	};

	return kind < FINDING_KINDS ? names[kind] : "?";
}

static bool find_lost(const struct endpoint_figures *ep, struct finding *f)
{
	f->count = ep->transfers.lost;
	return ep->transfers.lost || !ep->certain;
}

static bool find_incomplete(const struct endpoint_figures *ep, struct finding *f)
{
	if (ep->complete || ep->transfers.lost || !ep->certain || !endpoint_had_traffic(ep))
		return false;
	f->count = ep->transfers.unpaired;
	return f->count || !ep->depth.seen;
}

uint64_t endpoint_failures(const struct endpoint_figures *ep)
{
	uint64_t failures = 0;

	for (size_t i = 0; i < ep->status_cnt; i++)
		if (ep->status[i].status && !status_is_cancel(ep->status[i].status))
			failures += ep->status[i].count;
	return failures;
}

static bool find_errors(const struct endpoint_figures *ep, struct finding *f)
{
	f->count = endpoint_failures(ep);
	f->total = ep->transfers.completed;
	return f->count;
}

static bool find_submit_errors(const struct endpoint_figures *ep, struct finding *f)
{
	f->count = ep->transfers.failed_submit;
	f->total = ep->transfers.submitted + ep->transfers.failed_submit;
	return f->count;
}

/* Gaps that matter, whatever the depth between them and whoever waits. */
static bool has_gaps(const struct endpoint_figures *ep, struct finding *f)
{
	if (!ep->depth.seen || ep->transfers.completed < TRANSFERS_MIN ||
	    ep->gaps.share < SHARE_MIN)
		return false;
	f->count = ep->gaps.count;
	f->share = ep->gaps.share;
	f->total_ns = ep->gaps.total_ns;
	f->longest_ns = ep->gaps.max_ns;
	f->idle_ns = ep->idle_ns;
	f->by_protocol = !strcmp(ep->facts.driver, "usb-storage") || !strcmp(ep->facts.driver, "uas");
	return f->count;
}

/* Control transfers follow each other by nature, and interrupt ones have a period. */
static bool is_for_data(const struct endpoint_figures *ep)
{
	return ep->type == URB_TYPE_BULK || ep->type == URB_TYPE_ISO;
}

static bool find_sync(const struct endpoint_figures *ep, struct finding *f)
{
	uint64_t active_ns = ep->busy_ns - ep->gaps.total_ns, each_ns;

	if (ep->in_flight_max != 1 || !is_for_data(ep) || !has_gaps(ep, f))
		return false;
	each_ns = active_ns / ep->transfers.completed;
	if (!f->by_protocol && each_ns && ep->gaps.total_ns <= active_ns)
		f->bridged_by = 1 + (ep->gaps.p99_ns + each_ns - 1) / each_ns;
	return true;
}

static bool find_gaps(const struct endpoint_figures *ep, struct finding *f)
{
	return ep->in_flight_max > 1 && !urb_ep_is_in(ep->ep) && is_for_data(ep) &&
	       has_gaps(ep, f);
}

/* EP0 is one endpoint, and its direction is not known. */
static bool find_unposted(const struct endpoint_figures *ep, struct finding *f)
{
	return urb_ep_is_in(ep->ep) && ep->type != URB_TYPE_CONTROL && has_gaps(ep, f);
}

static bool find_deep(const struct endpoint_figures *ep, struct finding *f)
{
	f->count = ep->depth.p1;
	f->longest_ns = ep->latency.p50_ns;
	return ep->type == URB_TYPE_BULK && !urb_ep_is_in(ep->ep) && ep->depth.seen &&
	       ep->transfers.completed >= TRANSFERS_MIN && f->count >= 2 &&
	       f->longest_ns >= DEEP_LATENCY_NS;
}

size_t findings_of_endpoint(const struct endpoint_figures *ep,
			    struct finding out[FINDINGS_PER_ENDPOINT])
{
	static const struct {
		enum finding_kind kind;
		bool (*find)(const struct endpoint_figures *ep, struct finding *f);
	} rules[] = {
		{FINDING_LOST, find_lost},
		{FINDING_INCOMPLETE, find_incomplete},
		{FINDING_ERRORS, find_errors},
		{FINDING_SUBMIT_ERRORS, find_submit_errors},
		{FINDING_SYNC, find_sync},
		{FINDING_GAPS, find_gaps},
		{FINDING_UNPOSTED, find_unposted},
		{FINDING_DEEP, find_deep},
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		out[n] = (struct finding){.kind = rules[i].kind, .endpoint = ep};
		if (rules[i].find(ep, &out[n]))
			n++;
	}
	return n;
}

static size_t of_run(const struct snapshot *snap, struct finding *out)
{
	const struct {
		enum finding_kind kind;
		uint64_t count;
	} counts[] = {
		{FINDING_EVENTS_LOST, snap->events.lost},
		{FINDING_TABLE_FULL, snap->endpoints_dropped},
		{FINDING_SKIPPED, snap->events.skipped},
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count)
			out[n++] = (struct finding){.kind = counts[i].kind,
						    .count = counts[i].count};
	return n;
}

/* An endpoint, and of its streams what it does not say itself. */
static size_t with_streams(const struct endpoint_figures *ep, struct finding *out)
{
	size_t own = findings_of_endpoint(ep, out), n = own, added, i, j, k;
	struct finding found[FINDINGS_PER_ENDPOINT];

	for (i = 0; i < ep->stream_cnt; i++) {
		added = findings_of_endpoint(&ep->streams[i], found);
		for (j = 0; j < added; j++) {
			/* One URB a stream is how streams are used: depth is the endpoint's. */
			for (k = 0; k < own && out[k].kind != found[j].kind; k++)
				;
			if (k < own || found[j].kind >= FINDING_SYNC)
				continue;
			found[j].parent = ep;
			out[n++] = found[j];
		}
	}
	return n;
}

struct finding *findings_new(const struct snapshot *snap, size_t *cnt)
{
	size_t room = FINDING_KINDS, n, i, placed = 0;
	struct finding *all, *sorted;
	int kind;

	*cnt = SIZE_MAX;
	for (i = 0; i < snap->endpoint_cnt; i++)
		room += (1 + snap->endpoints[i].stream_cnt) * FINDINGS_PER_ENDPOINT;
	all = calloc(room, sizeof(*all));
	if (!all)
		return NULL;
	n = of_run(snap, all);
	for (i = 0; i < snap->endpoint_cnt; i++)
		n += with_streams(&snap->endpoints[i], all + n);
	*cnt = n;
	sorted = n ? calloc(n, sizeof(*sorted)) : NULL;
	if (n && !sorted)
		*cnt = SIZE_MAX;
	for (kind = 0; sorted && kind < FINDING_KINDS; kind++)
		for (i = 0; i < n; i++)
			if ((int)all[i].kind == kind)
				sorted[placed++] = all[i];
	free(all);
	return sorted;
}
