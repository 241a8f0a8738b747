// SPDX-License-Identifier: GPL-2.0
/* The running kernel as a source. */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/capability.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "urbscope/machine.h"

/* Attaching and the first walk race with hot-plug; a bus is quiet soon enough. */
#define WALK_TRIES 10
/* After a loss: how long the ring is given to calm down before the queues are walked. */
#define SYNC_PAUSE_NS 100000000ULL

uint64_t bpf_source_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts); /* the clock of bpf_ktime_get_ns() */
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct bpf_source *self(struct source *src)
{
	return (struct bpf_source *)src;
}

static int bpf_fd(const struct source *src)
{
	return ring_buffer__epoll_fd(((const struct bpf_source *)src)->ring);
}

static int drain(struct bpf_source *src)
{
	int err = ring_buffer__consume(src->ring);

	if (err >= 0)
		err = src->error;
	return err ? err : bpf_check_lost(src);
}

/* What came later waits until it is known whether something of it was lost. */
static uint64_t vouched_for(const struct bpf_source *src, uint64_t now)
{
	return src->doubt && src->checked_ns < now ? src->checked_ns : now;
}

static int sync_after_loss(struct bpf_source *src, uint64_t now)
{
	int err = bpf_walk_go_on(src, now, false);

	if (!err && !src->walk_waits && src->need_sync && now >= src->next_sync_ns) {
		src->next_sync_ns = now + SYNC_PAUSE_NS;
		src->need_sync = false;
		err = bpf_walk_begin(src);
	}
	if (err == -EAGAIN)
		src->need_sync = true;
	return err == -EAGAIN ? 0 : err;
}

/* What is old enough to be handed on, and not to be judged by a walk. */
static uint64_t settled_until(const struct bpf_source *src, uint64_t now)
{
	uint64_t until = vouched_for(src, now) - SOURCE_HORIZON_NS;

	return src->walk_waits && src->walk_began_ns < until ? src->walk_began_ns : until;
}

static int bpf_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct bpf_source *src = self(base);
	uint64_t now = bpf_source_clock();
	int err = drain(src);

	if (!err)
		err = sync_after_loss(src, now);
	if (err) {
		fault_set(fault, "reading the BPF ring: %s", strerror(-err));
		return err;
	}
	err = reorder_emit(&src->reorder, settled_until(src, now), emit, ctx);
	base->late = src->reorder.late;
	return err;
}

/* A doubt ends within the horizon, one way or the other; but then there may be another. */
static int drain_without_doubt(struct bpf_source *src)
{
	const struct timespec pause = { .tv_nsec = SOURCE_HORIZON_NS / 10 };
	int err = drain(src);

	for (int i = 0; i < 12 && !err && src->doubt; i++) {
		nanosleep(&pause, NULL);
		err = drain(src);
	}
	return err;
}

static int bpf_finish(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct bpf_source *src = self(base);
	uint64_t now = bpf_source_clock();
	/* skipped runs can only be told from late ones while the probes are there */
	int err = drain_without_doubt(src);

	bpf_detach(src);
	if (!err)
		err = drain(src);
	if (!err)
		err = bpf_walk_go_on(src, now, true);
	if (err && err != -EAGAIN) {
		fault_set(fault, "reading the BPF ring: %s", strerror(-err));
		return err;
	}
	/* what came after `now` belongs to the window of nobody */
	reorder_emit(&src->reorder, now, emit, ctx);
	base->late = src->reorder.late;
	return 0;
}

static uint64_t bpf_now(const struct source *src)
{
	return ((const struct bpf_source *)src)->reorder.released_ns;
}

/* Before 5.19, Linux demanded CAP_BPF of all that asks about what one has; losses are counted so. */
static uint64_t bpf_lacks(const struct source *base)
{
	const struct bpf_source *src = (const struct bpf_source *)base;
	int map = bpf_map__fd(bpf_map_of(src->obj, "endpoints"));
	uint32_t key;

	if (bpf_map_get_next_key(map, NULL, &key) == -EPERM)
		return UINT64_C(1) << CAP_BPF;
	return 0;
}

static void bpf_close(struct source *base)
{
	struct bpf_source *src = self(base);

	bpf_free(src);
	reorder_release(&src->reorder);
	free(src->walk.found);
	free(src->told);
	free(src);
}

static const struct source_ops bpf_ops = {
	.fd = bpf_fd,
	.read = bpf_read,
	.finish = bpf_finish,
	.now = bpf_now,
	.lacks = bpf_lacks,
	.close = bpf_close,
};

static int first_walk(struct bpf_source *src, struct fault *fault)
{
	int err = -EAGAIN;

	for (int i = 0; i < WALK_TRIES && err == -EAGAIN; i++)
		err = bpf_walk_first(src, &src->base.info.start_ns);
	if (err == -EAGAIN)
		fault_set(fault, "the URBs in flight could not be listed in %d tries: devices come and go, or "
			  "events are lost; try again, or watch less (--select)", WALK_TRIES);
	else if (err)
		fault_set(fault, "listing the URBs in flight: %s", strerror(-err));
	return err;
}

static struct source *open_probes(const struct source_config *config, struct fault *fault)
{
	struct bpf_source *src = calloc(1, sizeof(*src));
	int err = -ENOMEM;

	if (!src)
		goto out;
	src->base = (struct source){
		.ops = &bpf_ops,
		.info = {
			.kind = config->kprobes ? "kprobe" : "bpf",
			.clock = "monotonic",
			.wall_ns = source_wall_ns(),
			.resolution_ns = 1,
			.walks = true,
			.sees = config->full ? URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER |
						       URB_RETURNED
					     : URB_QUEUED | URB_DONE,
			.live = true,
		},
	};
	reorder_init(&src->reorder);
	err = bpf_attach(src, config, fault);
	src->checked_ns = bpf_source_clock();
	if (!err)
		err = first_walk(src, fault);
out:
	if (!err)
		return &src->base;
	fault_set(fault, "BPF: %s", strerror(-err));
	if (src)
		bpf_close(&src->base);
	errno = -err;
	return NULL;
}

/*
 * include/linux/errno.h: the kernel's own, and what attaching by fentry fails with where ftrace has no
 * direct calls (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS; arm64 has had them since 6.4).
 */
#define ENOTSUPP 524

static struct source *open_by_kprobes(const struct source_config *config, struct machine *machine,
				      struct fault *fault)
{
	struct source_config mine = *config;

	mine.kprobes = true;
	if (!machine_forbids_bpf(machine, true, fault))
		return open_probes(&mine, fault);
	errno = machine->refuses_fentry ? EOPNOTSUPP : EPERM;
	return NULL;
}

struct source *source_open_bpf(const struct source_config *config, struct fault *fault)
{
	struct fault why = { "" };
	struct machine machine;
	struct source *src;

	machine_look(&machine);
	if (machine_forbids_bpf(&machine, config->kprobes, fault)) {
		errno = EPERM;
		return NULL;
	}
	if (config->kprobes || machine_lacks_fentry(&machine))
		return open_by_kprobes(config, &machine, fault);
	src = open_probes(config, &why);
	if (src)
		return src;
	if (errno == ENOTSUPP) {
		machine.refuses_fentry = true;
		return open_by_kprobes(config, &machine, fault);
	}
	*fault = why;
	return NULL;
}

bool source_bpf_refuses_fentry(void)
{
	struct source_config config = { 0 };
	struct fault unused = { "" };
	struct source *src = open_probes(&config, &unused);
	bool refused = !src && errno == ENOTSUPP;

	source_close(src);
	return refused;
}
