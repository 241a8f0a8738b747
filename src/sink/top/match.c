// SPDX-License-Identifier: GPL-2.0
/*
 * What is typed to search or filter: selectors as with -s, several with blanks between, any of
 * them; what is no selector (or not yet, while it is typed) is looked for in what a row shows.
 */
#include <stdio.h>
#include <string.h>

#include "sink/top/view.h"
#include "urbscope/selector.h"

/* The next word of a line into `word`; false at the end. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " ");
	if (!n)
		return false;
	snprintf(word, size, "%.*s", (int)n, *at);
	*at += n;
	return true;
}

bool is_selectors(const char *typed)
{
	struct fault fault = {""};
	struct selector sel;
	char word[TOP_TEXT];
	bool any = false;

	while (next_word(&typed, word, sizeof(word))) {
		if (selector_parse(word, &sel, &fault))
			return false;
		any = true;
	}
	return any;
}

static bool selected(const struct row *row, const char *typed)
{
	const struct endpoint_figures *ep = row->parent ? row->parent : row->total;
	struct fault fault = {""};
	struct selector sel;
	char word[TOP_TEXT];

	while (next_word(&typed, word, sizeof(word))) {
		if (selector_parse(word, &sel, &fault))
			continue;
		/* an endpoint of which a stream is meant is shown with it */
		if (!row->parent)
			sel.by &= ~(unsigned int)SEL_STREAM;
		if (selector_match(&sel, ep->ep, row->parent ? row->total->stream : 0, ep->type,
				   &ep->facts))
			return true;
	}
	return false;
}

bool row_matches(const struct row *row, const char *typed)
{
	const struct endpoint_figures *ep = row->parent ? row->parent : row->total;
	char device[DEVICE_SIZE], type[TYPE_SIZE], line[512], ids[16] = "", words[80];
	unsigned int attr;

	if (is_selectors(typed))
		return selected(row, typed);
	device_name(ep, device);
	endpoint_type(ep, type);
	if (ep->facts.has_ids)
		snprintf(ids, sizeof(ids), "%04x:%04x", ep->facts.vid, ep->facts.pid);
	row_words(row, sizeof(words), words, sizeof(words), &attr);
	snprintf(line, sizeof(line), "%s %u:%u %s %s %s 0x%02x %s %s", device, urb_ep_bus(ep->ep),
		 urb_ep_address(ep->ep), ids, ep->facts.name, ep->facts.driver,
		 urb_ep_endpoint(ep->ep), type, words);
	return strcasestr(line, typed) != NULL;
}
