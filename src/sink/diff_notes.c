// SPDX-License-Identifier: GPL-2.0
/* What is said of endpoints and runs of a comparison beside its figures. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sink/diff_words.h"

/* "17e9:6006 1-1", "bus 1 address 5": a device on one side. */
static void name_device(const struct compare_device *device, char *buf, size_t size)
{
	const struct urb_facts *facts = &device->facts;
	char place[48];

	if (facts->path[0])
		snprintf(place, sizeof(place), "%s", facts->path);
	else
		snprintf(place, sizeof(place), "bus %u address %u", device->bus, device->address);
	if (facts->has_ids)
		snprintf(buf, size, "%04x:%04x %s", facts->vid, facts->pid, place);
	else
		snprintf(buf, size, "%s", place);
}

static void name_endpoint(const struct compare_endpoint *ep, char *buf, size_t size)
{
	bool directed = ep->type != URB_TYPE_CONTROL && ep->type < URB_TYPE_UNKNOWN;
	char device[128];

	name_device(&ep->device[!ep->runs[COMPARE_BEFORE]], device, sizeof(device));
	snprintf(buf, size, "%s 0x%02x %s%s", device, ep->endpoint, urb_type_name(ep->type),
		 !directed ? "" : ep->endpoint & 0x80 ? " in" : " out");
}

void diff_title(const struct comparison *c, const struct compare_endpoint *ep, char *buf, size_t size)
{
	char name[192], before[112], after[112], runs[64] = "";
	bool compared = compare_is_compared(ep);

	name_endpoint(ep, name, sizeof(name));
	name_device(&ep->device[COMPARE_BEFORE], before, sizeof(before));
	name_device(&ep->device[COMPARE_AFTER], after, sizeof(after));
	if (compared && (ep->runs[COMPARE_BEFORE] < c->run_cnt[COMPARE_BEFORE] ||
			 ep->runs[COMPARE_AFTER] < c->run_cnt[COMPARE_AFTER]))
		snprintf(runs, sizeof(runs), " (in %zu and %zu runs)", ep->runs[COMPARE_BEFORE],
			 ep->runs[COMPARE_AFTER]);
	if (compared && ep->moved && strcmp(before, after))
		snprintf(buf, size, "%s%s (after: %s)", name, runs, after);
	else
		snprintf(buf, size, "%s%s", name, runs);
}

static const char *why_not_compared(const struct compare_endpoint *ep)
{
	if (ep->ambiguous)
		return "not compared, several devices could be this one";
	return ep->runs[COMPARE_BEFORE] ? "before only" : "after only";
}

bool diff_has_others(const struct comparison *c)
{
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		if (!compare_is_compared(&c->endpoint[i]))
			return true;
	return false;
}

void diff_each_other(const struct comparison *c, void (*put)(void *ctx, const char *other), void *ctx)
{
	for (size_t i = 0; i < c->endpoint_cnt; i++) {
		const struct compare_endpoint *ep = &c->endpoint[i];
		char title[DIFF_TITLE], other[DIFF_TITLE + 64];

		if (compare_is_compared(ep))
			continue;
		diff_title(c, ep, title, sizeof(title));
		snprintf(other, sizeof(other), "%s: %s", title, why_not_compared(ep));
		put(ctx, other);
	}
}

const char *diff_end_of_name(const char *name, size_t most)
{
	size_t length = strlen(name);

	return length > most ? name + length - most : name;
}

struct notes {
	void (*put)(void *ctx, const char *note);
	void *ctx;
};

__attribute__((format(printf, 2, 3))) static void note(const struct notes *n, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n->put(n->ctx, text);
}

static void note_verdicts(const struct notes *n, const struct comparison *c)
{
	if (!c->comparisons) {
		note(n, "Nothing could be compared.");
		return;
	}
	note(n, "%zu comparison%s, %zu told apart from the noise %s.", c->comparisons,
	     c->comparisons == 1 ? "" : "s", c->differences,
	     c->between_runs ?
	     "between runs (Welch's t; a false alarm among them: 5 % at most, Holm)" :
	     "within a run (Welch's t over batches; Holm, 5 %)");
	if (!c->between_runs)
		note(n, "One run a side: what changes from one run of a driver to the next is not in that "
		     "noise, and may be what differs.");
}

/* What is true of more than one run is said once. */
static void note_runs(const struct notes *n, const struct comparison *c)
{
	bool silent = false, moved = false;

	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < c->run_cnt[side]; i++)
			silent |= c->run[side][i].snap->source.silent;
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		moved |= c->endpoint[i].moved && compare_is_compared(&c->endpoint[i]);
	if (c->unlike_sources)
		note(n, "The runs are of sources that see different moments of a transfer.");
	if (moved)
		note(n, "Devices were not all known by their ids and ports: those on another port were "
		     "taken for the same by their ids, those without ids by their address.");
	if (silent)
		note(n, "Captures do not tell what they have lost.");
}

static void note_run(const struct notes *n, const struct compare_run *run)
{
	const char *name = diff_end_of_name(run->name, 120);

	if (run->broken_off)
		note(n, "%s: it broke off.", name);
	if (run->late)
		note(n, "%s: %llu events came too late to be put in order.", name,
		     (unsigned long long)run->late);
	if (run->snap->events.skipped)
		note(n, "%s: %llu records were not understood.", name,
		     (unsigned long long)run->snap->events.skipped);
}

void diff_each_note(const struct comparison *c, void (*put)(void *ctx, const char *note), void *ctx)
{
	const struct notes notes = { put, ctx };

	note_verdicts(&notes, c);
	note_runs(&notes, c);
	for (int side = 0; side < COMPARE_SIDES; side++)
		for (size_t i = 0; i < c->run_cnt[side]; i++)
			note_run(&notes, &c->run[side][i]);
}
