/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Basic authentication. A bcrypt takes 50 ms and more: a password that is not known to be right yet is
 * checked by a thread of low priority, one after the other. Whether a user exists makes no difference
 * to how long that takes.
 */
#ifndef URBSCOPE_SINK_HTTP_AUTH_H
#define URBSCOPE_SINK_HTTP_AUTH_H

#include <stdbool.h>

#include "urbscope/web.h"

struct http_auth;

enum auth_answer {
	AUTH_ALLOWED,
	AUTH_DENIED,
	AUTH_LATER,		/* http_auth_next() will tell */
	AUTH_BUSY,		/* it would take, or has taken, too long */
};

/* NULL with errno. */
struct http_auth *http_auth_new(void);
/* What has been asked is answered by AUTH_BUSY; what comes is. */
void http_auth_stop(struct http_auth *self);
void http_auth_free(struct http_auth *self);

/* May they, by the value of their header Authorization (NULL: there is none)? */
enum auth_answer http_auth_ask(struct http_auth *self, const struct web_config *web,
			       const char *header, void *who);

/* Readable when there are answers. */
int http_auth_fd(const struct http_auth *self);

/* The next answer, and to whom. False: there is none. */
bool http_auth_next(struct http_auth *self, void **who, enum auth_answer *answer);

#endif
