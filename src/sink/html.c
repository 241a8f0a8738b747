// SPDX-License-Identifier: GPL-2.0
#include "sink/html.h"

#include <stdarg.h>
#include <string.h>

#include "html_assets.h"
#include "sink/xml_text.h"
#include "urbscope/text.h"

static void put(FILE *out, uint32_t cp)
{
	const char *entity = cp == '\'' ? "&#39;" : xml_entity(cp);
	char utf8[UTF8_MAX];

	if (entity)
		fputs(entity, out);
	else
		fwrite(utf8, 1, utf8_encode(cp, utf8), out);
}

void html_text(FILE *out, const char *s)
{
	size_t left = strlen(s), used;
	uint32_t cp;

	for (; left; s += used, left -= used) {
		used = utf8_decode(s, left, &cp);
		/* and what XML forbids; the locale is no matter here */
		if (text_is_control(cp) || (cp & 0xfffe) == 0xfffe)
			cp = UTF8_REPLACEMENT;
		put(out, cp);
	}
}

void html_printf(FILE *out, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	html_text(out, text);
}

void html_element(FILE *out, const char *name, const char *class, const char *text)
{
	fprintf(out, class ? "<%s class=\"%s\">" : "<%s>", name, class);
	html_text(out, text);
	fprintf(out, "</%s>", name);
}

void html_format(FILE *out, const char *name, const char *class, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	html_element(out, name, class, text);
}

void html_fact(FILE *out, const char *name, const char *class, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fputs("<div>", out);
	html_element(out, "dt", NULL, name);
	html_element(out, "dd", class, text);
	fputs("</div>", out);
}

void html_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n"
	      "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n", out);
	fprintf(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'\"/>\n",
		html_css_hash, html_js_hash);
	fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	      "<meta name=\"generator\" content=\"urbscope " URBSCOPE_VERSION "\"/>\n", out);
	html_element(out, "title", NULL, title);
	fprintf(out, "\n<style>%s</style>\n</head>\n<body>\n"
		"<a class=\"skip\" href=\"#main\">Past the head</a>\n<header>\n", html_css);
}

void html_main(FILE *out)
{
	fputs("</header>\n<main id=\"main\" tabindex=\"-1\">\n", out);
}

void html_end(FILE *out)
{
	fprintf(out, "</main>\n<script>%s</script>\n</body>\n</html>\n", html_js);
}
