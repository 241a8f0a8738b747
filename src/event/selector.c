// SPDX-License-Identifier: GPL-2.0
#include "urbscope/selector.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number that ends at `end`; false for anything else. */
static bool number(const char *text, const char *end, int base, unsigned long max,
		   unsigned long *value)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	char *stop;

	/* strtoul() takes more: signs, blanks, 0x */
	if (text == end || strspn(text, digits) < (size_t)(end - text))
		return false;
	errno = 0;
	*value = strtoul(text, &stop, base);
	return !errno && stop == end && *value <= max;
}

static bool copy_name(char *to, size_t size, const char *text, const char *end)
{
	size_t len = end - text;

	if (!len || len >= size)
		return false;
	memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

static bool parse_vid_pid(const char *text, const char *end, struct selector *sel)
{
	unsigned long vid, pid;

	if (end - text < 6 || !number(text, text + 4, 16, 0xffff, &vid) || text[4] != ':')
		return false;
	sel->vid = vid;
	sel->by |= SEL_VID;
	if (end - text == 6 && text[5] == '*')
		return true;
	if (end - text != 9 || !number(text + 5, end, 16, 0xffff, &pid))
		return false;
	sel->pid = pid;
	sel->by |= SEL_PID;
	return true;
}

static bool parse_bus_address(const char *text, const char *end, struct selector *sel)
{
	const char *colon = memchr(text, ':', end - text);
	unsigned long bus, address;

	if (!colon || !number(text, colon, 10, 0xffff, &bus) ||
	    !number(colon + 1, end, 10, 127, &address))
		return false;
	sel->bus = bus;
	sel->address = address;
	sel->by |= SEL_BUS | SEL_ADDRESS;
	return true;
}

static bool is_port_path(const char *text, const char *end)
{
	if (end - text > 3 && !strncmp(text, "usb", 3))
		return strspn(text + 3, "0123456789") == (size_t)(end - text - 3);
	return isdigit((unsigned char)*text) && memchr(text, '-', end - text) &&
	       strspn(text, "0123456789-.") >= (size_t)(end - text);
}

static bool parse_device(const char *text, const char *end, struct selector *sel)
{
	if (end - text == 1 && *text == '*')
		return true;
	if (end - text > 7 && !strncmp(text, "driver=", 7)) {
		sel->by |= SEL_DRIVER;
		return copy_name(sel->driver, sizeof(sel->driver), text + 7, end);
	}
	if (is_port_path(text, end)) {
		sel->by |= SEL_PATH;
		return copy_name(sel->path, sizeof(sel->path), text, end);
	}
	/* four digits before the colon are a vid; buses have fewer */
	if (end - text >= 6 && text[4] == ':')
		return parse_vid_pid(text, end, sel);
	return parse_bus_address(text, end, sel);
}

static bool parse_endpoint(const char *text, const char *end, struct selector *sel)
{
	static const char *const types[] = { "control", "iso", "bulk", "int" };
	unsigned long address;

	if (end - text == 1 && *text == '*')
		return true;
	if (end - text > 2 && text[0] == '0' && text[1] == 'x') {
		if (!number(text + 2, end, 16, 0xff, &address) || address & 0x70)
			return false;
		sel->endpoint = address;
		sel->by |= SEL_ENDPOINT;
		return true;
	}
	for (unsigned int i = 0; i < 4; i++) {
		size_t len = strlen(types[i]);

		if ((size_t)(end - text) < len || strncmp(text, types[i], len))
			continue;
		sel->type = i;
		sel->by |= SEL_TYPE;
		text += len;
		if (text == end)
			return true;
		if (*text++ != '-')
			return false;
		break;
	}
	if (end - text == 2 && !strncmp(text, "in", 2))
		sel->by |= SEL_IN;
	else if (end - text == 3 && !strncmp(text, "out", 3))
		sel->by |= SEL_OUT;
	else
		return false;
	return true;
}

int selector_parse(const char *text, struct selector *sel, struct fault *fault)
{
	const char *slash = strchrnul(text, '/');
	const char *hash = strchrnul(slash, '#');
	const char *end = text + strlen(text);
	unsigned long stream;

	memset(sel, 0, sizeof(*sel));
	if (!parse_device(text, slash, sel)) {
		fault_set(fault,
			  "selector '%s': '%.*s' is no device; write vid:pid (17e9:6006, 17e9:*), a "
			  "port path (1-1.2), bus:address (1:5), driver=NAME or *",
			  text, (int)(slash - text), text);
		return -EINVAL;
	}
	if (*slash && !parse_endpoint(slash + 1, hash, sel)) {
		fault_set(fault,
			  "selector '%s': '%.*s' is no endpoint; write an address (0x81), in, out, "
			  "bulk, int, iso, control, bulk-in, ... or *",
			  text, (int)(hash - slash - 1), slash + 1);
		return -EINVAL;
	}
	if (!*hash)
		return 0;
	if (!number(hash + 1, end, 10, 65535, &stream) || !stream) {
		fault_set(fault, "selector '%s': a stream is a number from 1 to 65535", text);
		return -EINVAL;
	}
	sel->stream = stream;
	sel->by |= SEL_STREAM;
	return 0;
}

bool selector_match(const struct selector *sel, uint32_t ep, uint16_t stream, uint8_t type,
		    const struct urb_facts *facts)
{
	unsigned int by = sel->by;

	if ((by & SEL_BUS && sel->bus != urb_ep_bus(ep)) ||
	    (by & SEL_ADDRESS && sel->address != urb_ep_address(ep)) ||
	    (by & SEL_ENDPOINT && sel->endpoint != urb_ep_endpoint(ep)) ||
	    (by & SEL_IN && !urb_ep_is_in(ep)) || (by & SEL_OUT && urb_ep_is_in(ep)) ||
	    (by & SEL_TYPE && sel->type != type) || (by & SEL_STREAM && sel->stream != stream))
		return false;
	if (by & (SEL_VID | SEL_PID) &&
	    (!facts || !facts->has_ids || (by & SEL_VID && sel->vid != facts->vid) ||
	     (by & SEL_PID && sel->pid != facts->pid)))
		return false;
	if (by & SEL_PATH && (!facts || strcmp(sel->path, facts->path)))
		return false;
	if (by & SEL_DRIVER && (!facts || strcmp(sel->driver, facts->driver)))
		return false;
	return true;
}
