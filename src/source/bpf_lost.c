// SPDX-License-Identifier: GPL-2.0
/*
 * Losses: records that found the ring full, and runs of a program that the kernel skipped
 * because the same program was interrupted on that CPU (recursion_misses), or, of a kprobe, because
 * any was. The first are known by endpoint, the second may concern any.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static void lost_records(const struct bpf_source *src, uint64_t *total)
{
	for (int i = 0; i < src->cpu_cnt; i++)
		*total += __atomic_load_n(&src->lost[i].count, __ATOMIC_RELAXED);
}

static int missed_runs(struct bpf_source *src, uint64_t *total)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, src->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len))
			return -errno;
		*total += info.recursion_misses;
	}
	return 0;
}

/* It was lost between the last look at the counters and this one. */
static int emit_lost(struct bpf_source *src, uint32_t ep, uint64_t count)
{
	/* a program may have been stalled between its time stamp and finding the ring full */
	uint64_t since = src->checked_ns > SOURCE_HORIZON_NS ? src->checked_ns - SOURCE_HORIZON_NS : 0;
	struct urb_event ev = {
		.time_ns = since,
		.ep = ep,
		.kind = URB_EV_LOST,
		.type = URB_TYPE_UNKNOWN,
		.flags = URB_F_SYNC_FOLLOWS,
		.lost.count = count,
		.lost.until_ns = bpf_source_clock(), /* not before the counter was read */
	};

	return reorder_add(&src->reorder, &ev);
}

static struct told_lost *told_about(struct bpf_source *src, uint32_t ep)
{
	struct told_lost *more;

	for (size_t i = 0; i < src->told_cnt; i++) {
		if (src->told[i].ep == ep)
			return &src->told[i];
	}
	more = realloc(src->told, (src->told_cnt + 1) * sizeof(*more));
	if (!more)
		return NULL;
	src->told = more;
	more += src->told_cnt++;
	*more = (struct told_lost){ .ep = ep };
	return more;
}

/* What each endpoint has lost since it was told last. */
static int blame_endpoints(struct bpf_source *src)
{
	int fd = bpf_map__fd(bpf_map_of(src->obj, "endpoints"));
	uint32_t key, *prev = NULL;
	int err = 0;

	while (!err && !bpf_map_get_next_key(fd, prev, &key)) {
		struct wire_endpoint known;
		struct told_lost *told;
		uint64_t fresh;

		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &known) || !known.lost)
			continue;
		told = told_about(src, key);
		if (!told)
			return -ENOMEM;
		if (told->since_ns != known.lost_since)
			told->count = 0; /* another device, at the address of one that was unplugged */
		fresh = known.lost > told->count ? known.lost - told->count : 0;
		told->since_ns = known.lost_since;
		told->count = known.lost;
		src->lost_told += fresh;
		if (fresh)
			err = emit_lost(src, key, fresh);
	}
	return err;
}

/*
 * The endpoints are read after the sum, so they may be ahead of it, by what the next sum will
 * have too. What they lack of it concerns any: its endpoint is not known, or unplugged since.
 */
static int tell_lost(struct bpf_source *src)
{
	uint64_t fresh;
	int err = blame_endpoints(src);

	src->need_sync = true;
	if (err || src->lost_total <= src->lost_told)
		return err;
	fresh = src->lost_total - src->lost_told;
	src->lost_told = src->lost_total;
	return emit_lost(src, URB_EP_ANY, fresh);
}

int bpf_check_lost(struct bpf_source *src)
{
	uint64_t before = bpf_source_clock(), total = 0;
	int err = 0;

	lost_records(src, &total);
	if (src->kprobes)
		err = bpf_kprobe_skipped(src, &total);
	else
		err = missed_runs(src, &total);
	if (err)
		return err;
	if (total > src->lost_total) {
		src->lost_total = total;
		err = tell_lost(src);
	}
	src->checked_ns = src->doubt ? src->clean_ns : before;
	return err;
}
