// SPDX-License-Identifier: GPL-2.0
#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lives.h"

static void must(bool good)
{
	if (!good)
		abort();
}

static void note(void *ctx, const struct urb_event *ev)
{
	struct part *p = ctx;

	must(p->cnt < PART_EVENTS);
	p->ev[p->cnt++] = *ev;
	figures_event(&p->figures, ev);
}

void part_read(struct part *p, const struct fake_recording *r, uint64_t from, uint64_t to)
{
	struct source_range range = { from, to };

	memset(p, 0, sizeof(*p));
	p->src = source_open_range(fake_source(r), &range, &p->fault);
	must(p->src);
	figures_init(&p->figures, p->src, LIVES_IDLE_NS);
	while ((p->end = source_read(p->src, note, p, &p->fault)) >= 0)
		;
	p->snap = figures_snapshot(&p->figures);
	must(p->snap);
}

void part_release(struct part *p)
{
	snapshot_free(p->snap);
	figures_release(&p->figures);
	source_close(p->src);
}

const struct endpoint_figures *part_endpoint(const struct part *p, uint32_t ep)
{
	for (size_t i = 0; i < p->snap->endpoint_cnt; i++)
		if (p->snap->endpoints[i].ep == ep)
			return &p->snap->endpoints[i];
	fprintf(stderr, "no endpoint %x\n", ep);
	abort();
}
