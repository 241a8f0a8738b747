// SPDX-License-Identifier: GPL-2.0
#include "urbscope/web_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

#define HASH_LENGTH 60

struct reader {
	struct document doc;
	struct web_config *out;
};

/* A key of a mapping. Without `take` it is one of the format's that is not served, and that is why. */
struct key {
	const char *name;
	int (*take)(struct reader *r, const yaml_node_t *key, const yaml_node_t *value);
	const char *instead;
};

static int wrong(struct reader *r, const yaml_node_t *at, const char *what)
{
	return document_wrong(&r->doc, at, what);
}

static int no_memory(struct reader *r)
{
	fault_set(r->doc.fault, "%.200s: out of memory", r->doc.path);
	return -ENOMEM;
}

/* By a printf() format; what is quoted is cut. */
__attribute__((format(printf, 3, 4)))
static int wrongf(struct reader *r, const yaml_node_t *at, const char *fmt, ...)
{
	char what[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return wrong(r, at, what);
}

static const struct key *find_key(const struct key *keys, const char *name)
{
	for (; keys->name; keys++) {
		if (!strcmp(keys->name, name))
			return keys;
	}
	return NULL;
}

/* Which of two were meant? */
static bool is_repeated(struct reader *r, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
			const char *name)
{
	const yaml_node_pair_t *other = mapping->data.mapping.pairs.start;

	for (; other < pair; other++) {
		const char *before = document_text(document_node(&r->doc, other->key));

		if (before && !strcmp(before, name))
			return true;
	}
	return false;
}

typedef int (*take_pair)(struct reader *r, const yaml_node_t *key, const char *name,
			 const yaml_node_t *value, const void *ctx);

static int each_pair(struct reader *r, const yaml_node_t *mapping, const char *what, take_pair take,
		     const void *ctx)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	int err = 0;

	if (mapping->type != YAML_MAPPING_NODE || pair == mapping->data.mapping.pairs.top)
		return wrong(r, mapping, what);
	for (; !err && pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = document_node(&r->doc, pair->key);
		const char *name = document_text(key);

		if (!name)
			err = wrong(r, key, what);
		else if (is_repeated(r, mapping, pair, name))
			err = wrongf(r, key, "'%.60s' is there twice", name);
		else
			err = take(r, key, name, document_node(&r->doc, pair->value), ctx);
	}
	return err;
}

static int take_key(struct reader *r, const yaml_node_t *key, const char *name,
		    const yaml_node_t *value, const void *ctx)
{
	const struct key *keys = ctx, *known = find_key(keys, name);

	if (!known)
		return wrongf(r, key, "no key '%.60s' here: the first would be `%s`", name, keys->name);
	if (!known->take)
		return wrongf(r, key, "%s is not served here: %s", name, known->instead);
	return known->take(r, key, value);
}

/* --- values ---------------------------------------------------------------------------------- */

/* A file beside the configuration, unless its name is absolute. */
static int take_file(struct reader *r, const yaml_node_t *value, char **out)
{
	const char *name = document_text(value), *slash = strrchr(r->doc.path, '/');
	int dir = slash ? slash + 1 - r->doc.path : 0;

	if (!name || !*name)
		return wrong(r, value, "write the name of a file");
	if (asprintf(out, "%.*s%s", *name == '/' ? 0 : dir, r->doc.path, name) < 0) {
		*out = NULL;
		return no_memory(r);
	}
	return 0;
}

/* The index of a word in a list that ends with NULL, or -EINVAL. */
static int take_word(struct reader *r, const yaml_node_t *value, const char *const *words,
		     const char *what)
{
	const char *text = document_text(value);

	for (int i = 0; text && words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
	}
	return wrong(r, value, what);
}

/* --- tls_server_config ----------------------------------------------------------------------- */

static int take_cert_file(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return take_file(r, value, &r->out->cert_file);
}

static int take_key_file(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return take_file(r, value, &r->out->key_file);
}

static int take_client_ca_file(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return take_file(r, value, &r->out->client_ca_file);
}

