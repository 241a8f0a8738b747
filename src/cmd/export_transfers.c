// SPDX-License-Identifier: GPL-2.0
#include "export_transfers.h"

#include <errno.h>

static int observe(void *ctx, const struct track_step *step)
{
	struct export_transfers *self = ctx;

	if (!self->transfers) {
		self->config.metrics = self->figures.metrics;
		self->config.returns = source_info(self->run->src)->sees & URB_RETURNED;
		self->transfers = transfers_new(&self->config);
	}
	return self->transfers ? transfers_apply(self->transfers, step) : -ENOMEM;
}

void export_transfers_init(struct export_transfers *self, struct run *run,
			   const struct transfers_config *config)
{
	*self = (struct export_transfers){ .run = run, .config = *config };
	figures_init(&self->figures, run->src, run->options->watch.idle_ns);
	self->figures.observe = observe;
	self->figures.observe_ctx = self;
}

void export_transfers_release(struct export_transfers *self)
{
	transfers_free(self->transfers);
	figures_release(&self->figures);
}

void export_transfers_event(struct export_transfers *self, const struct urb_event *ev)
{
	figures_event(&self->figures, ev);
}

int export_transfers_turn(struct export_transfers *self)
{
	return figures_settle(&self->figures);
}

int export_transfers_end(struct export_transfers *self)
{
	int err = figures_settle(&self->figures);

	if (!err && self->transfers)
		err = transfers_end(self->transfers, source_now(self->run->src));
	return err;
}
