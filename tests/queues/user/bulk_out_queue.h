/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bulk OUT endpoint that is not waited for: the kernel's queue of the same name
 * (../kernel/bulk_out_queue.h) on libusb's asynchronous interface. Up to `depth` transfers are in
 * flight, and depth - 1 while the next is prepared. An error is told by a later call: that which
 * comes back to the slot, or bulk_out_queue_flush().
 *
 * One thread at a time may use a queue; several queues may have a thread each. Whoever waits handles
 * libusb's events, of the default context.
 */
#ifndef BULK_OUT_QUEUE_H
#define BULK_OUT_QUEUE_H

#include <libusb-1.0/libusb.h>
#include <stddef.h>
#include <stdint.h>

#include "queue_test.h"

struct bulk_out_queue;

/*
 * depth: how many may be in flight, 1 or more; buf_len: the most bytes of one, up to 16384, as libusb
 * may part longer transfers into several URBs; `test` is NULL but in tests. Nothing is submitted
 * before the first send. The handle stays the caller's, and open. 0, -EINVAL or -ENOMEM.
 */
int bulk_out_queue_open(struct bulk_out_queue **queue, libusb_device_handle *dev, uint8_t endpoint,
			unsigned int depth, size_t buf_len, struct queue_test *test);

/*
 * Queue data, which are copied. 0: they are under way. Else they are not, and the call may be
 * repeated: -EMSGSIZE, they are longer than buf_len; -ETIMEDOUT, depth transfers are in flight and
 * no room came; the error that an earlier transfer ended with; or what submitting said.
 */
int bulk_out_queue_send(struct bulk_out_queue *queue, const void *data, size_t len,
			unsigned int timeout_ms);

/*
 * Wait, so long in all, until everything has arrived or failed. 0, or the first error, oldest transfer
 * first; -ETIMEDOUT leaves what is in flight there.
 */
int bulk_out_queue_flush(struct bulk_out_queue *queue, unsigned int timeout_ms);

/* Cancel what is in flight, wait until all have come back, free all. */
void bulk_out_queue_close(struct bulk_out_queue *queue);

#endif
