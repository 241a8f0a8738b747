// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a web configuration: refused with a reason that names the file, or one by which a server
 * can be run. No part of a hash is ever told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/web_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void look(const struct web_config *web)
{
	must(web->tls == !!web->cert_file && web->tls == !!web->key_file);
	must(web->client_cert <= WEB_CERT_VERIFIED && web->min_version <= web->max_version);
	must(web->max_version <= WEB_TLS_13);
	must(!web->client_ca_file == (web->client_cert < WEB_CERT_VERIFIED_IF_GIVEN));
	for (size_t i = 0; i < web->user_cnt; i++) {
		must(*web->users[i].name && !strchr(web->users[i].name, ':'));
		must(strlen(web->users[i].hash) == 60);
		for (size_t k = 0; k < i; k++)
			must(strcmp(web->users[i].name, web->users[k].name));
	}
	for (size_t i = 0; i < web->header_cnt; i++)
		must(!strpbrk(web->headers[i].value, "\r\n"));
	must(web->tls || web->user_cnt || web->header_cnt || !web->client_ca_file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct web_config web;
	struct fault fault = { "" };
	int err = web_config_parse("web", data, size, &web, &fault);

	must(err ? !strncmp(fault.text, "web:", 4) : !fault.text[0]);
	if (!err)
		look(&web);
	web_config_release(&web);
	return 0;
}
