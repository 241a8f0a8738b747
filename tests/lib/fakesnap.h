/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Snapshots made by hand, for tests of what shows them. Nothing is measured: a test says what the
 * figures are, and only what follows from them by definition is filled in.
 */
#ifndef TESTS_FAKESNAP_H
#define TESTS_FAKESNAP_H

#include "urbscope/snapshot.h"

#define FAKE_DEPTHS 16

struct fake_endpoint {
	uint32_t ep;
	uint8_t type;
	const char *path, *name, *driver;
	uint64_t depth_ns[FAKE_DEPTHS];	/* time at each depth; all zero: no busy time */
	uint64_t gap_cnt;
	uint64_t gap_max_ns, latency_ns; /* p50, p99 and max alike */
	uint64_t transfers, bytes;
	uint64_t stalls;		/* of the transfers, -EPIPE */
	unsigned int streams;
};

/*
 * A complete snapshot of `cnt` endpoints over window_ns, as if seen by the BPF source. All of it,
 * lists included, may be changed by the test. fake_free() frees it.
 */
struct snapshot *fake_snapshot(const struct fake_endpoint *eps, size_t cnt, uint64_t window_ns);
void fake_free(struct snapshot *snap);

/* To change what is const in a snapshot of ours. */
struct endpoint_figures *fake_ep(struct snapshot *snap, size_t i);

#endif
