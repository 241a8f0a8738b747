/* SPDX-License-Identifier: GPL-2.0 */
/* The connections that there are, and how long each of them may take for what it is about. */
#ifndef URBSCOPE_SINK_HTTP_PEERS_H
#define URBSCOPE_SINK_HTTP_PEERS_H

#include <microhttpd.h>

#include "http_tls.h"

enum peer_stage {
	PEER_WAITS,		/* a request, or the rest of it, is to come */
	PEER_ASKS,		/* it is looked up who that is */
	PEER_MAY,		/* it can be answered: .code says how */
	PEER_TAKES,		/* the answer is on its way */
};

struct http_peer {
	struct http_peer *next, *prev;
	struct MHD_Connection *connection;
	struct http_tls *tls;	/* NULL: plain */
	int fd;
	enum peer_stage stage;
	unsigned int code;	/* MAY: 200, or the refusal */
	bool served;		/* a request of it was answered with 200 */
	bool cut;		/* off; it will end */
	uint64_t since_ns, until_ns; /* in this stage; it may be in it */
};

struct http_peers {
	struct http_peer *first;
	unsigned int cnt;
};

/* NULL without memory. */
struct http_peer *http_peers_add(struct http_peers *self, struct MHD_Connection *connection,
				 uint64_t now_ns);
void http_peers_remove(struct http_peers *self, struct http_peer *peer);

void http_peer_goes_on(struct http_peer *peer, enum peer_stage stage, uint64_t now_ns);

/* Cuts off who takes too long, and who is silent where it gets narrow. */
void http_peers_sweep(struct http_peers *self, uint64_t now_ns);

#endif
