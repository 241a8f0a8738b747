// SPDX-License-Identifier: GPL-2.0
/*
 * ffs-gadget: a FunctionFS device with one bulk IN and one bulk OUT endpoint that is as slow,
 * as broken or as silent as asked: it sets the pace, so that the host's own delays are small
 * beside it.
 *
 *   ffs-gadget [options] MOUNTPOINT
 *     --in-delay DUR, --out-delay DUR   wait that long before each transfer
 *     --size BYTES       each request's length (16384); the host's transfers must have it too
 *     --in-lengths N:N...  IN transfers have these lengths in turn, up to --size
 *     --in-count N, --out-count N       answer N transfers, then be silent on that endpoint
 *     --stall-after N    halt each endpoint once after N transfers; go on when it is cleared
 *     --silent-after N   answer N transfers an endpoint, then leave the host waiting
 *     --log FILE         what the device saw, at SIGTERM: the events start, done, stall, silent
 *                        of lib/witness.h
 *     --verbose          control requests and function events on stderr
 *
 * On cue: SIGUSR1 halts both endpoints once before their next transfer; SIGUSR2 makes them
 * silent, and the next SIGUSR2 makes them answer again.
 *
 * One request is posted at a time: the device holds one transfer each `delay` plus what the
 * controller needs (dummy_hcd: up to one frame). The IN data are zeroes.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/usb/functionfs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/duration.h"
#include "lib/witness.h"

#define LOG_EVENTS	400000
#define LENGTHS_MAX	16
#define IN		0
#define OUT		1

struct config {
	const char *mount;
	const char *log_path;
	uint64_t delay_ns[2];
	uint64_t silent_after[2];	/* 0: never */
	uint64_t stall_after;		/* 0: never */
	size_t size_bytes;
	size_t in_lengths[LENGTHS_MAX];
	unsigned int in_lengths_cnt;	/* 0: all have size_bytes */
	bool verbose;
};

struct side {
	const struct config *config;
	int fd;
	bool in;
	struct witness log;
	pthread_t thread;
};

/* Cues come by signal to whichever thread; each side answers one halt for each SIGUSR1. */
static atomic_uint stall_cues;
static atomic_bool silent_cue;
static atomic_bool terminated;

static void on_signal(int signo)
{
	if (signo == SIGUSR1)
		atomic_fetch_add(&stall_cues, 1);
	else if (signo == SIGUSR2)
		atomic_store(&silent_cue, !atomic_load(&silent_cue));
	else
		atomic_store(&terminated, true);
}

/* --- descriptors --- */

struct bulk_interface {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct super_interface {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in;
	struct usb_ss_ep_comp_descriptor in_companion;
	struct usb_endpoint_descriptor_no_audio out;
	struct usb_ss_ep_comp_descriptor out_companion;
} __attribute__((packed));

struct descriptors {
	struct usb_functionfs_descs_head_v2 head;
	__le32 full_cnt, high_cnt, super_cnt;
	struct bulk_interface full, high;
	struct super_interface super;
} __attribute__((packed));

struct strings {
	struct usb_functionfs_strings_head head;
	__le16 language;
	char name[sizeof("urbscope rig")];
} __attribute__((packed));

static struct usb_interface_descriptor describe_interface(void)
{
	return (struct usb_interface_descriptor){
		.bLength = sizeof(struct usb_interface_descriptor),
		.bDescriptorType = USB_DT_INTERFACE,
		.bNumEndpoints = 2,
		.bInterfaceClass = USB_CLASS_VENDOR_SPEC,
		.iInterface = 1,
	};
}

/* 1 is ep1, IN; 2 is ep2, OUT: the order in which FunctionFS names the files. */
static struct usb_endpoint_descriptor_no_audio describe_endpoint(bool in, unsigned int packet)
{
	return (struct usb_endpoint_descriptor_no_audio){
		.bLength = sizeof(struct usb_endpoint_descriptor_no_audio),
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = in ? 1 | USB_DIR_IN : 2 | USB_DIR_OUT,
		.bmAttributes = USB_ENDPOINT_XFER_BULK,
		.wMaxPacketSize = htole16((uint16_t)packet),
	};
}

static struct bulk_interface describe_bulk(unsigned int packet)
{
	return (struct bulk_interface){
		.interface = describe_interface(),
		.in = describe_endpoint(true, packet),
		.out = describe_endpoint(false, packet),
	};
}

static int write_descriptors(int ep0)
{
	static const struct usb_ss_ep_comp_descriptor companion = {
		.bLength = sizeof(companion),
		.bDescriptorType = USB_DT_SS_ENDPOINT_COMP,
	};
	const struct descriptors descriptors = {
		.head = {
			.magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
			.length = htole32(sizeof(descriptors)),
			.flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC |
					 FUNCTIONFS_HAS_SS_DESC),
		},
		.full_cnt = htole32(3),
		.high_cnt = htole32(3),
		.super_cnt = htole32(5),
		.full = describe_bulk(64),
		.high = describe_bulk(512),
		.super = {
			.interface = describe_interface(),
			.in = describe_endpoint(true, 1024),
			.in_companion = companion,
			.out = describe_endpoint(false, 1024),
			.out_companion = companion,
		},
	};
	const struct strings strings = {
		.head = {
			.magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
			.length = htole32(sizeof(strings)),
			.str_count = htole32(1),
			.lang_count = htole32(1),
		},
		.language = htole16(0x0409),
		.name = "urbscope rig",
	};

