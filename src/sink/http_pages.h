/* SPDX-License-Identifier: GPL-2.0 */
/* Answers, and the pages of /metrics, each of which is kept for as long as it is fresh. */
#ifndef URBSCOPE_SINK_HTTP_PAGES_H
#define URBSCOPE_SINK_HTTP_PAGES_H

#include <microhttpd.h>

#include "urbscope/http.h"

struct http_text {
	struct expose_out out;
	unsigned int users;	/* the page, and answers that are on their way */
};

struct http_page {
	struct http_text *text;	/* NULL: there is none */
	uint64_t made_ns;
};

struct http_pages {
	struct http_page page[EXPOSE_FORMATS];
};

/* None of the pages is fresh any more. */
void http_pages_forget(struct http_pages *self);

/* An answer with the page, which is made anew if it has to be. NULL with *err: -errno. */
struct MHD_Response *http_pages_get(struct http_pages *self, const struct http_config *config,
				    enum expose_format format, bool packed, uint64_t now_ns,
				    struct http_counts *counts, int *err);

/* Would a client take gzip, by its Accept-Encoding (NULL: it has none)? */
bool http_takes_gzip(const char *accept_encoding);

/*
 * An answer in text of a content type, with the headers of the web configuration. The text must live as
 * long as it. NULL without memory.
 */
struct MHD_Response *http_answer(const struct web_config *web, const char *type, const char *text,
				 size_t size);

#endif
