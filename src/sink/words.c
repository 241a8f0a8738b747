// SPDX-License-Identifier: GPL-2.0
/* What devices, endpoints and statuses are called, and the word that a row gets. */
#include <stdio.h>

#include "sink/table.h"
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

static const struct {
	const char *word;
	unsigned int attr;
} plain_words[] = {
	{"lost", CANVAS_ALERT | CANVAS_BOLD}, {"gone", CANVAS_DIM},
	{"idle", CANVAS_DIM}, {"waiting", CANVAS_DIM}, {"partial", CANVAS_DIM}, {"", 0},
};

const char *row_word(const struct row *row, unsigned int *attr)
{
	struct finding found[FINDINGS_PER_ENDPOINT];
	size_t n = findings_of_endpoint(row->now, found), i;
	int plain;

	if (!row->total->certain || row->now->transfers.lost)
		plain = 0;
	else if (row->total->gone)
		plain = 1;
	else if (row->idle)
		plain = 2;
	else if (row->quiet)
		plain = 3;
	else if (!row->total->complete)
		plain = 4;
	else
		plain = 5;
	for (i = 0; plain && !row->idle && !row->quiet && i < n; i++) {
		if (row->parent && found[i].kind >= FINDING_SYNC)
			break; /* one URB a stream is how streams are used */
		if (found[i].kind == FINDING_LOST || found[i].kind == FINDING_INCOMPLETE)
			continue; /* of the run, and told above */
		*attr = found[i].kind >= FINDING_SYNC ? CANVAS_WARN : CANVAS_ALERT;
		return finding_name(found[i].kind);
	}
	*attr = plain_words[plain].attr;
	return plain_words[plain].word;
}
