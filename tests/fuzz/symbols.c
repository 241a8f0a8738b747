// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as /proc/kallsyms: every function that a second, slower reading of a line finds has a
 * name, without a blank in it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "source/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* "ADDRESS T NAME" exactly, and of a usual length: those must be found. */
static void look_up(struct source_symbols *symbols, char *line)
{
	size_t digits = strspn(line, "0123456789abcdef"), length = strlen(line);
	const char *name;
	uint64_t address;

	if (digits != 16 || length < 20 || length > 60 || line[16] != ' ' || !strchr("tT", line[17]) ||
	    line[18] != ' ')
		return;
	for (const char *at = line + 19; *at; at++) {
		if (!isgraph((unsigned char)*at))
			return;
	}
	address = strtoull(line, NULL, 16);
	name = source_symbol(symbols, address);
	must(!address || (name && *name && !strpbrk(name, " \t\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_symbols *symbols;
	FILE *file;
	char *text, *at, *line;

	if (!size || memchr(data, 0, size))
		return 0;
	file = fmemopen((void *)data, size, "r");
	text = strndup((const char *)data, size);
	must(file && text);
	symbols = symbols_read(file);
	must(symbols);
	for (at = text; (line = strsep(&at, "\n"));)
		look_up(symbols, line);
	must(!source_symbol(symbols, 0));
	source_symbols_free(symbols);
	fclose(file);
	free(text);
	return 0;
}
