/* SPDX-License-Identifier: GPL-2.0 */
/* What the workloads on libusb share. */
#ifndef WORKLOAD_USB_H
#define WORKLOAD_USB_H

#include <libusb-1.0/libusb.h>
#include <stdint.h>

/*
 * What a transfer's status says of its URB's, which is not all: usbfs.h has that. A time-out is
 * libusb's own and cancels; WITNESS_STATUS_UNKNOWN is some error of the bus.
 */
int usb_status_of_transfer(enum libusb_transfer_status status);

/* libusb's error as -errno; what is 0 or more stays. */
int usb_errno(int error);

/*
 * Open a device, find the first interface with bulk endpoints and claim it. *in and *out are their
 * addresses, 0 for none. 0, or -errno, which was told on stderr in the name of `who`.
 */
int usb_open(const char *who, unsigned int vid, unsigned int pid, libusb_device_handle **handle,
	     uint8_t *in, uint8_t *out);

/* Gives the interface back to the driver that had it. NULL is nothing to close. */
void usb_close(libusb_device_handle *handle);

#endif
