// SPDX-License-Identifier: GPL-2.0
#include "urbscope/check.h"

#include <errno.h>
#include <stdlib.h>

#include "check/check.h"

#define FIRST_URBS 1024
#define URBS_MAX   65536

static uint32_t count_assertions(const struct check_spec *spec)
{
	uint32_t cnt = 0;

	for (size_t i = 0; i < spec->target_cnt; i++)
		cnt += spec->targets[i].assertion_cnt;
	return cnt;
}

static void add_watch(struct checker *self, const struct check_target *target,
		      const struct assertion *assertion)
{
	const struct watch_ops *ops = watch_ops_of(assertion->kind);

	if (assertion->kind == ASSERT_RULES)
		self->rules = true;
	else if (assertion->kind >= ASSERTION_KINDS)
		self->models[self->model_cnt++] = assertion;
	else if (assertion->kind == ASSERT_MAX_UNPOSTED_PENDING)
		self->pendings[self->pending_cnt++] =
			(struct pending){ .target = target, .assertion = assertion };
	else if (ops)
		self->watches[self->watch_cnt++] = (struct watch){
			.ops = ops,
			.target = target,
			.assertion = assertion,
			.idle_threshold_ns = self->config.idle_threshold_ns,
		};
}

struct checker *checker_new(const struct checker_config *config)
{
	uint32_t cnt = count_assertions(config->spec);
	struct checker *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->config = *config;
	self->started = config->has_start;
	self->start_ns = self->last_ns = config->start_ns;
	self->watches = calloc(cnt + 1, sizeof(*self->watches));
	self->pendings = calloc(cnt + 1, sizeof(*self->pendings));
	self->models = calloc(cnt + 1, sizeof(*self->models));
	if (!self->watches || !self->pendings || !self->models ||
	    idmap_init(&self->urbs, FIRST_URBS) ||
	    idmap_init(&self->slots, FIRST_URBS)) {
		checker_free(self);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < config->spec->target_cnt; i++) {
		const struct check_target *t = &config->spec->targets[i];

		for (size_t k = 0; k < t->assertion_cnt; k++)
			add_watch(self, t, &t->assertions[k]);
	}
	return self;
}

void checker_free(struct checker *self)
{
	if (!self)
		return;
	lines_release(self, &self->endpoints);
	lines_release(self, &self->streams);
	idmap_release(&self->urbs);
	idmap_release(&self->slots);
	free(self->watches);
	free(self->pendings);
	free(self->models);
	free(self);
}

static uint32_t number(struct checker *self, struct idmap *map, uint64_t id, uint32_t ep)
{
	uint32_t n = idmap_find(map, id, ep);

	if (n != IDMAP_NONE)
		return n;
	if (map->cnt == URBS_MAX) /* they do not repeat */
		idmap_clear(map);
	n = ++self->urb_cnt;
	if (idmap_set(map, id, ep, n))
		self->err = -ENOMEM;
	return n;
}

/* A small number for the URB of an event: an address is never shown. */
static uint32_t urb_number(struct checker *self, const struct urb_event *ev)
{
	bool begins = ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_INFLIGHT;
	uint32_t n;

	if (!begins || !ev->submit.slot) {
		n = number(self, &self->urbs, ev->id, ev->ep);
		/* where the driver's URBs are known, an id means nothing beyond its transfer */
		if (ev->kind == URB_EV_COMPLETE && self->slots.cnt)
			idmap_del(&self->urbs, ev->id, ev->ep);
		return n;
	}
	n = number(self, &self->slots, ev->submit.slot, ev->ep);
	if (idmap_set(&self->urbs, ev->id, ev->ep, n))
		self->err = -ENOMEM;
	return n;
}

static uint64_t latency(const struct track_transfer *t, const struct urb_event *ev)
{
	uint64_t from = t->seen & URB_SUBMIT ? t->submit_ns : t->queued_ns;

	if (!(t->seen & (URB_SUBMIT | URB_QUEUED)) || ev->time_ns < from)
		return 0;
	return ev->time_ns - from;
}

static struct step step_of(struct checker *self, const struct track_step *from)
{
	const struct urb_event *ev = from->event;
	struct step step = {
		.time_ns = from->time_ns,
		.kind = from->kind,
		.level = from->level,
		.start_ns = from->transfer.start_ns,
		.stream = ev->stream,
		.type = ev->type,
		.flags = ev->flags,
	};

	if (ev->kind == URB_EV_STREAMS) {
		step.what = ev->streams.what;
		step.queued = ev->streams.queued;
		step.asked = ev->streams.asked;
		step.length = ev->streams.result > 0 ? ev->streams.result : 0;
		step.status = ev->streams.result < 0 ? ev->streams.result : 0;
		return step;
	}
	step.urb = urb_number(self, ev);
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		step.length = ev->submit.length;
		step.slotless = !ev->submit.slot;
		step.gfp = ev->submit.gfp;
		step.interval = ev->submit.interval;
		break;
	case URB_EV_SUBMIT_ERROR:
		step.length = ev->submit_error.length;
		step.status = ev->submit_error.error;
		step.active = ev->flags & URB_F_ACTIVE;
		break;
	case URB_EV_COMPLETE:
		step.length = ev->complete.length;
		step.status = ev->complete.status;
		step.latency_ns = latency(&from->transfer, ev);
		break;
	}
	return step;
}

