/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a server is reached, and by whom: the values of a web configuration, as the exporters of the
 * Prometheus ecosystem share it (docs/exporter.md). web_config.h reads it from a file, http.h serves
 * by it. One that is all zero means plain HTTP for everybody.
 */
#ifndef URBSCOPE_WEB_H
#define URBSCOPE_WEB_H

#include <stdbool.h>
#include <stddef.h>

/* What is asked of clients: client_auth_type. */
enum web_client_cert {
	WEB_CERT_NONE,		/* NoClientCert */
	WEB_CERT_ASKED,		/* RequestClientCert: any, or none */
	WEB_CERT_ANY,		/* RequireAnyClientCert: not verified */
	WEB_CERT_VERIFIED_IF_GIVEN, /* VerifyClientCertIfGiven */
	WEB_CERT_VERIFIED,	/* RequireAndVerifyClientCert */
};

enum web_tls_version { WEB_TLS_10, WEB_TLS_11, WEB_TLS_12, WEB_TLS_13 };

struct web_user {
	char *name;
	char *hash;		/* bcrypt, as crypt() has it */
};

struct web_header {
	char *name, *value;	/* of every response */
};

struct web_config {
	bool tls;
	char *cert_file, *key_file; /* tls */
	char *client_ca_file;	/* NULL: nothing is verified */
	enum web_client_cert client_cert;
	enum web_tls_version min_version, max_version;
	struct web_user *users;	/* none: no authentication */
	size_t user_cnt;
	struct web_header *headers;
	size_t header_cnt;
};

#endif
