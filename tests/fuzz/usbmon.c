// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as usbmon's ring: the calls that would ask the kernel (build.mk wraps them) take what it
 * answers from the input. Offsets, numbers and records are all arbitrary; nothing outside the ring
 * is read, and events come out in order.
 *
 * Input: 16 bytes of answers, FETCHES offsets of two bytes, then the ring, as often as it takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "urbscope/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With _FILE_OFFSET_BITS these have other names. */
int __real_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, void *arg);
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t from);
int __real_munmap(void *at, size_t size);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t from);
int __wrap_munmap(void *at, size_t size);

#define ANSWERS 16
#define FETCHES 8

static const uint8_t *answers;	/* and the offsets; NULL: no test is going on */
static uint8_t *ring;
static size_t ring_size;
static unsigned int asked;
static int our_fd = -1;

static void must(bool holds)
{
	if (!holds)
		abort();
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if (!answers || strcmp(path, "/dev/usbmon0"))
		return __real_open64(path, flags, mode);
	return our_fd = __real_open64("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int fetch(void *arg)
{
	struct { uint32_t *offsets; uint32_t fetch_cnt, flush_cnt; } *m = arg;

	/* the ring does not fill for ever */
	if (asked++ > 3 || answers[0] & 1) {
		errno = EAGAIN;
		return -1;
	}
	/* the kernel gives no more than there is room for */
	m->fetch_cnt = answers[1] % (FETCHES + 1);
	for (unsigned int i = 0; i < m->fetch_cnt; i++)
		m->offsets[i] = answers[ANSWERS + 2 * i] | (uint32_t)answers[ANSWERS + 2 * i + 1] << 8;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (!answers || fd != our_fd)
		return __real_ioctl(fd, request, arg);
	switch (request & 0xff) {
	case 3: /* stats */
		memcpy(arg, answers + 4, 8);
		return 0;
	case 5:
		return ring_size;
	case 7:
		return fetch(arg);
	default: /* size, flush */
		return 0;
	}
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t from)
{
	return answers && fd == our_fd ? ring : __real_mmap64(at, size, prot, flags, fd, from);
}

int __wrap_munmap(void *at, size_t size)
{
	return answers && at == ring ? 0 : __real_munmap(at, size);
}

/* No sysfs: it is not what is tested here. */
struct udev *udev_new(void)
{
	return NULL;
}

static void on_event(void *ctx, const struct urb_event *ev)
{
	uint64_t *last_ns = ctx;

	must(ev->kind && ev->kind <= URB_EV_STREAMS && ev->type <= URB_TYPE_UNKNOWN);
	must(ev->time_ns >= *last_ns);
	*last_ns = ev->time_ns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };
	uint64_t last_ns = 0;
	struct source *src;
	int err;

	if (size < ANSWERS + 2 * FETCHES + 64)
		return 0;
	ring_size = size - ANSWERS - 2 * FETCHES;
	ring = malloc(ring_size);
	must(ring);
	memcpy(ring, data + ANSWERS + 2 * FETCHES, ring_size);
	asked = 0;
	answers = data;
	src = source_open_usbmon(&config, &fault);
	must(src && !fault.text[0]);
	err = source_finish(src, on_event, &last_ns, &fault);
	must(err ? fault.text[0] : !fault.text[0]);
	source_close(src);
	answers = NULL;
	free(ring);
	return 0;
}
