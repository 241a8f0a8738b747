// SPDX-License-Identifier: GPL-2.0
/* Web configurations: what they say, where they are wrong, and that none is passed over. */
#include "../lib/testmain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "urbscope/web_config.h"

/* "U*U" by bcrypt, from the vectors that the inventors of crypt_blowfish published. */
#define HASH "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static int parse(const char *text, struct web_config *web, struct fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	return web_config_parse("/etc/urbscope/web.yml", text, strlen(text), web, fault);
}

static void web_config_says_it_all(void **state)
{
	static const char text[] =
		"tls_server_config:\n"
		"  cert_file: server.crt\n"
		"  key_file: /etc/ssl/server.key\n"
		"  client_auth_type: RequireAndVerifyClientCert\n"
		"  client_ca_file: ca/clients.crt\n"
		"  min_version: TLS13\n"
		"basic_auth_users:\n"
		"  alice: " HASH "\n"
		"  bob: '$2b$10$" "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'\n"
		"http_server_config:\n"
		"  http2: false\n"
		"  headers:\n"
		"    X-Frame-Options: deny\n"
		"    X-XSS-Protection: ''\n";
	struct web_config web;
	struct fault fault;

	(void)state;
	assert_int_equal(parse(text, &web, &fault), 0);
	assert_true(web.tls);
	assert_string_equal(web.cert_file, "/etc/urbscope/server.crt");
	assert_string_equal(web.key_file, "/etc/ssl/server.key");
	assert_string_equal(web.client_ca_file, "/etc/urbscope/ca/clients.crt");
	assert_int_equal(web.client_cert, WEB_CERT_VERIFIED);
	assert_int_equal(web.min_version, WEB_TLS_13);
	assert_int_equal(web.max_version, WEB_TLS_13);
	assert_int_equal(web.user_cnt, 2);
	assert_string_equal(web.users[0].name, "alice");
	assert_string_equal(web.users[0].hash, HASH);
	assert_string_equal(web.users[1].name, "bob");
	/* one that is blank is not set */
	assert_int_equal(web.header_cnt, 1);
	assert_string_equal(web.headers[0].name, "X-Frame-Options");
	assert_string_equal(web.headers[0].value, "deny");
	web_config_release(&web);
	assert_null(web.users);
}

static void web_config_without_tls_is_plain(void **state)
{
	struct web_config web;
	struct fault fault;

	(void)state;
	assert_int_equal(parse("basic_auth_users: {a: " HASH "}\n", &web, &fault), 0);
	assert_false(web.tls);
	assert_int_equal(web.user_cnt, 1);
	web_config_release(&web);
}

/* The defaults of the format. */
static void web_config_begins_at_tls_1_2(void **state)
{
	struct web_config web;
	struct fault fault;

	(void)state;
	assert_int_equal(parse("tls_server_config: {cert_file: c, key_file: k}\n", &web, &fault), 0);
	assert_int_equal(web.min_version, WEB_TLS_12);
	assert_int_equal(web.max_version, WEB_TLS_13);
	assert_int_equal(web.client_cert, WEB_CERT_NONE);
	web_config_release(&web);
}

#define TLS "tls_server_config:\n  cert_file: c\n  key_file: k\n"

static void wrong_web_config_is_told_by_line_and_column(void **state)
{
	static const struct { const char *text, *where, *what; } cases[] = {
		{ "", "/etc/urbscope/web.yml:", "empty" },
		{ "[]\n", ":1:1:", "tls_server_config" },
		{ "{}\n", ":1:1:", "tls_server_config" },
		{ "tls_config: {}\n", ":1:1:", "tls_config" },
		{ "tls_server_config:\n", ":1:19:", "cert_file" },
		{ "tls_server_config:\n  key_file: k\n", ":1:1:", "cert_file is missing" },
		{ "tls_server_config:\n  cert_file: c\n", ":1:1:", "key_file is missing" },
		{ "tls_server_config:\n  cert_file: ''\n", ":2:14:", "file" },
		{ TLS "  cipher_suites: [A]\n", ":4:3:", "cipher_suites is not served" },
		{ TLS "  client_allowed_sans: [A]\n", ":4:3:", "client_allowed_sans is not served" },
		{ TLS "  cert: x\n", ":4:3:", "cert_file" },
		{ TLS "  cert_file: d\n", ":4:3:", "twice" },
		{ TLS "  min_version: TLS1.2\n", ":4:16:", "TLS12" },
		{ TLS "  min_version: TLS13\n  max_version: TLS12\n", ":1:1:", "above" },
		{ TLS "  client_auth_type: Verify\n", ":4:21:", "RequireAndVerifyClientCert" },
		{ TLS "  client_auth_type: RequireAndVerifyClientCert\n", ":1:1:", "client_ca_file" },
		{ TLS "  client_ca_file: a\n", ":1:1:", "client_auth_type" },
		{ TLS TLS, ":4:1:", "twice" },
		{ "rate_limit:\n  burst: 3\n", ":1:1:", "rate_limit is not served" },
		{ "http_server_config:\n  http2: true\n", ":2:10:", "HTTP/1.1" },
		{ "http_server_config:\n  headers:\n    Server: x\n", ":3:5:", "X-Frame-Options" },
		{ "http_server_config:\n  headers:\n    X-Frame-Options: \"a\\r\\nb\"\n", ":3:22:", "one line" },
		{ "basic_auth_users:\n", ":1:18:", "NAME: HASH" },
		{ "basic_auth_users:\n  alice: secret\n", ":2:10:", "htpasswd -nBC 10 alice" },
		{ "basic_auth_users:\n  alice: $2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
		  ":2:10:", "bcrypt" },
		{ "basic_auth_users:\n  alice: $2y$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
		  ":2:10:", "bcrypt" },
		{ "basic_auth_users:\n  a:b: " HASH "\n", ":2:3:", "colon" },
		{ "basic_auth_users:\n  a: " HASH "\n  a: " HASH "\n", ":3:3:", "twice" },
		{ "a: &x 1\nb: *y\n", ":2:4:", "undefined alias" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_config web;
		struct fault fault;

		if (parse(cases[i].text, &web, &fault) != -EINVAL)
			fail_msg("%s is taken", cases[i].text);
		if (!strstr(fault.text, cases[i].where) || !strstr(fault.text, cases[i].what) ||
		    strncmp(fault.text, "/etc/urbscope/web.yml:", 22))
			fail_msg("%s is told as: %s", cases[i].text, fault.text);
		/* what is secret, or nearly, is in no message */
		assert_null(strstr(fault.text, "E5YPO9"));
		assert_null(strstr(fault.text, "secret"));
		web_config_release(&web);
	}
}

static void web_config_that_is_not_there_is_told(void **state)
{
	struct fault fault = { "" };
	struct web_config web;

	(void)state;
	assert_int_equal(web_config_read("/nowhere/web.yml", &web, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "/nowhere/web.yml"));
	web_config_release(&web);
}

static const struct CMUnitTest tests[] = {
	TEST("web-config-says-it-all", web_config_says_it_all),
	TEST("web-config-without-tls-is-plain", web_config_without_tls_is_plain),
	TEST("web-config-begins-at-tls-1-2", web_config_begins_at_tls_1_2),
	TEST("wrong-web-config-is-told-by-line-and-column", wrong_web_config_is_told_by_line_and_column),
	TEST("web-config-that-is-not-there-is-told", web_config_that_is_not_there_is_told),
};

TEST_MAIN(tests)
