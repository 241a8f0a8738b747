/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the server: what it has, and what it does with a request. */
#ifndef URBSCOPE_SINK_HTTP_SERVER_H
#define URBSCOPE_SINK_HTTP_SERVER_H

#include <microhttpd.h>

#include "http_auth.h"
#include "http_listen.h"
#include "http_pages.h"
#include "http_peers.h"
#include "http_tls.h"

struct listener {
	struct http *http;
	struct http_socket socket;
	struct MHD_Daemon *daemon;
};

struct http {
	struct http_config config;
	struct http_tls *tls;	/* for new connections; NULL: plain */
	struct http_auth *auth;
	struct http_peers peers;
	struct http_pages pages;
	struct http_counts counts;
	struct listener listeners[HTTP_SOCKETS];
	size_t listener_cnt;
	int epoll;
	uint64_t now_ns;	/* of the turn */
};

/* The status of an answer by who asks, and how. */
unsigned int http_code(enum auth_answer allowed, const char *method);

/* MHD_AccessHandlerCallback; `cls` is a struct listener. */
enum MHD_Result http_request(void *cls, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload,
			     size_t *upload_size, void **con_cls);

#endif