static int take_client_auth(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	static const char *const words[] = {
		[WEB_CERT_NONE] = "NoClientCert",
		[WEB_CERT_ASKED] = "RequestClientCert",
		[WEB_CERT_ANY] = "RequireAnyClientCert",
		[WEB_CERT_VERIFIED_IF_GIVEN] = "VerifyClientCertIfGiven",
		[WEB_CERT_VERIFIED] = "RequireAndVerifyClientCert",
		NULL,
	};
	int word = take_word(r, value, words,
			     "client_auth_type: write RequireAndVerifyClientCert, VerifyClientCertIfGiven, "
			     "RequireAnyClientCert, RequestClientCert or NoClientCert");

	(void)key;
	if (word < 0)
		return word;
	r->out->client_cert = word;
	return 0;
}

static int take_version(struct reader *r, const yaml_node_t *value, enum web_tls_version *out)
{
	static const char *const words[] = {
		[WEB_TLS_10] = "TLS10", [WEB_TLS_11] = "TLS11", [WEB_TLS_12] = "TLS12",
		[WEB_TLS_13] = "TLS13", NULL,
	};
	int word = take_word(r, value, words, "write TLS13, TLS12, TLS11 or TLS10");

	if (word < 0)
		return word;
	*out = word;
	return 0;
}

static int take_min_version(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return take_version(r, value, &r->out->min_version);
}

static int take_max_version(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return take_version(r, value, &r->out->max_version);
}

static int take_tls(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	static const struct key keys[] = {
		{ "cert_file", take_cert_file, NULL },
		{ "key_file", take_key_file, NULL },
		{ "client_auth_type", take_client_auth, NULL },
		{ "client_ca_file", take_client_ca_file, NULL },
		{ "min_version", take_min_version, NULL },
		{ "max_version", take_max_version, NULL },
		{ "cert", NULL, "write it to a file, and cert_file" },
		{ "key", NULL, "write it to a file, and key_file" },
		{ "client_ca", NULL, "write it to a file, and client_ca_file" },
		{ "client_allowed_sans", NULL, "a client_ca_file of its own tells such clients apart" },
		{ "cipher_suites", NULL, "GnuTLS has the list; min_version: TLS13 narrows it" },
		{ "prefer_server_cipher_suites", NULL, "leave it out" },
		{ "curve_preferences", NULL, "GnuTLS has the list; leave it out" },
		{ 0 },
	};
	struct web_config *out = r->out;
	int err = each_pair(r, value, "tls_server_config: write cert_file and key_file under it",
			    take_key, keys);

	if (err)
		return err;
	out->tls = true;
	if (!out->cert_file || !out->key_file)
		return wrongf(r, key, "tls_server_config: %s is missing",
			      out->cert_file ? "key_file" : "cert_file");
	if (out->min_version > out->max_version)
		return wrong(r, key, "tls_server_config: min_version is above max_version");
	if (out->client_cert >= WEB_CERT_VERIFIED_IF_GIVEN && !out->client_ca_file)
		return wrong(r, key, "client_auth_type: verified by what? client_ca_file is missing");
	if (out->client_ca_file && out->client_cert < WEB_CERT_VERIFIED_IF_GIVEN)
		return wrong(r, key, "client_ca_file verifies nobody without client_auth_type: "
				     "RequireAndVerifyClientCert");
	return 0;
}

/* --- http_server_config ---------------------------------------------------------------------- */

static int take_http2(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	static const char *const words[] = { "false", NULL };

	(void)key;
	return take_word(r, value, words, "http2: HTTP/1.1 alone is spoken here: false, or leave it out");
}

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (!isprint((unsigned char)*text))
			return false;
	}
	return true;
}

static int take_header(struct reader *r, const yaml_node_t *key, const char *name,
		       const yaml_node_t *value, const void *ctx)
{
	static const char *const known[] = {
		"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
		"X-XSS-Protection", "Strict-Transport-Security", NULL,
	};
	const char *text = document_text(value);
	struct web_header *p;
	int word;

	(void)ctx;
	word = take_word(r, key, known, "headers: there are Content-Security-Policy, X-Frame-Options, "
					"X-Content-Type-Options, X-XSS-Protection and "
					"Strict-Transport-Security");
	if (word < 0)
		return word;
	if (!text || !is_printable(text))
		return wrongf(r, value, "%s: write its value in one line of ASCII", name);
	if (!*text)
		return 0;
	p = realloc(r->out->headers, (r->out->header_cnt + 1) * sizeof(*p));
	if (!p)
		return no_memory(r);
	r->out->headers = p;
	p += r->out->header_cnt++;
	p->name = strdup(name);
	p->value = strdup(text);
	return p->name && p->value ? 0 : no_memory(r);
}

