/* SPDX-License-Identifier: GPL-2.0 */
/* What a trace says of a run, from what its source says. */
#ifndef URBSCOPE_CMD_TRACE_RUN_H
#define URBSCOPE_CMD_TRACE_RUN_H

#include "urbscope/source.h"
#include "urbscope/trace.h"

/* `command` is what is run and watched, or NULL. What is recorded anew stays of where it was. */
void trace_run_of(const struct source *src, char *const *command, struct trace_run *run);

/* source_info.wall_ns, as it is now. */
uint64_t trace_wall_of(const struct source *src);

#endif
