/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdicts of a check, for people and for programs that run tests. All take the report of a
 * checker and a file, and return 0, or -errno of the first failure to write.
 *
 * What is inconclusive is never written as passed: in TAP it is "not ok", in JUnit an error.
 */
#ifndef URBSCOPE_VERDICT_H
#define URBSCOPE_VERDICT_H

#include <stdio.h>

#include "urbscope/check.h"

/*
 * One line a result, the first violation of each with the transfers around it and what to look at,
 * and the verdict last. `utf8` as of text_locale_is_utf8().
 */
int verdict_text(const struct check_report *report, bool utf8, FILE *out);

/* TAP version 14, or KTAP version 1 (Documentation/dev-tools/ktap.rst). */
int verdict_tap(const struct check_report *report, bool ktap, FILE *out);

/* JUnit XML: one test suite, one test case a result. */
int verdict_junit(const struct check_report *report, FILE *out);

/* Schema "urbscope.check/1". */
int verdict_json(const struct check_report *report, FILE *out);

/* Workflow commands that a hosted CI shows beside the change: "::error title=...::...". */
int verdict_annotations(const struct check_report *report, FILE *out);

/* "17e9:6006/bulk-in: min-depth 2": what is asserted, whatever it is seen on. */
void verdict_assertion(const struct check_target *target, const struct assertion *assertion, char *buf,
		       size_t size);

/* "holds", "inconclusive", "violated". */
const char *verdict_name(enum verdict verdict);

#endif
