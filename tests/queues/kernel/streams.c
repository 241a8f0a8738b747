// SPDX-License-Identifier: GPL-2.0
/*
 * bulkstreams: how a driver uses bulk streams, on the rig's UAS disk in place of uas.
 *
 *   insmod bulkstreams.ko; cat /sys/module/bulkstreams/parameters/outcome; rmmod bulkstreams
 *
 * At probe it turns streams on for an IN endpoint and posts a URB on each; the device has nothing to
 * say, so they stay there. At disconnect it takes them back and turns streams off. `outcome` is what
 * usb_submit_urb() said of each: "0 0 0 0".
 *
 * With variant=stream-0 the last URB goes to stream 0, which is none: the host controller's driver
 * refuses it.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/usb.h>

#define STREAMS  4
#define BUF_SIZE 512

static char *variant = "none";
module_param(variant, charp, 0444);
MODULE_PARM_DESC(variant, "the mistake to make: none, stream-0");

static char outcome[64];
module_param_string(outcome, outcome, sizeof(outcome), 0444);
MODULE_PARM_DESC(outcome, "what usb_submit_urb() returned for each URB");

/**
 * struct bulkstreams - an endpoint with a URB on each stream
 * @intf: the interface, bound for as long as this exists
 * @ep: its endpoint, with streams on
 * @urbs: urbs[i] is posted on stream i + 1
 * @bufs: bufs[i] is that of urbs[i]
 */
struct bulkstreams {
	struct usb_interface *intf;
	struct usb_host_endpoint *ep;
	struct urb *urbs[STREAMS];
	void *bufs[STREAMS];
};

/* The device is silent: a URB ends when it is killed, and who kills it waits for that. */
static void bulkstreams_complete(struct urb *urb)
{
}

static void bulkstreams_log(int err)
{
	size_t at = strlen(outcome);

	scnprintf(outcome + at, sizeof(outcome) - at, at ? " %d" : "%d", err);
}

/* The bulk IN endpoint that has room for the streams, and the altsetting it is in. */
static struct usb_host_endpoint *find_endpoint(struct usb_interface *intf, int *altsetting)
{
	unsigned int i, k;

	for (i = 0; i < intf->num_altsetting; i++) {
		struct usb_host_interface *alt = &intf->altsetting[i];

		for (k = 0; k < alt->desc.bNumEndpoints; k++) {
			struct usb_host_endpoint *ep = &alt->endpoint[k];

			if (!usb_endpoint_is_bulk_in(&ep->desc) ||
			    usb_ss_max_streams(&ep->ss_ep_comp) < STREAMS)
				continue;
			*altsetting = alt->desc.bAlternateSetting;
			return ep;
		}
	}
	return NULL;
}

/* A stream's number goes into the URB. They begin at 1. */
static int post(struct bulkstreams *self, unsigned int i)
{
	struct usb_device *udev = interface_to_usbdev(self->intf);
	struct urb *urb = usb_alloc_urb(0, GFP_KERNEL);
	bool astray = !strcmp(variant, "stream-0") && i == STREAMS - 1;
	int err;

	self->urbs[i] = urb;
	self->bufs[i] = kmalloc(BUF_SIZE, GFP_KERNEL);
	if (!urb || !self->bufs[i])
		return -ENOMEM;
	usb_fill_bulk_urb(urb, udev, usb_rcvbulkpipe(udev, self->ep->desc.bEndpointAddress),
			  self->bufs[i], BUF_SIZE, bulkstreams_complete, self);
	urb->stream_id = astray ? 0 : i + 1;
	err = usb_submit_urb(urb, GFP_KERNEL);
	bulkstreams_log(err);
	return astray ? 0 : err;
}

/* Streams can be turned off only when no URB is left on them. */
static void bulkstreams_close(struct bulkstreams *self)
{
	unsigned int i = STREAMS;

	while (i--)
		usb_kill_urb(self->urbs[i]);
	usb_free_streams(self->intf, &self->ep, 1, GFP_KERNEL);
	for (i = 0; i < STREAMS; i++) {
		usb_free_urb(self->urbs[i]);
		kfree(self->bufs[i]);
	}
	kfree(self);
}

static int bulkstreams_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct usb_device *udev = interface_to_usbdev(intf);
	struct bulkstreams *self;
	int altsetting, got, err;
	unsigned int i;

	self = kzalloc(sizeof(*self), GFP_KERNEL);
	if (!self)
		return -ENOMEM;
	self->intf = intf;
	self->ep = find_endpoint(intf, &altsetting);
	err = -ENODEV;
	if (!self->ep)
		goto free;
	err = usb_set_interface(udev, intf->cur_altsetting->desc.bInterfaceNumber, altsetting);
	if (err)
		goto free;
	/* It may give fewer than asked for. */
	got = usb_alloc_streams(intf, &self->ep, 1, STREAMS, GFP_KERNEL);
	err = got;
	if (got < 0)
		goto free;
	usb_set_intfdata(intf, self);
	err = got < STREAMS ? -ENOSPC : 0;
	for (i = 0; i < STREAMS && !err; i++)
		err = post(self, i);
	pr_info("bulkstreams: endpoint %02x of altsetting %d: %s\n",
		self->ep->desc.bEndpointAddress, altsetting, outcome);
	if (err)
		bulkstreams_close(self);
	return err;
free:
	kfree(self);
	return err;
}

/* usbcore goes back to altsetting 0 by itself. */
static void bulkstreams_disconnect(struct usb_interface *intf)
{
	bulkstreams_close(usb_get_intfdata(intf));
}

static const struct usb_device_id bulkstreams_ids[] = {
	{ USB_DEVICE(0x46f4, 0x0003) },
	{ }
};
MODULE_DEVICE_TABLE(usb, bulkstreams_ids);

static struct usb_driver bulkstreams_driver = {
	.name = "bulkstreams",
	.probe = bulkstreams_probe,
	.disconnect = bulkstreams_disconnect,
	.id_table = bulkstreams_ids,
	/* else usbcore ends the URBs with -ESHUTDOWN, and streams cannot be turned off in order */
	.soft_unbind = 1,
};
module_usb_driver(bulkstreams_driver);

MODULE_DESCRIPTION("Bulk streams: example and test");
MODULE_LICENSE("GPL");
