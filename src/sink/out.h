/* SPDX-License-Identifier: GPL-2.0 */
/* Inside sink: what all that write to a file have in common. */
#ifndef URBSCOPE_SINK_OUT_H
#define URBSCOPE_SINK_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Flushes. 0, or what went wrong by now, as -errno. */
int out_finish(FILE *out);

/*
 * A number in decimal: the text lies at the end of the buffer, without a NUL; returns its length.
 * `negative`: the value is the int64_t of these bits, below 0. printf() takes five times as long, and
 * numbers are most of what exports write.
 */
#define OUT_DIGITS 24
size_t out_decimal(char buf[OUT_DIGITS], uint64_t value, bool negative);

#endif
