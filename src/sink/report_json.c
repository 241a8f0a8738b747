// SPDX-License-Identifier: GPL-2.0
/* The shape of the JSON reports. Fields may be added; none changes its meaning or goes. */
#include "urbscope/report.h"

#include <errno.h>
#include <stdlib.h>

static const char *known(const char *s)
{
	return s[0] ? s : NULL;
}

/* A time that only says something where submissions were seen. */
static void time_or_null(struct json *j, const char *key, bool seen, uint64_t ns)
{
	if (seen)
		json_u64(j, key, ns);
	else
		json_null(j, key);
}

static void put_sees(struct json *j, uint8_t sees)
{
	static const char *const names[] = {"submit", "queued", "done", "handler", "returned"};
	unsigned int i;

	json_array(j, "sees");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sees & 1U << i)
			json_string(j, NULL, names[i]);
	json_close(j);
}

static void put_source(struct json *j, const struct snapshot_source *source)
{
	json_object(j, "source");
	json_string(j, "kind", source->kind);
	json_string(j, "path", source->path);
	json_string(j, "clock", source->clock);
	json_u64(j, "resolution_ns", source->resolution_ns);
	put_sees(j, source->sees);
	json_bool(j, "tells_losses", !source->silent);
	json_close(j);
}

static void put_events(struct json *j, const struct snapshot *snap)
{
	json_object(j, "events");
	json_u64(j, "submit", snap->events.submit);
	json_u64(j, "complete", snap->events.complete);
	json_u64(j, "submit_error", snap->events.submit_error);
	json_u64(j, "lost", snap->events.lost);
	json_u64(j, "skipped", snap->events.skipped);
	json_u64(j, "endpoints_dropped", snap->endpoints_dropped);
	json_u64(j, "endpoints_forgotten", snap->endpoints_forgotten);
	json_close(j);
}

static void put_id(struct json *j, const char *key, bool has_ids, uint16_t id)
{
	char hex[8];

	snprintf(hex, sizeof(hex), "%04x", id);
	json_string(j, key, has_ids ? hex : NULL);
}

static void put_device(struct json *j, const struct endpoint_figures *ep)
{
	const struct urb_facts *facts = &ep->facts;

	json_object(j, "device");
	json_u64(j, "bus", urb_ep_bus(ep->ep));
	json_u64(j, "address", urb_ep_address(ep->ep));
	json_string(j, "path", known(facts->path));
	put_id(j, "vid", facts->has_ids, facts->vid);
	put_id(j, "pid", facts->has_ids, facts->pid);
	json_string(j, "name", known(facts->name));
	json_string(j, "speed", urb_speed_name(facts->speed));
	json_string(j, "driver", known(facts->driver));
	json_bool(j, "gone", ep->gone);
	json_close(j);
}

static void put_transfers(struct json *j, const struct endpoint_figures *ep)
{
	json_object(j, "transfers");
	json_u64(j, "submitted", ep->transfers.submitted);
	json_u64(j, "completed", ep->transfers.completed);
	json_u64(j, "inherited", ep->transfers.inherited);
	json_u64(j, "open", ep->transfers.open);
	json_u64(j, "failed_submit", ep->transfers.failed_submit);
	json_u64(j, "unpaired", ep->transfers.unpaired);
	json_u64(j, "missed", ep->transfers.missed);
	json_u64(j, "lost", ep->transfers.lost);
	json_close(j);
}

static void put_status(struct json *j, const struct endpoint_figures *ep)
{
	char status[16];
	size_t i;

	json_object(j, "status");
	for (i = 0; i < ep->status_cnt; i++) {
		snprintf(status, sizeof(status), "%d", ep->status[i].status);
		json_u64(j, status, ep->status[i].count);
	}
	json_close(j);
}

static void put_counts(struct json *j, const char *key, const uint64_t *count, size_t cnt)
{
	size_t i;

	json_array(j, key);
	for (i = 0; i < cnt; i++)
		json_u64(j, NULL, count[i]);
	json_close(j);
}

