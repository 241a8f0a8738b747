/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `urbscope export` can write. A form is one way to write one thing; it has a file of its
 * own, src/cmd/export_NAME.c, which ties a sink to the run, and a line in the table of export.c.
 */
#ifndef URBSCOPE_CMD_EXPORT_H
#define URBSCOPE_CMD_EXPORT_H

#include "run.h"

struct export_ops {
	/*
	 * The source is open, what was in the output before has been cut. Returns what the other
	 * functions get as `self`, which close() frees; NULL with errno, or with the fault filled in.
	 */
	void *(*open)(struct run *run, struct fault *fault);
	void (*event)(void *self, const struct urb_event *ev);
	/* All that source_read() had has been told. 0 or -errno, of the first failure since open(). */
	int (*turn)(void *self);
	/* Nothing more comes: the window ends at source_now(). As turn(). */
	int (*end)(void *self);
	void (*close)(void *self);
};

/* NULL behind the last. Of those of one format the first is meant unless --of says more. */
struct export_form {
	const char *format, *of;
	const char *ending;	/* of a file's name that means it, before .zst */
	const struct export_ops *ops;
	const char *help;
};

const struct export_form *export_form(size_t i);

/* What --to and --of can be; NULL behind the last. */
const char *export_format_name(size_t i);
const char *export_what_name(size_t i);

extern const struct export_ops export_ndjson_events;
extern const struct export_ops export_urb;
extern const struct export_ops export_ndjson_transfers;
extern const struct export_ops export_csv;
extern const struct export_ops export_pcapng;
extern const struct export_ops export_perfetto;

#endif