/* From now on nothing about the line is certain. */
static void doubt(struct line *line, enum doubt why)
{
	if (line->doubt == DOUBT_NONE)
		line->doubt = why;
	line->ended = true;
}

static void doubt_all(struct checker *self, enum doubt why)
{
	for (uint32_t i = 0; i < self->endpoints.cnt; i++)
		doubt(&self->endpoints.line[i], why);
	for (uint32_t i = 0; i < self->streams.cnt; i++)
		doubt(&self->streams.line[i], why);
}

/* An endpoint, with all its streams. */
static void doubt_endpoint(struct checker *self, uint32_t index, enum doubt why)
{
	struct line *line = lines_get(&self->endpoints, index);

	if (!line)
		return;
	doubt(line, why);
	for (uint32_t i = 0; i < self->streams.cnt; i++) {
		if (self->streams.line[i].serial == line->serial)
			doubt(&self->streams.line[i], why);
	}
}

static void gone(struct checker *self, const struct track_step *step)
{
	struct line *line = lines_get(&self->endpoints, step->endpoint);

	if (!line)
		return;
	for (uint32_t i = 0; i < self->streams.cnt; i++) {
		if (!self->streams.line[i].used || self->streams.line[i].serial != line->serial)
			continue;
		self->streams.line[i].gone = true;
		line_end(self, &self->streams.line[i], step->time_ns);
	}
	line->gone = true;
	line_end(self, line, step->time_ns);
}

/* The lines that a step concerns, new ones made. 0 or -ENOMEM. */
static int find_lines(struct checker *self, const struct track_step *step, struct line **endpoint,
		      struct line **stream)
{
	*endpoint = *stream = NULL;
	if (step->endpoint == TRACK_NONE)
		return 0;
	if (step->new_endpoint) {
		*endpoint = lines_renew(self, &self->endpoints, step->endpoint, step->ep, false);
		if (!*endpoint)
			return -ENOMEM;
		(*endpoint)->serial = step->serial;
	}
	*endpoint = lines_get(&self->endpoints, step->endpoint);
	if (step->stream == TRACK_NONE)
		return 0;
	if (step->new_stream) {
		*stream = lines_renew(self, &self->streams, step->stream, step->ep, true);
		if (!*stream)
			return -ENOMEM;
		(*stream)->serial = step->serial;
		(*stream)->stream_id = step->event->stream;
	}
	*stream = lines_get(&self->streams, step->stream);
	return 0;
}

static int traffic(struct checker *self, const struct track_step *step, struct line *endpoint,
		   struct line *stream)
{
	struct step s = step_of(self, step);
	int err = 0;

	if (endpoint) {
		if (step->kind != TRACK_STREAMS)
			pending_step(self, step->endpoint, step);
		err = line_step(self, endpoint, &s);
	}
	s.level = step->stream_level;
	if (stream && !err)
		err = line_step(self, stream, &s);
	return err ? err : self->err;
}

int checker_apply(struct checker *self, const struct track_step *step)
{
	struct line *endpoint, *stream;
	int err = find_lines(self, step, &endpoint, &stream);

	if (err)
		return err;
	if (!self->started && step->kind != TRACK_FACTS) {
		self->started = true;
		self->start_ns = step->time_ns;
	}
	if (step->kind != TRACK_FACTS)
		self->last_ns = step->time_ns;
	switch (step->kind) {
	case TRACK_LOST:
		if (step->endpoint == TRACK_NONE)
			doubt_all(self, DOUBT_LOST);
		else
			doubt_endpoint(self, step->endpoint, DOUBT_LOST);
		return 0;
	case TRACK_MISSED:
	case TRACK_UNPAIRED:
		if (endpoint && endpoint->rulebook && !endpoint->ended)
			rulebook_contradiction(endpoint->rulebook, endpoint, step->time_ns);
		doubt_endpoint(self, step->endpoint, DOUBT_UNPAIRED);
		return 0;
	case TRACK_FACTS:
		if (endpoint)
			endpoint->speed = step->event->facts->speed;
		return 0;
	case TRACK_GONE:
		gone(self, step);
		return 0;
	case TRACK_SUBMITTED:
	case TRACK_INFLIGHT:
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
	case TRACK_FAILED_OPEN:
	case TRACK_FAILED:
	case TRACK_STREAMS:
		return traffic(self, step, endpoint, stream);
	default:
		return 0;
	}
}

struct check_report *checker_finish(struct checker *self, const struct snapshot *snap,
				    const struct check_doubts *doubts)
{
	uint64_t now = snap->end_ns > self->last_ns ? snap->end_ns : self->last_ns;

	for (uint32_t i = 0; i < self->endpoints.cnt; i++) {
		if (self->endpoints.line[i].used)
			line_end(self, &self->endpoints.line[i], now);
	}
	for (uint32_t i = 0; i < self->streams.cnt; i++) {
		if (self->streams.line[i].used)
			line_end(self, &self->streams.line[i], now);
	}
	return judge(self, snap, doubts);
}
