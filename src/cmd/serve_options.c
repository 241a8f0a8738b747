// SPDX-License-Identifier: GPL-2.0
#include "serve.h"

#include <string.h>

#include "check_options.h"
#include "command.h"
#include "urbscope/spec.h"

#define WINDOW_NS UINT64_C(60000000000)

enum { KEY_WEB_CONFIG = 0x200, KEY_WINDOW };

static const struct argp_option options[] = {
	{ "listen", 'l', "ADDR:PORT", 0,
	  "Listen there: 192.0.2.1:" SERVE_PORT ", [::1]:" SERVE_PORT ", localhost:" SERVE_PORT ", or "
	  ":" SERVE_PORT " for all addresses; port 0 takes one that is free. May be given several times "
	  "(default: 127.0.0.1:" SERVE_PORT " and [::1]:" SERVE_PORT ")", 1 },
	{ "web-config", KEY_WEB_CONFIG, "FILE", 0,
	  "TLS and passwords, as Prometheus' exporters have them; what changes there is served from then on", 1 },
	{ "spec", 'f', "FILE", 0,
	  "Tell whether what FILE (YAML) asserts holds, as `urbscope check` does, too", 2 },
	{ "window", KEY_WINDOW, "DUR", 0, "A verdict is that of the last window of DUR (default 60s)", 2 },
	{ 0 },
};

static void add_address(struct serve_options *o, const char *arg, struct argp_state *state)
{
	if (o->address_cnt == SERVE_ADDRESSES)
		refuse(state, "more than %d addresses: :PORT listens on all", SERVE_ADDRESSES);
	else
		o->addresses[o->address_cnt++].text = arg;
}

static void read_spec(struct serve_options *o, const char *path, struct argp_state *state)
{
	struct fault fault = { "" };

	if (spec_read(path, &o->spec, &fault))
		refuse(state, "%s", fault.text);
}

static void complete(struct serve_options *o, struct argp_state *state)
{
	struct fault fault = { "" };

	if (o->command)
		refuse(state, "serve runs no command: `urbscope report -- %s` does", o->command[0]);
	check_spec_must_assert(&o->spec, &fault);
	if (fault.text[0])
		refuse(state, "%s", fault.text);
	check_spec_watch(&o->spec, &o->watch);
	if (o->address_cnt)
		return;
	o->addresses[o->address_cnt++].text = "127.0.0.1:" SERVE_PORT;
	o->addresses[o->address_cnt++] = (struct http_address){ "[::1]:" SERVE_PORT, true };
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct serve_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->spec;
		state->child_inputs[1] = &o->watch;
		return 0;
	case 'l':
		add_address(o, arg, state);
		return 0;
	case KEY_WEB_CONFIG:
		o->web_file = arg;
		return 0;
	case 'f':
		read_spec(o, arg, state);
		return 0;
	case KEY_WINDOW:
		if (parse_duration(arg, &o->window_ns) || o->window_ns < 10000000)
			refuse(state, "--window %s: write a time from 10ms on, such as 60s", arg);
		return 0;
	case ARGP_KEY_ARG:
		take_operand(state, &o->input, &o->command);
		return 0;
	case ARGP_KEY_END:
		complete(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Watches URBs and tells their figures to Prometheus, or whoever asks http://127.0.0.1:" SERVE_PORT
	"/metrics. FILE is a recording, whose figures stay; - reads one from standard input, and ends with "
	"it.\v"
	"Without --listen only this machine can ask. It runs until SIGTERM or SIGINT.\n\n"
	"EXAMPLES\n"
	"  urbscope serve\n"
	"  urbscope serve --listen :" SERVE_PORT " --web-config /etc/urbscope/web.yml\n"
	"  urbscope serve -s 17e9:6006 -f queue.yaml --window 5s\n"
	"  ssh board urbscope record -o - | urbscope serve -\n";

void serve_options_parse(struct serve_options *o, int argc, char **argv)
{
	const struct argp_child children[] = {
		check_argp_children()[0], watch_argp_children[0], { 0 }
	};
	const struct argp argp = { options, parse, "[FILE]", doc, children, NULL, NULL };

	memset(o, 0, sizeof(*o));
	o->window_ns = WINDOW_NS;
	watch_options_init(&o->watch);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, o);
}
