/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hits of a kprobe whose BPF program did not run. The kernel skips the program if another one, or
 * some bpf() system call, was under way on that CPU; Linux 5.10 and 6.1 say so nowhere. But they
 * count the hits, and the program counts its runs.
 *
 * A hit on its way to its program looks like one that was skipped; but the difference falls again.
 * So a skip is believed once the difference has been up at every look for SOURCE_HORIZON_NS, the
 * time that this program gives everything that comes late. Until then there is doubt.
 */
#ifndef URBSCOPE_SOURCE_SKIPS_H
#define URBSCOPE_SOURCE_SKIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKIPS_PROBES 16

struct skips {
	size_t cnt;
	struct skips_probe {
		uint64_t known;	   /* hits without a run: from before it was attached, or told */
		uint64_t now;	   /* fewest of this look, */
		uint64_t last;	   /* and of the last one */
		uint64_t least;	   /* fewest since `since_ns`, */
		uint64_t least_ns; /* and when there were no more at last */
		uint64_t since_ns; /* there have been more than known; 0: there are not */
		uint64_t clean_ns; /* what there was then is known */
	} probe[SKIPS_PROBES];
};

/* The first look tells what is known: hits from before the program was attached. */
void skips_init(struct skips *skips, size_t probes);

/*
 * A look consists of one or more readings of every probe; `runs` was read before `hits`, so that
 * their difference is too large rather than too small. The smallest counts.
 */
void skips_read(struct skips *skips, size_t probe, uint64_t hits, uint64_t runs);

/* Would another reading of this look help? */
bool skips_unclear(const struct skips *skips);

/*
 * Ends a look that began at `now`. How many skips are certain since. `clean_ns` is the last time that
 * all were known, `now` if there is no doubt; skips that are told later were later.
 */
uint64_t skips_settle(struct skips *skips, uint64_t now, uint64_t *clean_ns);

/* What was in doubt after the last look, where there will be no other. */
uint64_t skips_left(const struct skips *skips);

#endif
