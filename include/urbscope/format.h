/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a figure is written for people, in one place. Everything is three significant digits, the
 * unit is "us" in every locale (it is what `check` takes), and nothing rounds to a claim: a share
 * that is not zero is never "0.0%", one that is not all is never "100%".
 *
 * Each function writes into a buffer of FMT_SIZE bytes and returns it, so that a call may stand
 * among the arguments of a printf(). LC_NUMERIC is expected to be "C".
 */
#ifndef URBSCOPE_FORMAT_H
#define URBSCOPE_FORMAT_H

#include <stdint.h>

#define FMT_SIZE 32
#define FMT_NA	 "n/a"	/* the source cannot see it */
#define FMT_NONE "-"	/* it could, and there was nothing */

/* "0 ns", "999 ns", "1.23 us", "45.6 ms", "123 s", "2.50 h", "12.0 d". */
char *fmt_duration(char *buf, uint64_t ns);

/* The same without the blank, for columns: "1.23us". */
char *fmt_duration_tight(char *buf, uint64_t ns);

/* "999", "1.23k", "45.6M", "789G". */
char *fmt_count(char *buf, uint64_t count);

/* A rate of events: like a count, with decimals below 100. */
char *fmt_rate(char *buf, double per_second);

/* Bytes per second in MB/s (10^6), without the unit: "0", "<0.01", "3.12", "312". */
char *fmt_mbps(char *buf, double bytes_per_second);

/* A share of 0..1: "0%", "<0.1%", "12.3%", ">99.9%", "100%". */
char *fmt_percent(char *buf, double share);

/* A mean depth: "0.87", "12.3", "128". */
char *fmt_mean(char *buf, double mean);

/* count / length, the one figure that sinks reckon; 0 if the length is 0. */
double per_second(uint64_t count, uint64_t length_ns);

#endif
