// SPDX-License-Identifier: GPL-2.0
#include "urbscope/text.h"

#include <langinfo.h>
#include <string.h>
#include <wchar.h>

/* What may follow a lead byte: how many bytes, and the bounds of the first of them. */
static size_t lead(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0)
			*low = 0xa0;
		if (c == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*low = 0x90;
		if (c == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return 0;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char low, high;
	size_t more, i;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	more = lead(p[0], &low, &high);
	*cp = p[0] & (0x3f >> more);
	for (i = 1; i <= more && i < n && p[i] >= low && p[i] <= high; i++) {
		*cp = *cp << 6 | (p[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	if (!more || i <= more)
		*cp = UTF8_REPLACEMENT;
	return i;
}

size_t utf8_encode(uint32_t cp, char *out)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (cp >> 18 & 7));
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool text_is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e ||
	       cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

int text_clean(uint32_t *cp, bool utf8)
{
	int width;

	if (*cp >= 0x20 && *cp < 0x7f)
		return 1;
	if (text_is_control(*cp))
		width = -1;
	else
		width = wcwidth((wchar_t)*cp);
	if (!utf8) {
		/* A mark without its letter says nothing; a letter is at least counted. */
		*cp = '?';
		return width == 0 ? 0 : 1;
	}
	if (width >= 0 && width <= 2)
		return width;
	*cp = UTF8_REPLACEMENT;
	return 1;
}

void text_clean_copy(char *out, size_t size, const char *s, bool utf8)
{
	size_t n = strlen(s), used, at = 0;
	uint32_t cp;

	for (; n && at + UTF8_MAX < size; s += used, n -= used) {
		used = utf8_decode(s, n, &cp);
		/* marks of no width go too: a listing is no place for them */
		if (text_clean(&cp, utf8))
			at += utf8_encode(cp, out + at);
	}
	out[at] = '\0';
}

void text_file_copy(char *out, size_t size, const char *s)
{
	size_t n = strlen(s), used, at = 0;

	for (; n && at + UTF8_MAX < size; s += used, n -= used) {
		uint32_t cp;

		used = utf8_decode(s, n, &cp);
		at += utf8_encode(text_is_control(cp) ? UTF8_REPLACEMENT : cp, out + at);
	}
	out[at] = '\0';
}

int text_width(const char *s, bool utf8)
{
	size_t n = strlen(s), used;
	int width = 0;
	uint32_t cp;

	for (; n; s += used, n -= used) {
		used = utf8_decode(s, n, &cp);
		width += text_clean(&cp, utf8);
	}
	return width;
}

bool text_locale_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}
