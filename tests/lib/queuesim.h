/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues under a model, simulated: right ones, and wrong ones by one mistake each. The device takes
 * URBs in the order of their submission, one in SIM_DEVICE ns, and each seventh fails with -EPROTO;
 * the host needs SIM_HOST ns between two. Any failure aborts the program.
 */
#ifndef URBSCOPE_TEST_QUEUESIM_H
#define URBSCOPE_TEST_QUEUESIM_H

#include "checkrun.h"

#define SIM_IN		0x10281	/* bus 1, address 2, endpoint 0x81 */
#define SIM_OUT		0x10202
#define SIM_DEVICE	100
#define SIM_HOST	10
#define SIM_DEPTH_MAX	32
#define SIM_BUF_LEN	512

enum sim_variant {
	RIGHT,
	NO_RESUBMIT_ON_ERROR,
	DRAIN_FIRST,
	SHORT,
	DOUBLE_SUBMIT,
	LEAVE,
	UNLINK,
	WAIT_EACH,
	OUT_OF_ORDER,
	WRONG_LENGTH,
	ONE_MORE,
};

struct sim {
	struct checkrun run;
	uint32_t ep;
	uint64_t now, device_free;
	uint64_t posted[SIM_DEPTH_MAX + 1], ends[SIM_DEPTH_MAX + 1]; /* a queue, oldest first */
	uint32_t cnt;
	uint32_t length;
	uint32_t taken;		/* by the device, ever: some of them fail */
};

/* How what is in flight comes back. */
enum sim_ending { ALL_STALLED, ALL_FAILED, LAST_GOT_THROUGH, FLUSHED };

/* Open, many transfers, close; and all of a run, judged at its end. */
void sim_traffic(struct sim *s, uint32_t depth, enum sim_variant v);
void sim_run(struct sim *s, uint32_t ep, uint32_t depth, enum sim_variant v);

/* A run step by step. */
void sim_begin(struct sim *s, uint32_t ep, uint32_t depth);
void sim_submit(struct sim *s, uint64_t id);
/* Waits until the oldest one is done. Returns its status. */
int sim_reap(struct sim *s, uint64_t *id);
/* All that is in flight is cancelled, as the variant does it. */
void sim_close(struct sim *s, enum sim_variant v);
void sim_end_as(struct sim *s, enum sim_ending how);
/* What comes back is submitted again, so many times. */
void sim_turn_over(struct sim *s, uint32_t times);
/* A queue of these four is opened, and turned over. */
void sim_open(struct sim *s, const uint64_t *ids, uint32_t times);

/* The rules that were found violated: a bit each. */
unsigned int sim_broken(const struct sim *s);

#endif
