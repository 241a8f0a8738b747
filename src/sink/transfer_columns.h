/* SPDX-License-Identifier: GPL-2.0 */
/* The columns of transfers, for whoever writes them. */
#ifndef URBSCOPE_SINK_TRANSFER_COLUMNS_H
#define URBSCOPE_SINK_TRANSFER_COLUMNS_H

#include "urbscope/idmap.h"
#include "urbscope/transfer_rows.h"

enum value_kind { VALUE_NONE, VALUE_UNSIGNED, VALUE_SIGNED, VALUE_BOOL, VALUE_TEXT };

struct value {
	enum value_kind kind;
	uint64_t number;	/* VALUE_SIGNED: as int64_t */
	const char *text;	/* may hold anything, as devices and programs choose it */
	char buf[16];
};

struct columns {
	struct transfer_rows_config config;
	struct idmap slots;	/* of drivers' URBs -> small numbers */
	uint32_t last_slot;
	int err;
};

/* 0 or -ENOMEM. */
int columns_init(struct columns *self, const struct transfer_rows_config *config);
void columns_release(struct columns *self);

/* The name of a column, from 0; NULL: there are no more. */
const char *column_name(size_t column);

/* Is it the same for all transfers of an endpoint, or another's in other words? */
bool column_repeats(size_t column);

void column_value(struct columns *self, size_t column, const struct transfer *t,
		  struct value *value);

#endif
