/* SPDX-License-Identifier: GPL-2.0 */
/*
 * queue_test: what a test needs inside the queues, and a driver would leave out: a log of every
 * submission and completion (tests/workload/lib/witness.h), and mistakes to make on demand.
 *
 * Each queue takes a `struct queue_test *`, which may be NULL: correct, and not logged. The same
 * code serves the kernel's queues and those on libusb.
 */
#ifndef QUEUE_TEST_H
#define QUEUE_TEST_H

#include "queue_os.h"
#include "witness.h"

/**
 * enum queue_variant - a correct queue, or one with one mistake
 * @QUEUE_CORRECT: "correct".
 * @QUEUE_NO_RESUBMIT_ON_ERROR: "no-resubmit-on-error". IN. A URB that ended with an error is not
 *	submitted again: the queue is one short for each error, and starves at that slot. Broken:
 *	an error status is returned, but the URB is resubmitted all the same.
 * @QUEUE_DRAIN_FIRST: "drain-first". Slots are submitted again only when all have been reaped: the
 *	depth falls to nothing once a round. Broken: depth - 1 stay in flight while one is serviced.
 * @QUEUE_SHORT: "short". One slot less than asked for, from depth 2. Broken: depth are posted.
 * @QUEUE_DOUBLE_SUBMIT: "double-submit". Submissions to a queue that is full otherwise are made
 *	twice. The kernel refuses the second with -EBUSY and a warning, libusb with
 *	LIBUSB_ERROR_BUSY before the kernel sees it.
 *	Broken: a URB belongs to usbcore until its completion.
 * @QUEUE_GFP_KERNEL: "gfp-kernel". IN, kernel only. The completion handler submits again, with
 *	GFP_KERNEL. Broken: usb_submit_urb() must not sleep in a completion handler.
 * @QUEUE_REUSE: "reuse". OUT. The slot at the cursor is filled and submitted whether it has been
 *	reaped or not. Refused like a double submission, but the data in flight are overwritten.
 *	Broken: a slot is reaped before it is used again.
 * @QUEUE_LEAVE: "leave". Closing kills nothing. All memory is leaked, as the device may still
 *	write there. Broken: nothing is in flight after close.
 * @QUEUE_FREE: "free". Closing frees the URBs without killing them. usbcore's reference keeps each
 *	until its completion; buffers and slots are leaked. With libusb, which forbids to free a
 *	transfer in flight, as "leave". Broken: kill first, free then.
 * @QUEUE_WAIT_EACH: "wait-each". One URB in flight whatever the depth: the synchronous baseline
 *	in disguise. Broken: IN, depth are posted at open; OUT, a submission is not waited for.
 */
enum queue_variant {
	QUEUE_CORRECT,
	QUEUE_NO_RESUBMIT_ON_ERROR,
	QUEUE_DRAIN_FIRST,
	QUEUE_SHORT,
	QUEUE_DOUBLE_SUBMIT,
	QUEUE_GFP_KERNEL,
	QUEUE_REUSE,
	QUEUE_LEAVE,
	QUEUE_FREE,
	QUEUE_WAIT_EACH,
};

#define QUEUE_VARIANTS	(QUEUE_WAIT_EACH + 1)

/* By variant; NULL past the end. */
const char *queue_variant_name(unsigned int variant);

struct queue_test {
	enum queue_variant variant;
	struct witness log;
	struct queue_lock lock;	/* of the log: a broken queue may log from its completion handler */
	uint32_t next_seq;
	uint32_t *seqs;		/* by slot: its transfer's place in the log */
};

/* Room for `events` and for `depth` slots. 0 or -ENOMEM. */
int queue_test_init(struct queue_test *self, uint8_t endpoint, enum queue_variant variant,
		    unsigned int depth, size_t events);
void queue_test_release(struct queue_test *self);

static inline bool queue_is(const struct queue_test *test, enum queue_variant variant)
{
	return test && test->variant == variant;
}

/* About to submit. What it returns goes to queue_test_submitted() with what came of it. */
uint32_t queue_test_submit(struct queue_test *self, unsigned int slot, int bytes);
void queue_test_submitted(struct queue_test *self, unsigned int slot, uint32_t seq, int err);

/* The transfer of a slot is over; `err` is what the interface below said, `status` the URB's. */
void queue_test_reap(struct queue_test *self, unsigned int slot, int err, int status, int bytes);

/* About to kill; the cursor came back to a slot that was reaped. */
void queue_test_cancel(struct queue_test *self, unsigned int slot);
void queue_test_lap(struct queue_test *self, unsigned int slot);

#endif
