/* SPDX-License-Identifier: GPL-2.0 */
/* Inside `urbscope list`. */
#ifndef URBSCOPE_CMD_LIST_H
#define URBSCOPE_CMD_LIST_H

#include <stddef.h>

#include "urbscope/devices.h"

/* "bulk-in", "control" */
void list_type_name(char *buf, size_t size, const struct device_endpoint *e);

/*
 * What can be selected, for completions and other programs: a selector a line, a tab, what it is. Each
 * stands there once. Returns what the command exits with.
 */
int list_selectors(void);

#endif
