// SPDX-License-Identifier: GPL-2.0
/*
 * refused VID:PID ENDPOINT COUNT: submissions that the kernel must refuse. It takes a SuperSpeed
 * bulk endpoint from its driver, allocates four streams on it, and submits COUNT URBs for stream
 * 1000, which xHCI refuses with -EINVAL when it is to queue them. Prints how many were refused;
 * exit status 0 if all were.
 */
#include <libusb-1.0/libusb.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAMS	   4
#define NOT_THERE  1000
#define LENGTH	   512

static void never(struct libusb_transfer *transfer)
{
	(void)transfer;
}

static int submit_all(libusb_device_handle *dev, unsigned char endpoint, int count)
{
	static unsigned char buf[LENGTH];
	struct libusb_transfer *transfer = libusb_alloc_transfer(0);
	int refused = 0;

	if (!transfer)
		return 0;
	libusb_fill_bulk_stream_transfer(transfer, dev, endpoint, NOT_THERE, buf, LENGTH, never, NULL,
					 1000);
	for (int i = 0; i < count; i++)
		refused += libusb_submit_transfer(transfer) != 0;
	/* one that was accepted is the kernel's still: the process ends, and with it the URB */
	if (refused == count)
		libusb_free_transfer(transfer);
	return refused;
}

static int complain(const char *what, int err)
{
	fprintf(stderr, "refused: %s: %s\n", what, libusb_strerror(err));
	return 2;
}

int main(int argc, char **argv)
{
	unsigned int vid, pid, endpoint;
	libusb_device_handle *dev;
	unsigned char address;
	int count, refused, err;

	if (argc != 4 || sscanf(argv[1], "%x:%x", &vid, &pid) != 2 ||
	    sscanf(argv[2], "%x", &endpoint) != 1 || (count = atoi(argv[3])) < 1) {
		fputs("usage: refused VID:PID ENDPOINT COUNT\n", stderr);
		return 2;
	}
	address = endpoint;
	err = libusb_init(NULL);
	if (err)
		return complain("libusb", err);
	dev = libusb_open_device_with_vid_pid(NULL, vid, pid);
	if (!dev)
		return complain(argv[1], LIBUSB_ERROR_NO_DEVICE);
	/* for good: a driver that came back would have traffic of its own there */
	err = libusb_detach_kernel_driver(dev, 0);
	if (err && err != LIBUSB_ERROR_NOT_FOUND)
		return complain("detaching the driver", err);
	err = libusb_claim_interface(dev, 0);
	if (err)
		return complain("claiming interface 0", err);
	err = libusb_alloc_streams(dev, STREAMS, &address, 1);
	if (err < STREAMS)
		return complain("allocating streams", err < 0 ? err : LIBUSB_ERROR_OTHER);
	refused = submit_all(dev, address, count);
	printf("refused %d of %d\n", refused, count);
	libusb_free_streams(dev, &address, 1);
	libusb_release_interface(dev, 0);
	libusb_close(dev);
	libusb_exit(NULL);
	return refused != count;
}
