// SPDX-License-Identifier: GPL-2.0
/*
 * bulkstreams: how a driver uses bulk streams, on the rig's UAS disk in place of uas.
 *
 *   insmod bulkstreams.ko; cat /sys/module/bulkstreams/parameters/outcome; rmmod bulkstreams
 *
 * At probe it turns streams on for an IN endpoint and posts a URB on each; the device has nothing to
 * say, so they stay there. At disconnect it takes them back and turns streams off. `outcome` is what
 * the calls returned, in order: "alloc 4 submit 0 0 0 0"; what disconnect adds stands in the kernel's
 * log, with how the URBs ended: "free 0 ended -2 -2 -2 -2".
 *
 * variant=NAME makes one mistake. None harms the machine: what would is refused, by the host controller's
 * driver or by usbcore.
 *
 *   stream-0      the last URB goes to stream 0, which is none
 *   past          ... to the one behind the last that was granted
 *   greedy        asks for more streams than there are, and uses the last that it asked for
 *   zero          asks for no stream at all first (for a single one, xhci goes wrong in silence)
 *   unallocated   uses streams, and has not turned them on
 *   freed         ... and has turned them off
 *   altsetting    ... and has set the altsetting, which turns them off
 *   reset         ... and has reset the device, which does so, too
 *   twice         turns them on, and on again
 *   alloc-queued  ... while a URB is queued
 *   free-queued   turns them off while URBs are queued
 *   early         submits a URB again while it is being given back
 *
 * No mistakes: none; modest, which asks for more streams than there are, as uas does, and uses what it
 * is granted; unlink, which takes the URBs back by usb_unlink_urb() first.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/usb.h>

#define STREAMS  4
#define MANY     64	/* the disk has 16 */
#define BUF_SIZE 512

static char *variant = "none";
module_param(variant, charp, 0444);
MODULE_PARM_DESC(variant, "what to do otherwise: see the source");

static char outcome[128];
module_param_string(outcome, outcome, sizeof(outcome), 0444);
MODULE_PARM_DESC(outcome, "what the calls returned");

/**
 * struct bulkstreams - an endpoint with a URB on each stream
 * @intf: the interface, bound for as long as this exists
 * @ep: its endpoint
 * @other: another one, which has no streams
 * @asked: for so many streams
 * @on: so many there are
 * @urbs: urbs[i] is posted on stream i + 1
 * @bufs: bufs[i] is that of urbs[i]
 */
struct bulkstreams {
	struct usb_interface *intf;
	struct usb_host_endpoint *ep, *other;
	unsigned int asked;
	int on;
	struct urb *urbs[STREAMS];
	void *bufs[STREAMS];
};

static bool is(const char *name)
{
	return !strcmp(variant, name);
}

static void note(const char *what)
{
	size_t at = strlen(outcome);

	scnprintf(outcome + at, sizeof(outcome) - at, at ? " %s" : "%s", what);
}

static int note_result(int result)
{
	char number[16];

	scnprintf(number, sizeof(number), "%d", result);
	note(number);
	return result;
}

/* The device is silent: a URB ends when it is killed, and who kills it waits for that. */
static void bulkstreams_complete(struct urb *urb)
{
}

/* The bulk IN endpoint that has room for the streams, and one without; the altsetting they are in. */
static bool find_endpoints(struct bulkstreams *self, int *altsetting)
{
	unsigned int i, k;

	for (i = 0; i < self->intf->num_altsetting; i++) {
		struct usb_host_interface *alt = &self->intf->altsetting[i];

		self->ep = self->other = NULL;
		*altsetting = alt->desc.bAlternateSetting;
		for (k = 0; k < alt->desc.bNumEndpoints; k++) {
			struct usb_host_endpoint *ep = &alt->endpoint[k];
			int streams = usb_ss_max_streams(&ep->ss_ep_comp);

			if (!streams)
				self->other = ep;
			else if (!self->ep && usb_endpoint_is_bulk_in(&ep->desc) && streams >= STREAMS)
				self->ep = ep;
		}
		if (self->ep && self->other)
			return true;
	}
	return false;
}

/* It may grant fewer than asked for. */
static int turn_on(struct bulkstreams *self, unsigned int asked)
{
	int got = usb_alloc_streams(self->intf, &self->ep, 1, asked, GFP_KERNEL);

	note("alloc");
	return note_result(got);
}

static void turn_off(struct bulkstreams *self)
{
	note("free");
	note_result(usb_free_streams(self->intf, &self->ep, 1, GFP_KERNEL));
	self->on = 0;
}

/* A stream's number goes into the URB. They begin at 1. */
static int post(struct bulkstreams *self, unsigned int i, unsigned int stream)
{
	struct usb_device *udev = interface_to_usbdev(self->intf);
	struct urb *urb = self->urbs[i];

	usb_fill_bulk_urb(urb, udev, usb_rcvbulkpipe(udev, self->ep->desc.bEndpointAddress),
			  self->bufs[i], BUF_SIZE, bulkstreams_complete, self);
	urb->stream_id = stream;
	return note_result(usb_submit_urb(urb, GFP_KERNEL));
}

static unsigned int stream_of(const struct bulkstreams *self, unsigned int i)
{
	if (i == STREAMS - 1 && is("stream-0"))
		return 0;
	if (i == STREAMS - 1 && is("past"))
		return self->on + 1;
	if (i == STREAMS - 1 && is("greedy"))
		return self->asked;
	return i + 1;
}

/* What is wrong may be refused, which is not the end of the test. */
static int post_all(struct bulkstreams *self)
{
	bool right = is("none") || is("modest") || is("unlink");
	unsigned int i;

	note("submit");
	for (i = 0; i < STREAMS; i++) {
		int err = post(self, i, stream_of(self, i));

		if (err && right)
			return err;
	}
	return 0;
}

