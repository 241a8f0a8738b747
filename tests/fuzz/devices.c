// SPDX-License-Identifier: GPL-2.0
/*
 * Any text as what sysfs says of devices: libudev's calls are answered here, with strings of the
 * input. Every endpoint that comes out of it keeps the promises of devices.h.
 *
 * Input: strings, each ended by a NUL. Which one answers a question depends on the question.
 */
#include "urbscope/devices.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STRINGS_MAX 64
#define PLACES	    4

struct udev { int unused; };
struct udev_enumerate { int unused; };
struct udev_device { unsigned int no; };
struct udev_list_entry { unsigned int no; };

static struct udev one_udev;
static struct udev_enumerate one_enumerate;
static struct udev_device places[PLACES];
static struct udev_list_entry entries[PLACES];
static const char *strings[STRINGS_MAX];
static unsigned int string_cnt;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The same question has the same answer; some have none. */
static const char *answer(const struct udev_device *dev, const char *question)
{
	unsigned int hash = 5381 + dev->no;

	while (*question)
		hash = hash * 33 + (unsigned char)*question++;
	hash = (hash >> 7 ^ hash) % (string_cnt + 1);
	return hash < string_cnt ? strings[hash] : NULL;
}

struct udev *udev_new(void)
{
	return &one_udev;
}

struct udev *udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
	(void)udev;
	return &one_enumerate;
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *all)
{
	(void)all;
	return NULL;
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *all, const char *subsystem)
{
	(void)all, (void)subsystem;
	return 0;
}

int udev_enumerate_scan_devices(struct udev_enumerate *all)
{
	(void)all;
	return 0;
}

struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *all)
{
	(void)all;
	return &entries[0];
}

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
	return entry->no + 1 < PLACES ? entry + 1 : NULL;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
	static const char *const names[PLACES] = { "0", "1", "2", "3" };

	return names[entry->no];
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *path)
{
	(void)udev;
	return &places[(unsigned char)path[strlen(path) - 1] % PLACES];
}

struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum)
{
	(void)udev, (void)type;
	return devnum % 3 ? &places[devnum % PLACES] : NULL;
}

struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *dev,
								  const char *subsystem,
								  const char *devtype)
{
	(void)subsystem, (void)devtype;
	return dev->no ? &places[0] : NULL;
}

struct udev_device *udev_device_unref(struct udev_device *dev)
{
	(void)dev;
	return NULL;
}

const char *udev_device_get_devtype(struct udev_device *dev)
{
	static const char *const types[PLACES] = { "usb_device", "usb_interface", "usb_device", NULL };

	return types[dev->no];
}

const char *udev_device_get_sysname(struct udev_device *dev)
{
	const char *name = answer(dev, "name");

	return name ? name : "1-1";
}

const char *udev_device_get_syspath(struct udev_device *dev)
{
	(void)dev;
	return "/nowhere";
}

const char *udev_device_get_driver(struct udev_device *dev)
{
	return answer(dev, "driver");
}

const char *udev_device_get_sysattr_value(struct udev_device *dev, const char *attr)
{
	return answer(dev, attr);
}

static void check(void *ctx, const struct device_endpoint *e)
{
	(void)ctx;
	must(memchr(e->facts.path, 0, sizeof(e->facts.path)) &&
	     memchr(e->facts.name, 0, sizeof(e->facts.name)) &&
	     memchr(e->facts.driver, 0, sizeof(e->facts.driver)) &&
	     memchr(e->interval, 0, sizeof(e->interval)));
	must(e->facts.type < URB_TYPE_UNKNOWN && e->facts.speed <= URB_SPEED_SUPER_PLUS);
	must(!(urb_ep_endpoint(e->ep) & 0x70));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_endpoint found;
	struct fault fault = { "" };
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	string_cnt = 0;
	for (size_t at = 0; at < size && string_cnt < STRINGS_MAX; at += strlen(text + at) + 1)
		strings[string_cnt++] = text + at;
	for (unsigned int i = 0; i < PLACES; i++)
		places[i].no = entries[i].no = i;
	must(!devices_list(check, NULL, &fault));
	for (uint32_t i = 0; i < 8; i++) {
		if (!devices_find(urb_ep(i % 3, i, i % 2 ? 0 : 0x81), &found))
			check(NULL, &found);
	}
	free(text);
	return 0;
}
