/* SPDX-License-Identifier: GPL-2.0 */
/*
 * witness: a workload's own record of what it did, by which the tool's figures are judged.
 *
 * It is kept in memory that was touched beforehand, so that writing it down costs the run two
 * stores and a clock read, and goes to a file at the end.
 *
 * The file (schema urbscope.workload/1), one record a line, fields apart by one blank:
 *
 *   # urbscope.workload/1                      and further comments
 *   event NS ENDPOINT EVENT SEQ SLOT RESULT STATUS BYTES
 *   summary ENDPOINT submitted N completed N bytes N max-outstanding N unlogged N status LIST
 *
 * Event lines come in the order of time. A field that does not apply is `-`.
 *   NS        CLOCK_MONOTONIC, nanoseconds
 *   ENDPOINT  0x81
 *   EVENT     submit-call    about to submit; BYTES is the length asked for
 *             submit-return  the submission returned; RESULT is its error, 0 when accepted.
 *                            A synchronous transfer has one only if it was refused: one call
 *                            submits and reaps
 *             reap           the transfer came back; RESULT is what the library said, STATUS
 *                            the URB's status as the kernel told it, BYTES the actual length
 *             lap            queued OUT only: the cursor came back to the slot, found it
 *                            reaped, and will submit it again
 *             cancel         about to cancel
 *             start, done    a gadget's side: a request is posted, the host took or filled it
 *             stall, silent  a gadget's side: the endpoint was halted, stopped answering
 *   SEQ       the endpoint's transfers, from 0, in the order of submission
 *   SLOT      the place in the queue, from 0; 0 for synchronous transfers
 *   STATUS    0, or a negative errno: -2 cancelled, -32 stall, -75 overflow, -108 unplugged;
 *             `?` if the library gave the transfer back without having reaped its URB
 *   unlogged  events for which the log had no room: the log proves nothing then
 *   LIST      STATUS:COUNT, parted by commas; `-` if nothing was reaped
 *
 * What it proves about a URB: it was in flight from some moment between submit-call and
 * submit-return (0) until some moment before reap. The host's log alone therefore bounds the
 * in-flight count from above. From below it is bounded by the device's log of the same run: the
 * transfer that the device took as its k-th was still in flight at the k-th `start`.
 */
#ifndef WORKLOAD_WITNESS_H
#define WORKLOAD_WITNESS_H

#include "witness_os.h"

#define WITNESS_STATUS_UNKNOWN	1	/* it was never reaped */
#define WITNESS_STATUSES_MAX	8

enum witness_event {
	WITNESS_SUBMIT_CALL,
	WITNESS_SUBMIT_RETURN,
	WITNESS_REAP,
	WITNESS_LAP,
	WITNESS_CANCEL,
	WITNESS_START,
	WITNESS_DONE,
	WITNESS_STALL,
	WITNESS_SILENT,
};

struct witness_record {
	uint64_t ns;
	uint32_t seq;
	uint16_t slot;
	uint8_t event;
	int8_t result;
	int16_t status;
	int32_t bytes;
};

/* One endpoint's log. One thread writes it. */
struct witness {
	uint8_t endpoint;
	struct witness_record *records;
	size_t cnt, capacity;
	uint64_t unlogged;
	uint64_t submitted, completed, bytes;
	uint64_t outstanding, outstanding_max;
	struct {
		int status;
		uint64_t cnt;
	} statuses[WITNESS_STATUSES_MAX];
	unsigned int statuses_cnt;
};

/* Room for `capacity` events, touched. 0 or -ENOMEM. */
int witness_init(struct witness *self, uint8_t endpoint, size_t capacity);
void witness_release(struct witness *self);

/* Stamp an event now and count it. Returns the stamp. Never allocates; counts what has no room. */
uint64_t witness_add(struct witness *self, const struct witness_record *what);

/* Transfers that ended with another status than 0 and -ENOENT (our own cancellations). */
uint64_t witness_failures(const struct witness *self);

/* All events of `cnt` logs in the order of time, then the summaries. 0 or -errno. */
int witness_write(const struct witness *logs, unsigned int cnt, const char *comment,
		  witness_file *out);
void witness_write_summary(const struct witness *self, witness_file *out);

#endif
