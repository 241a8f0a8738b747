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

struct word {
	const char *full, *brief;
	unsigned int attr;
	double badness;
};

#define WORD(kind, f, b, a) [kind] = {f, b, a, FINDING_KINDS - (kind)}
#define WRONG CANVAS_ALERT | CANVAS_BADGE
#define LATE  CANVAS_WARN | CANVAS_BADGE

static const struct word finding_words[FINDING_KINDS] = {
	WORD(FINDING_ERRORS, "errors", "err", WRONG),
	WORD(FINDING_SUBMIT_ERRORS, "refused", "ref", WRONG),
	WORD(FINDING_SYNC, "synchronous", "sync", LATE),
	WORD(FINDING_GAPS, "starved", "starved", LATE),
	WORD(FINDING_UNPOSTED, "unposted", "unposted", LATE),
	WORD(FINDING_DEEP, "too deep", "deep", CANVAS_BOLD),
};

/* As it has to be: the same words, and nothing wrong. */
static const struct word protocol_words[FINDING_KINDS] = {
	[FINDING_SYNC] = { "synchronous", "sync", CANVAS_DIM, 0 },
	[FINDING_GAPS] = { "starved", "starved", CANVAS_DIM, 0 },
	[FINDING_UNPOSTED] = { "unposted", "unposted", CANVAS_DIM, 0 },
};

static const struct word lost = {"lost", "lost", CANVAS_ALERT | CANVAS_BOLD | CANVAS_BADGE,
				 FINDING_KINDS + 1};
static const struct word gone = {"gone", "gone", CANVAS_DIM, 0};
static const struct word idle = {"idle", "idle", CANVAS_DIM, 0};
static const struct word waiting = {"waiting", "waiting", CANVAS_DIM, 0};
static const struct word partial = {"partial", "partial", CANVAS_DIM, 0};

/* In the last minute; of an endpoint that had both, refusals count as well. */
static bool failed_lately(const struct row *row)
{
	return row->trend && !row->parent && trend_failed(row->trend);
}

/* The state that an endpoint is in, if there is a word for it. */
static const struct word *state_of(const struct row *row)
{
	if (row->total->gone)
		return &gone;
	if (row->idle)
		return &idle;
	if (row->quiet)
		return &waiting;
	return row->total->complete ? NULL : &partial;
}

#define WORDS_MAX (FINDINGS_PER_ENDPOINT + 3)

/*
 * Those of a row, the worst first. After a loss depth and gaps are doubtful, and failures are not.
 * Errors count for a minute, and so do refusals. One URB in each stream is how streams are used.
 */
static size_t words_of(const struct row *row, const struct word *out[WORDS_MAX])
{
	bool doubt = !row->total->certain || row->now->transfers.lost;
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t n = findings_of_endpoint(row->now, found), to = 0, i;
	const struct word *state = state_of(row);

	if (doubt)
		out[to++] = &lost;
	if (!endpoint_failures(row->now) && endpoint_failures(row->total) && failed_lately(row))
		out[to++] = &finding_words[FINDING_ERRORS];
	if (!row->now->transfers.failed_submit && row->total->transfers.failed_submit &&
	    !endpoint_failures(row->total) && failed_lately(row))
		out[to++] = &finding_words[FINDING_SUBMIT_ERRORS];
	for (i = 0; i < n; i++) {
		bool of_depth = found[i].kind >= FINDING_SYNC;

		if (finding_words[found[i].kind].full && !(of_depth && (doubt || row->parent)))
			out[to++] = found[i].by_protocol ? &protocol_words[found[i].kind]
							 : &finding_words[found[i].kind];
	}
	if (state && !doubt)
		out[to++] = state;
	return to;
}

/* Ways to write words, from the most legible to the shortest. */
enum style { FULL, SHORT_SYNC, BRIEF, TIGHT };

static const char *text_of(const struct word *word, enum style style)
{
	bool sync = word == &finding_words[FINDING_SYNC] || word == &protocol_words[FINDING_SYNC];

	return style >= BRIEF || (style == SHORT_SYNC && sync) ? word->brief : word->full;
}

static size_t separator(enum style style)
{
	return style == TIGHT ? 1 : 2;
}

static size_t length_of(const struct word *const words[], size_t n, enum style style)
{
	size_t length = 0, i;

	for (i = 0; i < n; i++)
		length += strlen(text_of(words[i], style)) + (i ? separator(style) : 0);
	return length;
}

/* How many of them fit, with a mark if those are not all; the first is always there. */
static size_t fitting(const struct word *const words[], size_t n, size_t width)
{
	size_t some = n;

	while (some > 1 && length_of(words, some, TIGHT) + (some < n) > width)
		some--;
	return some;
}

void row_words(const struct row *row, int width, char *buf, size_t size, unsigned int *attr)
{
	const struct word *words[WORDS_MAX];
	size_t n = words_of(row, words), used = 0, room = width > 0 ? (size_t)width : 0, some, i;
	enum style style = FULL;

	*attr = n ? words[0]->attr : 0;
	snprintf(buf, size, "%s", "");
	while (style < TIGHT && length_of(words, n, style) > room)
		style++;
	some = fitting(words, n, style == TIGHT ? room : SIZE_MAX);
	for (i = 0; i < some && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 !i ? "" : style == TIGHT ? " " : ", ",
					 text_of(words[i], style));
	if (some < n && used < room && used < size)
		snprintf(buf + used, size - used, "+");
}

double row_badness(const struct row *row)
{
	const struct word *words[WORDS_MAX];

	return words_of(row, words) ? words[0]->badness : 0;
}

const char *row_worst(const struct row *row)
{
	const struct word *words[WORDS_MAX];

	return words_of(row, words) && words[0]->badness > 0 ? words[0]->full : NULL;
}
