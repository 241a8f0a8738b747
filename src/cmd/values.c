// SPDX-License-Identifier: GPL-2.0
#include "values.h"

#include <string.h>

#include "check_options.h"
#include "completion.h"
#include "export.h"
#include "options.h"
#include "player.h"

static const struct value values[] = {
	{ .name = "FILE", .kind = VALUE_FILE },
	{ .name = "BEFORE", .kind = VALUE_FILE },
	{ .name = "SEL", .kind = VALUE_SELECTOR },
	{ .name = "SOURCE", .kind = VALUE_WORD, .word = watch_source_name },
	{ .name = "LEVEL", .kind = VALUE_WORD, .word = watch_level_name },
	{ .name = "FORMAT", .kind = VALUE_WORD, .word = export_format_name },
	{ .name = "WHAT", .kind = VALUE_WORD, .word = export_what_name },
	{ .name = "SPEED", .kind = VALUE_WORD, .word = player_speed_name, .open = true },
	{ .name = "NAME:depth=N", .kind = VALUE_WORD, .word = check_model_beginning, .open = true },
	{ .name = "SHELL", .kind = VALUE_WORD, .word = completion_shell_name },
	{ .name = "N" },    /* a number */
	{ .name = "X" },    /* one with a fraction */
	{ .name = "P%" },
	{ .name = "MIB" },
	{ .name = "SIZE" },
	{ .name = "RATE" },
	{ .name = "DUR" },
	{ .name = "TIME" }, /* within a recording */
	{ .name = "ADDR:PORT" },
	{ .name = "USER" },
};

const struct value *value_of(const char *name)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!strcmp(values[i].name, name))
			return &values[i];
	}
	return NULL;
}

const struct value *value_of_operands(const char *usage)
{
	const char *capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (const char *at = usage; at && (at = strpbrk(at, capitals)); at += strspn(at, capitals)) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			if (strlen(values[i].name) == strspn(at, capitals) &&
			    !strncmp(values[i].name, at, strspn(at, capitals)))
				return &values[i];
		}
	}
	return NULL;
}
