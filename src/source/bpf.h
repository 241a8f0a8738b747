/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the room: the parts of the BPF source share this. */
#ifndef URBSCOPE_SOURCE_BPF_H
#define URBSCOPE_SOURCE_BPF_H

#include "source.h"
#include "walk.h"
#include "urbscope/wire.h"

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct kprobes;
struct ring_buffer;

#define PROBES_MAX 16

/* Losses of one endpoint that have been reported already. */
struct told_lost {
	uint32_t ep;
	uint64_t since_ns;	/* as wire_endpoint.lost_since */
	uint64_t count;
};

struct bpf_source {
	struct source base;
	struct bpf_object *obj;
	struct bpf_link *links[PROBES_MAX];
	size_t link_cnt;
	struct kprobes *kprobes;    /* NULL: attached by fentry and fexit */
	struct ring_buffer *ring;
	const struct wire_lost *lost; /* by CPU, mapped */
	struct reorder reorder;
	struct walk walk;
	int error;		    /* of the ring's callback */

	int cpu_cnt;
	uint64_t lost_total;	    /* over all CPUs, and missed runs of programs */
	uint64_t lost_told;	    /* the sum of what LOST events have said */
	uint64_t checked_ns;	    /* what was lost before that look at the counters is known */
	bool doubt;		    /* runs may have been skipped since, or are only late: */
	uint64_t clean_ns;	    /* when there was no doubt */
	struct told_lost *told;
	size_t told_cnt;
	bool need_sync;		    /* lost events since the last walk */
	uint64_t next_sync_ns;
	bool walk_waits;	    /* to be resolved, when all records of its time have come: */
	uint64_t walk_began_ns;	    /* nothing younger is handed on before */
	uint64_t walk_ripe_ns;
	uint64_t walk_lost;	    /* lost_total then: more, and the walk is void */
};

uint64_t bpf_source_clock(void);

/* bpf_attach.c: programs opened, configured, loaded and attached; 0 or -errno with a fault. */
int bpf_attach(struct bpf_source *src, const struct source_config *config, struct fault *fault);
/* Stops the probes; the ring can still be read. */
void bpf_detach(struct bpf_source *src);
void bpf_free(struct bpf_source *src);

/* bpf_fentry.c, bpf_kprobe.c: the programs of either kind, from this binary; NULL with errno set. */
struct bpf_object *bpf_fentry_open(void);
struct bpf_object *bpf_kprobe_open(void);

/* A part of that object that this version of the agent knows to be in it. */
struct bpf_map *bpf_map_of(const struct bpf_object *obj, const char *name);

/* bpf_kprobe.c: attaches all loaded programs of src->obj; 0 or -errno with a fault. */
int bpf_kprobe_attach(struct bpf_source *src, struct fault *fault);
/* Before the links go: what is hit from now on is nobody's, and what is in doubt was skipped. */
void bpf_kprobe_detach(struct bpf_source *src);
/* Takes the kernel's kprobe events away, after bpf_detach(). */
void bpf_kprobe_free(struct bpf_source *src);
/*
 * Adds the hits so far whose program the kernel has skipped to `total`, and sets src->doubt and
 * src->clean_ns while there may be more. After bpf_detach() nothing is added any more. 0 or -errno.
 */
int bpf_kprobe_skipped(struct bpf_source *src, uint64_t *total);

/* bpf_record.c: one record of the ring; the callback of ring_buffer__new(). */
int bpf_record(void *ctx, void *data, size_t size);

/* bpf_lost.c: compares the kernel side's counters with what has been said; emits LOST. */
int bpf_check_lost(struct bpf_source *src);

/*
 * bpf_walk.c: walks the queues of all devices and puts INFLIGHT events and a SYNC at the time of
 * its beginning among the held events. All return 0, -EAGAIN if events were lost or a device came
 * or went meanwhile, or another -errno.
 *
 * At attach the walk waits for all records that belong to it, and everything older is dropped:
 * that is where the window begins.
 */
int bpf_walk_first(struct bpf_source *src, uint64_t *began_ns);

/*
 * After a loss: begins a walk, then, each time the ring has been drained at `now` or later, goes on
 * with it. `last`: the probes are detached, so there is nothing to wait for.
 */
int bpf_walk_begin(struct bpf_source *src);
int bpf_walk_go_on(struct bpf_source *src, uint64_t now, bool last);

#endif
