// SPDX-License-Identifier: GPL-2.0
#include "event/usbmon.h"

#include "urbscope/event.h"

uint8_t usbmon_type(unsigned int transfer)
{
	/* PIPE_ISOCHRONOUS 0, PIPE_INTERRUPT 1, PIPE_CONTROL 2, PIPE_BULK 3 (linux/usb.h) */
	static const uint8_t types[] = { URB_TYPE_ISO, URB_TYPE_INT, URB_TYPE_CONTROL, URB_TYPE_BULK };

	return transfer < sizeof(types) ? types[transfer] : URB_TYPE_UNKNOWN;
}