	if (write(ep0, &descriptors, sizeof(descriptors)) != sizeof(descriptors))
		return -errno;
	if (write(ep0, &strings, sizeof(strings)) != sizeof(strings))
		return -errno;
	return 0;
}

/* --- traffic --- */

static void log_event(struct side *self, enum witness_event event, uint32_t seq, ssize_t n)
{
	int err = n < 0 ? (int)n : 0;

	witness_add(&self->log, &(struct witness_record){ .event = (uint8_t)event, .seq = seq,
		.result = (int8_t)err, .status = (int16_t)err, .bytes = n > 0 ? (int32_t)n : 0 });
}

/* FunctionFS halts an endpoint when it is used the wrong way round, and says EBADMSG. The
 * controller refuses (EAGAIN) while the host is still taking the last data. */
static void side_halt(struct side *self, uint32_t seq)
{
	char byte = 0;
	ssize_t n;

	do {
		n = self->in ? read(self->fd, &byte, 1) : write(self->fd, &byte, 1);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR) && !atomic_load(&terminated));
	log_event(self, WITNESS_STALL, seq, 0);
}

static void side_wait_silent(struct side *self, uint32_t seq, bool for_ever)
{
	log_event(self, WITNESS_SILENT, seq, 0);
	while ((for_ever || atomic_load(&silent_cue)) && !atomic_load(&terminated))
		duration_sleep(1000000);
}

static size_t side_length(const struct side *self, uint32_t seq)
{
	const struct config *c = self->config;

	return self->in && c->in_lengths_cnt ? c->in_lengths[seq % c->in_lengths_cnt] : c->size_bytes;
}

/* -ESHUTDOWN is a host that disabled the function: wait until it comes back. */
static ssize_t side_transfer(struct side *self, unsigned char *buf, size_t size)
{
	ssize_t n;

	n = self->in ? write(self->fd, buf, size) : read(self->fd, buf, size);
	if (n < 0) {
		n = -errno;
		duration_sleep(1000000);
	}
	return n;
}

static void *side_run(void *arg)
{
	struct side *self = arg;
	const struct config *c = self->config;
	uint64_t silent_after = c->silent_after[self->in ? IN : OUT];
	unsigned char *buf = calloc(1, c->size_bytes);
	unsigned int stalls = 0;
	uint64_t good = 0;

	if (!buf)
		return NULL;
	for (uint32_t seq = 0; !atomic_load(&terminated); seq++) {
		ssize_t n;

		if (silent_after && good >= silent_after)
			side_wait_silent(self, seq, true);
		if (atomic_load(&silent_cue))
			side_wait_silent(self, seq, false);
		duration_sleep(c->delay_ns[self->in ? IN : OUT]);
		if (stalls < atomic_load(&stall_cues) + (c->stall_after && good >= c->stall_after)) {
			stalls++;
			side_halt(self, seq);
		}
		log_event(self, WITNESS_START, seq, (ssize_t)side_length(self, seq));
		n = side_transfer(self, buf, side_length(self, seq));
		log_event(self, WITNESS_DONE, seq, n);
		good += n > 0;
	}
	free(buf);
	return NULL;
}

/* --- control endpoint --- */

/*
 * Function events must be read, and requests we do not know be stalled. A read() that waits holds a
 * lock that unbinding the gadget waits for, so only poll() waits.
 */
static void serve_control(const struct config *c, int ep0)
{
	struct usb_functionfs_event event;

	while (!atomic_load(&terminated)) {
		struct pollfd ready = { .fd = ep0, .events = POLLIN };
		ssize_t n;

		if (poll(&ready, 1, -1) != 1)
			continue;
		n = read(ep0, &event, sizeof(event));
		if (n != sizeof(event))
			continue;
		if (c->verbose)
			fprintf(stderr, "ffs-gadget: event %u\n", event.type);
		if (event.type != FUNCTIONFS_SETUP)
			continue;
		/* The wrong direction is a stall here too. */
		if (event.u.setup.bRequestType & USB_DIR_IN)
			n = read(ep0, &event, 0);
		else
			n = write(ep0, &event, 0);
	}
}

