// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a string of a device: what is left of it for a terminal is characters that show, by
 * the C library's judgement, or ASCII; it fits, and cleaning it again changes nothing.
 */
#include "urbscope/text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_wide(const char *clean)
{
	mbstate_t state = { 0 };
	size_t used;
	wchar_t ch;

	for (const char *at = clean; *at; at += used) {
		used = mbrtowc(&ch, at, strlen(at), &state);
		must(used && used <= UTF8_MAX);
		must(!iswcntrl(ch) && wcwidth(ch) > 0);
		must(!(ch >= 0x200e && ch <= 0x200f) && !(ch >= 0x2028 && ch <= 0x202e) &&
		     !(ch >= 0x2066 && ch <= 0x2069) && ch != 0x61c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *clean, *again;
	size_t room;

	if (!size)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	/* the first byte is how much room there is, 255: enough */
	room = data[0] == 255 ? size * UTF8_MAX + UTF8_MAX : data[0] + 1u;
	text = strndup((const char *)data + 1, size - 1);
	clean = malloc(room);
	again = malloc(room + UTF8_MAX);
	must(text && clean && again);
	for (int utf8 = 0; utf8 < 2; utf8++) {
		text_clean_copy(clean, room, text, utf8);
		if (utf8)
			check_wide(clean);
		for (const char *at = clean; *at && !utf8; at++)
			must(*at >= ' ' && *at <= '~');
		text_clean_copy(again, room + UTF8_MAX, clean, utf8);
		must(!strcmp(again, clean));
		must(text_width(clean, utf8) <= 2 * (int)strlen(clean));
	}
	free(text);
	free(clean);
	free(again);
	return 0;
}
