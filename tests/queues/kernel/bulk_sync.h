/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The baseline that the queues replace: one URB for the length of each call. While the host takes
 * the data or makes more, nothing is in flight.
 */
#ifndef BULK_SYNC_H
#define BULK_SYNC_H

#include <linux/types.h>
#include <linux/usb.h>

#include "queue_test.h"

int bulk_sync_recv(struct usb_device *udev, u8 endpoint, void *out, size_t len,
		   unsigned int timeout_ms, struct queue_test *test);
int bulk_sync_send(struct usb_device *udev, u8 endpoint, void *data, size_t len,
		   unsigned int timeout_ms, struct queue_test *test);

#endif
