// SPDX-License-Identifier: GPL-2.0
/*
 * Any text as the headers of a request that we read ourselves: Accept, Accept-Encoding, Authorization.
 * Nobody is let in but by the password.
 */
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sink/http_auth.h"
#include "sink/http_pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* "U*U" at the least cost that there is; the name is one that guesses do not come by. */
static struct web_user user = {
	(char *)"prometheus", (char *)"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
};
static const struct web_config web = { .users = &user, .user_cnt = 1 };

#define RIGHT "cHJvbWV0aGV1czpVKlU" /* by base64(1), without its padding */

/* The two lowest bits of its last digit stand for nothing. */
static bool is_right(const char *header)
{
	if (strncasecmp(header, "Basic ", 6))
		return false;
	header += 6 + strspn(header + 6, " ");
	return !strncmp(header, RIGHT, sizeof(RIGHT) - 2) && strspn(header + sizeof(RIGHT) - 2, "UVWX") == 1 &&
	       !header[sizeof(RIGHT) - 1 + strspn(header + sizeof(RIGHT) - 1, "=")];
}

static enum auth_answer ask(struct http_auth *auth, const char *header)
{
	enum auth_answer answer = http_auth_ask(auth, &web, header, auth);
	struct pollfd fd = { .fd = http_auth_fd(auth), .events = POLLIN };
	void *who = NULL;

	if (answer != AUTH_LATER)
		return answer;
	while (!http_auth_next(auth, &who, &answer))
		poll(&fd, 1, 1000);
	must(who == auth);
	return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_auth *auth;
	char *header;

	if (!auth) {
		auth = http_auth_new();
		must(auth && ask(auth, "Basic " RIGHT "=") == AUTH_ALLOWED);
	}
	header = malloc(size + 1);
	must(header);
	memcpy(header, data, size);
	header[size] = '\0';
	http_takes_gzip(header);
	must(expose_choose(header) < EXPOSE_FORMATS);
	if (ask(auth, header) == AUTH_ALLOWED)
		must(is_right(header));
	free(header);
	return 0;
}
