/* SPDX-License-Identifier: GPL-2.0 */
/* Which events of a recording its reader has asked for. */
#ifndef URBSCOPE_SOURCE_SELECT_H
#define URBSCOPE_SOURCE_SELECT_H

#include "urbscope/source.h"

struct selection {
	const struct selector *selectors; /* the caller's */
	size_t selector_cnt;
	struct urb_facts *facts; /* by endpoint, while selectors ask for them */
	uint32_t *facts_ep;
	size_t facts_cnt;
};

void selection_init(struct selection *sel, const struct source_config *config);
void selection_release(struct selection *sel);

/* Keeps the facts that pass by: later events are judged by them. */
bool selection_has(struct selection *sel, const struct urb_event *ev);

#endif
