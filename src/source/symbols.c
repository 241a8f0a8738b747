// SPDX-License-Identifier: GPL-2.0
/* Names of kernel functions, for completion handlers: drivers' modules are in kallsyms too. */
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t address;
	char name[56];
};

struct source_symbols {
	struct symbol *item;
	size_t cnt, cap;
};

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static bool add(struct source_symbols *symbols, uint64_t address, const char *name)
{
	if (symbols->cnt == symbols->cap) {
		size_t cap = symbols->cap ? symbols->cap * 2 : 1 << 10;
		struct symbol *more = realloc(symbols->item, cap * sizeof(*more));

		if (!more)
			return false;
		symbols->item = more;
		symbols->cap = cap;
	}
	symbols->item[symbols->cnt].address = address;
	strncpy(symbols->item[symbols->cnt].name, name, sizeof(symbols->item[0].name) - 1);
	symbols->item[symbols->cnt].name[sizeof(symbols->item[0].name) - 1] = '\0';
	symbols->cnt++;
	return true;
}

struct source_symbols *symbols_read(FILE *file)
{
	struct source_symbols *symbols = calloc(1, sizeof(*symbols));
	unsigned long long address;
	char line[512], type, name[256];

	while (symbols && file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %255s", &address, &type, name) != 3 || !address)
			continue;
		if (strchr("tTwW", type) && !add(symbols, address, name))
			break;
	}
	if (symbols && symbols->cnt)
		qsort(symbols->item, symbols->cnt, sizeof(*symbols->item), by_address);
	return symbols;
}

struct source_symbols *source_symbols_new(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct source_symbols *symbols = symbols_read(file);

	if (file)
		fclose(file);
	return symbols;
}

void source_symbols_free(struct source_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->item);
	free(symbols);
}

const char *source_symbol(struct source_symbols *symbols, uint64_t address)
{
	struct symbol key = { .address = address };
	const struct symbol *found;

	if (!symbols || !symbols->cnt)
		return NULL;
	/* handlers are functions, so their address is a symbol's exactly */
	found = bsearch(&key, symbols->item, symbols->cnt, sizeof(key), by_address);
	return found ? found->name : NULL;
}

bool source_symbols_any(const struct source_symbols *symbols)
{
	return symbols->cnt;
}

uint64_t source_symbol_address(const struct source_symbols *symbols, const char *name)
{
	uint64_t address = 0;

	for (size_t i = 0; i < symbols->cnt; i++) {
		if (strcmp(symbols->item[i].name, name))
			continue;
		if (address)
			return 0;
		address = symbols->item[i].address;
	}
	return address;
}
