/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assertions that are judged for as long as a program runs. Time is cut into windows; each is judged
 * as `urbscope check` judges a run that begins and ends with it, so what was lost, or violated, long
 * ago counts for nothing any more. A window begins with what stands then: devices, what is in flight, and
 * where that is not certain.
 */
#ifndef URBSCOPE_CMD_SERVE_CHECKS_H
#define URBSCOPE_CMD_SERVE_CHECKS_H

#include "urbscope/check.h"
#include "urbscope/expose.h"
#include "urbscope/source.h"

struct checks;

/* The spec and the source must live as long as it. NULL with errno ENOMEM. */
struct checks *checks_new(const struct check_spec *spec, struct source *src, uint64_t idle_ns,
			  uint64_t window_ns);
void checks_free(struct checks *self);

/* The next event; an error shows with checks_turn(). */
void checks_event(struct checks *self, const struct urb_event *ev);

/* All events up to this time have come. 0 or -ENOMEM. */
int checks_turn(struct checks *self, uint64_t now_ns);

/* Nothing more comes: the window that is on ends here. 0 or -ENOMEM. */
int checks_end(struct checks *self, uint64_t now_ns);

/*
 * Of each assertion, in the order of the spec: the worst verdict of the last window that has ended, over
 * all that it selects (inconclusive before), and how many windows have violated it.
 */
const struct expose_assertion *checks_assertions(const struct checks *self, size_t *cnt);

#endif
