/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS as a web configuration wants it. Each connection has the certificate that was the newest when it
 * began; an older one stays until the last of its connections has gone.
 */
#ifndef URBSCOPE_SINK_HTTP_TLS_H
#define URBSCOPE_SINK_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "urbscope/fault.h"
#include "urbscope/web.h"

struct http_tls;

/* Reads its files. NULL with the fault filled in: which one, and what is wrong with it. */
struct http_tls *http_tls_new(const struct web_config *web, struct fault *fault);

/* One more that uses it, one less: the last one frees it. NULL is fine. */
struct http_tls *http_tls_get(struct http_tls *self);
void http_tls_put(struct http_tls *self);

/* A connection that begins. 0 or -EINVAL. */
int http_tls_use(const struct http_tls *self, gnutls_session_t session);

/* A gnutls_certificate_retrieve_function2 for the library: what is not given by http_tls_use() is none. */
int http_tls_none(gnutls_session_t session, const gnutls_datum_t *dn, int dn_cnt,
		  const gnutls_pk_algorithm_t *algos, int algo_cnt, gnutls_pcert_st **cert,
		  unsigned int *cert_cnt, gnutls_privkey_t *key);

#endif
