// SPDX-License-Identifier: GPL-2.0
#include "bulk_slot.h"

#include <linux/module.h>
#include <linux/slab.h>

static unsigned int number(const struct bulk_slot *slot)
{
	return slot - slot->slots->slot;
}

/* For tests: takes no heed of whether the slot is in flight. */
int bulk_slot_submit_again(struct bulk_slot *slot)
{
	struct queue_test *test = slot->slots->test;
	u32 seq = queue_test_submit(test, number(slot), slot->urb->transfer_buffer_length);
	int err;

	err = usb_submit_urb(slot->urb, GFP_KERNEL);
	queue_test_submitted(test, number(slot), seq, err);
	return err;
}

/**
 * bulk_slot_submit() - hand a slot's URB to usbcore
 * @slot: the slot; not in flight
 *
 * Return: 0, or what usb_submit_urb() said.
 */
int bulk_slot_submit(struct bulk_slot *slot)
{
	int err;

	/* Before the submission, not after it: the URB may be over when usb_submit_urb() returns. */
	if (!slot->in_flight)
		reinit_completion(&slot->done);
	err = bulk_slot_submit_again(slot);
	if (!err)
		slot->in_flight = true;
	return err;
}

/* True when the URB is back; false when the time, in jiffies, is up: it stays with usbcore. */
bool bulk_slot_wait(struct bulk_slot *slot, unsigned long timeout)
{
	return wait_for_completion_timeout(&slot->done, timeout);
}

/* The URB is back and the driver's again: how did it end? */
int bulk_slot_reap(struct bulk_slot *slot)
{
	slot->in_flight = false;
	/* There the handler has told, and it is under way again. */
	if (queue_is(slot->slots->test, QUEUE_GFP_KERNEL))
		return 0;
	queue_test_reap(slot->slots->test, number(slot), 0, slot->urb->status,
			slot->urb->actual_length);
	return slot->urb->status;
}

/* Variant gfp-kernel: all that a completion handler must not do. */
static void submit_in_handler(struct bulk_slot *slot)
{
	queue_test_reap(slot->slots->test, number(slot), 0, slot->urb->status,
			slot->urb->actual_length);
	if (!slot->urb->status)
		bulk_slot_submit_again(slot);
}

/* In interrupt context, perhaps while usb_submit_urb() has not returned yet: signal, no more. */
static void bulk_slot_complete(struct urb *urb)
{
	struct bulk_slot *slot = urb->context;

	if (queue_is(slot->slots->test, QUEUE_GFP_KERNEL))
		submit_in_handler(slot);
	complete(&slot->done);
}

static int slot_init(struct bulk_slot *slot, struct bulk_slots *slots, unsigned int pipe,
		     size_t buf_len)
{
	void *buf = kmalloc(buf_len, GFP_KERNEL);

	slot->slots = slots;
	init_completion(&slot->done);
	slot->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!buf || !slot->urb) {
		kfree(buf);
		return -ENOMEM;
	}
	usb_fill_bulk_urb(slot->urb, slots->udev, pipe, buf, buf_len, bulk_slot_complete, slot);
	return 0;
}

/**
 * bulk_slots_open() - make the slots; none is submitted
 * @slots: stays where it is until bulk_slots_close(), which is to be called in any case
 * @udev: the device
 * @pipe: usb_rcvbulkpipe() or usb_sndbulkpipe()
 * @depth: how many; 1 or more
 * @buf_len: bytes of each buffer
 * @test: NULL in a driver
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int bulk_slots_open(struct bulk_slots *slots, struct usb_device *udev, unsigned int pipe,
		    unsigned int depth, size_t buf_len, struct queue_test *test)
{
	unsigned int i;
	int err = 0;

	*slots = (struct bulk_slots){ .udev = usb_get_dev(udev), .test = test };
	if (!depth || !buf_len || buf_len > INT_MAX)
		return -EINVAL;
	if (queue_is(test, QUEUE_SHORT) && depth > 1)
		depth--;
	slots->slot = kcalloc(depth, sizeof(*slots->slot), GFP_KERNEL);
	if (!slots->slot)
		return -ENOMEM;
	/* The depth is that of the slots that are whole: the close looks at no others. */
	for (i = 0; i < depth && !err; i++) {
		err = slot_init(&slots->slot[i], slots, pipe, buf_len);
		slots->depth = i + 1;
	}
	return err;
}

/**
 * bulk_slots_close() - take back what is in flight, and free all
 * @slots: the slots
 * @oldest: the one that was submitted longest ago
 *
 * No completion handler runs any more when this returns.
 */
void bulk_slots_close(struct bulk_slots *slots, unsigned int oldest)
{
	struct bulk_slot *slot;
	unsigned int i;

	/* All are killed before the first is freed, the youngest first: none gets to start. */
	for (i = slots->depth; i-- > 0;) {
		slot = &slots->slot[(oldest + i) % slots->depth];
		if (!slot->in_flight)
			continue;
		queue_test_cancel(slots->test, number(slot));
		usb_kill_urb(slot->urb);
		bulk_slot_reap(slot);
	}
	for (i = 0; i < slots->depth; i++) {
		slot = &slots->slot[i];
		if (slot->urb)
			kfree(slot->urb->transfer_buffer);
		usb_free_urb(slot->urb);
	}
	kfree(slots->slot);
	usb_put_dev(slots->udev);
}

/* Variants leave and free: what the device may still touch is never freed, nor is the module. */
void bulk_slots_leave(struct bulk_slots *slots)
{
	unsigned int i;

	__module_get(THIS_MODULE);
	for (i = 0; i < slots->depth && queue_is(slots->test, QUEUE_FREE); i++)
		usb_free_urb(slots->slot[i].urb);
	slots->test = NULL;
}
