/* SPDX-License-Identifier: GPL-2.0 */
/* Tells the service manager how it goes, as sd_notify(3) has it. Without one nothing is told. */
#ifndef URBSCOPE_CMD_NOTIFY_H
#define URBSCOPE_CMD_NOTIFY_H

#include <stdint.h>

/* "READY=1\nSTATUS=...": variables, one a line. */
void notify(const char *state);

/* How often the manager wants to hear WATCHDOG=1, in ns; 0: it does not. */
uint64_t notify_watchdog_ns(void);

#endif
