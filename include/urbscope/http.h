/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The exporter's HTTP server. It has no thread of its own that serves: http_fd() tells the caller's loop
 * when there is something to do, and http_turn() does a bounded part of it, so whatever clients do,
 * the loop comes back to its events. A slow or broken client is cut off:
 *
 *  - HTTP_CONNECTIONS to each address of ours, HTTP_PER_HOST from one of theirs; a header of HTTP_HEADER_BYTES at most,
 *    and no body;
 *  - a request has to be there whole within HTTP_HEADER_NS of its beginning, TLS included, and its answer
 *    to be taken within HTTP_ANSWER_NS;
 *  - who keeps a connection may be silent for HTTP_IDLE_NS, as long as others find room.
 *
 * Passwords are bcrypt, made to be slow: those that have not been seen yet are checked by a thread of
 * low priority. That they were right is remembered by a hash with a key of this process.
 *
 * GET and HEAD: / (links), /metrics, /-/healthy (it runs), /-/ready (there are figures). Others are told
 * 404 and 405; gzip is used if the client takes it.
 */
#ifndef URBSCOPE_HTTP_H
#define URBSCOPE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "urbscope/expose.h"
#include "urbscope/fault.h"
#include "urbscope/web.h"

#define HTTP_CONNECTIONS  64
#define HTTP_PER_HOST	  16
#define HTTP_HEADER_BYTES 16384
#define HTTP_HEADER_NS	  UINT64_C(10000000000)
#define HTTP_ANSWER_NS	  UINT64_C(30000000000)
#define HTTP_IDLE_NS	  UINT64_C(300000000000)
/* A page that is younger than this is given to the next client as well. */
#define HTTP_FRESH_NS	  UINT64_C(250000000)

/* Where to listen. */
struct http_address {
	const char *text;	/* "127.0.0.1:9", "[::1]:9", "localhost:9", ":9" (all addresses); port 0: any */
	bool optional;		/* this machine may not have it */
};

struct http_config {
	const struct http_address *addresses;
	size_t address_cnt;
	const struct web_config *web; /* must live until http_reconfigure() */
	/*
	 * Writes the page of /metrics. 0; -EAGAIN: there are no figures yet; or another -errno. All of
	 * these but 0 are told to the client, and not kept.
	 */
	int (*metrics)(void *ctx, enum expose_format format, struct expose_out *out);
	/* Are there figures? */
	bool (*ready)(void *ctx);
	void *ctx;
};

struct http;

/*
 * Listens. NULL with the fault filled in: the address that cannot be had, the file or certificate that
 * is wrong. The files that the web configuration names are read now.
 */
struct http *http_open(const struct http_config *config, struct fault *fault);

/* Cuts off whoever is there. */
void http_close(struct http *self);

/*
 * From now on new connections are served by this web configuration, whose files are read now; the one
 * before is not used any more. Whether there is TLS at all cannot change. 0, or -errno with the fault
 * filled in: then all stays as it was.
 */
int http_reconfigure(struct http *self, const struct web_config *web, struct fault *fault);

/* Readable when http_turn() has something to do; which it has now and then in any case. */
int http_fd(const struct http *self);

/* Does some of it. `now_ns` is on any clock that goes on. True: there is more, so wait for nothing. */
bool http_turn(struct http *self, uint64_t now_ns);

/* The addresses that it has, one after the other: "http://127.0.0.1:9/". NULL: no more. */
const char *http_url(const struct http *self, size_t index);

/* Can it be reached from other machines? */
bool http_is_public(const struct http *self);

#define HTTP_CODES 8

/* What was answered so far. */
struct http_counts {
	uint64_t scrapes[EXPOSE_FORMATS];
	uint64_t scrape_cnt, scrape_ns; /* pages that were made, and how long that took */
	struct expose_http_code codes[HTTP_CODES];
	size_t code_cnt;
};

const struct http_counts *http_counts(const struct http *self);

#endif
