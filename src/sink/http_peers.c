// SPDX-License-Identifier: GPL-2.0
#include "http_peers.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "urbscope/http.h"

/* From here on who is silent makes room for others. */
#define CROWD (HTTP_CONNECTIONS * 3 / 4)
/* Who has just come, or was just answered, may be about to ask. */
#define BREATH_NS UINT64_C(1000000000)

struct http_peer *http_peers_add(struct http_peers *self, struct MHD_Connection *connection,
				 uint64_t now_ns)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->connection = connection;
	peer->fd = info->connect_fd;
	peer->next = self->first;
	if (self->first)
		self->first->prev = peer;
	self->first = peer;
	self->cnt++;
	http_peer_goes_on(peer, PEER_WAITS, now_ns);
	return peer;
}

void http_peers_remove(struct http_peers *self, struct http_peer *peer)
{
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		self->first = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	self->cnt--;
	free(peer);
}

static uint64_t patience(const struct http_peer *peer)
{
	switch (peer->stage) {
	case PEER_WAITS:
		return peer->served ? HTTP_IDLE_NS : HTTP_HEADER_NS;
	case PEER_TAKES:
		return HTTP_ANSWER_NS;
	default:
		return UINT64_MAX; /* that is for us */
	}
}

void http_peer_goes_on(struct http_peer *peer, enum peer_stage stage, uint64_t now_ns)
{
	uint64_t may;

	peer->stage = stage;
	peer->since_ns = now_ns;
	may = patience(peer);
	peer->until_ns = may == UINT64_MAX ? may : now_ns + may;
}

/* The library finds the connection at its end, and takes its leave as usual. */
static void cut(struct http_peer *peer)
{
	shutdown(peer->fd, SHUT_RDWR);
	peer->cut = true;
}

/* Who was never served goes before who is between two scrapes; of these, who has waited longest. */
static bool goes_first(const struct http_peer *p, const struct http_peer *other)
{
	if (!other || p->served != other->served)
		return !other || !p->served;
	return p->since_ns < other->since_ns;
}

void http_peers_sweep(struct http_peers *self, uint64_t now_ns)
{
	struct http_peer *silent = NULL;

	for (struct http_peer *p = self->first; p; p = p->next) {
		if (p->cut)
			continue;
		if (now_ns >= p->until_ns)
			cut(p);
		else if (p->stage == PEER_WAITS && now_ns - p->since_ns >= BREATH_NS && goes_first(p, silent))
			silent = p;
	}
	if (self->cnt >= CROWD && silent)
		cut(silent);
}
