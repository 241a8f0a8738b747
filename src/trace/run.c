// SPDX-License-Identifier: GPL-2.0
/* What is known of a run, and of an endpoint. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

/* Names with a value each, both as strings: a reader passes over names that it does not know. */
static void put_text(struct bytes *b, const char *name, const char *value)
{
	put_string(b, name, strlen(name));
	put_string(b, value, strlen(value));
}

static void put_number(struct bytes *b, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_text(b, name, text);
}

static const struct {
	const char *name;
	size_t offset, size;
} texts[] = {
#define TEXT(field) { #field, offsetof(struct trace_run, field), sizeof(((struct trace_run *)0)->field) }
	TEXT(kind), TEXT(clock), TEXT(host), TEXT(kernel), TEXT(machine), TEXT(tool), TEXT(command),
#undef TEXT
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

void put_run(struct bytes *b, const struct trace_run *run)
{
	for (size_t i = 0; i < TEXTS; i++)
		put_text(b, texts[i].name, (const char *)run + texts[i].offset);
	put_number(b, "resolution_ns", run->resolution_ns);
	put_number(b, "start_ns", run->start_ns);
	put_number(b, "sees", run->sees);
	put_number(b, "silent", run->silent);
	put_number(b, "walks", run->walks);
	put_number(b, "late", run->late);
	put_number(b, "skipped", run->skipped);
}

static bool take_number(struct trace_run *run, const char *name, uint64_t value)
{
	if (!strcmp(name, "resolution_ns"))
		run->resolution_ns = value;
	else if (!strcmp(name, "start_ns"))
		run->start_ns = value;
	else if (!strcmp(name, "sees"))
		run->sees = value;
	else if (!strcmp(name, "silent"))
		run->silent = value;
	else if (!strcmp(name, "walks"))
		run->walks = value;
	else if (!strcmp(name, "late"))
		run->late = value;
	else if (!strcmp(name, "skipped"))
		run->skipped = value;
	else
		return false;
	return true;
}

void get_run(struct reader *r, struct trace_run *run)
{
	memset(run, 0, sizeof(*run));
	while (r->at < r->end && !r->bad) {
		char name[32], value[sizeof(run->command)];

		get_string(r, name, sizeof(name));
		get_string(r, value, sizeof(value));
		if (take_number(run, name, strtoull(value, NULL, 10)))
			continue;
		for (size_t i = 0; i < TEXTS; i++) {
			if (!strcmp(name, texts[i].name))
				memcpy((char *)run + texts[i].offset, value, texts[i].size - 1);
		}
	}
}

void put_facts(struct bytes *b, const struct urb_facts *facts)
{
	put_varint(b, facts->has_ids);
	put_varint(b, facts->vid);
	put_varint(b, facts->pid);
	put_varint(b, facts->speed);
	put_varint(b, facts->type);
	put_varint(b, facts->max_packet);
	put_string(b, facts->path, strlen(facts->path));
	put_string(b, facts->name, strlen(facts->name));
	put_string(b, facts->driver, strlen(facts->driver));
}

void get_facts(struct reader *r, struct urb_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->has_ids = get_limited(r, 1);
	facts->vid = get_limited(r, UINT16_MAX);
	facts->pid = get_limited(r, UINT16_MAX);
	facts->speed = get_limited(r, UINT8_MAX);
	facts->type = get_limited(r, URB_TYPE_UNKNOWN);
	facts->max_packet = get_limited(r, UINT16_MAX);
	get_string(r, facts->path, sizeof(facts->path));
	get_string(r, facts->name, sizeof(facts->name));
	get_string(r, facts->driver, sizeof(facts->driver));
}
