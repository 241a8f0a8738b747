// SPDX-License-Identifier: GPL-2.0
/* What became of the assertions, by the figures of the run and by what the watches saw. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* One more of what is counted would not make it right again. */
static bool only_grows(enum assertion_kind kind)
{
	return kind == ASSERT_MAX_ERRORS || kind == ASSERT_MAX_STATUS ||
	       kind == ASSERT_MAX_REFUSED;
}

struct court {
	const struct checker *checker;
	const struct snapshot *snap;
	struct check_doubts doubts;
	struct check_report *report;
	size_t capacity;
	bool failed;
};

static void inconclusive(struct check_result *r, enum doubt why)
{
	r->verdict = VERDICT_INCONCLUSIVE;
	r->doubt = why;
}

/* Why nothing can be known for certain of an endpoint; DOUBT_NONE: all can. */
static enum doubt doubt_of(const struct court *c, const struct endpoint_figures *ep,
			   const struct line *line)
{
	const struct endpoint_figures *figures = ep;

	if (figures->transfers.lost || !figures->certain)
		return DOUBT_LOST;
	if (line && line->doubt != DOUBT_NONE)
		return line->doubt;
	if (figures->transfers.unpaired || figures->transfers.missed)
		return DOUBT_UNPAIRED;
	if (c->snap->endpoints_dropped)
		return DOUBT_LOST;
	if (c->doubts.broken_off)
		return DOUBT_BROKEN_OFF;
	if (c->doubts.late)
		return DOUBT_ORDER;
	return c->doubts.skipped ? DOUBT_SKIPPED : DOUBT_NONE;
}

static void judge_figure(struct check_result *r, const struct endpoint_figures *ep)
{
	const struct assertion *a = r->assertion;
	bool at_least = assertion_info(a->kind)->at_least;
	struct figure f = figure_of(a, ep);

	r->measured = f.high;
	r->has_measured = f.seen && f.some;
	if (!f.seen)
		inconclusive(r, DOUBT_UNSEEN);
	else if (!f.some)
		inconclusive(r, DOUBT_NO_TRAFFIC);
	else if (at_least ? f.low >= a->limit : f.high <= a->limit)
		r->verdict = VERDICT_HOLDS;
	else if (at_least ? f.high < a->limit : f.low > a->limit)
		r->verdict = VERDICT_VIOLATED;
	else
		inconclusive(r, DOUBT_RESOLUTION);
}

static void judge_depth(struct check_result *r, const struct endpoint_figures *ep,
			const struct watch *w)
{
	double held;

	if (!ep->depth.seen) {
		inconclusive(r, DOUBT_UNSEEN);
		return;
	}
	r->counted_ns = w->counted_ns;
	r->bad_ns = w->bad_ns;
	r->never_cnt = w->never_cnt;
	if (!w->counted_ns && !w->never_cnt) {
		inconclusive(r, DOUBT_NO_TRAFFIC);
		return;
	}
	held = w->counted_ns ? 1 - (double)w->bad_ns / (double)w->counted_ns : 0;
	r->measured = held;
	r->has_measured = true;
	if (r->assertion->share < 1)
		r->verdict = held >= r->assertion->share ? VERDICT_HOLDS : VERDICT_VIOLATED;
	else
		r->verdict = w->bad_cnt ? VERDICT_VIOLATED : VERDICT_HOLDS;
}

static void judge_pending(struct check_result *r, const struct pending *p)
{
	r->measured = (double)p->longest_ns;
	r->has_measured = p->some;
	if (!p->some)
		inconclusive(r, DOUBT_NO_TRAFFIC);
	else
		r->verdict = p->longest_ns > r->assertion->limit ? VERDICT_VIOLATED : VERDICT_HOLDS;
}

static const struct watch *find_watch(const struct court *c, const struct line *line,
				      const struct assertion *a)
{
	for (uint32_t i = 0; line && i < c->checker->watch_cnt; i++) {
		if (line->watches[i].assertion == a)
			return &line->watches[i];
	}
	return NULL;
}

static const struct model *find_model(const struct court *c, const struct line *line,
				      const struct assertion *a)
{
	for (uint32_t i = 0; line && i < c->checker->model_cnt; i++) {
		if (c->checker->models[i] == a)
			return line->models[i];
	}
	return NULL;
}

static const struct pending *find_pending(const struct court *c, const struct line *line,
					  const struct assertion *a)
{
	for (uint32_t i = 0; line && line->pendings && i < c->checker->pending_cnt; i++) {
		if (line->pendings[i].assertion == a)
			return &line->pendings[i];
	}
	return NULL;
}

static void take_scene(struct check_result *r, const struct scene *scene)
{
	if (r->verdict != VERDICT_VIOLATED || !scene->begun || !scene->sure)
		return;
	r->has_scene = true;
	r->scene = scene->is;
}

