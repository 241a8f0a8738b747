// SPDX-License-Identifier: GPL-2.0
#include "fakesnap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *need(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		abort();
	return p;
}

static void text(char *to, size_t size, const char *from)
{
	if (from)
		strncpy(to, from, size - 1);
}

static struct time_figures times(uint64_t count, uint64_t ns)
{
	return (struct time_figures){.seen = true, .count = count, .total_ns = count * ns,
				     .max_ns = ns, .mean_ns = (double)ns, .p50_ns = ns,
				     .p99_ns = ns};
}

static void fill_depth(struct endpoint_figures *e, const struct fake_endpoint *f)
{
	uint64_t *time = need(FAKE_DEPTHS, sizeof(*time)), *at = need(FAKE_DEPTHS, sizeof(*at));
	double weighted = 0;
	uint32_t i;

	e->depth.seen = true;
	for (i = 0; i < FAKE_DEPTHS; i++) {
		time[i] = f->depth_ns[i];
		e->busy_ns += time[i];
		weighted += (double)i * (double)time[i];
		if (time[i]) {
			e->depth.max = i;
			e->depth.time_cnt = i + 1;
		}
	}
	e->depth.time_cnt = e->depth.time_cnt ? e->depth.time_cnt : 1;
	e->depth.mean = e->busy_ns ? weighted / (double)e->busy_ns : 0;
	at[e->depth.max] = f->transfers;
	e->depth.at_submit_cnt = e->depth.max + 1;
	e->depth.p50 = e->depth.p99 = e->depth.max;
	e->depth.time_ns = time;
	e->depth.at_submit = at;
	e->in_flight_max = e->in_flight_now = e->depth.max;
	e->bursts = e->busy_ns ? 1 : 0;
	e->gaps = (struct gap_figures){
		.count = f->gap_cnt, .total_ns = time[0], .max_ns = f->gap_max_ns,
		.share = e->busy_ns ? (double)time[0] / (double)e->busy_ns : 0,
		.p50_ns = f->gap_max_ns, .p99_ns = f->gap_max_ns};
}

static void fill(struct endpoint_figures *e, const struct fake_endpoint *f)
{
	struct status_count *status = need(2, sizeof(*status));

	e->ep = f->ep;
	e->type = f->type;
	e->complete = e->certain = true;
	e->facts.type = f->type;
	e->facts.has_ids = true;
	e->facts.vid = 0x17e9;
	e->facts.pid = 0x6006;
	e->facts.speed = URB_SPEED_SUPER;
	text(e->facts.path, sizeof(e->facts.path), f->path);
	text(e->facts.name, sizeof(e->facts.name), f->name);
	text(e->facts.driver, sizeof(e->facts.driver), f->driver);
	e->transfers.submitted = e->transfers.completed = f->transfers;
	if (f->transfers - f->stalls)
		status[e->status_cnt++] = (struct status_count){0, f->transfers - f->stalls};
	if (f->stalls)
		status[e->status_cnt++] = (struct status_count){-EPIPE, f->stalls};
	e->status = status;
	e->errors = f->stalls;
	e->bytes = f->bytes;
	fill_depth(e, f);
	if (urb_ep_is_in(f->ep))
		e->unposted_ns = e->gaps.total_ns;
	e->latency = e->service = times(f->transfers, f->latency_ns);
	e->giveback_delay = e->handler = e->turnaround = times(f->transfers, 2000);
}

struct snapshot *fake_snapshot(const struct fake_endpoint *eps, size_t cnt, uint64_t window_ns)
{
	struct snapshot *snap = need(1, sizeof(*snap));
	struct endpoint_figures *list = need(cnt, sizeof(*list)), *streams;
	size_t i, k;

	snap->source = (struct snapshot_source){
		.kind = "bpf", .clock = "monotonic", .resolution_ns = 1,
		.sees = URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED};
	snap->start_ns = 5000000000;
	snap->end_ns = snap->start_ns + window_ns;
	snap->idle_threshold_ns = 10000000;
	snap->endpoints = list;
	snap->endpoint_cnt = cnt;
	for (i = 0; i < cnt; i++) {
		fill(&list[i], &eps[i]);
		list[i].serial = (uint32_t)i + 1;
		snap->events.submit += eps[i].transfers;
		snap->events.complete += eps[i].transfers;
		streams = need(eps[i].streams, sizeof(*streams));
		for (k = 0; k < eps[i].streams; k++) {
			fill(&streams[k], &eps[i]);
			streams[k].stream = (uint16_t)(k + 1);
			streams[k].serial = list[i].serial;
		}
		list[i].streams = streams;
		list[i].stream_cnt = eps[i].streams;
	}
	return snap;
}

struct endpoint_figures *fake_ep(struct snapshot *snap, size_t i)
{
	return (struct endpoint_figures *)(uintptr_t)&snap->endpoints[i];
}

static void drop(const void *p)
{
	free((void *)(uintptr_t)p);
}

static void release(const struct endpoint_figures *e)
{
	drop(e->status);
	drop(e->depth.time_ns);
	drop(e->depth.at_submit);
}

void fake_free(struct snapshot *snap)
{
	size_t i, k;

	for (i = 0; i < snap->endpoint_cnt; i++) {
		release(&snap->endpoints[i]);
		for (k = 0; k < snap->endpoints[i].stream_cnt; k++)
			release(&snap->endpoints[i].streams[k]);
		drop(snap->endpoints[i].streams);
	}
	drop(snap->endpoints);
	free(snap);
}