static int take_headers(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return each_pair(r, value, "headers: write `NAME: VALUE` under it", take_header, NULL);
}

static int take_http(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	static const struct key keys[] = {
		{ "headers", take_headers, NULL },
		{ "http2", take_http2, NULL },
		{ 0 },
	};

	(void)key;
	return each_pair(r, value, "http_server_config: write headers or http2 under it", take_key, keys);
}

/* --- basic_auth_users ------------------------------------------------------------------------ */

/* "$2y$10$" and 53 characters of crypt()'s alphabet. */
static bool is_bcrypt(const char *text)
{
	static const char digits[] =
		"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	int cost;

	if (strlen(text) != HASH_LENGTH || strncmp(text, "$2", 2) || !strchr("aby", text[2]) ||
	    text[3] != '$' || !isdigit((unsigned char)text[4]) || !isdigit((unsigned char)text[5]) ||
	    text[6] != '$')
		return false;
	cost = (text[4] - '0') * 10 + text[5] - '0';
	return cost >= 4 && cost <= 31 && strspn(text + 7, digits) == HASH_LENGTH - 7;
}

static int take_user(struct reader *r, const yaml_node_t *key, const char *name,
		     const yaml_node_t *value, const void *ctx)
{
	const char *hash = document_text(value);
	struct web_user *p;

	(void)ctx;
	if (!*name || strchr(name, ':') || !is_printable(name))
		return wrong(r, key, "the name of a user is ASCII without a colon");
	if (!hash || !is_bcrypt(hash))
		return wrongf(r, value, "%.60s: write a bcrypt hash, as `htpasswd -nBC 10 %.60s` makes one",
			      name, name);
	p = realloc(r->out->users, (r->out->user_cnt + 1) * sizeof(*p));
	if (!p)
		return no_memory(r);
	r->out->users = p;
	p += r->out->user_cnt++;
	p->name = strdup(name);
	p->hash = strdup(hash);
	return p->name && p->hash ? 0 : no_memory(r);
}

static int take_users(struct reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	(void)key;
	return each_pair(r, value, "basic_auth_users: write `NAME: HASH` under it", take_user, NULL);
}

/* --------------------------------------------------------------------------------------------- */

static int take_document(struct reader *r)
{
	static const struct key keys[] = {
		{ "tls_server_config", take_tls, NULL },
		{ "http_server_config", take_http, NULL },
		{ "basic_auth_users", take_users, NULL },
		{ "rate_limit", NULL, "a page is made four times a second at most; leave it out" },
		{ 0 },
	};
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc.yaml);

	if (root)
		return each_pair(r, root, "write tls_server_config or basic_auth_users", take_key, keys);
	fault_set(r->doc.fault, "%.200s: empty: plain HTTP for everybody needs no web configuration",
		  r->doc.path);
	return -EINVAL;
}

int web_config_parse(const char *path, const void *text, size_t size, struct web_config *out,
		     struct fault *fault)
{
	struct reader r = { .out = out };
	int err;

	*out = (struct web_config){ .min_version = WEB_TLS_12, .max_version = WEB_TLS_13 };
	err = document_load(&r.doc, path, text, size, "", fault);
	if (err)
		return err;
	err = take_document(&r);
	document_release(&r.doc);
	return err;
}

int web_config_read(const char *path, struct web_config *out, struct fault *fault)
{
	size_t size;
	char *text;
	int err = document_slurp(path, &text, &size, fault);

	*out = (struct web_config){ 0 };
	if (!err)
		err = web_config_parse(path, text, size, out, fault);
	free(text);
	return err;
}

void web_config_release(struct web_config *config)
{
	for (size_t i = 0; i < config->user_cnt; i++) {
		free(config->users[i].name);
		free(config->users[i].hash);
	}
	for (size_t i = 0; i < config->header_cnt; i++) {
		free(config->headers[i].name);
		free(config->headers[i].value);
	}
	free(config->users);
	free(config->headers);
	free(config->cert_file);
	free(config->key_file);
	free(config->client_ca_file);
	*config = (struct web_config){ 0 };
}
