/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transfers as rows of a table, CSV or NDJSON. The columns are the same, in the same order;
 * docs/export.md says what each means. What is not known is empty in CSV and null in NDJSON.
 */
#ifndef URBSCOPE_TRANSFER_ROWS_H
#define URBSCOPE_TRANSFER_ROWS_H

#include <stdio.h>

#include "urbscope/transfer.h"

enum transfer_rows_form { TRANSFER_ROWS_CSV, TRANSFER_ROWS_NDJSON };

struct transfer_rows_config {
	enum transfer_rows_form form;
	uint64_t wall_ns;	/* to add to a moment for ns since 1970 */
	bool has_wall;
	/* The name of the function at a kernel address, or NULL. May be NULL itself. */
	const char *(*symbol)(void *ctx, uint64_t address);
	void *symbol_ctx;
};

struct transfer_rows;

/* NULL with errno ENOMEM. */
struct transfer_rows *transfer_rows_new(FILE *out, const struct transfer_rows_config *config);
void transfer_rows_free(struct transfer_rows *self);

void transfer_rows_write(struct transfer_rows *self, const struct transfer *t);

/* 0, or -errno of the first failure since the beginning. */
int transfer_rows_flush(struct transfer_rows *self);

#endif