static void put_depth(struct json *j, const struct depth_figures *depth)
{
	if (!depth->seen) {
		json_null(j, "depth");
		return;
	}
	json_object(j, "depth");
	json_double(j, "mean", depth->mean);
	json_u64(j, "min", depth->min);
	json_u64(j, "p1", depth->p1);
	json_u64(j, "p50", depth->p50);
	json_u64(j, "p99", depth->p99);
	json_u64(j, "max", depth->max);
	put_counts(j, "time_ns", depth->time_ns, depth->time_cnt);
	put_counts(j, "at_submit", depth->at_submit, depth->at_submit_cnt);
	json_close(j);
}

static void put_parts(struct json *j, const struct gap_figures *gaps)
{
	if (!gaps->parted) {
		json_null(j, "parts_ns");
		return;
	}
	json_object(j, "parts_ns");
	for (int i = 0; i < GAP_PARTS; i++)
		json_u64(j, gap_part_name(i), gaps->part_ns[i]);
	json_close(j);
}

static void put_gaps(struct json *j, const struct endpoint_figures *ep)
{
	if (!ep->depth.seen) {
		json_null(j, "gaps");
		return;
	}
	json_object(j, "gaps");
	json_u64(j, "count", ep->gaps.count);
	json_u64(j, "total_ns", ep->gaps.total_ns);
	json_double(j, "share", ep->gaps.share);
	json_u64(j, "p50_ns", ep->gaps.p50_ns);
	json_u64(j, "p99_ns", ep->gaps.p99_ns);
	json_u64(j, "max_ns", ep->gaps.max_ns);
	put_parts(j, &ep->gaps);
	json_close(j);
}

static void put_times(struct json *j, const char *key, const struct time_figures *t)
{
	if (!t->seen) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_u64(j, "count", t->count);
	json_u64(j, "total", t->total_ns);
	json_double(j, "mean", t->mean_ns);
	json_u64(j, "p50", t->p50_ns);
	json_u64(j, "p99", t->p99_ns);
	json_u64(j, "max", t->max_ns);
	json_close(j);
}

/* What an endpoint and a stream have alike. */
static void put_figures(struct json *j, const struct endpoint_figures *ep)
{
	bool seen = ep->depth.seen;

	json_bool(j, "complete", ep->complete);
	json_bool(j, "certain", ep->certain);
	put_transfers(j, ep);
	put_status(j, ep);
	json_u64(j, "errors", ep->errors);
	json_u64(j, "bytes", ep->bytes);
	json_object(j, "in_flight");
	if (ep->certain)
		json_u64(j, "now", ep->in_flight_now);
	else
		json_null(j, "now");
	json_u64(j, "max", ep->in_flight_max);
	json_close(j);
	time_or_null(j, "busy_ns", seen, ep->busy_ns);
	time_or_null(j, "idle_ns", seen, ep->idle_ns);
	time_or_null(j, "unposted_ns", seen, ep->unposted_ns);
	time_or_null(j, "bursts", seen, ep->bursts);
	put_depth(j, &ep->depth);
	put_gaps(j, ep);
	put_times(j, "latency_ns", &ep->latency);
	put_times(j, "service_ns", &ep->service);
	put_times(j, "giveback_delay_ns", &ep->giveback_delay);
	put_times(j, "handler_ns", &ep->handler);
	put_times(j, "turnaround_ns", &ep->turnaround);
}

void report_json_endpoint(struct json *j, const struct endpoint_figures *ep)
{
	char address[8];
	size_t i;

	json_object(j, NULL);
	json_u64(j, "serial", ep->serial);
	put_device(j, ep);
	snprintf(address, sizeof(address), "0x%02x", urb_ep_endpoint(ep->ep));
	json_string(j, "endpoint", address);
	json_string(j, "type", ep->type < URB_TYPE_UNKNOWN ? urb_type_name(ep->type) : NULL);
	put_figures(j, ep);
	json_array(j, "streams");
	for (i = 0; i < ep->stream_cnt; i++) {
		json_object(j, NULL);
		json_u64(j, "stream", ep->streams[i].stream);
		put_figures(j, &ep->streams[i]);
		json_close(j);
	}
	json_close(j);
	json_close(j);
}

