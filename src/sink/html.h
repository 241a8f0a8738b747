/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing pages: one file that needs nothing else, that is well-formed XML too, and in which
 * nothing can be fetched: the policy in its head permits the script and the style it has, by their
 * hashes, and nothing else. So no element may have a style attribute or a handler.
 *
 * What is not written by ourselves goes through html_text(), for content and values alike.
 */
#ifndef URBSCOPE_SINK_HTML_H
#define URBSCOPE_SINK_HTML_H

#include <stdio.h>

/*
 * Up to <header>, from </header> to <main>, and from </main> on. The title is untrusted. A link at
 * the top leads past the header.
 */
void html_begin(FILE *out, const char *title);
void html_main(FILE *out);
void html_end(FILE *out);

/*
 * Escaped; U+FFFD stands for controls (text.h) and for what is no character. Figures go through it,
 * too: there are some of "<0.1%".
 */
void html_text(FILE *out, const char *s);
__attribute__((format(printf, 2, 3))) void html_printf(FILE *out, const char *fmt, ...);

/* <name class="class">text</name>; no class if that is NULL. */
void html_element(FILE *out, const char *name, const char *class, const char *text);

/* The same, of a printf(); what comes of it is escaped. */
__attribute__((format(printf, 4, 5))) void html_format(FILE *out, const char *name,
						       const char *class, const char *fmt, ...);

/* A name and what it is, for a <dl>; no class if that is NULL. */
__attribute__((format(printf, 4, 5))) void html_fact(FILE *out, const char *name, const char *class,
						     const char *fmt, ...);

#endif
