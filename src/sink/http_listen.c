// SPDX-License-Identifier: GPL-2.0
#include "http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BACKLOG 64

static int not_an_address(const struct http_address *address, struct fault *fault)
{
	fault_set(fault, "--listen %.100s: write ADDRESS:PORT, such as 127.0.0.1:9, [::1]:9, or :9 for all "
			 "addresses", address->text);
	return -EINVAL;
}

/* "host:port", "[v6]:port", ":port" (host ""). False: neither. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	char *end;
	unsigned long number;

	if (!colon || length >= size)
		return false;
	number = strtoul(colon + 1, &end, 10);
	if (*end || end == colon + 1 || colon[1] < '0' || colon[1] > '9' || number > 65535)
		return false;
	if (*text == '[') {
		if (length < 2 || text[length - 1] != ']')
			return false;
		text++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return false; /* an IPv6 address without brackets, or what not */
	}
	snprintf(host, size, "%.*s", (int)length, text);
	*port = colon + 1;
	return true;
}

static bool is_loopback(const struct sockaddr *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

	if (addr->sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return addr->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static void describe(struct http_socket *s, bool tls)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t size = sizeof(addr);
	char host[INET6_ADDRSTRLEN + 16] = "?", port[8] = "?";
	bool v6;

	getsockname(s->fd, (struct sockaddr *)&addr, &size);
	getnameinfo((struct sockaddr *)&addr, size, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	v6 = addr.ss_family == AF_INET6;
	snprintf(s->url, sizeof(s->url), "http%s://%s%s%s:%s/", tls ? "s" : "", v6 ? "[" : "", host,
		 v6 ? "]" : "", port);
	s->loopback = is_loopback((struct sockaddr *)&addr);
}

/* 0 or -errno. Each family has a socket of its own, whatever net.ipv6.bindv6only says. */
static int open_one(const struct addrinfo *info, struct http_socket *s)
{
	const int on = 1;
	int err = 0;

	s->fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (s->fd < 0)
		return -errno;
	if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (info->ai_family == AF_INET6 &&
	     setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) ||
	    bind(s->fd, info->ai_addr, info->ai_addrlen) || listen(s->fd, BACKLOG)) {
		err = -errno;
		close(s->fd);
	}
	return err;
}

static int cannot_listen(const struct http_address *address, int err, struct fault *fault)
{
	const char *cure = "";

	if (err == -EADDRINUSE)
		cure = ": another exporter? --listen takes another port";
	else if (err == -EACCES)
		cure = ": ports below 1024 need CAP_NET_BIND_SERVICE; --listen takes another";
	else if (err == -EADDRNOTAVAIL)
		cure = ": no interface has it; --listen :PORT takes all that there are";
	fault_set(fault, "--listen %.100s: %s%s", address->text, strerror(-err), cure);
	return err;
}

/* This machine has no such address, or no such protocol. */
static bool is_missing(int err)
{
	return err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT || err == -EPROTONOSUPPORT;
}

int http_listen(const struct http_address *address, bool tls, struct http_socket *sockets, size_t max,
		struct fault *fault)
{
	struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM,
	}, *infos;
	int cnt = 0, err, last = -EADDRNOTAVAIL;
	const char *port;
	char host[256];

	if (!split(address->text, host, sizeof(host), &port))
		return not_an_address(address, fault);
	err = getaddrinfo(*host ? host : NULL, port, &hints, &infos);
	if (err) {
		fault_set(fault, "--listen %.100s: %s", address->text, gai_strerror(err));
		return -EINVAL;
	}
	err = 0;
	for (const struct addrinfo *i = infos; !err && i && cnt < (int)max; i = i->ai_next) {
		err = open_one(i, &sockets[cnt]);
		if (!err)
			describe(&sockets[cnt++], tls);
		else if (is_missing(err)) { /* a name, or all addresses, may be more than there is */
			last = err;
			err = 0;
		}
	}
	freeaddrinfo(infos);
	if (!err && !cnt && !address->optional)
		err = last;
	if (!err)
		return cnt;
	while (cnt)
		close(sockets[--cnt].fd);
	return cannot_listen(address, err, fault);
}
