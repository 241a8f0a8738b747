// SPDX-License-Identifier: GPL-2.0
#include "http_tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>

struct http_tls {
	gnutls_certificate_credentials_t x509;
	gnutls_priority_t priority;
	enum web_client_cert client_cert;
	unsigned int users;
};

static int load(const char *path, gnutls_datum_t *out, struct fault *fault)
{
	int err;

	errno = 0;
	err = gnutls_load_file(path, out);
	if (err)
		fault_set(fault, "%.200s: %s", path, errno ? strerror(errno) : gnutls_strerror(err));
	return err;
}

static void forget(gnutls_datum_t *datum)
{
	if (datum->data)
		explicit_bzero(datum->data, datum->size);
	gnutls_free(datum->data);
	datum->data = NULL;
}

static int load_pair(struct http_tls *self, const struct web_config *web, struct fault *fault)
{
	gnutls_datum_t cert = { 0 }, key = { 0 };
	int err = load(web->cert_file, &cert, fault);

	if (!err)
		err = load(web->key_file, &key, fault);
	if (!err) {
		err = gnutls_certificate_set_x509_key_mem2(self->x509, &cert, &key, GNUTLS_X509_FMT_PEM,
							   NULL, 0);
		if (err == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
			fault_set(fault, "%.150s is not the key of %.150s", web->key_file, web->cert_file);
		else if (err < 0)
			fault_set(fault, "%.150s, %.150s: no certificate and key in PEM: %s", web->cert_file,
				  web->key_file, gnutls_strerror(err));
	}
	forget(&cert);
	forget(&key);
	return err < 0 ? -EINVAL : 0;
}

static int load_clients(struct http_tls *self, const struct web_config *web, struct fault *fault)
{
	gnutls_datum_t ca = { 0 };
	int found = load(web->client_ca_file, &ca, fault);

	if (!found) {
		found = gnutls_certificate_set_x509_trust_mem(self->x509, &ca, GNUTLS_X509_FMT_PEM);
		if (found <= 0)
			fault_set(fault, "%.200s: no certificate in PEM that clients could be verified by",
				  web->client_ca_file);
	}
	forget(&ca);
	return found > 0 ? 0 : -EINVAL;
}

static int set_versions(struct http_tls *self, const struct web_config *web, struct fault *fault)
{
	static const char *const names[] = {
		[WEB_TLS_10] = ":+VERS-TLS1.0", [WEB_TLS_11] = ":+VERS-TLS1.1",
		[WEB_TLS_12] = ":+VERS-TLS1.2", [WEB_TLS_13] = ":+VERS-TLS1.3",
	};
	char text[128] = "NORMAL:-VERS-ALL";
	int err;

	for (int v = web->min_version; v <= (int)web->max_version; v++)
		strncat(text, names[v], sizeof(text) - strlen(text) - 1);
	err = gnutls_priority_init(&self->priority, text, NULL);
	if (err)
		fault_set(fault, "TLS: %s", gnutls_strerror(err));
	return err ? -EINVAL : 0;
}

struct http_tls *http_tls_new(const struct web_config *web, struct fault *fault)
{
	struct http_tls *self = calloc(1, sizeof(*self));
	int err;

	if (!self || gnutls_certificate_allocate_credentials(&self->x509)) {
		fault_set(fault, "TLS: %s", strerror(ENOMEM));
		free(self);
		return NULL;
	}
	self->users = 1;
	self->client_cert = web->client_cert;
	err = load_pair(self, web, fault);
	if (!err && web->client_ca_file)
		err = load_clients(self, web, fault);
	if (!err)
		err = set_versions(self, web, fault);
	if (!err)
		return self;
	http_tls_put(self);
	return NULL;
}

struct http_tls *http_tls_get(struct http_tls *self)
{
	if (self)
		self->users++;
	return self;
}

void http_tls_put(struct http_tls *self)
{
	if (!self || --self->users)
		return;
	gnutls_certificate_free_credentials(self->x509);
	if (self->priority)
		gnutls_priority_deinit(self->priority);
	free(self);
}

/* One that is for clients, and was signed by whom we trust. */
static int verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (void *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int status = ~0u;

	return gnutls_certificate_verify_peers(session, &purpose, 1, &status) || status;
}

static int verify_if_given(gnutls_session_t session)
{
	unsigned int cnt = 0;

	return gnutls_certificate_get_peers(session, &cnt) && cnt ? verify(session) : 0;
}

int http_tls_use(const struct http_tls *self, gnutls_session_t session)
{
	static const gnutls_certificate_request_t requests[] = {
		[WEB_CERT_NONE] = GNUTLS_CERT_IGNORE,
		[WEB_CERT_ASKED] = GNUTLS_CERT_REQUEST,
		[WEB_CERT_ANY] = GNUTLS_CERT_REQUIRE,
		[WEB_CERT_VERIFIED_IF_GIVEN] = GNUTLS_CERT_REQUEST,
		[WEB_CERT_VERIFIED] = GNUTLS_CERT_REQUIRE,
	};

	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, self->x509) ||
	    gnutls_priority_set(session, self->priority))
		return -EINVAL;
	gnutls_certificate_server_set_request(session, requests[self->client_cert]);
	if (self->client_cert == WEB_CERT_VERIFIED)
		gnutls_session_set_verify_function(session, verify);
	else if (self->client_cert == WEB_CERT_VERIFIED_IF_GIVEN)
		gnutls_session_set_verify_function(session, verify_if_given);
	return 0;
}

int http_tls_none(gnutls_session_t session, const gnutls_datum_t *dn, int dn_cnt,
		  const gnutls_pk_algorithm_t *algos, int algo_cnt, gnutls_pcert_st **cert,
		  unsigned int *cert_cnt, gnutls_privkey_t *key)
{
	(void)session, (void)dn, (void)dn_cnt, (void)algos, (void)algo_cnt, (void)cert, (void)key;
	*cert_cnt = 0;
	return -1;
}
