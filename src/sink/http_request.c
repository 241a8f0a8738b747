// SPDX-License-Identifier: GPL-2.0
/* Who may ask, and what is answered. */
#include "http_server.h"

#include <errno.h>
#include <string.h>

#define PLAIN "text/plain; charset=utf-8"

static const char landing[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head><meta charset=\"utf-8\"><title>urbscope</title></head>\n"
	"<body>\n"
	"<h1>urbscope</h1>\n"
	"<p>How many URBs each USB endpoint of this machine has in flight, and how long the bus waits for "
	"the host.</p>\n"
	"<ul>\n"
	"<li><a href=\"/metrics\">Metrics</a></li>\n"
	"<li><a href=\"/-/healthy\">Healthy</a></li>\n"
	"<li><a href=\"/-/ready\">Ready</a></li>\n"
	"</ul>\n"
	"</body>\n"
	"</html>\n";

static void count_code(struct http *self, unsigned int code)
{
	struct http_counts *c = &self->counts;
	size_t i = 0;

	while (i < c->code_cnt && c->codes[i].code != code)
		i++;
	if (i == HTTP_CODES)
		return;
	if (i == c->code_cnt)
		c->codes[c->code_cnt++] = (struct expose_http_code){ .code = code };
	c->codes[i].requests++;
}

static enum MHD_Result queue(struct http *self, struct http_peer *peer, unsigned int code,
			     struct MHD_Response *answer)
{
	enum MHD_Result result = MHD_queue_response(peer->connection, code, answer);

	if (result == MHD_YES) {
		peer->served |= code == MHD_HTTP_OK;
		count_code(self, code);
		http_peer_goes_on(peer, PEER_TAKES, self->now_ns);
	}
	return result;
}

static enum MHD_Result tell(struct http *self, struct http_peer *peer, unsigned int code,
			    const char *type, const char *text)
{
	struct MHD_Response *answer = http_answer(self->config.web, type, text, strlen(text));
	enum MHD_Result result;

	if (!answer)
		return MHD_NO;
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (code == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					"Basic realm=\"urbscope\", charset=\"UTF-8\"");
	if (code == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	result = queue(self, peer, code, answer);
	MHD_destroy_response(answer);
	return result;
}

static enum MHD_Result refuse(struct http *self, struct http_peer *peer)
{
	switch (peer->code) {
	case MHD_HTTP_UNAUTHORIZED:
		return tell(self, peer, peer->code, PLAIN, "Who are you?\n");
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		return tell(self, peer, peer->code, PLAIN, "There are GET and HEAD.\n");
	case MHD_HTTP_BAD_REQUEST:
		return tell(self, peer, peer->code, PLAIN, "Nothing here takes a body.\n");
	default:
		return tell(self, peer, peer->code, PLAIN, "Too much to do; try again.\n");
	}
}

static const char *header(struct http_peer *peer, const char *name)
{
	return MHD_lookup_connection_value(peer->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result tell_metrics(struct http *self, struct http_peer *peer)
{
	enum expose_format format = expose_choose(header(peer, MHD_HTTP_HEADER_ACCEPT));
	bool packed = http_takes_gzip(header(peer, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	enum MHD_Result result;
	struct MHD_Response *page;
	int err;

	page = http_pages_get(&self->pages, &self->config, format, packed, self->now_ns, &self->counts,
			      &err);
	if (page) {
		self->counts.scrapes[format]++;
		result = queue(self, peer, MHD_HTTP_OK, page);
		MHD_destroy_response(page);
		return result;
	}
	if (err == -EAGAIN)
		return tell(self, peer, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN, "Nothing has come yet.\n");
	return tell(self, peer, MHD_HTTP_INTERNAL_SERVER_ERROR, PLAIN, "Out of memory.\n");
}

static enum MHD_Result answer(struct http *self, struct http_peer *peer, const char *url)
{
	if (peer->code != MHD_HTTP_OK)
		return refuse(self, peer);
	if (!strcmp(url, "/metrics"))
		return tell_metrics(self, peer);
	if (!strcmp(url, "/"))
		return tell(self, peer, MHD_HTTP_OK, "text/html; charset=utf-8", landing);
	if (!strcmp(url, "/-/healthy"))
		return tell(self, peer, MHD_HTTP_OK, PLAIN, "Healthy.\n");
	if (strcmp(url, "/-/ready"))
		return tell(self, peer, MHD_HTTP_NOT_FOUND, PLAIN, "There are /metrics, /-/healthy, /-/ready.\n");
	if (self->config.ready(self->config.ctx))
		return tell(self, peer, MHD_HTTP_OK, PLAIN, "Ready.\n");
	return tell(self, peer, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN, "Nothing has come yet.\n");
}

/* --- requests -------------------------------------------------------------------------------- */

static bool has_body(struct http_peer *peer)
{
	const char *length = header(peer, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return header(peer, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
	       (length && length[strspn(length, "0 ")]);
}

unsigned int http_code(enum auth_answer allowed, const char *method)
{
	if (allowed == AUTH_BUSY)
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	if (allowed == AUTH_DENIED)
		return MHD_HTTP_UNAUTHORIZED;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	return MHD_HTTP_OK;
}

/* The header is there: may they? */
static enum MHD_Result begin(struct http *self, struct http_peer *peer, const char *method)
{
	enum auth_answer allowed;

	/* a body is not waited for: the library closes the connection behind the answer */
	if (has_body(peer)) {
		peer->code = strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)
				     ? MHD_HTTP_METHOD_NOT_ALLOWED
				     : MHD_HTTP_BAD_REQUEST;
		return refuse(self, peer);
	}
	allowed = self->config.web ? http_auth_ask(self->auth, self->config.web,
						   header(peer, MHD_HTTP_HEADER_AUTHORIZATION), peer)
				   : AUTH_ALLOWED;
	if (allowed == AUTH_LATER) {
		http_peer_goes_on(peer, PEER_ASKS, self->now_ns);
		MHD_suspend_connection(peer->connection);
		return MHD_YES;
	}
	peer->code = http_code(allowed, method);
	http_peer_goes_on(peer, PEER_MAY, self->now_ns);
	return MHD_YES;
}

/* The library calls it when the header is there, again if it was suspended then, and at the end. */
enum MHD_Result http_request(void *cls, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload,
			     size_t *upload_size, void **con_cls)
{
	struct http_peer *peer = *con_cls;
	struct listener *l = cls;

	(void)connection;
	(void)version;
	(void)upload;
	*upload_size = 0;
	if (!peer)
		return MHD_NO;
	switch (peer->stage) {
	case PEER_WAITS:
		return begin(l->http, peer, method);
	case PEER_ASKS:
		if (peer->code == MHD_HTTP_OK)
			peer->code = http_code(AUTH_ALLOWED, method);
		http_peer_goes_on(peer, PEER_MAY, l->http->now_ns);
		return MHD_YES;
	case PEER_MAY:
		return answer(l->http, peer, url);
	default:
		return MHD_YES;
	}
}
