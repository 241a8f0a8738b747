/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WORKLOAD_DURATION_H
#define WORKLOAD_DURATION_H

#include <stdint.h>

/* "0", "500us", "2ms", "1.5s" to nanoseconds. 0 or -EINVAL. */
int duration_parse(const char *text, uint64_t *ns);

/* Sleep at least that long; 0 returns at once. */
void duration_sleep(uint64_t ns);

#endif
