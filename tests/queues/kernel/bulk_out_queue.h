/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bulk OUT endpoint that is not waited for: bulk_out_queue_send() copies the data to the slot at
 * the cursor, submits its URB and returns. Only when the cursor comes back to a slot that is still
 * in flight is it waited for. So up to `depth` are in flight, and depth - 1 while the next is
 * prepared; the bus has work while the host makes more.
 *
 * An error is told by a later call: that which comes back to the slot, or bulk_out_queue_flush().
 *
 * One thread at a time may use a queue. All functions sleep.
 */
#ifndef BULK_OUT_QUEUE_H
#define BULK_OUT_QUEUE_H

#include <linux/types.h>
#include <linux/usb.h>

#include "queue_test.h"

struct bulk_out_queue;

int bulk_out_queue_open(struct bulk_out_queue **queue, struct usb_device *udev, u8 endpoint,
			unsigned int depth, size_t buf_len, struct queue_test *test);
int bulk_out_queue_send(struct bulk_out_queue *queue, const void *data, size_t len,
			unsigned int timeout_ms);
int bulk_out_queue_flush(struct bulk_out_queue *queue, unsigned int timeout_ms);
void bulk_out_queue_close(struct bulk_out_queue *queue);

#endif
