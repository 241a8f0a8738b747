/* SPDX-License-Identifier: GPL-2.0 */
/* What the generators of recordings say of an endpoint and of its URBs of 16 KiB. */
#ifndef URBSCOPE_TEST_BULK_STREAM_H
#define URBSCOPE_TEST_BULK_STREAM_H

#include "urbscope/trace_writer.h"

/* What BPF sees of such a run that begins at start_ns. */
struct trace_run bulk_run(uint64_t start_ns);

void bulk_facts(struct trace_writer *out, uint64_t time_ns, uint32_t ep,
		const struct urb_facts *facts);
/* A submission, or a completion. */
void bulk_event(struct trace_writer *out, uint64_t time_ns, uint32_t ep, uint64_t id, bool submit);

#endif
