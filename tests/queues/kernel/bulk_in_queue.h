/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bulk IN endpoint that never runs empty: `depth` URBs, each with a buffer of its own, are posted
 * when the queue is opened. bulk_in_queue_recv() takes them in turn: it waits for the one at the
 * cursor, copies its data out, posts it again and moves on. So at least depth - 1 stay posted while
 * one is serviced, and the device can always send.
 *
 * One thread at a time may use a queue. All functions sleep.
 */
#ifndef BULK_IN_QUEUE_H
#define BULK_IN_QUEUE_H

#include <linux/types.h>
#include <linux/usb.h>

#include "queue_test.h"

struct bulk_in_queue;

int bulk_in_queue_open(struct bulk_in_queue **queue, struct usb_device *udev, u8 endpoint,
		       unsigned int depth, size_t buf_len, struct queue_test *test);
int bulk_in_queue_recv(struct bulk_in_queue *queue, void *out, size_t len,
		       unsigned int timeout_ms);
void bulk_in_queue_close(struct bulk_in_queue *queue);

#endif