static void take_back(struct bulkstreams *self)
{
	unsigned int i;

	for (i = 0; i < STREAMS && is("unlink"); i++)
		usb_unlink_urb(self->urbs[i]);
	for (i = STREAMS; i--;)
		usb_kill_urb(self->urbs[i]);
}

/* Before streams are there: a URB without. It cannot be done then. */
static int turn_on_queued(struct bulkstreams *self)
{
	int err;

	note("submit");
	err = post(self, 0, 0);
	if (!err)
		turn_on(self, STREAMS);
	take_back(self);
	return err;
}

/*
 * What would leave URBs on streams that are no more: usbcore refuses the call for the sake of the other
 * endpoint, whose streams are off.
 */
static void turn_off_queued(struct bulkstreams *self)
{
	struct usb_host_endpoint *both[] = { self->ep, self->other };

	note("free");
	note_result(usb_free_streams(self->intf, both, ARRAY_SIZE(both), GFP_KERNEL));
}

static int set_altsetting(struct bulkstreams *self, int altsetting)
{
	struct usb_host_interface *now = self->intf->cur_altsetting;

	return usb_set_interface(interface_to_usbdev(self->intf), now->desc.bInterfaceNumber, altsetting);
}

/* What turns streams off, and is followed by a URB to one. */
static int turn_off_unawares(struct bulkstreams *self, int altsetting)
{
	int err = 0;

	take_back(self);
	if (is("freed"))
		turn_off(self);
	else if (is("altsetting"))
		err = set_altsetting(self, altsetting);
	else
		err = usb_reset_device(interface_to_usbdev(self->intf));
	self->on = 0;
	note("submit");
	if (!err)
		post(self, 0, 1);
	return err;
}

static int bulkstreams_open(struct bulkstreams *self, int altsetting)
{
	int err = set_altsetting(self, altsetting);

	self->asked = is("greedy") || is("modest") ? MANY : STREAMS;
	if (!err && is("alloc-queued"))
		err = turn_on_queued(self);
	if (!err && is("zero"))
		turn_on(self, 0);
	if (!err && !is("unallocated")) {
		self->on = turn_on(self, self->asked);
		err = self->on < 0 ? self->on : 0;
		if (!err && self->on < STREAMS)
			err = -ENOSPC;
	}
	if (!err && is("twice"))
		turn_on(self, STREAMS);
	if (!err)
		err = post_all(self);
	if (!err && is("free-queued"))
		turn_off_queued(self);
	if (!err && (is("freed") || is("altsetting") || is("reset")))
		err = turn_off_unawares(self, altsetting);
	return err;
}

static int allocate(struct bulkstreams *self)
{
	unsigned int i;

	for (i = 0; i < STREAMS; i++) {
		self->urbs[i] = usb_alloc_urb(0, GFP_KERNEL);
		self->bufs[i] = kmalloc(BUF_SIZE, GFP_KERNEL);
		if (!self->urbs[i] || !self->bufs[i])
			return -ENOMEM;
	}
	return 0;
}

/* Streams can be turned off only when no URB is left on them. */
static void bulkstreams_close(struct bulkstreams *self)
{
	unsigned int i;

	take_back(self);
	outcome[0] = '\0';
	if (self->on > 0)
		turn_off(self);
	note("ended");
	for (i = 0; i < STREAMS; i++) {
		if (self->urbs[i])
			note_result(self->urbs[i]->status);
		usb_free_urb(self->urbs[i]);
		kfree(self->bufs[i]);
	}
	kfree(self);
	pr_info("bulkstreams: %s\n", outcome);
}

static int bulkstreams_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct bulkstreams *self = kzalloc(sizeof(*self), GFP_KERNEL);
	int altsetting, err = -ENODEV;

	if (!self)
		return -ENOMEM;
	self->intf = intf;
	if (find_endpoints(self, &altsetting))
		err = allocate(self);
	if (!err)
		err = bulkstreams_open(self, altsetting);
	pr_info("bulkstreams: %s: %d\n", outcome, err);
	if (err)
		bulkstreams_close(self);
	else
		usb_set_intfdata(intf, self);
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

/*
 * variant=early: a URB is being given back, and somebody submits it. Between the moment when the host
 * controller's driver has taken it off its queue and the giveback is where nothing but a probe gets in
 * every time; a handler on another CPU now and then.
 */
static int remember(struct kretprobe_instance *call, struct pt_regs *regs)
{
	*(struct urb **)call->data = (struct urb *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int submit_early(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct urb *urb = *(struct urb **)call->data;

	if (urb->complete == bulkstreams_complete)
		pr_info("bulkstreams: early %d\n", usb_submit_urb(urb, GFP_ATOMIC));
	return 0;
}

static struct kretprobe off_queue = {
	.kp.symbol_name = "usb_hcd_unlink_urb_from_ep",
	.entry_handler = remember,
	.handler = submit_early,
	.data_size = sizeof(struct urb *),
};

static int __init bulkstreams_init(void)
{
	int err = is("early") ? register_kretprobe(&off_queue) : 0;

	if (err)
		return err;
	err = usb_register(&bulkstreams_driver);
	if (err && is("early"))
		unregister_kretprobe(&off_queue);
	return err;
}
module_init(bulkstreams_init);

static void __exit bulkstreams_exit(void)
{
	usb_deregister(&bulkstreams_driver);
	if (is("early"))
		unregister_kretprobe(&off_queue);
}
module_exit(bulkstreams_exit);

MODULE_DESCRIPTION("Bulk streams: example and test");
MODULE_LICENSE("GPL");
