/* SPDX-License-Identifier: GPL-2.0 */
/*
 * queue_run: a caller for the queues and the baselines, the same for both implementations: it
 * receives or sends on one endpoint until it has done enough, and keeps a log.
 */
#ifndef QUEUE_RUN_H
#define QUEUE_RUN_H

#include "queue_test.h"

/* What to do, as words KEY=VALUE: */
struct queue_config {
	bool queued;			/* mode=queued|sync */
	bool in, out;			/* dir=in|out|both */
	enum queue_variant variant;	/* variant=correct, ...: see queue_test.h */
	unsigned int depth;		/* depth=8 */
	unsigned int buf_len;		/* buf_len=16384 */
	unsigned int count;		/* count=N: calls that went well, each way; 0: no limit */
	unsigned int run_ms;		/* run_ms=N; 0: no limit */
	unsigned int timeout_ms;	/* timeout_ms=1000, of each call */
	unsigned int pause_us;		/* pause_us=0, after each call */
	unsigned int give_up;		/* give_up=5: end after so many time-outs in a row */
	bool flush;			/* flush=1; 0: OUT closes with transfers in flight */
};

/*
 * Defaults, then `words`, which are taken apart. 0, or -EINVAL with *bad at the word that is wrong
 * ("" if it is what is missing).
 */
int queue_config_parse(struct queue_config *self, char *words, const char **bad);

struct queue_run {
	const struct queue_config *config;
	struct queue_device *dev;
	uint8_t endpoint;
	const bool *stop;		/* set by others: end soon */
	struct queue_test test;
	uint64_t calls, timeouts, errors;
	int first_error;		/* of a call; time-outs are none */
	/* private */
	unsigned char *data;
	struct bulk_in_queue *in;
	struct bulk_out_queue *out;
	uint64_t deadline_ns;
	unsigned int timeouts_in_a_row;
};

/* 0 or -ENOMEM; released in either case by queue_run_release(). */
int queue_run_init(struct queue_run *self, const struct queue_config *config,
		   struct queue_device *dev, uint8_t endpoint, const bool *stop);
void queue_run_release(struct queue_run *self);

/*
 * All of it: open, transfer, flush, close. A stall is cleared with the queue closed and the queue
 * opened anew, any other error is counted; the end comes also when the device is gone.
 * 0, or what kept the queue from being opened.
 */
int queue_run(struct queue_run *self);

/* The logs and what came of the calls. 0 or -errno. */
int queue_run_write(const struct queue_run *runs, unsigned int cnt, const char *who,
		    witness_file *out);

#endif
