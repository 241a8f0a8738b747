/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a web configuration, the YAML file that Prometheus' exporters take for TLS and passwords:
 *
 *	tls_server_config:
 *	  cert_file: server.crt		# beside this file, unless absolute
 *	  key_file: server.key
 *	  client_auth_type: RequireAndVerifyClientCert
 *	  client_ca_file: clients.crt
 *	  min_version: TLS13
 *	basic_auth_users:
 *	  alice: $2y$10$...		# bcrypt
 *	http_server_config:
 *	  headers:
 *	    Strict-Transport-Security: max-age=31536000
 *
 * A key that is not known, or not served here, is refused: what keeps others out must not be
 * passed over.
 */
#ifndef URBSCOPE_WEB_CONFIG_H
#define URBSCOPE_WEB_CONFIG_H

#include "urbscope/fault.h"
#include "urbscope/web.h"

/*
 * 0, or -errno with the fault filled in: what, at which line and column, and what would be right; it
 * never repeats a hash. The certificates are not looked at. `out` is to be released in any case.
 */
int web_config_read(const char *path, struct web_config *out, struct fault *fault);

/* The same from memory; the path is for faults, and for files that are beside it. */
int web_config_parse(const char *path, const void *text, size_t size, struct web_config *out,
		     struct fault *fault);

/* Leaves one that is all zero. */
void web_config_release(struct web_config *config);

#endif
