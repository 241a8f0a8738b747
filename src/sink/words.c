// SPDX-License-Identifier: GPL-2.0
/* What devices, endpoints and statuses are called, and the word that a row gets. */
#include <stdio.h>
#include <string.h>

#include "sink/table.h"
#include "sink/top/trend.h"
#include "urbscope/findings.h"
#include "urbscope/report.h"

void device_name(const struct endpoint_figures *ep, char buf[DEVICE_SIZE])
{
	if (ep->facts.path[0])
		snprintf(buf, DEVICE_SIZE, "%s", ep->facts.path);
	else
		snprintf(buf, DEVICE_SIZE, "%u:%u", urb_ep_bus(ep->ep), urb_ep_address(ep->ep));
}

void endpoint_type(const struct endpoint_figures *ep, char buf[TYPE_SIZE])
{
	if (ep->type == URB_TYPE_CONTROL)
		snprintf(buf, TYPE_SIZE, "control");
	else
		snprintf(buf, TYPE_SIZE, "%s %s", urb_type_name(ep->type),
			 urb_ep_is_in(ep->ep) ? "in" : "out");
}

void product_name(const struct endpoint_figures *ep, char *buf, size_t size)
{
	if (ep->facts.name[0])
		snprintf(buf, size, "%s", ep->facts.name);
	else if (ep->facts.has_ids)
		snprintf(buf, size, "%04x:%04x", ep->facts.vid, ep->facts.pid);
	else
		snprintf(buf, size, "%s", "");
}

size_t status_names(const struct endpoint_figures *ep, char *buf, size_t size)
{
	uint64_t below = UINT64_MAX;
	size_t used = 0, i;
	bool first = true;

	if (size)
		buf[0] = '\0';
	/* Counts from the highest to the lowest: few statuses ever occur, so no array is sorted. */
	while (below) {
		uint64_t best = 0;

		for (i = 0; i < ep->status_cnt; i++)
			if (ep->status[i].status && ep->status[i].count < below &&
			    ep->status[i].count > best)
				best = ep->status[i].count;
		for (i = 0; best && i < ep->status_cnt; i++) {
			const struct status_count *s = &ep->status[i];
			const char *name = urb_errno_name(s->status);
			char number[16];

			if (!s->status || s->count != best)
				continue;
			snprintf(number, sizeof(number), "%d", s->status);
			used += (size_t)snprintf(used < size ? buf + used : NULL,
						 used < size ? size - used : 0, "%s%s x%llu",
						 first ? "" : ", ", name ? name : number,
						 (unsigned long long)s->count);
			first = false;
		}
		below = best;
	}
	return used;
}

/* What is no finding, and comes before or in place of any. */
static const char *state_word(const struct row *row, unsigned int *attr, bool *alone)
{
	*alone = true;
	*attr = CANVAS_DIM;
	if (!row->total->certain || row->now->transfers.lost) {
		*attr = CANVAS_ALERT | CANVAS_BOLD;
		return "lost";
	}
	if (row->total->gone)
		return "gone";
	if (row->idle)
		return "idle";
	if (row->quiet)
		return "waiting";
	*alone = false;
	return row->total->complete ? NULL : "partial";
}

static const char *const words[FINDING_KINDS] = {
	[FINDING_ERRORS] = "errors", [FINDING_SUBMIT_ERRORS] = "refused",
	[FINDING_SYNC] = "synchronous", [FINDING_GAPS] = "starved",
	[FINDING_UNPOSTED] = "unposted", [FINDING_DEEP] = "too deep",
};

/* Those of a row that have a word. One URB in each stream is how streams are used. */
static size_t findings_of_row(const struct row *row, struct finding found[FINDINGS_PER_ENDPOINT])
{
	size_t n = findings_of_endpoint(row->now, found), to = 0, i;

	for (i = 0; i < n; i++)
		if (words[found[i].kind] && !(row->parent && found[i].kind >= FINDING_SYNC))
			found[to++] = found[i];
	return to;
}

/* The kinds of findings of a row, the worst first; errors also if they are of the last minute. */
static size_t kinds_of_row(const struct row *row, enum finding_kind kinds[FINDINGS_PER_ENDPOINT + 1])
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t n = findings_of_row(row, found), to = 0, i;

	if (row->trend && !row->parent && trend_failed(row->trend) &&
	    (!n || found[0].kind > FINDING_SUBMIT_ERRORS))
		kinds[to++] = FINDING_ERRORS;
	for (i = 0; i < n; i++)
		kinds[to++] = found[i].kind;
	return to;
}

void row_words(const struct row *row, int width, char *buf, size_t size, unsigned int *attr)
{
	enum finding_kind kinds[FINDINGS_PER_ENDPOINT + 1];
	bool alone;
	const char *state = state_word(row, attr, &alone);
	size_t n = alone ? 0 : kinds_of_row(row, kinds), used = 0, whole = 0, i;

	snprintf(buf, size, "%s", state && !n ? state : "");
	if (!n)
		*attr = state ? *attr : 0;
	else
		*attr = kinds[0] >= FINDING_SYNC ? CANVAS_WARN : CANVAS_ALERT;
	for (i = 0; i < n; i++)
		whole += strlen(words[kinds[i]]) + (i ? 2 : 0);
	for (i = 0; i < n; i++) {
		bool brief = whole > (size_t)width && kinds[i] == FINDING_SYNC;
		const char *word = brief ? "sync" : words[kinds[i]];

		if (i && used + 2 + strlen(word) > (size_t)width)
			break;
		used += (size_t)snprintf(used < size ? buf + used : NULL,
					 used < size ? size - used : 0, "%s%s", i ? ", " : "", word);
	}
}

double row_badness(const struct row *row)
{
	enum finding_kind kinds[FINDINGS_PER_ENDPOINT + 1];
	unsigned int attr;
	bool alone;

	state_word(row, &attr, &alone);
	if (alone)
		return attr & CANVAS_ALERT ? FINDING_KINDS + 1 : 0;
	return kinds_of_row(row, kinds) ? FINDING_KINDS - (double)kinds[0] : 0;
}
