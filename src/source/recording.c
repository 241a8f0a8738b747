// SPDX-License-Identifier: GPL-2.0
/* Which reader a recording needs. */
#include "recording.h"

#include <string.h>

enum form { FORM_TRACE, FORM_CAPTURE, FORM_PACKED, FORM_TEXT, FORM_EMPTY, FORM_UNKNOWN };

#define READABLE "a capture of USB (pcap, pcapng), a log of usbmon's text, or a trace of " \
		 "`urbscope record`"

static const struct {
	uint8_t head[INPUT_HEAD];
	uint8_t size;
	uint8_t form;
	const char *unpack;
} heads[] = {
	{ { 0x89, 'U', 'R', 'B' }, 4, FORM_TRACE, NULL },
	{ { 0xa1, 0xb2, 0xc3, 0xd4 }, 4, FORM_CAPTURE, NULL },	/* pcap, microseconds */
	{ { 0xd4, 0xc3, 0xb2, 0xa1 }, 4, FORM_CAPTURE, NULL },
	{ { 0xa1, 0xb2, 0x3c, 0x4d }, 4, FORM_CAPTURE, NULL },	/* pcap, nanoseconds */
	{ { 0x4d, 0x3c, 0xb2, 0xa1 }, 4, FORM_CAPTURE, NULL },
	{ { 0x0a, 0x0d, 0x0d, 0x0a }, 4, FORM_CAPTURE, NULL },	/* pcapng */
	{ { 0x1f, 0x8b }, 2, FORM_PACKED, "zcat" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, FORM_PACKED, "zstdcat" },
	{ { 0xfd, '7', 'z', 'X' }, 4, FORM_PACKED, "xzcat" },
};

/* Text has no head of its own; it has no control characters, either. */
static bool is_text(const struct input *in)
{
	for (size_t i = 0; i < in->head_cnt; i++) {
		uint8_t c = in->head[i];

		if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
	}
	return true;
}

static enum form form_of(const struct input *in, const char **unpack)
{
	if (!in->head_cnt)
		return FORM_EMPTY;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		*unpack = heads[i].unpack;
		if (in->head_cnt >= heads[i].size && !memcmp(in->head, heads[i].head, heads[i].size))
			return heads[i].form;
	}
	return is_text(in) ? FORM_TEXT : FORM_UNKNOWN;
}

struct source *source_open_recording(const char *path, const struct source_config *config,
				     struct fault *fault)
{
	struct source *src = trace_open_set(path, config, fault);
	const char *unpack;
	struct input in;

	if (src || fault->text[0])
		return src;
	if (input_open(&in, path, fault))
		return NULL;
	if (input_look(&in, fault))
		goto out;
	switch (form_of(&in, &unpack)) {
	case FORM_TRACE:
		src = trace_open(&in, config, fault);
		break;
	case FORM_CAPTURE:
		src = capture_open(&in, config, fault);
		break;
	case FORM_PACKED:
		fault_set(fault, "%s: packed: `%s FILE | urbscope report -` reads it", input_name(&in),
			  unpack);
		break;
	case FORM_TEXT:
		src = text_open(&in, config, fault);
		break;
	case FORM_EMPTY:
		fault_set(fault, "%s: empty: it should be " READABLE, input_name(&in));
		break;
	case FORM_UNKNOWN:
		fault_set(fault, "%s: no recording that urbscope reads: it should be " READABLE,
			  input_name(&in));
		break;
	}
out:
	if (!src)
		input_close(&in);
	return src;
}
