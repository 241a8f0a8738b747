// SPDX-License-Identifier: GPL-2.0
/*
 * libudev, as far as src/source/devices.c asks it, for `make static`: Debian has no archive of it. The
 * same functions of sysfs alone; what differs is that an attribute is kept until the next one is asked for.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/sysmacros.h>
#include <libudev.h>

#define DEVICES "/sys/bus/usb/devices"

struct udev {
	int unused;
};

struct udev_device {
	char path[PATH_MAX];
	char value[1024];
	char driver[PATH_MAX];
	struct udev_device *parent;
};

struct udev_list_entry {
	struct udev_list_entry *next;
	char name[];
};

struct udev_enumerate {
	struct udev_list_entry *first;
};

static struct udev one;

struct udev *udev_new(void)
{
	return &one;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
	struct udev_device *dev = calloc(1, sizeof(*dev));

	(void)udev;
	if (dev && realpath(syspath, dev->path) && udev_device_get_sysattr_value(dev, "uevent"))
		return dev;
	free(dev);
	return NULL;
}

struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/%s/%u:%u", type == 'c' ? "char" : "block", major(devnum),
		 minor(devnum));
	return udev_device_new_from_syspath(udev, path);
}

struct udev_device *udev_device_unref(struct udev_device *dev)
{
	if (dev)
		udev_device_unref(dev->parent);
	free(dev);
	return NULL;
}

const char *udev_device_get_syspath(struct udev_device *dev)
{
	return dev->path;
}

const char *udev_device_get_sysname(struct udev_device *dev)
{
	return strrchr(dev->path, '/') + 1;
}

/* On the bus there are devices, "1-1.2", and their interfaces, "1-1.2:1.0". */
const char *udev_device_get_devtype(struct udev_device *dev)
{
	return strchr(udev_device_get_sysname(dev), ':') ? "usb_interface" : "usb_device";
}

const char *udev_device_get_driver(struct udev_device *dev)
{
	char link[PATH_MAX + 8];

	snprintf(link, sizeof(link), "%s/driver", dev->path);
	return realpath(link, dev->driver) ? strrchr(dev->driver, '/') + 1 : NULL;
}

const char *udev_device_get_sysattr_value(struct udev_device *dev, const char *attr)
{
	char path[PATH_MAX + 64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dev->path, attr);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	n = fread(dev->value, 1, sizeof(dev->value) - 1, f);
	if (ferror(f)) {
		fclose(f);
		return NULL;
	}
	fclose(f);
	while (n && dev->value[n - 1] == '\n')
		n--;
	dev->value[n] = '\0';
	return dev->value;
}

/* Of an interface its device, whose the parent stays. */
struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *dev,
								  const char *subsystem,
								  const char *devtype)
{
	char path[PATH_MAX + 4];

	(void)subsystem;
	(void)devtype;
	snprintf(path, sizeof(path), "%s/..", dev->path);
	if (!dev->parent)
		dev->parent = udev_device_new_from_syspath(&one, path);
	return dev->parent;
}

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
	(void)udev;
	return calloc(1, sizeof(struct udev_enumerate));
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *all)
{
	while (all->first) {
		struct udev_list_entry *next = all->first->next;

		free(all->first);
		all->first = next;
	}
	free(all);
	return NULL;
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *all, const char *subsystem)
{
	(void)all;
	return strcmp(subsystem, "usb") ? -1 : 0;
}

int udev_enumerate_scan_devices(struct udev_enumerate *all)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *found;
	int err = 0;

	/* no bus, no devices */
	while (dir && !err && (found = readdir(dir))) {
		size_t size = sizeof(DEVICES) + 1 + strlen(found->d_name);
		struct udev_list_entry *entry;

		if (found->d_name[0] == '.')
			continue;
		entry = malloc(sizeof(*entry) + size);
		if (!entry) {
			err = -1;
			break;
		}
		snprintf(entry->name, size, DEVICES "/%s", found->d_name);
		entry->next = all->first;
		all->first = entry;
	}
	if (dir)
		closedir(dir);
	return err;
}

struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *all)
{
	return all->first;
}

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
	return entry->next;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
	return entry->name;
}
