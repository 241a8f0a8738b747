// SPDX-License-Identifier: GPL-2.0
#include "mktext.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 76

struct line {
	char text[512];
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->size;
	va_list ap;
	int size;

	va_start(ap, fmt);
	size = vsnprintf(line->text + line->size, room, fmt, ap);
	va_end(ap);
	if (size < 0 || (size_t)size >= room)
		abort();
	line->size += size;
}

static void put_head(struct line *line, const struct mktext_form *form, const struct urb_event *ev)
{
	uint64_t us = ev->time_ns / 1000, sec = us / 1000000;
	bool in = ev->ep & 0x80;

	put(line, "%" PRIx64 " ", ev->id);
	if (form->seconds)
		put(line, "%" PRIu64 ".%06" PRIu64, sec, us % 1000000);
	else
		put(line, "%" PRIu64, (sec & 0xfff) * 1000000 + us % 1000000);
	put(line, " %c %c%c:", "?SCE"[ev->kind], "CZBI"[ev->type], in ? 'i' : 'o');
	if (form->old)
		put(line, "%03u:%02u", urb_ep_address(ev->ep), ev->ep & 15);
	else
		put(line, "%u:%03u:%u", urb_ep_bus(ev->ep), urb_ep_address(ev->ep), ev->ep & 15);
}

static void put_status(struct line *line, const struct mktext_form *form, const struct urb_event *ev,
		       int status)
{
	put(line, " %d", status);
	if (form->old || ev->kind == URB_EV_SUBMIT_ERROR)
		return;
	if (ev->type == URB_TYPE_INT)
		put(line, ":%d", 8);
	if (ev->type != URB_TYPE_ISO)
		return;
	put(line, ":%d:%d", 1, 1321);
	if (ev->kind == URB_EV_COMPLETE)
		put(line, ":%d", 0);
	put(line, " 8");
	for (int i = 0; i < 5; i++)
		put(line, " %d:%d:%d", -18, i * 24, 24);
}

static void put_data(struct line *line, const struct urb_event *ev, uint32_t length,
		     const uint8_t *data)
{
	bool in = ev->ep & 0x80;

	put(line, " %u", length);
	if (!length)
		return;
	if (ev->kind == URB_EV_SUBMIT ? in : !in) {
		put(line, ev->kind == URB_EV_SUBMIT ? " <" : " >");
		return;
	}
	put(line, " =");
	for (uint32_t i = 0; i < length && i < 32; i++)
		put(line, "%s%02x", i % 4 ? "" : " ", data[i]);
}

/* At a blank, as near to the end of the row as there is one. */
static size_t row_of(const char *text)
{
	size_t at = COLUMNS;

	if (strlen(text) <= COLUMNS)
		return strlen(text);
	while (text[at] != ' ')
		at--;
	return at;
}

static void write_line(FILE *out, const struct mktext_form *form, const struct line *line, bool quote)
{
	const char *at = line->text, *end = form->crlf ? "\r\n" : "\n";

	do {
		size_t size = form->broken ? row_of(at) : strlen(at);

		fprintf(out, "%s%.*s%s", quote ? "> " : "", (int)size, at, end);
		at += size;
		at += *at == ' ';
	} while (*at);
}

void mktext_event(FILE *out, const struct mktext_form *form, const struct urb_event *ev,
		  const uint8_t *setup, const uint8_t *data)
{
	struct line line = { .size = 0 };
	bool quote = form->quoted && ev->id & 1;
	uint32_t length = 0;

	if (ev->kind == URB_EV_SUBMIT)
		length = ev->submit.length;
	else if (ev->kind == URB_EV_COMPLETE)
		length = ev->complete.length;
	if (form->quoted && ev->time_ns / 1000 % 3 == 0)
		fprintf(out, "\nHere the device stalls, I think: 12 S Bo is never seen.\n"
			     "On Tue, 21 Apr 2020 at 12:33:04, Driver C Developer wrote:\n");
	put_head(&line, form, ev);
	if (ev->kind == URB_EV_SUBMIT && setup)
		put(&line, " s %02x %02x %04x %04x %04x", setup[0], setup[1], setup[2] | setup[3] << 8,
		    setup[4] | setup[5] << 8, setup[6] | setup[7] << 8);
	else
		put_status(&line, form, ev,
			   ev->kind == URB_EV_SUBMIT	 ? -115
			   : ev->kind == URB_EV_COMPLETE ? ev->complete.status
							 : ev->submit_error.error);
	put_data(&line, ev, length, data);
	write_line(out, form, &line, quote);
}
