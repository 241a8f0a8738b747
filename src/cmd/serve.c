// SPDX-License-Identifier: GPL-2.0
/* urbscope serve: figures for Prometheus, for as long as it runs. */
#include "serve.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "figures.h"
#include "loop.h"
#include "notify.h"
#include "serve_checks.h"

#define TRIM_NS (60 * UINT64_C(1000000000))

struct serve {
	const struct serve_options *o;
	struct source *src;
	struct loop loop;
	struct figures figures;
	struct checks *checks;	/* NULL: nothing is asserted */
	struct expose *expose;
	struct serve_web web;
	struct http *http;
	uint64_t process_wall_ns; /* since 1970 */
	uint64_t taken_ns;	/* the newest snapshot, by loop_clock(); 0: none yet */
	uint64_t watchdog_ns, told_ns;
	uint64_t trimmed_ns;	/* of loop_clock() */
	bool over;		/* the recording is at its end */
};

/* Not a file: it ends, and nothing is left of it. */
static bool is_stream(const struct serve *s)
{
	return s->o->input && !strcmp(s->o->input, "-");
}

/* --- what is asked for ----------------------------------------------------------------------- */

/* The other side of a pipe may take a while. */
static bool has_begun(void *ctx)
{
	return source_now(((struct serve *)ctx)->src);
}

static int take_snapshot(struct serve *s)
{
	uint64_t now = loop_clock();
	struct snapshot *snap;

	/* all who ask at about the same time are told the same */
	if (s->taken_ns && now - s->taken_ns < HTTP_FRESH_NS)
		return 0;
	snap = figures_snapshot(&s->figures);
	if (!snap || expose_take(s->expose, snap))
		return -ENOMEM;
	s->taken_ns = now;
	return 0;
}

/* When the window began, since 1970; 0: its clock does not tell. */
static uint64_t start_wall_ns(const struct serve *s)
{
	const struct source_info *info = source_info(s->src);
	uint64_t start = expose_snapshot(s->expose)->start_ns;

	if (!strcmp(info->clock, "realtime"))
		return start;
	return info->wall_ns ? info->wall_ns + start : 0;
}

static const char *level(const struct serve *s)
{
	const uint8_t all = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER;

	return (source_info(s->src)->sees & all) == all ? "full" : "basic";
}

static int tell_metrics(void *ctx, enum expose_format format, struct expose_out *out)
{
	const struct http_counts *counts;
	struct expose_agent agent = { .version = URBSCOPE_VERSION };
	struct serve *s = ctx;
	int err = has_begun(s) ? take_snapshot(s) : -EAGAIN;

	if (err)
		return err;
	counts = http_counts(s->http);
	agent.level = level(s);
	agent.start_wall_ns = start_wall_ns(s);
	serve_process(&agent, s->process_wall_ns);
	memcpy(agent.scrapes, counts->scrapes, sizeof(agent.scrapes));
	agent.scrape_cnt = counts->scrape_cnt;
	agent.scrape_ns = counts->scrape_ns;
	agent.codes = counts->codes;
	agent.code_cnt = counts->code_cnt;
	if (s->checks)
		agent.assertions = checks_assertions(s->checks, &agent.assertion_cnt);
	return expose_write(s->expose, format, &agent, out);
}

/* --- the run --------------------------------------------------------------------------------- */

static void take_event(void *ctx, const struct urb_event *ev)
{
	struct serve *s = ctx;

	figures_event(&s->figures, ev);
	if (s->checks)
		checks_event(s->checks, ev);
}

static void tell_manager(struct serve *s, uint64_t now)
{
	if (!s->watchdog_ns || now - s->told_ns < s->watchdog_ns)
		return;
	s->told_ns = now;
	notify("WATCHDOG=1");
}

/* Nothing more comes; a file's figures stay to be asked for. */
static int end_recording(struct serve *s, struct fault *fault)
{
	int err = source_finish(s->src, take_event, s, fault);

	if (!err)
		watch_remark(s->src);
	if (!err && s->checks)
		err = checks_end(s->checks, source_now(s->src));
	s->taken_ns = 0;
	s->over = true;
	return err;
}

/*
 * Pages and snapshots of some megabytes come and go by the second, and slow clients keep old ones for a while: what the C
 * library keeps for the next would grow with each crowd, and never shrink.
 */
