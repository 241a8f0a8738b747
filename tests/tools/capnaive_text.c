// SPDX-License-Identifier: GPL-2.0
/*
 * capnaive's reader of usbmon's text, from Documentation/usb/usbmon.rst: words of a line, by their
 * number. Lines that a mail program broke are beyond it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capnaive.h"

#define WORDS_MAX 64

struct words {
	char *word[WORDS_MAX];
	int cnt;
};

static const char letters[] = "CZBI"; /* in the order of enum urb_type */

static void split(char *line, struct words *w)
{
	w->cnt = 0;
	for (char *s = strtok(line, " \t\r"); s && w->cnt < WORDS_MAX; s = strtok(NULL, " \t\r"))
		w->word[w->cnt++] = s;
}

/* The number of the event's letter, which an address follows; 0: this is no record. */
static int find_letter(const struct words *w)
{
	for (int i = 2; i + 1 < w->cnt; i++) {
		const char *a = w->word[i + 1];

		if (strlen(w->word[i]) == 1 && strchr("SCE", *w->word[i]) && strchr(letters, a[0]) &&
		    (a[1] == 'i' || a[1] == 'o') && a[2] == ':')
			return i;
	}
	return 0;
}

static bool address(const char *text, struct urb_event *ev)
{
	unsigned int bus, device, endpoint;
	int used = 0;

	if (sscanf(text + 3, "%u:%u:%u%n", &bus, &device, &endpoint, &used) != 3) {
		bus = 0;
		if (sscanf(text + 3, "%u:%u%n", &device, &endpoint, &used) != 2)
			return false;
	}
	ev->type = strchr(letters, text[0]) - letters;
	ev->ep = urb_ep(bus, device, endpoint && text[1] == 'i' ? endpoint + 0x80 : endpoint);
	return !text[3 + used];
}

/* Stamps as they are written, in us. */
static bool stamp(const char *text, uint64_t *us)
{
	unsigned long long whole, part;
	char rest;

	if (sscanf(text, "%llu.%6llu%c", &whole, &part, &rest) == 2)
		*us = whole * 1000000 + part;
	else if (sscanf(text, "%llu%c", &whole, &rest) == 1)
		*us = whole;
	else
		return false;
	return true;
}

/* Which word behind the status, at `i`, is the length. */
static int find_length(const struct words *w, int i, const struct urb_event *ev)
{
	if (w->word[i][0] >= 'a' || (w->word[i][0] >= 'A' && w->word[i][0] <= 'Z'))
		return i + 6;	/* a setup tag and its five words */
	if (ev->type == URB_TYPE_ISO && strchr(w->word[i], ':')) {
		for (i += 2; i < w->cnt && strchr(w->word[i], ':'); i++)
			;
		return i;
	}
	return i + 1;
}

static bool meaning(const struct words *w, int letter, struct urb_event *ev)
{
	int i = letter + 2, at;
	long length;
	char rest;

	if (i >= w->cnt)
		return false;
	at = find_length(w, i, ev);
	if (at >= w->cnt || sscanf(w->word[at], "%ld%c", &length, &rest) != 1)
		return false;
	ev->id = strtoull(w->word[letter - 2], NULL, 16);
	ev->seen = URB_SUBMIT;
	switch (*w->word[letter]) {
	case 'S':
		ev->kind = URB_EV_SUBMIT;
		ev->submit.length = length;
		return true;
	case 'C':
		ev->kind = URB_EV_COMPLETE;
		ev->seen = URB_HANDLER;
		ev->complete.length = length;
		ev->complete.status = atoi(w->word[i]);
		return true;
	default:
		ev->kind = URB_EV_SUBMIT_ERROR;
		return true;
	}
}

/* In any but the first record, a clock that fell by more than 2048 s has begun anew at 4096 s. */
static uint64_t passed(const char *text, uint64_t last, uint64_t us, bool *backwards)
{
	if (us >= last)
		return us - last;
	if (!strchr(text, '.') && last - us > UINT64_C(2048000000))
		return us + UINT64_C(4096000000) - last;
	*backwards = true;
	return 0;
}

static void line(struct capture *c, char *text, uint64_t *last, uint64_t *now)
{
	struct urb_event ev = { 0 };
	struct words w;
	uint64_t us;
	int letter;

	split(text, &w);
	letter = find_letter(&w);
	if (!letter || !strchr("0123456789", *w.word[letter - 1]))
		return;
	if (!address(w.word[letter + 1], &ev) || !stamp(w.word[letter - 1], &us) ||
	    !meaning(&w, letter, &ev)) {
		c->skipped++;
		c->lost[ev.ep % LOST_ROOM] = true;
		return;
	}
	*now = c->cnt ? *now + passed(w.word[letter - 1], *last, us, &c->backwards) : us;
	*last = us;
	ev.time_ns = *now * 1000;
	if (ev.kind == URB_EV_SUBMIT)
		ev.submit.submit_ns = ev.time_ns;
	add(c, &ev, 0);
}

void read_text(struct capture *c)
{
	static char copy[1 << 16];
	uint64_t last = 0, now = 0;

	while (c->at < c->end) {
		const uint8_t *newline = memchr(c->at, '\n', c->end - c->at);
		size_t size = (newline ? newline : c->end) - c->at;

		snprintf(copy, sizeof(copy), "%.*s", (int)size, (const char *)c->at);
		line(c, copy, &last, &now);
		c->at += size + 1;
	}
}
