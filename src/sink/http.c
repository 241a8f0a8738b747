// SPDX-License-Identifier: GPL-2.0
#include "urbscope/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>

#include "http_server.h"

static struct http_peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The first line of a request has come: from here on it has so long for the rest. */
static void *on_first_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct http_peer *peer = peer_of(connection);
	struct listener *l = cls;

	(void)uri;
	if (peer) {
		http_peer_goes_on(peer, PEER_WAITS, l->http->now_ns);
		peer->until_ns = l->http->now_ns + HTTP_HEADER_NS;
	}
	return peer;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode how)
{
	struct http_peer *peer = *con_cls;
	struct listener *l = cls;

	(void)connection;
	(void)how;
	if (peer)
		http_peer_goes_on(peer, PEER_WAITS, l->http->now_ns);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct http_peer *peer = *context;
	struct listener *l = cls;
	struct http *self = l->http;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!peer)
			return;
		http_tls_put(peer->tls);
		http_peers_remove(&self->peers, peer);
		*context = NULL;
		return;
	}
	*context = peer = http_peers_add(&self->peers, connection, self->now_ns);
	if (!peer || !self->tls)
		return;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info && !http_tls_use(self->tls, info->tls_session))
		peer->tls = http_tls_get(self->tls);
}

/* --------------------------------------------------------------------------------------------- */

/* Paths are compared as they were sent: "/metrics%00" is another one. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls, (void)connection;
	return strlen(text);
}

static int start(struct http *self, struct listener *l, struct fault *fault)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (self->tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)http_tls_none },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct epoll_event event = { .events = EPOLLIN };
	const union MHD_DaemonInfo *info;

	l->http = self;
	l->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, http_request, l,
		MHD_OPTION_LISTEN_SOCKET, l->socket.fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)HTTP_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)HTTP_PER_HOST,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADER_BYTES,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
		MHD_OPTION_URI_LOG_CALLBACK, on_first_line, l,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_ARRAY, self->tls ? tls : tls + 1,
		MHD_OPTION_END);
	info = l->daemon ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info && !epoll_ctl(self->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event))
		return 0;
	fault_set(fault, "%s: cannot serve: %s", l->socket.url, strerror(errno));
	return -EINVAL;
}

static int listen_everywhere(struct http *self, struct fault *fault)
{
	for (size_t i = 0; i < self->config.address_cnt; i++) {
		struct http_socket sockets[HTTP_SOCKETS];
		int cnt = http_listen(&self->config.addresses[i], self->tls, sockets,
				      HTTP_SOCKETS - self->listener_cnt, fault);

		for (int k = 0; k < cnt; k++)
			self->listeners[self->listener_cnt++].socket = sockets[k];
		if (cnt < 0)
			return cnt;
	}
	if (self->listener_cnt)
		return 0;
	fault_set(fault, "--listen: none of the addresses is there");
	return -EADDRNOTAVAIL;
}

static int set_up(struct http *self, struct fault *fault)
{
	struct epoll_event event = { .events = EPOLLIN };
	const struct web_config *web = self->config.web;
	int err;

	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	self->auth = self->epoll < 0 ? NULL : http_auth_new();
	if (!self->auth || epoll_ctl(self->epoll, EPOLL_CTL_ADD, http_auth_fd(self->auth), &event)) {
		fault_set(fault, "cannot serve: %s", strerror(errno));
		return -errno;
	}
	if (web && web->tls) {
		self->tls = http_tls_new(web, fault);
		if (!self->tls)
			return -EINVAL;
	}
	err = listen_everywhere(self, fault);
	for (size_t i = 0; !err && i < self->listener_cnt; i++)
		err = start(self, &self->listeners[i], fault);
	return err;
}

struct http *http_open(const struct http_config *config, struct fault *fault)
{
	struct http *self = calloc(1, sizeof(*self));

	if (!self) {
		fault_set(fault, "cannot serve: %s", strerror(ENOMEM));
		return NULL;
	}
	self->config = *config;
	self->epoll = -1;
	if (!set_up(self, fault))
		return self;
	http_close(self);
	return NULL;
}

/* Who waits for the thread is told; they must not be suspended when the library ends. */
static bool take_answers(struct http *self)
{
	enum auth_answer allowed;
	bool any = false;
	void *who;

	while (http_auth_next(self->auth, &who, &allowed)) {
		struct http_peer *peer = who;

		peer->code = http_code(allowed, MHD_HTTP_METHOD_GET);
		MHD_resume_connection(peer->connection);
		any = true;
	}
	return any;
}

void http_close(struct http *self)
{
	if (!self)
		return;
	if (self->auth) {
		http_auth_stop(self->auth);
		take_answers(self);
	}
	for (size_t i = 0; i < self->listener_cnt; i++) {
		if (self->listeners[i].daemon)
			MHD_stop_daemon(self->listeners[i].daemon);
		else
			close(self->listeners[i].socket.fd);
	}
	http_pages_forget(&self->pages);
	http_auth_free(self->auth);
	http_tls_put(self->tls);
	if (self->epoll >= 0)
		close(self->epoll);
	free(self);
}

int http_reconfigure(struct http *self, const struct web_config *web, struct fault *fault)
{
	struct http_tls *tls = NULL;

	if (!self->tls != !(web && web->tls)) {
		fault_set(fault, "tls_server_config comes and goes with a restart only");
		return -EINVAL;
	}
	if (self->tls) {
		tls = http_tls_new(web, fault);
		if (!tls)
			return -EINVAL;
	}
	http_tls_put(self->tls);
	self->tls = tls;
	self->config.web = web;
	http_pages_forget(&self->pages);
	return 0;
}

int http_fd(const struct http *self)
{
	return self->epoll;
}

bool http_turn(struct http *self, uint64_t now_ns)
{
	bool more = false;

	self->now_ns = now_ns;
	more = take_answers(self);
	for (size_t i = 0; i < self->listener_cnt; i++) {
		MHD_UNSIGNED_LONG_LONG wait_ms;

		MHD_run(self->listeners[i].daemon);
		more |= MHD_get_timeout(self->listeners[i].daemon, &wait_ms) == MHD_YES && !wait_ms;
	}
	http_peers_sweep(&self->peers, now_ns);
	return more;
}

const char *http_url(const struct http *self, size_t index)
{
	return index < self->listener_cnt ? self->listeners[index].socket.url : NULL;
}

bool http_is_public(const struct http *self)
{
	for (size_t i = 0; i < self->listener_cnt; i++) {
		if (!self->listeners[i].socket.loopback)
			return true;
	}
	return false;
}

const struct http_counts *http_counts(const struct http *self)
{
	return &self->counts;
}
