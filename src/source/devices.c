// SPDX-License-Identifier: GPL-2.0
/* libudev reads sysfs; no daemon is needed, so this works in containers and initramfs too. */
#include "urbscope/devices.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <libudev.h>

struct list {
	struct device_endpoint *item;
	size_t cnt, cap;
};

static unsigned long number(struct udev_device *dev, const char *attr, int base)
{
	const char *text = udev_device_get_sysattr_value(dev, attr);

	return text ? strtoul(text, NULL, base) : 0;
}

static void string(struct udev_device *dev, const char *attr, char *to, size_t size)
{
	const char *text = udev_device_get_sysattr_value(dev, attr);

	snprintf(to, size, "%s", text ? text : "");
}

static uint8_t speed_of(struct udev_device *dev)
{
	const char *text = udev_device_get_sysattr_value(dev, "speed");
	static const struct {
		const char *mbit;
		uint8_t speed;
	} speeds[] = {
		{ "1.5", URB_SPEED_LOW },    { "12", URB_SPEED_FULL },
		{ "480", URB_SPEED_HIGH },   { "5000", URB_SPEED_SUPER },
		{ "10000", URB_SPEED_SUPER_PLUS }, { "20000", URB_SPEED_SUPER_PLUS },
	};

	for (size_t i = 0; text && i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (!strcmp(text, speeds[i].mbit))
			return speeds[i].speed;
	}
	return URB_SPEED_UNKNOWN;
}

static void device_facts(struct udev_device *dev, struct urb_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->has_ids = udev_device_get_sysattr_value(dev, "idVendor");
	facts->vid = number(dev, "idVendor", 16);
	facts->pid = number(dev, "idProduct", 16);
	facts->speed = speed_of(dev);
	snprintf(facts->path, sizeof(facts->path), "%s", udev_device_get_sysname(dev));
	string(dev, "product", facts->name, sizeof(facts->name));
}

static int add(struct list *list, const struct device_endpoint *item)
{
	if (list->cnt == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		struct device_endpoint *more = realloc(list->item, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->item = more;
		list->cap = cap;
	}
	list->item[list->cnt++] = *item;
	return 0;
}

/* `at` is the device for endpoint 0 and an interface for all others. */
static bool has_endpoint(struct udev_device *at, unsigned int address)
{
	char attr[32];

	snprintf(attr, sizeof(attr), "ep_%02x/bEndpointAddress", address);
	return udev_device_get_sysattr_value(at, attr);
}

static void read_endpoint(struct udev_device *dev, struct udev_device *at, unsigned int address,
			  struct device_endpoint *item)
{
	const char *driver = udev_device_get_driver(at);
	char attr[32];

	memset(item, 0, sizeof(*item));
	device_facts(dev, &item->facts);
	item->ep = urb_ep(number(dev, "busnum", 10), number(dev, "devnum", 10), address);
	snprintf(attr, sizeof(attr), "ep_%02x/bmAttributes", address);
	item->facts.type = number(at, attr, 16) & 3;
	snprintf(attr, sizeof(attr), "ep_%02x/wMaxPacketSize", address);
	item->facts.max_packet = number(at, attr, 16);
	if (item->facts.type & 1) {
		snprintf(attr, sizeof(attr), "ep_%02x/interval", address);
		string(at, attr, item->interval, sizeof(item->interval));
	}
	snprintf(item->facts.driver, sizeof(item->facts.driver), "%s", driver ? driver : "");
}

static int add_endpoints(struct list *list, struct udev_device *dev, struct udev_device *at)
{
	int err = 0;

	for (unsigned int address = 0; address < 256 && !err; address++) {
		struct device_endpoint item;

		if (address & 0x70 || !has_endpoint(at, address))
			continue;
		read_endpoint(dev, at, address, &item);
		err = add(list, &item);
	}
	return err;
}

static int add_from(struct list *list, struct udev *udev, const char *syspath)
{
	struct udev_device *at = udev_device_new_from_syspath(udev, syspath), *dev = at;
	const char *type = at ? udev_device_get_devtype(at) : NULL;
	int err = 0;

	if (type && !strcmp(type, "usb_interface"))
		dev = udev_device_get_parent_with_subsystem_devtype(at, "usb", "usb_device");
	if (dev && type)
		err = add_endpoints(list, dev, at);
	udev_device_unref(at);
	return err;
}

static int in_order(const void *a, const void *b)
{
	const struct device_endpoint *x = a, *y = b;
	int order;

	if (urb_ep_bus(x->ep) != urb_ep_bus(y->ep))
		return urb_ep_bus(x->ep) < urb_ep_bus(y->ep) ? -1 : 1;
	/* the root hub first; ports as numbers: 1-2 before 1-10 */
	order = strverscmp(x->facts.path[0] == 'u' ? "" : x->facts.path,
			   y->facts.path[0] == 'u' ? "" : y->facts.path);
	return order ? order : (x->ep > y->ep) - (x->ep < y->ep);
}

int devices_list(device_each each, void *ctx, struct fault *fault)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *all = udev ? udev_enumerate_new(udev) : NULL;
	struct udev_list_entry *entry;
	struct list list = { 0 };
	int err = -ENOMEM;

	if (!all)
		goto out;
	udev_enumerate_add_match_subsystem(all, "usb");
	err = udev_enumerate_scan_devices(all);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all)) {
		if (!err)
			err = add_from(&list, udev, udev_list_entry_get_name(entry));
	}
	if (list.cnt)
		qsort(list.item, list.cnt, sizeof(*list.item), in_order);
	for (size_t i = 0; i < list.cnt && !err; i++)
		each(ctx, &list.item[i]);
out:
	if (err)
		fault_set(fault, "listing USB devices: %s", strerror(-err));
	free(list.item);
	if (all)
		udev_enumerate_unref(all);
	if (udev)
		udev_unref(udev);
	return err;
}

/* The interface, a folder of the device's, that has the endpoint. */
static int find_in_interfaces(struct udev *udev, struct udev_device *dev, unsigned int address,
			      struct device_endpoint *found)
{
	const char *folder = udev_device_get_syspath(dev);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int err = -ENOENT;

	while (dir && err && (entry = readdir(dir))) {
		struct udev_device *at;
		char path[PATH_MAX];

		/* "1-1.2:1.0"; hubs have devices and ports beside them */
		if (!strchr(entry->d_name, ':'))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		at = udev_device_new_from_syspath(udev, path);
		if (at && has_endpoint(at, address)) {
			read_endpoint(dev, at, address, found);
			err = 0;
		}
		udev_device_unref(at);
	}
	if (dir)
		closedir(dir);
	return err;
}

/* Their device nodes, which every USB device has: major 189, 128 minors a bus (USB_DEVICE_DEV). */
static struct udev_device *find_device(struct udev *udev, uint32_t ep)
{
	if (!urb_ep_bus(ep) || !urb_ep_address(ep))
		return NULL;
	return udev_device_new_from_devnum(
		udev, 'c', makedev(189, (urb_ep_bus(ep) - 1) * 128 + urb_ep_address(ep) - 1));
}

int devices_find(uint32_t ep, struct device_endpoint *found)
{
	struct udev *udev = udev_new();
	struct udev_device *dev;
	int err = -ENOENT;

	if (!udev)
		return -ENOMEM;
	dev = find_device(udev, ep);
	if (dev && !urb_ep_endpoint(ep)) {
		read_endpoint(dev, dev, 0, found);
		err = 0;
	} else if (dev) {
		err = find_in_interfaces(udev, dev, urb_ep_endpoint(ep), found);
	}
	udev_device_unref(dev);
	udev_unref(udev);
	return err;
}
