// SPDX-License-Identifier: GPL-2.0
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "urbscope/text.h"

static void put_raw(const char *at, size_t size)
{
	while (size) {
		ssize_t put = write(STDERR_FILENO, at, size);

		if (put < 0 && errno != EINTR)
			return;
		if (put > 0) {
			at += put;
			size -= put;
		}
	}
}

/* write() of the C library's stderr: what may not reach a terminal is replaced. */
static ssize_t put_clean(void *cookie, const char *text, size_t size)
{
	bool utf8 = text_locale_is_utf8();
	char out[512];
	size_t at = 0;

	(void)cookie;
	for (size_t left = size, used; left; text += used, left -= used) {
		uint32_t cp;

		used = utf8_decode(text, left, &cp);
		if (cp == '\n' || text_clean(&cp, utf8))
			at += utf8_encode(cp, out + at);
		if (at > sizeof(out) - UTF8_MAX) {
			put_raw(out, at);
			at = 0;
		}
	}
	put_raw(out, at);
	return size;
}

void clean_stderr(void)
{
	static const cookie_io_functions_t functions = { .write = put_clean };
	FILE *clean = fopencookie(NULL, "w", functions);

	if (!clean)
		return;
	/* a message is written as one, so no character is cut in two */
	setvbuf(clean, NULL, _IONBF, 0);
	stderr = clean;
}

/* Controls go, and with them line ends: what is told stays one line. */
static char *in_one_line(const char *fmt, va_list ap)
{
	char *text = NULL, *clean = NULL;
	int size = vasprintf(&text, fmt, ap);

	if (size < 0)
		return NULL;
	clean = malloc(size * UTF8_MAX + UTF8_MAX + 1);
	if (clean)
		text_clean_copy(clean, size * UTF8_MAX + UTF8_MAX + 1, text, text_locale_is_utf8());
	free(text);
	return clean;
}

void tell(const char *fmt, ...)
{
	char *line;
	va_list ap;

	va_start(ap, fmt);
	line = in_one_line(fmt, ap);
	va_end(ap);
	fprintf(stderr, "urbscope: %s\n", line ? line : strerror(ENOMEM));
	free(line);
}

void usage_error(const char *me, const char *fmt, ...)
{
	char *line;
	va_list ap;

	va_start(ap, fmt);
	line = in_one_line(fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", me, line ? line : strerror(ENOMEM));
	free(line);
	exit(EXIT_CANNOT_RUN);
}

void refuse(const struct argp_state *state, const char *fmt, ...)
{
	char *line;
	va_list ap;

	va_start(ap, fmt);
	line = in_one_line(fmt, ap);
	va_end(ap);
	argp_failure(state, EXIT_CANNOT_RUN, 0, "%s", line ? line : strerror(ENOMEM));
	free(line);
}

int cannot_run(const struct fault *fault)
{
	tell("%s", fault->text[0] ? fault->text : "failed");
	return EXIT_CANNOT_RUN;
}
