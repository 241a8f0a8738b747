/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts that the kernel's and libusb's queues share take from where they run. */
#ifndef QUEUE_OS_H
#define QUEUE_OS_H

#ifdef __KERNEL__

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/usb.h>

/* What a queue is opened on. */
#define queue_device usb_device

struct queue_lock {
	spinlock_t lock;
	unsigned long flags;
};

static inline void queue_lock_init(struct queue_lock *lock)
{
	spin_lock_init(&lock->lock);
}

static inline void queue_lock_take(struct queue_lock *lock)
{
	unsigned long flags;

	spin_lock_irqsave(&lock->lock, flags);
	lock->flags = flags;
}

static inline void queue_lock_drop(struct queue_lock *lock)
{
	spin_unlock_irqrestore(&lock->lock, lock->flags);
}

/* Memory that a device may read and write. */
static inline void *queue_alloc(size_t size)
{
	return kzalloc(size, GFP_KERNEL);
}

static inline void queue_free(void *p)
{
	kfree(p);
}

static inline int queue_parse(const char *text, unsigned int *value)
{
	return kstrtouint(text, 0, value);
}

/* 0 is as short as can be: a kthread that never waits keeps the machine from its softirqs. */
static inline void queue_sleep_us(unsigned int us)
{
	if (us)
		usleep_range(us, us + us / 8 + 1);
	else
		cond_resched();
}

/* 0 or -errno; nothing may be in flight there. */
static inline int queue_clear_halt(struct queue_device *dev, u8 endpoint)
{
	return usb_clear_halt(dev, endpoint & USB_DIR_IN ? usb_rcvbulkpipe(dev, endpoint) :
							   usb_sndbulkpipe(dev, endpoint));
}

#else

#include <errno.h>
#include <libusb-1.0/libusb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "usb.h"

#define queue_device libusb_device_handle

/* Each log has one thread here. */
struct queue_lock {
	char none;
};

static inline void queue_lock_init(struct queue_lock *lock)
{
	lock->none = 0;
}

static inline void queue_lock_take(struct queue_lock *lock)
{
	(void)lock;
}

static inline void queue_lock_drop(struct queue_lock *lock)
{
	(void)lock;
}

static inline void *queue_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void queue_free(void *p)
{
	free(p);
}

static inline int queue_parse(const char *text, unsigned int *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (end == text || *end || *text == '-' || n > UINT32_MAX)
		return -EINVAL;
	*value = (unsigned int)n;
	return 0;
}

static inline void queue_sleep_us(unsigned int us)
{
	if (us)
		usleep(us);
}

static inline int queue_clear_halt(struct queue_device *dev, uint8_t endpoint)
{
	return usb_errno(libusb_clear_halt(dev, endpoint));
}

#endif
#endif
