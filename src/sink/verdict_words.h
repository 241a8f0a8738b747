/* SPDX-License-Identifier: GPL-2.0 */
/* What a result of a check says, in words; shared by all forms. Not yet clean. */
#ifndef URBSCOPE_SINK_VERDICT_WORDS_H
#define URBSCOPE_SINK_VERDICT_WORDS_H

#include "urbscope/check.h"

/* "1-1.2 0x81 bulk in: min-depth 2", the name of a test. */
void result_name(const struct check_result *r, char *buf, size_t size);

/* "fewer than 2 in flight for 12.3 ms of 45.6 ms (27%), 31 times". */
void result_sentence(const struct check_result *r, char *buf, size_t size);

/* What to look at, a sentence; NULL: nothing to say. */
const char *result_advice(const struct check_result *r);

/* "at 1.234567 s: 1 in flight, for 2.30 ms". `start_ns` is the window's. */
void scene_sentence(const struct check_result *r, uint64_t start_ns, char *buf, size_t size);

/* "1.234567 s  completed  URB 3  512 bytes  EPIPE  after 2.10 ms  in flight 1". */
void moment_line(const struct check_moment *m, uint64_t start_ns, char *buf, size_t size);

/* "lost", "no-traffic": for programs. NULL for none. */
const char *doubt_name(enum doubt doubt);

#endif
