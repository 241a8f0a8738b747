/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bulk IN endpoint that never runs empty: the kernel's queue of the same name
 * (../kernel/bulk_in_queue.h) on libusb's asynchronous interface. `depth` transfers, each with a
 * buffer of its own, are posted at open; bulk_in_queue_recv() takes them in turn.
 *
 * One thread at a time may use a queue; several queues may have a thread each. Whoever waits handles
 * libusb's events, of the default context.
 */
#ifndef BULK_IN_QUEUE_H
#define BULK_IN_QUEUE_H

#include <libusb-1.0/libusb.h>
#include <stddef.h>
#include <stdint.h>

#include "queue_test.h"

struct bulk_in_queue;

/*
 * Post `depth` (1 or more) transfers on a bulk IN endpoint. buf_len: bytes of each buffer, up to 16384,
 * as libusb may part longer transfers into several URBs; a multiple of the endpoint's packet size,
 * else a device that sends a whole packet overruns the buffer and the transfer fails with
 * -EOVERFLOW. `test` is NULL but in tests. The handle stays the caller's, and open.
 * 0, -EINVAL, -ENOMEM, or what submitting a transfer said.
 */
int bulk_in_queue_open(struct bulk_in_queue **queue, libusb_device_handle *dev, uint8_t endpoint,
		       unsigned int depth, size_t buf_len, struct queue_test *test);

/*
 * The data of the next transfer, up to `len` bytes; what does not fit is dropped. The transfer is
 * posted again before this returns, also if it ended with an error; if that is refused, the call whose
 * turn it is tries once more. After a stall every transfer fails in the same way: close the queue,
 * clear the halt, open it again.
 *
 * The bytes copied, which may be 0; -ETIMEDOUT if nothing came: the transfer stays posted; or the
 * error that it ended with, or with which it was refused.
 */
int bulk_in_queue_recv(struct bulk_in_queue *queue, void *out, size_t len,
		       unsigned int timeout_ms);

/* Cancel all, wait until all have come back, free all. Data that came meanwhile are lost. */
void bulk_in_queue_close(struct bulk_in_queue *queue);

#endif