static void give_back_memory(struct serve *s, uint64_t now)
{
	if (now < s->trimmed_ns + TRIM_NS)
		return;
	s->trimmed_ns = now;
	malloc_trim(0);
}

static int turn(struct serve *s, int why, bool *more, struct fault *fault)
{
	uint64_t now = loop_clock();
	int err = s->figures.err;

	if (!err && (why & LOOP_ENDED) && !s->over)
		err = end_recording(s, fault);
	if (!err && s->checks)
		err = checks_turn(s->checks, source_now(s->src));
	if (err)
		return err;
	serve_web_turn(&s->web, s->http, now);
	*more = http_turn(s->http, now);
	tell_manager(s, now);
	give_back_memory(s, now);
	return 0;
}

/* Events are read in each turn, and a turn does so much for clients and no more. */
static int serve_on(struct serve *s, struct fault *fault)
{
	bool more = false;
	int why = 0, err = 0;

	while (!err && !(why & LOOP_STOPPED) && !(s->over && is_stream(s))) {
		why = loop_turn(&s->loop, more ? loop_clock() : 0, http_fd(s->http), take_event, s,
				fault);
		if (why < 0)
			return why;
		err = turn(s, why, &more, fault);
	}
	/* what sends it may have been killed: who looks after us should know */
	if (!err && is_stream(s) && source_info(s->src)->broken_off) {
		fault_set(fault, "standard input broke off: nothing more is to be told");
		return -EPIPE;
	}
	return err;
}

/* Does the web configuration keep anybody out? */
static bool asks_who(const struct web_config *web)
{
	return web && (web->user_cnt || web->client_cert == WEB_CERT_VERIFIED);
}

static void tell_where(const struct serve *s)
{
	const char *url;

	for (size_t i = 0; (url = http_url(s->http, i)); i++)
		tell("serving %smetrics", url);
	if (http_is_public(s->http) && !asks_who(serve_web_config(&s->web)))
		tell("note: whoever reaches this machine can read them; --web-config FILE asks for a password");
}

static int open_http(struct serve *s, struct fault *fault)
{
	struct http_config config = {
		.addresses = s->o->addresses,
		.address_cnt = s->o->address_cnt,
		.metrics = tell_metrics,
		.ready = has_begun,
		.ctx = s,
	};

	if (serve_web_open(&s->web, s->o->web_file, fault))
		return -EINVAL;
	config.web = serve_web_config(&s->web);
	s->http = http_open(&config, fault);
	return s->http ? 0 : -EINVAL;
}

static int set_up(struct serve *s, struct fault *fault)
{
	const struct serve_options *o = s->o;
	int err = open_http(s, fault);

	if (err)
		return err;
	s->expose = expose_new(NULL);
	s->src = s->expose ? watch_open(&o->watch, o->input, fault) : NULL;
	if (!s->src)
		return -EINVAL;
	figures_init(&s->figures, s->src, o->watch.idle_ns);
	s->figures.max_gone = FIGURES_MAX_GONE;
	if (o->spec.target_cnt)
		s->checks = checks_new(&o->spec, s->src, o->watch.idle_ns, o->window_ns);
	if (o->spec.target_cnt && !s->checks)
		return -ENOMEM;
	loop_init(&s->loop, s->src);
	/* a recording in several files opens the next one when it comes to it */
	if (o->input && !is_stream(s) && !o->privileges.user)
		return 0;
	return privileges_drop(&o->privileges, s->src, fault);
}

static void release(struct serve *s)
{
	http_close(s->http);
	checks_free(s->checks);
	figures_release(&s->figures);
	expose_free(s->expose);
	serve_web_release(&s->web);
	if (s->src)
		source_close(s->src);
}

int cmd_serve(int argc, char **argv)
{
	struct fault fault = { "" };
	struct serve_options o;
	struct serve s = { .o = &o };
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	s.process_wall_ns = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	serve_options_parse(&o, argc, argv);
	err = set_up(&s, &fault);
	if (!err) {
		tell_where(&s);
		s.watchdog_ns = notify_watchdog_ns();
		notify("READY=1\nSTATUS=Watching");
		err = serve_on(&s, &fault);
		notify("STOPPING=1");
	}
	release(&s);
	check_spec_release(&o.spec);
	if (!err)
		return 0;
	if (!fault.text[0])
		fault_set(&fault, "%s", strerror(-err));
	return cannot_run(&fault);
}
