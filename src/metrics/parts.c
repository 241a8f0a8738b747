// SPDX-License-Identifier: GPL-2.0
/*
 * Where the time of a gap goes. Its end comes later than all that is asked of the transfer before it:
 * what has not happened by then happened too late to matter.
 */
#include "metrics/meter.h"

#include <errno.h>
#include <stdlib.h>

const char *gap_part_name(enum gap_part part)
{
	static const char *const names[GAP_PARTS] = {
		[GAP_BEFORE_HANDLER] = "before_handler", [GAP_IN_HANDLER] = "in_handler",
		[GAP_AFTER_HANDLER] = "after_handler", [GAP_IN_SUBMIT] = "in_submit",
	};

	return part < GAP_PARTS ? names[part] : "?";
}

int parts_watch(struct meter *m, const struct track_step *step)
{
	if (!m->parts) {
		if (!step->settled_later)
			return 0;
		m->parts = calloc(1, sizeof(*m->parts));
		if (!m->parts)
			return -ENOMEM;
		m->has_parts = true;
	}
	m->parts->watching = step->settled_later;
	m->parts->id = step->transfer.id;
	m->parts->handler_ns = m->parts->returned_ns = UINT64_MAX;
	return 0;
}

void parts_handler(struct meter *m, const struct track_transfer *t)
{
	if (m->parts->watching && m->parts->id == t->id && t->seen & URB_HANDLER)
		m->parts->handler_ns = t->handler_ns;
}

void parts_returned(struct meter *m, const struct track_step *step)
{
	if (m->parts->watching && m->parts->id == step->event->id &&
	    step->event->seen & URB_RETURNED &&
	    m->parts->handler_ns == step->event->returned.handler_ns)
		m->parts->returned_ns = step->time_ns;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void parts_book(struct meter *m, uint64_t now, uint64_t submit_ns)
{
	struct gap_parts *p = m->parts;
	uint64_t submit = submit_ns > m->since_ns ? least(submit_ns, now) : m->since_ns;
	uint64_t handler = least(p->handler_ns, submit), returned = least(p->returned_ns, submit);

	if (!p->watching)
		return;
	p->ns[GAP_BEFORE_HANDLER] += handler - m->since_ns;
	p->ns[GAP_IN_HANDLER] += returned - handler;
	p->ns[GAP_AFTER_HANDLER] += submit - returned;
	p->ns[GAP_IN_SUBMIT] += now - submit;
}
