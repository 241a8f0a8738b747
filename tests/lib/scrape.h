/* SPDX-License-Identifier: GPL-2.0 */
/* An exposer that is fed from a run. Any failure aborts the program. */
#ifndef TESTS_SCRAPE_H
#define TESTS_SCRAPE_H

#include "promread.h"
#include "run.h"
#include "urbscope/expose.h"

struct expose *exposer(size_t gone_max);

/* Takes a snapshot of a run of BPF's up to now_ns. */
void scrape(struct expose *e, struct run *run, uint64_t now_ns);

/* What it says, of an agent that is nobody; .data is the caller's. */
struct expose_out written(struct expose *e, enum expose_format format);

/* The same as text, read. */
struct prom_text read_back(struct expose *e);

#endif
