// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as records of the BPF ring, of any size, then what a walk makes of them: events keep
 * the promises of event.h and come out in order.
 *
 * Input: a byte of flags, then records, each a byte of its size and so many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "source/bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AT_ATTACH 1	/* older than the walk is dropped */
#define WALKING	  2
#define BEGAN	  1000

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void on_event(void *ctx, const struct urb_event *ev)
{
	uint64_t *last_ns = ctx;

	must(ev->kind && ev->kind <= URB_EV_STREAMS && ev->type < URB_TYPE_UNKNOWN);
	must(ev->time_ns >= *last_ns);
	*last_ns = ev->time_ns;
	if (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_INFLIGHT)
		must(memchr(ev->submit.comm, 0, sizeof(ev->submit.comm)));
	if (ev->kind == URB_EV_FACTS)
		must(memchr(ev->facts->path, 0, sizeof(ev->facts->path)) &&
		     memchr(ev->facts->name, 0, sizeof(ev->facts->name)) &&
		     memchr(ev->facts->driver, 0, sizeof(ev->facts->driver)));
}

/* Each in memory of its own, so that a read behind its end is seen. */
static void feed(struct bpf_source *src, const uint8_t *data, size_t size)
{
	while (size) {
		size_t take = data[0] < size - 1 ? data[0] : size - 1;
		void *record = malloc(take ? take : 1);

		must(record);
		memcpy(record, data + 1, take);
		must(!bpf_record(src, record, take));
		free(record);
		data += 1 + take;
		size -= 1 + take;
	}
}

static void resolve(struct bpf_source *src, bool at_attach)
{
	must(!walk_resolve(&src->walk, &src->reorder, BEGAN));
	for (size_t i = 0; i < src->walk.found_cnt; i++) {
		must(src->walk.found[i].kind == URB_EV_INFLIGHT && src->walk.found[i].time_ns == BEGAN);
		must(!i || src->walk.found[i].id != src->walk.found[i - 1].id);
	}
	if (at_attach)
		walk_forget(&src->reorder, BEGAN);
	for (size_t i = 0; i < src->walk.found_cnt; i++)
		must(!reorder_add(&src->reorder, &src->walk.found[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_source src = { .cpu_cnt = 1 };
	uint64_t last_ns = 0;

	if (!size)
		return 0;
	reorder_init(&src.reorder);
	src.walk.running = data[0] & WALKING;
	feed(&src, data + 1, size - 1);
	must(!src.error);
	if (data[0] & WALKING)
		resolve(&src, data[0] & AT_ATTACH);
	reorder_emit(&src.reorder, UINT64_MAX, on_event, &last_ns);
	reorder_release(&src.reorder);
	free(src.walk.found);
	return 0;
}
