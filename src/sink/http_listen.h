/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets that listen, by addresses as people write them. */
#ifndef URBSCOPE_SINK_HTTP_LISTEN_H
#define URBSCOPE_SINK_HTTP_LISTEN_H

#include "urbscope/http.h"

#define HTTP_SOCKETS 8

struct http_socket {
	int fd;
	char url[128];		/* "http://[::1]:9/", with the port that it has */
	bool loopback;
};

/*
 * Opens what the address stands for, which may be several. Returns how many there are, or -errno with
 * the fault filled in. Sockets are filled in from the first on, `max` at most.
 */
int http_listen(const struct http_address *address, bool tls, struct http_socket *sockets, size_t max,
		struct fault *fault);

#endif
