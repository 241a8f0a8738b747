// SPDX-License-Identifier: GPL-2.0
#include "usb.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "witness.h"

int usb_status_of_transfer(enum libusb_transfer_status status)
{
	switch (status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return 0;
	case LIBUSB_TRANSFER_CANCELLED:
	case LIBUSB_TRANSFER_TIMED_OUT:
		return -ENOENT;
	case LIBUSB_TRANSFER_STALL:
		return -EPIPE;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return -ESHUTDOWN;
	case LIBUSB_TRANSFER_OVERFLOW:
		return -EOVERFLOW;
	default:
		return WITNESS_STATUS_UNKNOWN;
	}
}

int usb_errno(int error)
{
	if (error >= 0)
		return error;
	switch (error) {
	case LIBUSB_ERROR_INVALID_PARAM:
		return -EINVAL;
	case LIBUSB_ERROR_ACCESS:
		return -EACCES;
	case LIBUSB_ERROR_NO_DEVICE:
		return -ENODEV;
	case LIBUSB_ERROR_NOT_FOUND:
		return -ENOENT;
	case LIBUSB_ERROR_BUSY:
		return -EBUSY;
	case LIBUSB_ERROR_TIMEOUT:
		return -ETIMEDOUT;
	case LIBUSB_ERROR_OVERFLOW:
		return -EOVERFLOW;
	case LIBUSB_ERROR_PIPE:
		return -EPIPE;
	case LIBUSB_ERROR_INTERRUPTED:
		return -EINTR;
	case LIBUSB_ERROR_NO_MEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* The first interface with bulk endpoints, and their addresses; -1 is none. */
static int find_endpoints(libusb_device_handle *handle, uint8_t *in, uint8_t *out)
{
	struct libusb_config_descriptor *config;
	int interface = -1;

	if (libusb_get_active_config_descriptor(libusb_get_device(handle), &config))
		return -1;
	for (uint8_t i = 0; i < config->bNumInterfaces && interface < 0; i++) {
		const struct libusb_interface_descriptor *alt = &config->interface[i].altsetting[0];

		for (uint8_t e = 0; e < alt->bNumEndpoints; e++) {
			const struct libusb_endpoint_descriptor *ep = &alt->endpoint[e];
			bool is_in = ep->bEndpointAddress & LIBUSB_ENDPOINT_IN;

			if ((ep->bmAttributes & 3) != LIBUSB_TRANSFER_TYPE_BULK)
				continue;
			interface = alt->bInterfaceNumber;
			if (is_in && !*in)
				*in = ep->bEndpointAddress;
			if (!is_in && !*out)
				*out = ep->bEndpointAddress;
		}
	}
	libusb_free_config_descriptor(config);
	return interface;
}

int usb_open(const char *who, unsigned int vid, unsigned int pid, libusb_device_handle **handle,
	     uint8_t *in, uint8_t *out)
{
	int interface, error;

	*in = 0;
	*out = 0;
	*handle = libusb_open_device_with_vid_pid(NULL, (uint16_t)vid, (uint16_t)pid);
	if (!*handle) {
		fprintf(stderr, "%s: no device %04x:%04x that may be opened\n", who, vid, pid);
		return -ENODEV;
	}
	libusb_set_auto_detach_kernel_driver(*handle, 1);
	interface = find_endpoints(*handle, in, out);
	if (interface < 0) {
		fprintf(stderr, "%s: %04x:%04x lacks bulk endpoints\n", who, vid, pid);
		return -ENOENT;
	}
	error = libusb_claim_interface(*handle, interface);
	if (error) {
		fprintf(stderr, "%s: interface %d: %s\n", who, interface, libusb_error_name(error));
		return -EBUSY;
	}
	return 0;
}

void usb_close(libusb_device_handle *handle)
{
	uint8_t in = 0, out = 0;
	int interface;

	if (!handle)
		return;
	interface = find_endpoints(handle, &in, &out);
	if (interface >= 0)
		libusb_release_interface(handle, interface);
	libusb_close(handle);
}
