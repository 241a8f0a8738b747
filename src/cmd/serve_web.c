// SPDX-License-Identifier: GPL-2.0
#include "serve.h"

#include <sys/stat.h>

#include "command.h"

#define LOOK_NS UINT64_C(1000000000)

static uint64_t mix(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * UINT64_C(0x100000001b3);
}

/* A file that was written, or replaced by another, looks different. */
static uint64_t look_at(uint64_t sum, const char *file)
{
	struct stat stat_is;

	if (!file || stat(file, &stat_is))
		return mix(sum, 0);
	sum = mix(sum, stat_is.st_ino);
	sum = mix(sum, stat_is.st_size);
	sum = mix(sum, stat_is.st_mtim.tv_sec);
	return mix(sum, stat_is.st_mtim.tv_nsec);
}

static uint64_t look(const struct serve_web *self, const struct web_config *web)
{
	uint64_t sum = look_at(UINT64_C(0xcbf29ce484222325), self->file);

	sum = look_at(sum, web->cert_file);
	sum = look_at(sum, web->key_file);
	return look_at(sum, web->client_ca_file);
}

int serve_web_open(struct serve_web *self, const char *file, struct fault *fault)
{
	int err;

	*self = (struct serve_web){ .file = file };
	if (!file)
		return 0;
	err = web_config_read(file, &self->configs[0], fault);
	self->seen = look(self, &self->configs[0]);
	return err;
}

void serve_web_release(struct serve_web *self)
{
	web_config_release(&self->configs[0]);
	web_config_release(&self->configs[1]);
}

const struct web_config *serve_web_config(const struct serve_web *self)
{
	return self->file ? &self->configs[self->current] : NULL;
}

static void reload(struct serve_web *self, struct http *http)
{
	struct web_config *next = &self->configs[!self->current];
	struct fault fault = { "" };

	web_config_release(next);
	if (web_config_read(self->file, next, &fault) || http_reconfigure(http, next, &fault)) {
		tell("%s; served as before", fault.text);
		return;
	}
	web_config_release(&self->configs[self->current]);
	self->current = !self->current;
	self->seen = look(self, next); /* it may name other files */
	tell("%s: read anew", self->file);
}

void serve_web_turn(struct serve_web *self, struct http *http, uint64_t now_ns)
{
	uint64_t seen;

	if (!self->file || now_ns - self->looked_ns < LOOK_NS)
		return;
	self->looked_ns = now_ns;
	seen = look(self, &self->configs[self->current]);
	if (seen == self->seen)
		return;
	/* whatever comes of it: what is wrong is told once */
	self->seen = seen;
	reload(self, http);
}