/* What is certain although something is not: a violation that was seen before. */
static void judge_doubtful(struct check_result *r, enum doubt why, bool seen_before)
{
	if (r->verdict == VERDICT_VIOLATED && (seen_before || only_grows(r->assertion->kind)))
		return;
	inconclusive(r, why);
}

static struct check_result *add_result(struct court *c, const struct check_target *target,
				       const struct assertion *a)
{
	struct check_report *report = c->report;
	struct check_result *r;

	if (report->cnt == c->capacity) {
		size_t capacity = c->capacity ? c->capacity * 2 : 16;
		struct check_result *p = realloc(report->results, capacity * sizeof(*p));

		if (!p) {
			c->failed = true;
			return NULL;
		}
		report->results = p;
		c->capacity = capacity;
	}
	r = &report->results[report->cnt++];
	memset(r, 0, sizeof(*r));
	r->target = target;
	r->assertion = a;
	return r;
}

static const struct line *find_line(const struct court *c, const struct endpoint_figures *ep,
				    const struct endpoint_figures *parent)
{
	const struct lines *lines = parent ? &c->checker->streams : &c->checker->endpoints;
	uint32_t serial = parent ? parent->serial : ep->serial;

	for (uint32_t i = 0; i < lines->cnt; i++) {
		const struct line *line = &lines->line[i];

		if (line->used && line->serial == serial && line->stream_id == ep->stream)
			return line;
	}
	return NULL;
}

static bool is_about_in(enum assertion_kind kind)
{
	return kind == ASSERT_MAX_UNPOSTED || kind == ASSERT_MAX_UNPOSTED_PENDING;
}

static void judge_endpoint(struct court *c, const struct check_target *target,
			   const struct assertion *a, const struct endpoint_figures *ep,
			   const struct endpoint_figures *parent)
{
	const struct line *line = find_line(c, ep, parent);
	const struct pending *pending = find_pending(c, line, a);
	const struct watch *watch = find_watch(c, line, a);
	struct check_result *r = add_result(c, target, a);
	enum doubt why = doubt_of(c, parent ? parent : ep, line);

	if (!r)
		return;
	r->endpoint = ep;
	r->parent = parent;
	if (is_about_in(a->kind) && !urb_ep_is_in(ep->ep))
		inconclusive(r, DOUBT_NOT_IN);
	else if (pending)
		judge_pending(r, pending);
	else if (watch && watch->ops == &depth_watch)
		judge_depth(r, ep, watch);
	else
		judge_figure(r, ep);
	if (watch)
		r->bad_cnt = watch->bad_cnt;
	if (why != DOUBT_NONE && r->doubt != DOUBT_NOT_IN)
		judge_doubtful(r, why, watch ? watch->bad_cnt && a->share >= 1
					     : pending && pending->scene.sure);
	if (watch || pending)
		take_scene(r, watch ? &watch->scene : &pending->scene);
}

/* What became of one rule on an endpoint. */
static void judge_rule(struct check_result *r, const struct ruling *ruling, enum doubt why,
		       bool depth_seen)
{
	r->bad_cnt = ruling->bad_cnt;
	r->measured = ruling->share;
	r->has_measured = ruling->has_share;
	r->streams_asked = ruling->streams_asked;
	r->streams_granted = ruling->streams_granted;
	if (ruling->bad_cnt && (why == DOUBT_NONE || !ruling->whole))
		r->verdict = VERDICT_VIOLATED;
	else if (why != DOUBT_NONE)
		inconclusive(r, why);
	else if (!depth_seen || !ruling->seen)
		inconclusive(r, DOUBT_UNSEEN);
	else if (!ruling->some)
		inconclusive(r, DOUBT_NO_TRAFFIC);
	else
		r->verdict = VERDICT_HOLDS;
	take_scene(r, &ruling->scene);
}

/* BPF sees all there is: what does not pair was not paired. Others may have missed its half. */
static bool sees_all(const struct court *c, const struct endpoint_figures *ep)
{
	const uint8_t all = URB_QUEUED | URB_DONE;

	return (c->snap->source.sees & all) == all && !ep->transfers.lost;
}

/* A result for each rule of a model, or of the rulebook. */
static void judge_rules(struct court *c, const struct check_target *target,
			const struct assertion *a, const struct endpoint_figures *ep,
			const struct endpoint_figures *parent)
{
	const struct line *line = find_line(c, ep, parent);
	enum doubt why = doubt_of(c, parent ? parent : ep, line);
	const struct model *model = find_model(c, line, a);

	for (enum check_rule rule = RULE_NONE + 1; line && rule < CHECK_RULES; rule++) {
		struct ruling ruling = { 0 };
		struct check_result *r;
		bool is;

		if (a->kind == ASSERT_RULES)
			is = line->rulebook && rulebook_ruling(line->rulebook, rule, &ruling);
		else
			is = model && model_ruling(model, rule, &ruling);
		r = is ? add_result(c, target, a) : NULL;
		if (!r)
			continue;
		if (rule == RULE_ONCE && !sees_all(c, ep))
			ruling.bad_cnt = 0;
		r->endpoint = ep;
		r->parent = parent;
		r->rule = rule;
		judge_rule(r, &ruling, why, ep->depth.seen);
	}
}

