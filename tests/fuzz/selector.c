// SPDX-License-Identifier: GPL-2.0
/*
 * Any text as a selector: it is refused with a reason, or it matches by the rules that it states.
 * Bytes behind the first NUL choose the endpoint to match it with.
 */
#include "urbscope/selector.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void match(const struct selector *sel, const uint8_t *data, size_t size)
{
	struct urb_facts facts = { .has_ids = true };
	uint32_t ep = 0;

	memcpy(&ep, data, size < sizeof(ep) ? size : sizeof(ep));
	facts.vid = sel->vid;
	facts.pid = sel->pid;
	memcpy(facts.path, sel->path, sizeof(facts.path));
	memcpy(facts.driver, sel->driver, sizeof(facts.driver));
	selector_match(sel, ep, size, size & 3, &facts);
	must(!selector_match(sel, ep, 0, 0, NULL) ||
	     !(sel->by & (SEL_VID | SEL_PID | SEL_PATH | SEL_DRIVER)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = { "" };
	struct selector sel;
	char *text = malloc(size + 1);
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = selector_parse(text, &sel, &fault);
	must(err ? fault.text[0] : !fault.text[0]);
	if (!err) {
		must(memchr(sel.path, '\0', sizeof(sel.path)) &&
		     memchr(sel.driver, '\0', sizeof(sel.driver)));
		must(!(sel.by & SEL_STREAM) || sel.stream);
		match(&sel, data + strlen(text), size - strlen(text));
	}
	free(text);
	return 0;
}
