// SPDX-License-Identifier: GPL-2.0
#include "http_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <zlib.h>

/* A text of numbers packs to a fifteenth at once; higher levels take long for little more. */
#define GZIP_LEVEL   1
#define PACKED_BLOCK 16384

static void text_put(void *cls)
{
	struct http_text *text = cls;

	if (!text || --text->users)
		return;
	free(text->out.data);
	free(text);
}

static void forget(struct http_page *page)
{
	text_put(page->text);
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

static bool add_vary(struct MHD_Response *answer)
{
	return MHD_add_response_header(answer, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding") == MHD_YES;
}

struct MHD_Response *http_answer(const struct web_config *web, const char *type, const char *text,
				 size_t size)
{
	struct MHD_Response *answer =
		MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_PERSISTENT);

	if (answer && !add_headers(answer, web, type)) {
		MHD_destroy_response(answer);
		return NULL;
	}
	return answer;
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
	struct http_text *text = calloc(1, sizeof(*text));
	uint64_t began = clock_ns();
	int err;

	if (!text)
		return -ENOMEM;
	text->users = 1;
	err = config->metrics(config->ctx, format, &text->out);
	if (err) {
		text_put(text);
		return err;
	}
	page->text = text;
	counts->scrape_cnt++;
	counts->scrape_ns += clock_ns() - began;
	return 0;
}

static struct MHD_Response *plain(const struct http_page *page, const struct http_config *config,
				  enum expose_format format)
{
	struct http_text *text = page->text;
	struct MHD_Response *answer;

	answer = MHD_create_response_from_buffer_with_free_callback_cls(text->out.len, text->out.data,
									text_put, text);
	if (!answer)
		return NULL;
	text->users++;
	if (add_headers(answer, config->web, expose_content_type(format)) && add_vary(answer))
		return answer;
	MHD_destroy_response(answer);
	return NULL;
}

/* --- gzip ------------------------------------------------------------------------------------ */

/* A text that is packed while it is sent, a block at a time: it may be long, and events do not wait. */
struct packer {
	struct http_text *text;
	z_stream z;
};

static ssize_t pack_block(void *cls, uint64_t at, char *out, size_t size)
{
	struct packer *p = cls;
	int err;

	(void)at;
	p->z.next_out = (Bytef *)out;
	p->z.avail_out = size;
	err = deflate(&p->z, Z_FINISH);
	if (err != Z_OK && err != Z_STREAM_END && err != Z_BUF_ERROR)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (size == p->z.avail_out)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return size - p->z.avail_out;
}

static void packer_free(void *cls)
{
	struct packer *p = cls;

	deflateEnd(&p->z);
	text_put(p->text);
	free(p);
}

/* For one client; NULL without memory. */
static struct MHD_Response *pack(const struct http_page *page, const struct http_config *config,
				 enum expose_format format)
{
	struct packer *p = calloc(1, sizeof(*p));
	struct MHD_Response *answer;

	if (!p)
		return NULL;
	/* + 16: in a gzip file's clothes */
	if (deflateInit2(&p->z, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(p);
		return NULL;
	}
	p->text = page->text;
	p->text->users++;
	p->z.next_in = (Bytef *)p->text->out.data;
	p->z.avail_in = p->text->out.len;
	answer = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PACKED_BLOCK, pack_block, p,
						   packer_free);
	if (!answer) {
		packer_free(p);
		return NULL;
	}
	if (add_headers(answer, config->web, expose_content_type(format)) && add_vary(answer) &&
	    MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES)
		return answer;
	MHD_destroy_response(answer);
	return NULL;
}

struct MHD_Response *http_pages_get(struct http_pages *self, const struct http_config *config,
				    enum expose_format format, bool packed, uint64_t now_ns,
				    struct http_counts *counts, int *err)
{
	struct http_page *page = &self->page[format];
	struct MHD_Response *answer;

	*err = 0;
	if (page->text && now_ns - page->made_ns >= HTTP_FRESH_NS)
		forget(page);
	if (!page->text) {
		*err = make(page, config, format, counts);
		page->made_ns = now_ns;
	}
	if (*err)
		return NULL;
	answer = packed ? pack(page, config, format) : plain(page, config, format);
	if (!answer)
		*err = -ENOMEM;
	return answer;
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
