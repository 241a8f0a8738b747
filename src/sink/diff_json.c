// SPDX-License-Identifier: GPL-2.0
/* A comparison as JSON, schema "urbscope.diff/1". Fields may be added; none changes its meaning. */
#include "urbscope/diff.h"

#include "urbscope/json.h"

static const char *const side_names[] = { [COMPARE_BEFORE] = "before", [COMPARE_AFTER] = "after" };

static void put_runs(struct json *j, const struct comparison *c, enum compare_side side)
{
	json_array(j, side_names[side]);
	for (size_t i = 0; i < c->run_cnt[side]; i++) {
		const struct compare_run *run = &c->run[side][i];

		json_object(j, NULL);
		json_string(j, "path", run->name);
		json_string(j, "kind", run->snap->source.kind);
		json_u64(j, "window_ns", run->snap->end_ns - run->snap->start_ns);
		json_u64(j, "lost", run->snap->events.lost);
		json_u64(j, "skipped", run->snap->events.skipped);
		json_u64(j, "late", run->late);
		json_bool(j, "tells_losses", !run->snap->source.silent);
		json_bool(j, "broken_off", run->broken_off);
		json_close(j);
	}
	json_close(j);
}

static void put_device(struct json *j, const struct compare_endpoint *ep, enum compare_side side)
{
	const struct compare_device *device = &ep->device[side];
	const struct urb_facts *facts = &device->facts;
	char hex[8];

	if (!ep->runs[side]) {
		json_null(j, side_names[side]);
		return;
	}
	json_object(j, side_names[side]);
	json_u64(j, "bus", device->bus);
	json_u64(j, "address", device->address);
	json_string(j, "path", facts->path[0] ? facts->path : NULL);
	snprintf(hex, sizeof(hex), "%04x", facts->vid);
	json_string(j, "vid", facts->has_ids ? hex : NULL);
	snprintf(hex, sizeof(hex), "%04x", facts->pid);
	json_string(j, "pid", facts->has_ids ? hex : NULL);
	json_string(j, "name", facts->name[0] ? facts->name : NULL);
	json_string(j, "driver", facts->driver[0] ? facts->driver : NULL);
	json_u64(j, "runs", ep->runs[side]);
	json_bool(j, "in_doubt", ep->in_doubt[side]);
	json_u64(j, "lost", ep->lost[side]);
	json_close(j);
}

static void put_estimate(struct json *j, const char *key, const struct compare_estimate *e)
{
	json_object(j, key);
	json_double(j, "value", e->value);
	if (e->of) {
		json_u64(j, "count", e->count);
		json_u64(j, "of", e->of);
	}
	if (e->noise_known) {
		json_double(j, "variance", e->variance);
		json_double(j, "freedom", e->freedom);
		json_u64(j, "batches", e->batches);
	} else {
		json_null(j, "variance");
	}
	json_close(j);
}

static bool was_compared(const struct compare_result *r)
{
	return r->verdict == COMPARE_NO_DIFFERENCE || r->verdict == COMPARE_HIGHER ||
	       r->verdict == COMPARE_LOWER;
}

static void put_result(struct json *j, enum compare_figure figure, const struct compare_result *r)
{
	if (r->verdict == COMPARE_ABSENT) {
		json_null(j, compare_figure_name(figure));
		return;
	}
	json_object(j, compare_figure_name(figure));
	json_string(j, "verdict", compare_verdict_name(r->verdict));
	json_bool(j, "worse", compare_is_worse(figure, r->verdict));
	put_estimate(j, "before", &r->side[COMPARE_BEFORE]);
	put_estimate(j, "after", &r->side[COMPARE_AFTER]);
	if (was_compared(r)) {
		json_bool(j, "relative", r->relative);
		json_double(j, "change", r->change);
		json_double(j, "low", r->low);
		json_double(j, "high", r->high);
		json_double(j, "p", r->p);
		json_double(j, "p_adjusted", r->p_adjusted);
	}
	json_close(j);
}

static void put_endpoint(struct json *j, const struct compare_endpoint *ep)
{
	char address[8];

	json_object(j, NULL);
	snprintf(address, sizeof(address), "0x%02x", ep->endpoint);
	json_string(j, "endpoint", address);
	json_string(j, "type", ep->type < URB_TYPE_UNKNOWN ? urb_type_name(ep->type) : NULL);
	json_bool(j, "compared", compare_is_compared(ep));
	json_bool(j, "ambiguous", ep->ambiguous);
	json_bool(j, "moved", ep->moved);
	put_device(j, ep, COMPARE_BEFORE);
	put_device(j, ep, COMPARE_AFTER);
	if (compare_is_compared(ep)) {
		json_object(j, "figures");
		for (int figure = 0; figure < COMPARE_FIGURES; figure++)
			put_result(j, figure, &ep->result[figure]);
		json_close(j);
	} else {
		json_null(j, "figures");
	}
	json_close(j);
}

int diff_json(const struct comparison *c, FILE *out)
{
	struct json j;

	json_init(&j, out, 5);
	json_object(&j, NULL);
	json_string(&j, "schema", "urbscope.diff/1");
	put_runs(&j, c, COMPARE_BEFORE);
	put_runs(&j, c, COMPARE_AFTER);
	json_string(&j, "noise", c->between_runs ? "between-runs" : "within-runs");
	json_double(&j, "false_alarms", COMPARE_FALSE_ALARMS);
	json_u64(&j, "comparisons", c->comparisons);
	json_u64(&j, "differences", c->differences);
	json_bool(&j, "unlike_sources", c->unlike_sources);
	json_array(&j, "endpoints");
	for (size_t i = 0; i < c->endpoint_cnt; i++)
		put_endpoint(&j, &c->endpoint[i]);
	json_close(&j);
	json_close(&j);
	return json_finish(&j);
}
