/* SPDX-License-Identifier: GPL-2.0 */
/* The baseline that the queues replace: one transfer for the length of each call. */
#ifndef BULK_SYNC_H
#define BULK_SYNC_H

#include <libusb-1.0/libusb.h>
#include <stddef.h>
#include <stdint.h>

#include "queue_test.h"

/*
 * The bytes transferred, or -errno; after -ETIMEDOUT the transfer has been cancelled. `test` is NULL
 * but in tests.
 */
int bulk_sync_recv(libusb_device_handle *dev, uint8_t endpoint, void *out, size_t len,
		   unsigned int timeout_ms, struct queue_test *test);
int bulk_sync_send(libusb_device_handle *dev, uint8_t endpoint, void *data, size_t len,
		   unsigned int timeout_ms, struct queue_test *test);

#endif
