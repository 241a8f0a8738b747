/* SPDX-License-Identifier: GPL-2.0 */
/* For forms that are of transfers: the tracker, the metrics and the transfers of a run. */
#ifndef URBSCOPE_CMD_EXPORT_TRANSFERS_H
#define URBSCOPE_CMD_EXPORT_TRANSFERS_H

#include "figures.h"
#include "run.h"
#include "urbscope/transfers.h"

struct export_transfers {
	struct run *run;
	struct figures figures;
	struct transfers *transfers;
	struct transfers_config config;
};

/* .metrics and .returns of the config are filled in when they are known. */
void export_transfers_init(struct export_transfers *self, struct run *run,
			   const struct transfers_config *config);
void export_transfers_release(struct export_transfers *self);

void export_transfers_event(struct export_transfers *self, const struct urb_event *ev);

/* Up to here everything has been counted. 0 or -errno. */
int export_transfers_turn(struct export_transfers *self);

/* The window ends. 0 or -errno. */
int export_transfers_end(struct export_transfers *self);

#endif
