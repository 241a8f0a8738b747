// SPDX-License-Identifier: GPL-2.0
#include "list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "urbscope/text.h"

#define CLEAN_SIZE (UTF8_MAX * sizeof(((struct urb_facts *)0)->name))

struct selectors {
	bool utf8;
	uint32_t device;	/* bus and address of the last endpoint, | 0xff; 0: none yet */
	char **name;		/* that several devices may have, and that were told */
	size_t cnt;
	int err;
};

void list_type_name(char *buf, size_t size, const struct device_endpoint *e)
{
	unsigned int endpoint = urb_ep_endpoint(e->ep);

	snprintf(buf, size, "%s%s", urb_type_name(e->facts.type),
		 !endpoint ? "" : urb_ep_is_in(e->ep) ? "-in" : "-out");
}

static void tell_once(struct selectors *s, const char *name, const char *what)
{
	char **more;

	for (size_t i = 0; i < s->cnt; i++) {
		if (!strcmp(s->name[i], name))
			return;
	}
	more = realloc(s->name, (s->cnt + 1) * sizeof(*more));
	if (more)
		s->name = more;
	if (!more || !(more[s->cnt] = strdup(name))) {
		s->err = -ENOMEM;
		return;
	}
	s->cnt++;
	printf("%s\t%s\n", name, what);
}

static void each(void *ctx, const struct device_endpoint *e)
{
	char path[CLEAN_SIZE], name[CLEAN_SIZE], driver[CLEAN_SIZE], type[32], selector[CLEAN_SIZE + 8];
	bool first = (e->ep | 0xff) != ((struct selectors *)ctx)->device;
	struct selectors *s = ctx;

	s->device = e->ep | 0xff;
	text_clean_copy(path, sizeof(path), e->facts.path, s->utf8);
	text_clean_copy(name, sizeof(name), e->facts.name, s->utf8);
	text_clean_copy(driver, sizeof(driver), e->facts.driver, s->utf8);
	list_type_name(type, sizeof(type), e);
	snprintf(selector, sizeof(selector), "%04x:%04x", e->facts.vid, e->facts.pid);
	if (first) {
		printf("%s\t%s %s\n", path, selector, name);
		tell_once(s, selector, name);
	}
	snprintf(selector, sizeof(selector), "driver=%s", driver);
	if (driver[0])
		tell_once(s, selector, "all endpoints of that driver");
	printf("%s/0x%02x\t%s of %s\n", path, urb_ep_endpoint(e->ep), type, name);
}

int list_selectors(void)
{
	struct selectors s = { .utf8 = text_locale_is_utf8() };
	struct fault fault = { "" };

	if (devices_list(each, &s, &fault))
		fault_set(&fault, "%s", "the devices cannot be listed");
	else if (s.err)
		fault_set(&fault, "%s", strerror(-s.err));
	else if (!s.device)
		fault_set(&fault, "no USB devices here: `urbscope doctor` tells whether this kernel has USB at all");
	while (s.cnt)
		free(s.name[--s.cnt]);
	free(s.name);
	return fault.text[0] ? cannot_run(&fault) : EXIT_HOLDS;
}
