// SPDX-License-Identifier: GPL-2.0
#include "usbfs.h"

#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "witness.h"

#define BUFFERS_MAX 16384

static struct {
	pthread_mutex_t lock;
	struct {
		const void *buffer;
		int status;
	} urb[BUFFERS_MAX];
} ended = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int *status_of(const void *buffer)
{
	size_t first = ((uintptr_t)buffer >> 4) % BUFFERS_MAX, i = first;

	while (ended.urb[i].buffer && ended.urb[i].buffer != buffer) {
		i = (i + 1) % BUFFERS_MAX;
		if (i == first)
			abort();
	}
	if (!ended.urb[i].buffer)
		ended.urb[i].status = USBFS_REFUSED;
	ended.urb[i].buffer = buffer;
	return &ended.urb[i].status;
}

static void note(const struct usbdevfs_urb *urb, int status)
{
	if (urb->type != USBDEVFS_URB_TYPE_BULK)
		return;
	pthread_mutex_lock(&ended.lock);
	*status_of(urb->buffer) = status;
	pthread_mutex_unlock(&ended.lock);
}

int usbfs_status(const void *buffer)
{
	int status;

	pthread_mutex_lock(&ended.lock);
	status = *status_of(buffer);
	pthread_mutex_unlock(&ended.lock);
	return status;
}

/* Stands before the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	/* before the call: another thread may reap it before this returns */
	if (request == USBDEVFS_SUBMITURB)
		note(arg, WITNESS_STATUS_UNKNOWN);
	ret = (int)syscall(SYS_ioctl, fd, request, arg);
	if (ret && request == USBDEVFS_SUBMITURB)
		note(arg, USBFS_REFUSED);
	if (!ret && (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY)) {
		const struct usbdevfs_urb *urb = *(struct usbdevfs_urb **)arg;

		note(urb, urb->status);
	}
	return ret;
}
