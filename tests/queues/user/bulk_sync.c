// SPDX-License-Identifier: GPL-2.0
#include "bulk_sync.h"

#include "usb.h"
#include "usbfs.h"

static int transfer(libusb_device_handle *dev, uint8_t endpoint, void *buf, size_t len,
		    unsigned int timeout_ms, struct queue_test *test)
{
	uint32_t seq = queue_test_submit(test, 0, (int)len);
	int actual = 0, error, status;

	error = libusb_bulk_transfer(dev, endpoint, buf, (int)len, &actual, timeout_ms);
	status = usbfs_status(buf);
	if (status == USBFS_REFUSED) {
		queue_test_submitted(test, 0, seq, error);
		return usb_errno(error);
	}
	if (test)
		test->seqs[0] = seq;
	queue_test_reap(test, 0, error, status, actual);
	return error ? usb_errno(error) : actual;
}

int bulk_sync_recv(libusb_device_handle *dev, uint8_t endpoint, void *out, size_t len,
		   unsigned int timeout_ms, struct queue_test *test)
{
	return transfer(dev, endpoint, out, len, timeout_ms, test);
}

int bulk_sync_send(libusb_device_handle *dev, uint8_t endpoint, void *data, size_t len,
		   unsigned int timeout_ms, struct queue_test *test)
{
	return transfer(dev, endpoint, data, len, timeout_ms, test);
}
