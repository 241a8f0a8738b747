/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Puts events in order that come nearly in order: each is held until the caller says that
 * nothing older can follow. Insertion from the back, so an ordered stream costs one comparison.
 */
#ifndef URBSCOPE_SOURCE_REORDER_H
#define URBSCOPE_SOURCE_REORDER_H

#include "urbscope/source.h"

struct reorder {
	struct urb_event *ev;	/* [head, end) are held, by time; kind 0: taken out */
	size_t head, end, cap;
	uint64_t released_ns;	/* everything up to here has been handed on */
	uint64_t late;		/* came with an older time than that; handed on all the same */
};

void reorder_init(struct reorder *r);
void reorder_release(struct reorder *r);

/*
 * Takes a copy, facts included. Of equal times the first to come goes first. A SUBMIT_ERROR
 * takes out the SUBMIT it revokes (the HCD had accepted the URB and then gave it up), so that a
 * failed submission never counts. 0 or -ENOMEM.
 */
int reorder_add(struct reorder *r, const struct urb_event *ev);

/* The same of several that have one time, not for FACTS or SUBMIT_ERROR: they move the rest once. */
int reorder_add_all(struct reorder *r, const struct urb_event *ev, size_t cnt);

/*
 * That many were lost of any endpoint: when is not known, but that it was between what is already out
 * and `until_ns`. None: nothing to tell. 0 or -ENOMEM.
 */
int reorder_lost(struct reorder *r, uint64_t cnt, uint64_t until_ns);

/* Hands on everything up to and including `until_ns`; returns how many. */
int reorder_emit(struct reorder *r, uint64_t until_ns, source_emit emit, void *ctx);

#endif
