/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A comparison, shown. Each takes a file and returns 0, or -errno of the first failure to write.
 */
#ifndef URBSCOPE_DIFF_H
#define URBSCOPE_DIFF_H

#include <stdio.h>

#include "urbscope/compare.h"

/* No line of the text is longer: it fits into a cover letter or a commit message. */
#define DIFF_WIDTH 75

/* A table in ASCII, whatever the names of devices and files hold. */
int diff_text(const struct comparison *c, FILE *out);

/* Schema "urbscope.diff/1"; docs/diff.md tells its fields. */
int diff_json(const struct comparison *c, FILE *out);

/* A page that needs nothing else and fetches nothing, UTF-8 whatever the locale is. */
int diff_html(const struct comparison *c, FILE *out);

#endif
