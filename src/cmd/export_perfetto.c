// SPDX-License-Identifier: GPL-2.0
/* Transfers as a trace for Perfetto. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export.h"
#include "export_transfers.h"
#include "urbscope/perfetto.h"

struct trace {
	struct run *run;
	struct export_transfers transfers;
	struct perfetto *writer;
	struct source_symbols *symbols;
	int err;
};

static const char *symbol(void *ctx, uint64_t address)
{
	return source_symbol(ctx, address);
}

/* What CLOCK_BOOTTIME has counted and CLOCK_MONOTONIC has not: sleep. */
static uint64_t slept_ns(void)
{
	struct timespec boot, mono;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	/* the two are read behind one another: what is less than a minute may be that */
	if (boot.tv_sec - mono.tv_sec < 60)
		return 0;
	return (boot.tv_sec - mono.tv_sec) * 1000000000LL + (boot.tv_nsec - mono.tv_nsec);
}

/* A recording on a pipe may tell about its clock with its first event only. */
static void make_writer(struct trace *tr, uint64_t at_ns)
{
	const struct source_info *info = source_info(tr->run->src);
	struct perfetto_config config = {
		.realtime = !strcmp(info->clock, "realtime"),
		.at_ns = info->start_ns ? info->start_ns : at_ns,
		.wall_ns = info->wall_ns,
		.symbol = tr->symbols ? symbol : NULL,
		.symbol_ctx = tr->symbols,
	};

	config.has_boot = info->live && !config.realtime;
	if (config.has_boot)
		config.boot_ns = slept_ns();
	tr->writer = perfetto_new(tr->run->out, &config);
	if (!tr->writer)
		tr->err = -ENOMEM;
}

static void transfer(void *ctx, const struct transfer *t)
{
	perfetto_transfer(((struct trace *)ctx)->writer, t);
}

static void level(void *ctx, const struct transfer_level *l)
{
	perfetto_level(((struct trace *)ctx)->writer, l);
}

static void *trace_open(struct run *run, struct fault *fault)
{
	struct trace *tr = calloc(1, sizeof(*tr));
	struct transfers_config config = { .transfer = transfer, .level = level, .ctx = tr };

	(void)fault;
	if (!tr)
		return NULL;
	tr->run = run;
	if (run->options->watch.full && !run->options->input)
		tr->symbols = source_symbols_new();
	export_transfers_init(&tr->transfers, run, &config);
	return tr;
}

static void trace_event(void *self, const struct urb_event *ev)
{
	struct trace *tr = self;

	if (!tr->writer && !tr->err)
		make_writer(tr, ev->time_ns);
	if (!tr->writer)
		return;
	perfetto_event(tr->writer, ev);
	export_transfers_event(&tr->transfers, ev);
}

static int flush(struct trace *tr, int err)
{
	int err2 = tr->writer ? perfetto_flush(tr->writer) : 0;

	return tr->err ? tr->err : err ? err : err2;
}

static int trace_turn(void *self)
{
	struct trace *tr = self;

	return flush(tr, export_transfers_turn(&tr->transfers));
}

static int trace_end(void *self)
{
	struct trace *tr = self;

	if (!tr->writer && !tr->err)
		make_writer(tr, source_now(tr->run->src));
	return flush(tr, tr->writer ? export_transfers_end(&tr->transfers) : 0);
}

static void trace_close(void *self)
{
	struct trace *tr = self;

	export_transfers_release(&tr->transfers);
	perfetto_free(tr->writer);
	source_symbols_free(tr->symbols);
	free(tr);
}

const struct export_ops export_perfetto = {
	.open = trace_open,
	.event = trace_event,
	.turn = trace_turn,
	.end = trace_end,
	.close = trace_close,
};
