/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Check specs: YAML files that say what must hold, in the words of the options.
 *
 *	- endpoint: 17e9:6006/bulk-in	# a selector, or a list of some
 *	  min-depth: 7 for 99%
 *	  max-unposted-pending: 5ms
 *	  max-status: [EPIPE=0, EPROTO=0]
 *	- endpoint: 17e9:6006/bulk-out
 *	  model: bulk-out-queue:depth=8
 *	  include: [ramp, drain]
 *	- endpoint: 17e9:6006
 *	  rules: all
 *
 * Each element is a target; it has `endpoint` and at least one assertion. An assertion that may be
 * made several times takes a list. A selector that begins with * must be quoted: YAML means an alias
 * by that.
 */
#ifndef URBSCOPE_SPEC_H
#define URBSCOPE_SPEC_H

#include "urbscope/check.h"
#include "urbscope/fault.h"

/*
 * Adds what a file says ("-": standard input) to a spec. 0, or -errno with the fault filled in: what,
 * at which line and column, and what would be right. The spec is then to be released.
 */
int spec_read(const char *path, struct check_spec *spec, struct fault *fault);

/* The same from memory; the path is for faults only. */
int spec_parse(const char *path, const void *text, size_t size, struct check_spec *spec,
	       struct fault *fault);

#endif
