/* SPDX-License-Identifier: GPL-2.0 */
/* Inside urbscope serve: what was asked for, and the parts that do it. */
#ifndef URBSCOPE_CMD_SERVE_H
#define URBSCOPE_CMD_SERVE_H

#include "options.h"
#include "urbscope/check.h"
#include "urbscope/http.h"
#include "urbscope/web_config.h"

/*
 * The range that Prometheus' list of ports has for exporters, 9100 to 9999, is full. 0x1d6b is the vendor
 * id of Linux' root hubs.
 */
#define SERVE_PORT "7531"
#define SERVE_ADDRESSES 8

struct serve_options {
	struct watch_options watch;
	const char *input;	/* the recording; NULL: the running kernel */
	char **command;		/* there must be none */
	struct http_address addresses[SERVE_ADDRESSES];
	size_t address_cnt;
	const char *web_file;	/* the web configuration, or NULL */
	struct check_spec spec;
	uint64_t window_ns;	/* of the spec's verdicts */
};

/* Parses the command line; a usage error ends the program. */
void serve_options_parse(struct serve_options *o, int argc, char **argv);

/* The web configuration, and whether its files are still those that were read. */
struct serve_web {
	const char *file;	/* NULL: there is none */
	struct web_config configs[2]; /* the one that is used, and the one before or after it */
	unsigned int current;
	uint64_t looked_ns;
	uint64_t seen;		/* sum of what the files looked like */
};

/* Reads it. 0, or -errno with the fault filled in. */
int serve_web_open(struct serve_web *self, const char *file, struct fault *fault);
void serve_web_release(struct serve_web *self);

/* NULL: there is none. */
const struct web_config *serve_web_config(const struct serve_web *self);

/*
 * Now and then: a configuration, a certificate or a key that has changed is read and served from now
 * on. If it is wrong, that is told, and the one before stays.
 */
void serve_web_turn(struct serve_web *self, struct http *http, uint64_t now_ns);

/* What this process takes, for expose_agent.process. */
void serve_process(struct expose_agent *agent, uint64_t start_wall_ns);

#endif