/* --- set-up --- */

static const struct option options[] = {
	{ "in-delay", required_argument, NULL, 'i' },
	{ "out-delay", required_argument, NULL, 'o' },
	{ "in-lengths", required_argument, NULL, 'n' },
	{ "in-count", required_argument, NULL, 'I' },
	{ "out-count", required_argument, NULL, 'O' },
	{ "silent-after", required_argument, NULL, 'S' },
	{ "stall-after", required_argument, NULL, 't' },
	{ "size", required_argument, NULL, 's' },
	{ "log", required_argument, NULL, 'l' },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static int parse_lengths(struct config *c, const char *arg)
{
	char *end;

	for (;; arg = end + 1) {
		if (c->in_lengths_cnt == LENGTHS_MAX)
			return -EINVAL;
		c->in_lengths[c->in_lengths_cnt++] = strtoul(arg, &end, 0);
		if (end == arg || (*end && *end != ':'))
			return -EINVAL;
		if (!*end)
			return 0;
	}
}

static int parse_one(struct config *c, int opt, const char *arg)
{
	switch (opt) {
	case 'n':
		return parse_lengths(c, arg);
	case 'i':
		return duration_parse(arg, &c->delay_ns[IN]);
	case 'o':
		return duration_parse(arg, &c->delay_ns[OUT]);
	case 'I':
		c->silent_after[IN] = strtoull(arg, NULL, 0);
		return 0;
	case 'O':
		c->silent_after[OUT] = strtoull(arg, NULL, 0);
		return 0;
	case 'S':
		c->silent_after[IN] = strtoull(arg, NULL, 0);
		c->silent_after[OUT] = c->silent_after[IN];
		return 0;
	case 't':
		c->stall_after = strtoull(arg, NULL, 0);
		return 0;
	case 's':
		c->size_bytes = strtoul(arg, NULL, 0);
		return c->size_bytes ? 0 : -EINVAL;
	case 'l':
		c->log_path = arg;
		return 0;
	case 'v':
		c->verbose = true;
		return 0;
	}
	return -EINVAL;
}

static int parse(struct config *c, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (parse_one(c, opt, optarg))
			return -EINVAL;
	}
	if (optind != argc - 1)
		return -EINVAL;
	for (unsigned int i = 0; i < c->in_lengths_cnt; i++) {
		if (c->in_lengths[i] > c->size_bytes)
			return -EINVAL;
	}
	c->mount = argv[optind];
	return 0;
}

static int open_file(const struct config *c, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", c->mount, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fprintf(stderr, "ffs-gadget: %s: %s\n", path, strerror(errno));
	return fd;
}

static int side_start(struct side *self, const struct config *c, bool in)
{
	*self = (struct side){ .config = c, .in = in };
	self->fd = open_file(c, in ? "ep1" : "ep2");
	if (self->fd < 0)
		return -errno;
	if (witness_init(&self->log, in ? 0x81 : 0x02, c->log_path ? LOG_EVENTS : 1))
		return -ENOMEM;
	return -pthread_create(&self->thread, NULL, side_run, self);
}

/* No SA_RESTART: a signal must get a blocked read or write to return. */
static void catch_signals(void)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGINT };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static int write_log(const struct config *c, const struct side *sides)
{
	const struct witness logs[] = { sides[IN].log, sides[OUT].log };
	FILE *out = fopen(c->log_path, "we");
	int err;

	if (!out)
		return -errno;
	err = witness_write(logs, 2, "ffs-gadget, the device's side", out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

int main(int argc, char **argv)
{
	struct config c = { .size_bytes = 16384 };
	struct side sides[2];
	int ep0, err;

	if (parse(&c, argc, argv)) {
		fprintf(stderr, "usage: ffs-gadget [--in-delay DUR] [--out-delay DUR] [--size BYTES] "
			"[--in-lengths N:N...] [--in-count N]\n"
			"       [--out-count N] [--stall-after N] [--silent-after N] [--log FILE] [--verbose] "
			"MOUNTPOINT\n");
		return 2;
	}
	catch_signals();
	ep0 = open_file(&c, "ep0");
	if (ep0 < 0)
		return 2;
	err = write_descriptors(ep0);
	if (err) {
		fprintf(stderr, "ffs-gadget: descriptors refused: %s\n", strerror(-err));
		return 2;
	}
	if (side_start(&sides[IN], &c, true) || side_start(&sides[OUT], &c, false))
		return 2;
	serve_control(&c, ep0);
	/* The sides may hang in a transfer that the host does not ask for: log what is there. */
	if (c.log_path) {
		err = write_log(&c, sides);
		if (err)
			fprintf(stderr, "ffs-gadget: %s: %s\n", c.log_path, strerror(-err));
	}
	_exit(err ? 2 : 0);
}
