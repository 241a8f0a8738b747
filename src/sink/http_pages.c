// SPDX-License-Identifier: GPL-2.0
#include "http_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <zlib.h>

/* A text of numbers packs to a fifteenth at once; higher levels take long for little more. */
#define GZIP_LEVEL 1

static void forget(struct http_page *page)
{
	if (page->plain)
		MHD_destroy_response(page->plain);
	if (page->packed)
		MHD_destroy_response(page->packed);
	*page = (struct http_page){ 0 };
}

void http_pages_forget(struct http_pages *self)
{
	for (int i = 0; i < EXPOSE_FORMATS; i++)
		forget(&self->page[i]);
}

static bool add_headers(struct MHD_Response *answer, const struct web_config *web, const char *type)
{
	bool good = MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;

	for (size_t i = 0; good && web && i < web->header_cnt; i++)
		good = MHD_add_response_header(answer, web->headers[i].name,
					       web->headers[i].value) == MHD_YES;
	return good;
}

static struct MHD_Response *answer_of(const struct web_config *web, const char *type, const char *text,
				      size_t size, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *answer = MHD_create_response_from_buffer(size, (void *)text, mode);

	if (answer && !add_headers(answer, web, type)) {
		MHD_destroy_response(answer);
		return NULL;
	}
	return answer;
}

struct MHD_Response *http_answer(const struct web_config *web, const char *type, const char *text,
				 size_t size)
{
	return answer_of(web, type, text, size, MHD_RESPMEM_PERSISTENT);
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static int make(struct http_page *page, const struct http_config *config, enum expose_format format,
		struct http_counts *counts)
{
	struct expose_out out = { 0 };
	uint64_t began = clock_ns();
	int err = config->metrics(config->ctx, format, &out);

	if (!err) {
		page->plain = answer_of(config->web, expose_content_type(format), out.data, out.len,
					MHD_RESPMEM_MUST_FREE);
		if (!page->plain)
			err = -ENOMEM;
	}
	if (err) {
		free(out.data);
		return err;
	}
	if (MHD_add_response_header(page->plain, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding") == MHD_NO) {
		forget(page);
		return -ENOMEM;
	}
	page->text = out;
	counts->scrape_cnt++;
	counts->scrape_ns += clock_ns() - began;
	return 0;
}

/* malloc()ed; NULL without memory. */
static char *gzip(const struct expose_out *text, size_t *size)
{
	z_stream z = { .next_in = (Bytef *)text->data, .avail_in = text->len };
	char *out;

	/* + 16: in a gzip file's clothes */
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	*size = deflateBound(&z, text->len);
	out = malloc(*size);
	z.next_out = (Bytef *)out;
	z.avail_out = out ? *size : 0;
	if (out && deflate(&z, Z_FINISH) != Z_STREAM_END) {
		free(out);
		out = NULL;
	}
	*size = z.total_out;
	deflateEnd(&z);
	return out;
}

static int pack(struct http_page *page, const struct http_config *config, enum expose_format format)
{
	size_t size;
	char *data = gzip(&page->text, &size);

	if (!data)
		return -ENOMEM;
	page->packed = answer_of(config->web, expose_content_type(format), data, size,
				 MHD_RESPMEM_MUST_FREE);
	if (!page->packed) {
		free(data);
		return -ENOMEM;
	}
	if (MHD_add_response_header(page->packed, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES &&
	    MHD_add_response_header(page->packed, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding") == MHD_YES)
		return 0;
	MHD_destroy_response(page->packed);
	page->packed = NULL;
	return -ENOMEM;
}

struct MHD_Response *http_pages_get(struct http_pages *self, const struct http_config *config,
				    enum expose_format format, bool packed, uint64_t now_ns,
				    struct http_counts *counts, int *err)
{
	struct http_page *page = &self->page[format];

	*err = 0;
	if (page->plain && now_ns - page->made_ns >= HTTP_FRESH_NS)
		forget(page);
	if (!page->plain)
		*err = make(page, config, format, counts);
	if (*err)
		return NULL;
	page->made_ns = page->made_ns ? page->made_ns : now_ns;
	if (packed && !page->packed)
		*err = pack(page, config, format);
	if (*err)
		return NULL;
	return packed ? page->packed : page->plain;
}

/* The value of q, where it is 0: then the coding is not acceptable (RFC 9110, section 12.4.2). */
static bool is_refused(const char *from, const char *to)
{
	const char *q = memchr(from, '=', to - from);

	if (!q)
		return false;
	for (q++; q < to; q++) {
		if (*q > '0' && *q <= '9')
			return false;
	}
	return true;
}

bool http_takes_gzip(const char *accept_encoding)
{
	const char *p = accept_encoding ? accept_encoding : "";
	bool any = false;

	while (*p) {
		size_t blank = strspn(p, " \t,"), name = strcspn(p + blank, " \t,;");
		const char *end = p + blank + strcspn(p + blank, ",");

		if (name == 4 && !strncasecmp(p + blank, "gzip", 4))
			return !is_refused(p + blank, end);
		if (name == 1 && p[blank] == '*')
			any = !is_refused(p + blank, end);
		p = end;
	}
	return any;
}
