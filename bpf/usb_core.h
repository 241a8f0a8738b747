/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few fields of the kernel's USB structures that the probes read. Offsets come from the
 * running kernel's BTF when the programs are loaded (CO-RE), so order and gaps mean nothing
 * here. The machine that builds may have no usbcore at all: there is no vmlinux.h.
 */
#ifndef URBSCOPE_BPF_USB_CORE_H
#define URBSCOPE_BPF_USB_CORE_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct kobject {
	const char *name;
};

struct device_driver {
	const char *name;
};

struct device {
	struct kobject kobj;
	struct device *parent;
	struct device_driver *driver;
};

struct usb_device_descriptor {
	__le16 idVendor;
	__le16 idProduct;
};

struct usb_endpoint_descriptor {
	__u8 bEndpointAddress;
	__u8 bmAttributes;
	__le16 wMaxPacketSize;
};

struct usb_bus {
	int busnum;
};

struct usb_device;

enum usb_device_speed { USB_SPEED_UNKNOWN, USB_SPEED_SUPER = 5 };

/* Private to usbcore: a candidate for the relocation is found in the module's own BTF. */
struct ep_device {
	struct usb_device *udev;
	struct device dev;
};

struct usb_host_endpoint {
	struct usb_endpoint_descriptor desc;
	struct list_head urb_list;
	struct ep_device *ep_dev;
	int streams;
};

struct usb_interface_descriptor {
	__u8 bNumEndpoints;
};

struct usb_host_interface {
	struct usb_interface_descriptor desc;
	struct usb_host_endpoint *endpoint;
};

struct usb_interface {
	struct usb_host_interface *cur_altsetting;
	struct device dev;
};

#define USB_MAXINTERFACES 32 /* include/linux/usb.h */

struct usb_host_config {
	struct usb_interface *interface[USB_MAXINTERFACES];
};

struct usb_device {
	int devnum;
	enum usb_device_speed speed;
	struct usb_bus *bus;
	struct usb_host_endpoint *ep_in[16];
	struct usb_host_endpoint *ep_out[16];
	struct usb_device_descriptor descriptor;
	struct usb_host_config *actconfig;
	char *product;
	struct device dev;
};

struct urb {
	int unlinked;
	struct list_head urb_list;
	struct usb_device *dev;
	struct usb_host_endpoint *ep;
	unsigned int pipe;
	unsigned int stream_id;
	int status;
	unsigned int transfer_flags;
	__u32 transfer_buffer_length;
	__u32 actual_length;
	int interval;
	void *context;
	void *complete;
};

/* drivers/usb/core/devio.c: the context of usbfs's URBs. Only usbcore's own BTF has it. */
struct async {
	void *userurb;
};

#pragma clang attribute pop

/* In the order of bmAttributes. Pipes have 0 iso, 1 interrupt, 2 control, 3 bulk (include/linux/usb.h). */
static __always_inline __u8 pipe_type(unsigned int pipe)
{
	unsigned int type = pipe >> 30;

	return type == 0 ? 1 : type == 1 ? 3 : type == 2 ? 0 : 2;
}

/* include/linux/usb.h */
#define URB_SHORT_NOT_OK 0x0001

#endif
