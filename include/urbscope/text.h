/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text of unknown origin. Product and driver names come from devices, and a device may send
 * anything: escape sequences, half a character, text that turns the rest of the line around.
 * What goes to a terminal passes text_clean(); what goes into JSON passes utf8_decode().
 */
#ifndef URBSCOPE_TEXT_H
#define URBSCOPE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xfffd
#define UTF8_MAX	 4

/*
 * The code point at s, of at most n bytes, n > 0. Returns how many bytes it took, at least 1.
 * What is not UTF-8 (overlong forms, surrogates, and the like) is UTF8_REPLACEMENT, one for the
 * longest prefix of a character that could have become valid (Unicode 15, section 3.9).
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

/* Writes at most UTF8_MAX bytes, returns how many. */
size_t utf8_encode(uint32_t cp, char *out);

/*
 * Does a code point act on the terminal, or on the order and the lines of the text around it: C0,
 * C1, DEL, bidi controls, line and paragraph separators?
 */
bool text_is_control(uint32_t cp);

/*
 * What of a code point may be shown: returns its width in cells (0: leave it out, 1 or 2) and
 * replaces controls and what the locale cannot show by U+FFFD, or by '?' where only ASCII is shown.
 */
int text_clean(uint32_t *cp, bool utf8);

/* Copies a string clean, whole characters only, as far as it fits. */
void text_clean_copy(char *out, size_t size, const char *s, bool utf8);

/*
 * The same for files, which are read elsewhere: UTF-8 whatever the locale, and all characters but
 * controls, which become U+FFFD.
 */
void text_file_copy(char *out, size_t size, const char *s);

/* Cells that a string takes once it is clean. */
int text_width(const char *s, bool utf8);

/* Does the locale of this process (LC_CTYPE) speak UTF-8? */
bool text_locale_is_utf8(void);

#endif