static bool selects(const struct selector *sel, const struct endpoint_figures *ep,
		    const struct endpoint_figures *stream)
{
	if (!(sel->by & SEL_STREAM) != !stream)
		return false;
	return selector_match(sel, ep->ep, stream ? stream->stream : 0, ep->facts.type != URB_TYPE_UNKNOWN ?
			      ep->facts.type : ep->type, &ep->facts);
}

static bool target_selects(const struct check_target *t, const struct endpoint_figures *ep,
			   const struct endpoint_figures *stream)
{
	for (size_t i = 0; i < t->selector_cnt; i++) {
		if (selects(&t->selectors[i], ep, stream))
			return true;
	}
	return false;
}

static void judge_one(struct court *c, const struct check_target *t, const struct assertion *a,
		      const struct endpoint_figures *ep, const struct endpoint_figures *parent)
{
	if (a->kind >= ASSERTION_KINDS)
		judge_rules(c, t, a, ep, parent);
	else
		judge_endpoint(c, t, a, ep, parent);
}

/* Endpoints that did nothing are left out; a selector must have found one that did. */
static void judge_assertion(struct court *c, const struct check_target *t,
			    const struct assertion *a)
{
	for (size_t i = 0; i < c->snap->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &c->snap->endpoints[i];

		if (!endpoint_had_traffic(ep))
			continue;
		if (target_selects(t, ep, NULL))
			judge_one(c, t, a, ep, NULL);
		for (size_t k = 0; k < ep->stream_cnt; k++) {
			if (target_selects(t, ep, &ep->streams[k]))
				judge_one(c, t, a, &ep->streams[k], ep);
		}
	}
}

/* DOUBT_NONE: it selected something that had traffic. */
static enum doubt found(const struct court *c, const struct selector *sel)
{
	enum doubt doubt = DOUBT_NOT_FOUND;

	for (size_t i = 0; i < c->snap->endpoint_cnt; i++) {
		const struct endpoint_figures *ep = &c->snap->endpoints[i];
		bool it = selects(sel, ep, NULL);

		for (size_t k = 0; !it && k < ep->stream_cnt; k++)
			it = selects(sel, ep, &ep->streams[k]);
		if (it && endpoint_had_traffic(ep))
			return DOUBT_NONE;
		if (it)
			doubt = DOUBT_NO_TRAFFIC;
	}
	return doubt;
}

static void judge_target(struct court *c, const struct check_target *t)
{
	for (size_t i = 0; i < t->selector_cnt; i++) {
		enum doubt doubt = found(c, &t->selectors[i]);
		struct check_result *r = doubt == DOUBT_NONE ? NULL : add_result(c, t, NULL);

		if (r)
			inconclusive(r, doubt);
	}
	for (size_t i = 0; i < t->assertion_cnt; i++)
		judge_assertion(c, t, &t->assertions[i]);
}

static void sum_up(struct check_report *report)
{
	size_t *const cnt[] = {
		[VERDICT_HOLDS] = &report->holds,
		[VERDICT_INCONCLUSIVE] = &report->inconclusive,
		[VERDICT_VIOLATED] = &report->violated,
	};

	report->verdict = report->cnt ? VERDICT_HOLDS : VERDICT_INCONCLUSIVE;
	for (size_t i = 0; i < report->cnt; i++) {
		enum verdict verdict = report->results[i].verdict;

		++*cnt[verdict];
		if (verdict > report->verdict)
			report->verdict = verdict;
	}
}

struct check_report *judge(const struct checker *self, const struct snapshot *snap,
			   const struct check_doubts *doubts)
{
	struct court c = { .checker = self, .snap = snap, .doubts = *doubts };

	c.report = calloc(1, sizeof(*c.report));
	if (!c.report)
		return NULL;
	c.report->snapshot = snap;
	for (size_t i = 0; i < self->config.spec->target_cnt; i++)
		judge_target(&c, &self->config.spec->targets[i]);
	if (c.failed) {
		check_report_free(c.report);
		errno = ENOMEM;
		return NULL;
	}
	sum_up(c.report);
	return c.report;
}

void check_report_free(struct check_report *report)
{
	if (!report)
		return;
	free(report->results);
	free(report);
}
