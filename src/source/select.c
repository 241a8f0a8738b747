// SPDX-License-Identifier: GPL-2.0
#include "select.h"

#include <stdlib.h>
#include <string.h>

void selection_init(struct selection *sel, const struct source_config *config)
{
	memset(sel, 0, sizeof(*sel));
	sel->selectors = config->selectors;
	sel->selector_cnt = config->selector_cnt;
}

void selection_release(struct selection *sel)
{
	free(sel->facts);
	free(sel->facts_ep);
}

/* What the selectors need to know of an endpoint; grows by endpoint, not by event. */
static struct urb_facts *facts_of(struct selection *sel, uint32_t ep, bool add)
{
	struct urb_facts *facts;
	uint32_t *eps;

	for (size_t i = 0; i < sel->facts_cnt; i++) {
		if (sel->facts_ep[i] == ep)
			return &sel->facts[i];
	}
	if (!add)
		return NULL;
	facts = realloc(sel->facts, (sel->facts_cnt + 1) * sizeof(*facts));
	if (!facts)
		return NULL;
	sel->facts = facts;
	eps = realloc(sel->facts_ep, (sel->facts_cnt + 1) * sizeof(*eps));
	if (!eps)
		return NULL;
	sel->facts_ep = eps;
	eps[sel->facts_cnt] = ep;
	return &facts[sel->facts_cnt++];
}

bool selection_has(struct selection *sel, const struct urb_event *ev)
{
	const struct urb_facts *facts;

	if (!sel->selector_cnt || ev->ep == URB_EP_ANY || ev->kind == URB_EV_GONE)
		return true;
	if (ev->kind == URB_EV_FACTS) {
		struct urb_facts *keep = facts_of(sel, ev->ep, true);

		if (keep)
			*keep = *ev->facts;
	}
	facts = facts_of(sel, ev->ep, false);
	for (size_t i = 0; i < sel->selector_cnt; i++) {
		struct selector one = sel->selectors[i];

		/* facts and losses are of the whole endpoint, and so is whether streams are on */
		if (ev->kind == URB_EV_FACTS || ev->kind == URB_EV_LOST ||
		    ev->kind == URB_EV_SYNC || ev->kind == URB_EV_STREAMS)
			one.by &= ~SEL_STREAM;
		if (selector_match(&one, ev->ep, ev->stream, facts ? facts->type : ev->type, facts))
			return true;
	}
	return false;
}
