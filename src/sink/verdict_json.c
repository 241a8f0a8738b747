// SPDX-License-Identifier: GPL-2.0
/* Verdicts as JSON, schema "urbscope.check/1". */
#include "urbscope/verdict.h"

#include "sink/verdict_words.h"
#include "urbscope/json.h"
#include "urbscope/report.h"

static void put_moment(struct json *j, const struct check_moment *m, uint64_t start)
{
	static const char *const kinds[] = {
		[MOMENT_SUBMITTED] = "submit", [MOMENT_IN_FLIGHT] = "in-flight",
		[MOMENT_COMPLETED] = "complete", [MOMENT_REFUSED] = "submit-error",
		[MOMENT_STREAMS_ASKED] = "usb_alloc_streams", [MOMENT_STREAMS_FREED] = "usb_free_streams",
		[MOMENT_STREAMS_ARE] = "streams",
	};
	bool streams = m->kind >= MOMENT_STREAMS_ASKED;

	json_object(j, NULL);
	json_i64(j, "time_ns", (int64_t)(m->time_ns - start));
	json_string(j, "event", kinds[m->kind]);
	if (!streams)
		json_u64(j, "urb", m->urb);
	json_u64(j, streams ? "streams" : "length", m->length);
	json_i64(j, "status", m->status);
	json_u64(j, "in_flight", m->level);
	if (m->latency_ns)
		json_u64(j, "latency_ns", m->latency_ns);
	json_close(j);
}

static void put_scene(struct json *j, const struct check_scene *s, uint64_t start)
{
	json_object(j, "first");
	json_u64(j, "time_ns", s->time_ns - start);
	json_u64(j, "length_ns", s->length_ns);
	json_u64(j, "in_flight", s->depth);
	json_array(j, "around");
	for (uint32_t i = 0; i < s->cnt; i++)
		put_moment(j, &s->moments[i], start);
	json_close(j);
	json_close(j);
}

static void put_assertion(struct json *j, const struct assertion *a)
{
	json_string(j, "assertion", a ? assertion_info(a->kind)->name : NULL);
	if (!a)
		return;
	json_double(j, "limit", a->limit);
	if (a->kind == ASSERT_MAX_STATUS)
		json_i64(j, "of_status", a->status);
	if (a->share < 1)
		json_double(j, "share", a->share);
}

static void put_result(struct json *j, const struct check_result *r, uint64_t start)
{
	const struct endpoint_figures *ep = r->parent ? r->parent : r->endpoint;
	char text[640];

	json_object(j, NULL);
	json_string(j, "verdict", verdict_name(r->verdict));
	json_string(j, "doubt", doubt_name(r->doubt));
	json_string(j, "target", r->target->name);
	put_assertion(j, r->assertion);
	if (ep) {
		json_u64(j, "bus", urb_ep_bus(ep->ep));
		json_u64(j, "address", urb_ep_address(ep->ep));
		json_string(j, "path", ep->facts.path[0] ? ep->facts.path : NULL);
		snprintf(text, sizeof(text), "0x%02x", urb_ep_endpoint(ep->ep));
		json_string(j, "endpoint", text);
		if (r->parent)
			json_u64(j, "stream", r->endpoint->stream);
	}
	if (r->rule)
		json_string(j, "rule", check_rule_info(r->rule)->name);
	if (r->has_measured)
		json_double(j, "measured", r->measured);
	if (r->counted_ns || r->never_cnt) {
		json_u64(j, "counted_ns", r->counted_ns);
		json_u64(j, "beyond_ns", r->bad_ns);
		json_u64(j, "never_reached", r->never_cnt);
	}
	if (r->streams_asked) {
		json_u64(j, "streams_asked", r->streams_asked);
		json_u64(j, "streams_granted", r->streams_granted);
	}
	json_u64(j, "violations", r->bad_cnt);
	result_sentence(r, text, sizeof(text));
	json_string(j, "says", text);
	if (r->has_scene)
		put_scene(j, &r->scene, start);
	json_close(j);
}

int verdict_json(const struct check_report *report, FILE *out)
{
	const struct snapshot *snap = report->snapshot;
	struct json j;

	json_init(&j, out, 2);
	json_object(&j, NULL);
	json_string(&j, "schema", "urbscope.check/1");
	json_string(&j, "verdict", verdict_name(report->verdict));
	json_u64(&j, "window_ns", snap->end_ns - snap->start_ns);
	json_u64(&j, "lost", snap->events.lost);
	json_array(&j, "results");
	for (size_t i = 0; i < report->cnt; i++)
		put_result(&j, &report->results[i], snap->start_ns);
	json_close(&j);
	json_close(&j);
	return json_finish(&j);
}
