// SPDX-License-Identifier: GPL-2.0
/* Which format a scraper wants: the Accept header (RFC 9110, section 12.5.1). */
#include <string.h>
#include <strings.h>

#include "urbscope/expose.h"

#define QUALITY_ONE 1000	/* a q-value has three decimals at most */

const char *expose_content_type(enum expose_format format)
{
	switch (format) {
	case EXPOSE_OPENMETRICS:
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	case EXPOSE_PROTOBUF:
		return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
		       "encoding=delimited";
	default:
		return "text/plain; version=0.0.4; charset=utf-8";
	}
}

const char *expose_format_name(enum expose_format format)
{
	switch (format) {
	case EXPOSE_OPENMETRICS:
		return "openmetrics";
	case EXPOSE_PROTOBUF:
		return "protobuf";
	default:
		return "text";
	}
}

struct piece {
	const char *s;
	size_t len;
};

static struct piece trim(struct piece p)
{
	while (p.len && (*p.s == ' ' || *p.s == '\t')) {
		p.s++;
		p.len--;
	}
	while (p.len && (p.s[p.len - 1] == ' ' || p.s[p.len - 1] == '\t'))
		p.len--;
	return p;
}

/* What is before the next separator, outside of quotes; *rest begins behind it. */
static struct piece split(struct piece *rest, char separator)
{
	struct piece p = { rest->s, 0 };
	bool quoted = false;

	for (; p.len < rest->len && (quoted || p.s[p.len] != separator); p.len++)
		quoted ^= p.s[p.len] == '"';
	rest->s += p.len;
	rest->len -= p.len;
	if (rest->len) {
		rest->s++;
		rest->len--;
	}
	return trim(p);
}

static bool is(struct piece p, const char *text)
{
	if (p.len >= 2 && p.s[0] == '"' && p.s[p.len - 1] == '"')
		p = (struct piece){ p.s + 1, p.len - 2 };
	return p.len == strlen(text) && !strncasecmp(p.s, text, p.len);
}

/* "0.75" in thousandths; what is none is 0: not acceptable. */
static unsigned int quality_of(struct piece p)
{
	unsigned int quality = 0, weight = QUALITY_ONE;

	for (size_t i = 0; i < p.len; i++) {
		if (p.s[i] == '.' && i == 1)
			continue;
		if (p.s[i] < '0' || p.s[i] > '9')
			return 0;
		quality += (unsigned int)(p.s[i] - '0') * weight;
		weight /= 10;
	}
	return quality < QUALITY_ONE ? quality : QUALITY_ONE;
}

struct wish {
	int format;		/* enum expose_format, -1: none of ours */
	bool any;		/* by a wildcard */
	unsigned int quality;
};

/* Is what a parameter asks for what we write? */
static bool parameter_fits(int format, struct piece name, struct piece value)
{
	if (is(name, "version") && format == EXPOSE_TEXT)
		return is(value, "0.0.4");
	if (is(name, "version") && format == EXPOSE_OPENMETRICS)
		return is(value, "1.0.0");
	if (is(name, "proto") && format == EXPOSE_PROTOBUF)
		return is(value, "io.prometheus.client.MetricFamily");
	if (is(name, "encoding") && format == EXPOSE_PROTOBUF)
		return is(value, "delimited");
	if (is(name, "charset"))
		return is(value, "utf-8") || format == EXPOSE_PROTOBUF;
	return true;		/* escaping: our names need none */
}

static struct wish wish_of(struct piece range)
{
	struct piece type = split(&range, ';');
	struct wish wish = { .format = -1, .quality = QUALITY_ONE };

	if (is(type, "text/plain"))
		wish.format = EXPOSE_TEXT;
	else if (is(type, "application/openmetrics-text"))
		wish.format = EXPOSE_OPENMETRICS;
	else if (is(type, "application/vnd.google.protobuf"))
		wish.format = EXPOSE_PROTOBUF;
	wish.any = is(type, "*/*") || is(type, "text/*");
	if (wish.any)
		wish.format = EXPOSE_TEXT;
	while (range.len) {
		struct piece value = split(&range, ';');
		struct piece name = split(&value, '=');

		value = trim(value);
		if (is(name, "q"))
			wish.quality = quality_of(value);
		else if (!wish.any && !parameter_fits(wish.format, name, value))
			wish.format = -1;
	}
	return wish;
}

enum expose_format expose_choose(const char *accept)
{
	struct piece rest = { accept, accept ? strlen(accept) : 0 };
	enum expose_format best = EXPOSE_TEXT;
	unsigned int quality = 0;
	bool text_told = false;	/* text/plain itself: a wildcard says no more about it */

	for (struct piece left = rest; left.len;) {
		struct wish wish = wish_of(split(&left, ','));

		if (wish.format == EXPOSE_TEXT && !wish.any)
			text_told = true;
	}
	while (rest.len) {
		struct wish wish = wish_of(split(&rest, ','));

		if (wish.format < 0 || (wish.any && text_told))
			continue;
		if (wish.quality > quality) {
			quality = wish.quality;
			best = wish.format;
		}
	}
	return best;
}
