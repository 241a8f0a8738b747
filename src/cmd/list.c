// SPDX-License-Identifier: GPL-2.0
/* urbscope list: devices and endpoints, and how to select them. */
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "command.h"
#include "list.h"
#include "urbscope/json.h"
#include "urbscope/text.h"

struct list_state {
	bool as_json, as_selectors, utf8;
	struct json json;
	uint32_t device;	/* bus and address of the last endpoint, | 0xff; 0: none yet */
	unsigned int devices, endpoints;
};

enum { KEY_SELECTORS = 0x100 };

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "As JSON (schema urbscope.list/1)", 0 },
	{ "selectors", KEY_SELECTORS, NULL, 0,
	  "Only what can be selected, one a line. A tab parts it from what it is", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct list_state *s = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		s->as_json = true;
		return 0;
	case KEY_SELECTORS:
		s->as_selectors = true;
		return 0;
	case ARGP_KEY_END:
		if (s->as_json && s->as_selectors)
			refuse(state, "--json and --selectors are two forms: ask for one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Lists the USB devices of this machine and their endpoints. The first column of an endpoint "
	"is its selector, for --select.\v"
	"EXAMPLES\n"
	"  urbscope list\n"
	"  urbtop -s 1-1.2/0x81\n"
	"  urbscope list --json\n\n"
	"EXIT STATUS\n"
	"  0  listed\n"
	"  2  there is no USB here\n";

static const struct argp argp = { options, parse, NULL, doc, NULL, NULL, NULL };

const struct argp *list_argp(void)
{
	return &argp;
}

/* Room for any string of the facts, clean. */
#define CLEAN_SIZE (UTF8_MAX * sizeof(((struct urb_facts *)0)->name))

static const char *clean(const struct list_state *s, char buf[CLEAN_SIZE], const char *text)
{
	text_clean_copy(buf, CLEAN_SIZE, text, s->utf8);
	return buf;
}

static void text_device(struct list_state *s, const struct device_endpoint *e)
{
	const char *speed = urb_speed_name(e->facts.speed);
	char path[CLEAN_SIZE], name[CLEAN_SIZE];

	printf("%s%-10s %u:%-4u %04x:%04x  %-6s  %s\n", s->devices ? "\n" : "",
	       clean(s, path, e->facts.path), urb_ep_bus(e->ep), urb_ep_address(e->ep), e->facts.vid,
	       e->facts.pid, speed ? speed : "n/a", clean(s, name, e->facts.name));
}

static void text_endpoint(const struct list_state *s, const struct device_endpoint *e)
{
	char path[CLEAN_SIZE], interval[CLEAN_SIZE], driver[CLEAN_SIZE];
	char selector[CLEAN_SIZE + 8], type[32];

	list_type_name(type, sizeof(type), e);
	snprintf(selector, sizeof(selector), "%s/0x%02x", clean(s, path, e->facts.path),
		 urb_ep_endpoint(e->ep));
	printf("  %-14s %-12s %5u B  %-8s %s\n", selector, type, e->facts.max_packet & 0x7ff,
	       clean(s, interval, e->interval),
	       e->facts.driver[0] ? clean(s, driver, e->facts.driver) : "(no driver)");
}

static void json_device(struct json *j, const struct device_endpoint *e)
{
	char id[8];

	json_object(j, NULL);
	json_u64(j, "bus", urb_ep_bus(e->ep));
	json_u64(j, "address", urb_ep_address(e->ep));
	json_string(j, "path", e->facts.path);
	snprintf(id, sizeof(id), "%04x", e->facts.vid);
	json_string(j, "vid", id);
	snprintf(id, sizeof(id), "%04x", e->facts.pid);
	json_string(j, "pid", id);
	json_string(j, "name", e->facts.name[0] ? e->facts.name : NULL);
	json_string(j, "speed", urb_speed_name(e->facts.speed));
	json_array(j, "endpoints");
}

static void json_endpoint(struct json *j, const struct device_endpoint *e)
{
	char address[8];

	json_object(j, NULL);
	snprintf(address, sizeof(address), "0x%02x", urb_ep_endpoint(e->ep));
	json_string(j, "endpoint", address);
	json_string(j, "type", urb_type_name(e->facts.type));
	json_u64(j, "max_packet", e->facts.max_packet & 0x7ff);
	json_string(j, "interval", e->interval[0] ? e->interval : NULL);
	json_string(j, "driver", e->facts.driver[0] ? e->facts.driver : NULL);
	json_close(j);
}

static void each(void *ctx, const struct device_endpoint *e)
{
	struct list_state *s = ctx;
	uint32_t device = e->ep | 0xff;

	if (device != s->device) {
		if (s->as_json && s->devices) {
			json_close(&s->json);
			json_close(&s->json);
		}
		if (s->as_json)
			json_device(&s->json, e);
		else
			text_device(s, e);
		s->device = device;
		s->devices++;
	}
	s->endpoints++;
	if (s->as_json)
		json_endpoint(&s->json, e);
	else
		text_endpoint(s, e);
}

int cmd_list(int argc, char **argv)
{
	struct list_state s = { .utf8 = text_locale_is_utf8() };
	struct fault fault = { "" };

	arguments_parse(&argp, argc, argv, 0, &s);
	if (s.as_selectors)
		return list_selectors();
	if (s.as_json) {
		json_init(&s.json, stdout, 3);
		json_object(&s.json, NULL);
		json_string(&s.json, "schema", "urbscope.list/1");
		json_array(&s.json, "devices");
	}
	if (devices_list(each, &s, &fault))
		return cannot_run(&fault);
	if (!s.as_json && !s.devices) {
		fault_set(&fault, "no USB devices here: `urbscope doctor` tells whether this kernel has "
				  "USB at all");
		return cannot_run(&fault);
	}
	if (s.as_json) {
		for (int depth = s.devices ? 4 : 2; depth; depth--)
			json_close(&s.json);
		if (json_finish(&s.json))
			return EXIT_CANNOT_RUN;
	}
	return EXIT_HOLDS;
}
