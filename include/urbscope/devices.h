/* SPDX-License-Identifier: GPL-2.0 */
/* The USB devices of this machine and their endpoints, as sysfs has them now. */
#ifndef URBSCOPE_DEVICES_H
#define URBSCOPE_DEVICES_H

#include "urbscope/event.h"
#include "urbscope/fault.h"

struct device_endpoint {
	uint32_t ep;		/* urb_ep() */
	struct urb_facts facts; /* with the driver of its interface */
	char interval[16];	/* as sysfs says it: "125us", "10ms"; empty unless periodic */
};

/*
 * Calls `each` for every endpoint, in order of bus, port path and endpoint address. 0, or -errno
 * with the fault filled in. A machine without USB has none, and that is no fault.
 */
typedef void (*device_each)(void *ctx, const struct device_endpoint *endpoint);
int devices_list(device_each each, void *ctx, struct fault *fault);

/*
 * The one endpoint of that number, without its interval. 0; -ENOENT: there is no such device, or it
 * has no such endpoint (now: interfaces switch), -ENOMEM.
 */
int devices_find(uint32_t ep, struct device_endpoint *found);

#endif
