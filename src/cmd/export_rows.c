// SPDX-License-Identifier: GPL-2.0
/* Transfers as rows: CSV, NDJSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "export_transfers.h"
#include "urbscope/transfer_rows.h"

struct rows {
	struct run *run;
	enum transfer_rows_form form;
	struct export_transfers transfers;
	struct transfer_rows *writer;
	struct source_symbols *symbols;
	int err;
};

static const char *symbol(void *ctx, uint64_t address)
{
	return source_symbol(ctx, address);
}

/* A recording on a pipe may tell about its clock with its first event only. */
static int make_writer(struct rows *r)
{
	const struct source_info *info = source_info(r->run->src);
	struct transfer_rows_config config = {
		.form = r->form,
		.wall_ns = info->wall_ns,
		.has_wall = info->wall_ns || !strcmp(info->clock, "realtime"),
		.symbol = symbol,
		.symbol_ctx = r->symbols,
	};

	if (!r->symbols)
		config.symbol = NULL;
	r->writer = transfer_rows_new(r->run->out, &config);
	return r->writer ? 0 : -ENOMEM;
}

static void transfer(void *ctx, const struct transfer *t)
{
	struct rows *r = ctx;

	if (!r->writer && !r->err)
		r->err = make_writer(r);
	if (r->writer)
		transfer_rows_write(r->writer, t);
}

static void *rows_open(struct run *run, enum transfer_rows_form form)
{
	struct rows *r = calloc(1, sizeof(*r));
	struct transfers_config config = { .transfer = transfer, .ctx = r };

	if (!r)
		return NULL;
	r->run = run;
	r->form = form;
	if (run->options->watch.full && !run->options->input)
		r->symbols = source_symbols_new();
	export_transfers_init(&r->transfers, run, &config);
	return r;
}

static void *csv_open(struct run *run, struct fault *fault)
{
	(void)fault;
	return rows_open(run, TRANSFER_ROWS_CSV);
}

static void *ndjson_open(struct run *run, struct fault *fault)
{
	(void)fault;
	return rows_open(run, TRANSFER_ROWS_NDJSON);
}

static void rows_event(void *self, const struct urb_event *ev)
{
	export_transfers_event(&((struct rows *)self)->transfers, ev);
}

static int flush(struct rows *r, int err)
{
	int err2 = r->writer ? transfer_rows_flush(r->writer) : 0;

	return r->err ? r->err : err ? err : err2;
}

static int rows_turn(void *self)
{
	struct rows *r = self;

	return flush(r, export_transfers_turn(&r->transfers));
}

static int rows_end(void *self)
{
	struct rows *r = self;
	int err = export_transfers_end(&r->transfers);

	/* a table without rows has a head */
	if (!r->writer && !r->err)
		r->err = make_writer(r);
	return flush(r, err);
}

static void rows_close(void *self)
{
	struct rows *r = self;

	export_transfers_release(&r->transfers);
	transfer_rows_free(r->writer);
	source_symbols_free(r->symbols);
	free(r);
}

const struct export_ops export_csv = {
	.open = csv_open,
	.event = rows_event,
	.turn = rows_turn,
	.end = rows_end,
	.close = rows_close,
};

const struct export_ops export_ndjson_transfers = {
	.open = ndjson_open,
	.event = rows_event,
	.turn = rows_turn,
	.end = rows_end,
	.close = rows_close,
};