static void put_endpoints(struct json *j, const struct snapshot *snap)
{
	size_t i;

	json_array(j, "endpoints");
	for (i = 0; i < snap->endpoint_cnt; i++)
		report_json_endpoint(j, &snap->endpoints[i]);
	json_close(j);
}

/* Which values a kind of finding has; the others mean nothing there and are left out. */
static void put_values(struct json *j, const struct finding *f)
{
	json_object(j, "values");
	json_u64(j, "count", f->count);
	if (f->kind == FINDING_ERRORS || f->kind == FINDING_SUBMIT_ERRORS)
		json_u64(j, "of", f->total);
	if (f->kind == FINDING_SYNC || f->kind == FINDING_GAPS || f->kind == FINDING_UNPOSTED) {
		json_double(j, "share", f->share);
		json_u64(j, "total_ns", f->total_ns);
		json_u64(j, "longest_gap_ns", f->longest_ns);
		json_bool(j, "by_protocol", f->by_protocol);
	}
	if (f->kind == FINDING_SYNC && !f->by_protocol && f->bridged_by)
		json_u64(j, "bridged_by_depth", f->bridged_by);
	else if (f->kind == FINDING_SYNC)
		json_null(j, "bridged_by_depth");
	if (f->kind == FINDING_UNPOSTED)
		json_u64(j, "idle_ns", f->idle_ns);
	if (f->kind == FINDING_DEEP)
		json_u64(j, "latency_p50_ns", f->longest_ns);
	json_close(j);
}

static void put_finding(struct json *j, const struct finding *f)
{
	const struct endpoint_figures *ep = f->parent ? f->parent : f->endpoint;
	char text[FINDING_SIZE], address[8];

	json_object(j, NULL);
	json_string(j, "kind", finding_name(f->kind));
	if (ep) {
		snprintf(address, sizeof(address), "0x%02x", urb_ep_endpoint(ep->ep));
		put_device(j, ep);
		json_u64(j, "serial", ep->serial);
	}
	json_string(j, "endpoint", ep ? address : NULL);
	if (f->parent)
		json_u64(j, "stream", f->endpoint->stream);
	finding_sentence(f, text, sizeof(text));
	json_string(j, "text", text);
	put_values(j, f);
	json_close(j);
}

int report_json(const struct snapshot *snap, FILE *out)
{
	struct finding *findings;
	struct json j;
	size_t cnt, i;

	findings = findings_new(snap, &cnt);
	if (cnt == SIZE_MAX)
		return -ENOMEM;
	/* A line for each member of the report, and for each endpoint's: good to read and diff. */
	json_init(&j, out, 3);
	json_object(&j, NULL);
	json_string(&j, "schema", "urbscope.report/1");
	put_source(&j, &snap->source);
	json_u64(&j, "window_ns", snap->end_ns - snap->start_ns);
	json_u64(&j, "idle_threshold_ns", snap->idle_threshold_ns);
	put_events(&j, snap);
	put_endpoints(&j, snap);
	json_array(&j, "findings");
	for (i = 0; i < cnt; i++)
		put_finding(&j, &findings[i]);
	json_close(&j);
	json_close(&j);
	free(findings);
	return json_finish(&j);
}

int report_interval_json(const struct snapshot *interval, FILE *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_object(&j, NULL);
	json_string(&j, "schema", "urbscope.top/1");
	json_u64(&j, "time_ns", interval->end_ns);
	json_u64(&j, "interval_ns", interval->end_ns - interval->start_ns);
	json_u64(&j, "lost", interval->events.lost);
	put_endpoints(&j, interval);
	json_close(&j);
	return json_finish(&j);
}
