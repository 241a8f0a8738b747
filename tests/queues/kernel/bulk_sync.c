// SPDX-License-Identifier: GPL-2.0
#include "bulk_sync.h"

static int transfer(struct usb_device *udev, unsigned int pipe, void *buf, size_t len,
		    unsigned int timeout_ms, struct queue_test *test)
{
	u32 seq = queue_test_submit(test, 0, len);
	int actual = 0, err;

	err = usb_bulk_msg(udev, pipe, buf, len, &actual, timeout_ms);
	/* Refused, these cannot be the status of a URB that was submitted. */
	if (err == -ENODEV || err == -EINVAL || err == -ENOMEM) {
		queue_test_submitted(test, 0, seq, err);
		return err;
	}
	if (test)
		test->seqs[0] = seq;
	/* usb_bulk_msg() kills the URB when its time is up. */
	queue_test_reap(test, 0, err, err == -ETIMEDOUT ? -ENOENT : err, actual);
	return err ? err : actual;
}

/**
 * bulk_sync_recv() - receive one transfer
 * @udev: the device
 * @endpoint: address of a bulk IN endpoint
 * @out: where the data go; from kmalloc()
 * @len: room there
 * @timeout_ms: after that the transfer is cancelled
 * @test: NULL in a driver
 *
 * Return: the bytes received, or -errno; -ETIMEDOUT if nothing came.
 */
int bulk_sync_recv(struct usb_device *udev, u8 endpoint, void *out, size_t len,
		   unsigned int timeout_ms, struct queue_test *test)
{
	return transfer(udev, usb_rcvbulkpipe(udev, endpoint), out, len, timeout_ms, test);
}

/**
 * bulk_sync_send() - send one transfer
 * @udev: the device
 * @endpoint: address of a bulk OUT endpoint
 * @data: the data; from kmalloc()
 * @len: their length
 * @timeout_ms: after that the transfer is cancelled
 * @test: NULL in a driver
 *
 * Return: the bytes sent, or -errno.
 */
int bulk_sync_send(struct usb_device *udev, u8 endpoint, void *data, size_t len,
		   unsigned int timeout_ms, struct queue_test *test)
{
	return transfer(udev, usb_sndbulkpipe(udev, endpoint), data, len, timeout_ms, test);
}
