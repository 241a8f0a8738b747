// SPDX-License-Identifier: GPL-2.0
#include "urbscope/expose.h"

#include <errno.h>
#include <stdlib.h>

#include "sink/expose/families.h"
#include "sink/expose/out.h"

struct expose {
	struct series_table table;
	struct run_counters counters;
	struct snapshot *snap;
	size_t last_len[EXPOSE_FORMATS]; /* what is written next will not be much longer */
};

struct expose *expose_new(const struct expose_config *config)
{
	struct expose *self = calloc(1, sizeof(*self));

	if (!self) {
		errno = ENOMEM;
		return NULL;
	}
	self->table.gone_max = config && config->gone_max ? config->gone_max : EXPOSE_GONE_MAX;
	return self;
}

void expose_free(struct expose *self)
{
	if (!self)
		return;
	series_table_release(&self->table);
	snapshot_free(self->snap);
	free(self);
}

const struct snapshot *expose_snapshot(const struct expose *self)
{
	return self->snap;
}

int expose_take(struct expose *self, struct snapshot *snap)
{
	static const struct snapshot start;
	const struct snapshot *from = self->snap ? self->snap : &start;
	struct run_counters *c = &self->counters;
	int err;

	counter_add(&c->submit, snap->events.submit, from->events.submit);
	counter_add(&c->complete, snap->events.complete, from->events.complete);
	counter_add(&c->refused, snap->events.submit_error, from->events.submit_error);
	counter_add(&c->lost, snap->events.lost, from->events.lost);
	counter_add(&c->skipped, snap->events.skipped, from->events.skipped);
	counter_add(&c->dropped, snap->endpoints_dropped, from->endpoints_dropped);
	err = series_take(&self->table, snap, self->snap);
	snapshot_free(self->snap);
	self->snap = snap;
	return err;
}

int expose_write(struct expose *self, enum expose_format format,
		 const struct expose_agent *agent, struct expose_out *out)
{
	struct writer w = {
		.ops = format == EXPOSE_PROTOBUF ? &protobuf_writer : &text_writer,
		.out = out,
		.openmetrics = format == EXPOSE_OPENMETRICS,
	};
	size_t before = out->len;

	if (!out_room(out, self->last_len[format] + self->last_len[format] / 8 + 1))
		return -ENOMEM;
	put_source(&w, self->snap, &self->counters, agent);
	put_endpoints(&w, &self->table);
	put_agent(&w, agent);
	put_end(&w);
	w.ops->finish(&w);
	if (w.failed) {
		out->len = before;
		return -ENOMEM;
	}
	self->last_len[format] = out->len - before;
	return 0;
}
