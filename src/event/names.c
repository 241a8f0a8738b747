// SPDX-License-Identifier: GPL-2.0
#include "urbscope/event.h"

const char *urb_type_name(unsigned int type)
{
	static const char *const names[] = {
		[URB_TYPE_CONTROL] = "control",
		[URB_TYPE_ISO] = "iso",
		[URB_TYPE_BULK] = "bulk",
		[URB_TYPE_INT] = "int",
	};

	return type < URB_TYPE_UNKNOWN ? names[type] : "?";
}

const char *urb_speed_name(unsigned int speed)
{
	static const char *const names[] = {
		[URB_SPEED_LOW] = "low",
		[URB_SPEED_FULL] = "full",
		[URB_SPEED_HIGH] = "high",
		[URB_SPEED_WIRELESS] = "wireless",
		[URB_SPEED_SUPER] = "super",
		[URB_SPEED_SUPER_PLUS] = "super+",
	};

	return speed <= URB_SPEED_SUPER_PLUS ? names[speed] : NULL;
}

/*
 * Numbers are those of Linux on every architecture that has a stock kernel with USB, whatever
 * system reads the capture: so not the E* macros of this one.
 */
static const struct urb_errno {
	int number;
	const char *name, *meaning;
} errnos[] = {
	{ 0, "OK", "completed without an error" },
	{ 1, "EPERM", "refused: the URB or its endpoint may not be submitted now" },
	{ 2, "ENOENT", "killed by the driver (usb_kill_urb), or no such endpoint or interface" },
	{ 5, "EIO", "the host controller or its driver failed" },
	{ 7, "E2BIG", "too many packets or scatter-gather entries" },
	{ 11, "EAGAIN", "too many packets queued for an isochronous transfer" },
	{ 12, "ENOMEM", "no memory" },
	{ 16, "EBUSY", "the URB is already in flight" },
	{ 18, "EXDEV", "isochronous: only a part of the packets was transferred" },
	{ 19, "ENODEV", "the device was removed" },
	{ 22, "EINVAL", "bad parameter of a URB or of its endpoint" },
	{ 28, "ENOSPC", "no bandwidth left for a periodic endpoint" },
	{ 32, "EPIPE", "the endpoint stalled" },
	{ 62, "ETIME", "no answer from the device within the bus turn-around time" },
	{ 63, "ENOSR", "OUT: data could not be fetched from memory fast enough" },
	{ 70, "ECOMM", "IN: data arrived faster than it could be written to memory" },
	{ 71, "EPROTO", "bus error: bit stuffing, no answer in time, or unknown" },
	{ 75, "EOVERFLOW", "babble: the device sent more than was asked for" },
	{ 84, "EILSEQ", "bus error: CRC mismatch, or no answer" },
	{ 90, "EMSGSIZE", "bad transfer size for the endpoint" },
	{ 104, "ECONNRESET", "cancelled by the driver (usb_unlink_urb)" },
	{ 108, "ESHUTDOWN", "the device or the controller was disabled" },
	{ 110, "ETIMEDOUT", "a synchronous transfer took too long and was cancelled" },
	{ 113, "EHOSTUNREACH", "refused: the device is suspended" },
	{ 115, "EINPROGRESS", "still in flight" },
	{ 121, "EREMOTEIO", "a short transfer where the driver allows none" },
};

static const struct urb_errno *errno_find(int status)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++)
		if (status == -errnos[i].number)
			return &errnos[i];
	return NULL;
}

const char *urb_errno_name(int status)
{
	const struct urb_errno *e = errno_find(status);

	return e ? e->name : NULL;
}

const char *urb_errno_meaning(int status)
{
	const struct urb_errno *e = errno_find(status);

	return e ? e->meaning : NULL;
}
