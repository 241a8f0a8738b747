/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the room: symbols from wherever, in the form of /proc/kallsyms. */
#ifndef URBSCOPE_SOURCE_SYMBOLS_H
#define URBSCOPE_SOURCE_SYMBOLS_H

#include <stdio.h>

#include "urbscope/source.h"

/* What is no function, and what is no symbol, is passed over. NULL: no memory. */
struct source_symbols *symbols_read(FILE *file);

#endif
