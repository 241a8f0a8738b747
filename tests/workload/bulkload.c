// SPDX-License-Identifier: GPL-2.0
/*
 * bulkload: bulk traffic by libusb, one transfer at a time or queued, with a log of its own
 * (lib/witness.h has the format) that tells independently how many transfers were outstanding.
 *
 * Modes:
 *   sync    libusb_bulk_transfer, one at a time: the baseline
 *   queued  IN: `depth` transfers are posted for ever; each completion is copied out and
 *           resubmitted at once. OUT: `depth` slots in a ring; the cursor submits slot by slot
 *           and reaps a slot only when it comes back to it
 *
 * A run ends after --count transfers an endpoint, after --seconds, at SIGINT, or at the first
 * failure. Then IN transfers still posted are cancelled and reaped; OUT ones are drained, or
 * cancelled when the device does not take them within a second.
 *
 * A transfer is at most 16 KiB: libusb parts longer ones into several URBs.
 *
 * Exit: 0; 1 a transfer failed; 2 cannot run; 3 the log was too small (see --log-events).
 */
#include <errno.h>
#include <getopt.h>
#include <libusb-1.0/libusb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/duration.h"
#include "lib/usb.h"
#include "lib/usbfs.h"
#include "lib/witness.h"

#define DEPTH_MAX	1024
#define SIZE_MAX_BYTES	16384
#define DRAIN_NS	1000000000ULL
#define ENDPOINTS_MAX	2

struct config {
	unsigned int vid, pid;
	bool in, out, queued, keep_going;
	unsigned int depth;
	int size_bytes;
	uint64_t count;		/* 0: no limit */
	uint64_t run_ns;	/* 0: no limit */
	uint64_t pause_ns, timeout_ns;
	size_t log_events;
	const char *log_path;
};

struct endpoint;

struct slot {
	struct endpoint *endpoint;
	struct libusb_transfer *transfer;
	uint32_t seq;
	bool posted;
};

/* One endpoint's run. In queued mode all run on one thread, in sync mode each has its own. */
struct endpoint {
	const struct config *config;
	libusb_device_handle *handle;
	uint8_t address;
	struct witness log;
	pthread_t thread;
	struct slot *slots;
	unsigned char *copy;	/* where IN data go */
	unsigned int cursor;	/* OUT: the slot to submit next */
	unsigned int posted_cnt;
	uint32_t next_seq;
	uint64_t ended_cnt;
	uint64_t deadline_ns;
	bool stopped;
	bool refused;		/* a submission failed */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

static bool endpoint_is_in(const struct endpoint *self)
{
	return self->address & LIBUSB_ENDPOINT_IN;
}

static unsigned int timeout_ms(const struct config *c)
{
	return (unsigned int)((c->timeout_ns + 999999) / 1000000);
}

/* May another transfer be submitted? */
static bool endpoint_wants_more(const struct endpoint *self)
{
	const struct config *c = self->config;

	if (self->stopped || interrupted)
		return false;
	if (self->deadline_ns && witness_now_ns() >= self->deadline_ns)
		return false;
	/* IN keeps its queue full until `count` came back; OUT submits `count`, no more. */
	if (c->count && c->queued && endpoint_is_in(self))
		return self->ended_cnt < c->count;
	return !c->count || self->next_seq < c->count;
}

/* --- sync --- */

static void *sync_run(void *arg)
{
	struct endpoint *self = arg;
	const struct config *c = self->config;

	while (endpoint_wants_more(self)) {
		uint32_t seq = self->next_seq++;
		int actual = 0, error, status;

		witness_add(&self->log, &(struct witness_record){ .event = WITNESS_SUBMIT_CALL,
			.seq = seq, .bytes = c->size_bytes });
		error = libusb_bulk_transfer(self->handle, self->address, self->copy, c->size_bytes,
					     &actual, timeout_ms(c));
		status = usbfs_status(self->copy);
		witness_add(&self->log, &(struct witness_record){
			.event = status == USBFS_REFUSED ? WITNESS_SUBMIT_RETURN : WITNESS_REAP,
			.seq = seq, .result = (int8_t)error, .status = (int16_t)status,
			.bytes = actual });
		self->refused |= status == USBFS_REFUSED;
		if (error == LIBUSB_ERROR_PIPE && c->keep_going)
			error = libusb_clear_halt(self->handle, self->address);
		if (error && (error != LIBUSB_ERROR_TIMEOUT || !c->keep_going))
			self->stopped = true;
		duration_sleep(c->pause_ns);
	}
	return NULL;
}

/* --- queued --- */

static void slot_submit(struct slot *slot)
{
	struct endpoint *self = slot->endpoint;
	int error;

	slot->seq = self->next_seq++;
	witness_add(&self->log, &(struct witness_record){ .event = WITNESS_SUBMIT_CALL,
		.seq = slot->seq, .slot = (uint16_t)(slot - self->slots),
		.bytes = slot->transfer->length });
	error = libusb_submit_transfer(slot->transfer);
	witness_add(&self->log, &(struct witness_record){ .event = WITNESS_SUBMIT_RETURN,
		.seq = slot->seq, .slot = (uint16_t)(slot - self->slots),
		.result = (int8_t)error });
	if (error) {
		self->stopped = true;
		self->refused = true;
		return;
	}
	slot->posted = true;
	self->posted_cnt++;
}

/* Go on round the ring until the slot at the cursor is still under way. */
static void ring_advance(struct endpoint *self)
{
	while (endpoint_wants_more(self)) {
		struct slot *slot = &self->slots[self->cursor];

		if (slot->posted)
			return;
		if (self->next_seq >= self->config->depth)
			witness_add(&self->log, &(struct witness_record){ .event = WITNESS_LAP,
				.seq = slot->seq, .slot = (uint16_t)self->cursor });
		slot_submit(slot);
		self->cursor = (self->cursor + 1) % self->config->depth;
	}
}

static void LIBUSB_CALL on_completion(struct libusb_transfer *transfer)
{
	struct slot *slot = transfer->user_data;
	struct endpoint *self = slot->endpoint;

	witness_add(&self->log, &(struct witness_record){ .event = WITNESS_REAP,
		.seq = slot->seq, .slot = (uint16_t)(slot - self->slots),
		.result = (int8_t)transfer->status,
		.status = (int16_t)usbfs_status(transfer->buffer),
		.bytes = transfer->actual_length });
	slot->posted = false;
	self->posted_cnt--;
	self->ended_cnt++;
	if (transfer->status != LIBUSB_TRANSFER_COMPLETED)
		self->stopped = true;
	if (!endpoint_is_in(self)) {
		ring_advance(self);
		return;
	}
	memcpy(self->copy, transfer->buffer, (size_t)transfer->actual_length);
	if (endpoint_wants_more(self))
		slot_submit(slot);
}

static void queue_start(struct endpoint *self)
{
	if (!endpoint_is_in(self)) {
		ring_advance(self);
		return;
	}
	for (unsigned int i = 0; i < self->config->depth && endpoint_wants_more(self); i++)
		slot_submit(&self->slots[i]);
}

/* Youngest first: the device must not start one while an older one is being cancelled. */
static void queue_cancel(struct endpoint *self)
{
	struct slot *youngest = NULL;

	for (;;) {
		uint32_t below = youngest ? youngest->seq : self->next_seq;

		youngest = NULL;
		for (unsigned int i = 0; i < self->config->depth; i++) {
			struct slot *slot = &self->slots[i];

			if (slot->posted && slot->seq < below &&
			    (!youngest || slot->seq > youngest->seq))
				youngest = slot;
		}
		if (!youngest)
			return;
		witness_add(&self->log, &(struct witness_record){ .event = WITNESS_CANCEL,
			.seq = youngest->seq, .slot = (uint16_t)(youngest - self->slots) });
		libusb_cancel_transfer(youngest->transfer);
	}
}

static void handle_events(uint64_t until_ns)
{
	uint64_t now = witness_now_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;
	struct timeval tv = { .tv_usec = 100000 };

	if (left < 100000000)
		tv.tv_usec = (suseconds_t)(left / 1000);
	libusb_handle_events_timeout_completed(NULL, &tv, NULL);
}

/* Cancel what is posted and wait until all has come back. */
static void queue_finish(struct endpoint *self)
{
	uint64_t until = witness_now_ns() + DRAIN_NS;

	if (!endpoint_is_in(self) && !self->stopped) {
		while (self->posted_cnt && witness_now_ns() < until)
			handle_events(until);
	}
	self->stopped = true;
	queue_cancel(self);
	while (self->posted_cnt)
		handle_events(UINT64_MAX);
}

static void queued_run(struct endpoint *endpoints, unsigned int cnt)
{
	unsigned int active;

	for (unsigned int i = 0; i < cnt; i++)
		queue_start(&endpoints[i]);
	do {
		active = 0;
		for (unsigned int i = 0; i < cnt; i++)
			active += endpoint_wants_more(&endpoints[i]);
		if (active)
			handle_events(endpoints[0].deadline_ns ? endpoints[0].deadline_ns : UINT64_MAX);
	} while (active);
	for (unsigned int i = 0; i < cnt; i++)
		queue_finish(&endpoints[i]);
}

/* --- set-up --- */

static int endpoint_init(struct endpoint *self, const struct config *c,
			 libusb_device_handle *handle, uint8_t address)
{
	size_t events = c->log_events;

	*self = (struct endpoint){ .config = c, .handle = handle, .address = address };
	if (!events)
		events = c->count ? 4 * (c->count + 2 * c->depth) : 1000000;
	self->copy = calloc(1, (size_t)c->size_bytes);
	self->slots = calloc(c->depth, sizeof(*self->slots));
	if (!self->copy || !self->slots || witness_init(&self->log, address, events))
		return -ENOMEM;
	for (unsigned int i = 0; i < c->depth; i++) {
		struct slot *slot = &self->slots[i];
		unsigned char *buf = calloc(1, (size_t)c->size_bytes);

		slot->endpoint = self;
		slot->transfer = libusb_alloc_transfer(0);
		if (!buf || !slot->transfer)
			return -ENOMEM;
		libusb_fill_bulk_transfer(slot->transfer, handle, address, buf, c->size_bytes,
					  on_completion, slot, timeout_ms(c));
		slot->transfer->flags = LIBUSB_TRANSFER_FREE_BUFFER;
	}
	return 0;
}

static void endpoint_release(struct endpoint *self)
{
	for (unsigned int i = 0; self->slots && i < self->config->depth; i++) {
		if (self->slots[i].transfer)
			libusb_free_transfer(self->slots[i].transfer);
	}
	free(self->slots);
	free(self->copy);
	witness_release(&self->log);
}

static const struct option options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "in", no_argument, NULL, 'i' },
	{ "out", no_argument, NULL, 'o' },
	{ "mode", required_argument, NULL, 'm' },
	{ "depth", required_argument, NULL, 'n' },
	{ "size", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'c' },
	{ "seconds", required_argument, NULL, 'S' },
	{ "pause", required_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, 't' },
	{ "log", required_argument, NULL, 'l' },
	{ "log-events", required_argument, NULL, 'L' },
	{ "keep-going", no_argument, NULL, 'k' },
	{ 0 },
};

static int parse_one(struct config *c, int opt, const char *arg)
{
	switch (opt) {
	case 'd':
		return sscanf(arg, "%x:%x", &c->vid, &c->pid) == 2 ? 0 : -EINVAL;
	case 'i':
		c->in = true;
		return 0;
	case 'o':
		c->out = true;
		return 0;
	case 'm':
		c->queued = !strcmp(arg, "queued");
		return c->queued || !strcmp(arg, "sync") ? 0 : -EINVAL;
	case 'n':
		c->depth = (unsigned int)strtoul(arg, NULL, 0);
		return c->depth && c->depth <= DEPTH_MAX ? 0 : -EINVAL;
	case 's':
		c->size_bytes = atoi(arg);
		return c->size_bytes > 0 && c->size_bytes <= SIZE_MAX_BYTES ? 0 : -EINVAL;
	case 'c':
		c->count = strtoull(arg, NULL, 0);
		return c->count ? 0 : -EINVAL;
	case 'S':
		c->run_ns = (uint64_t)(strtod(arg, NULL) * 1e9);
		return c->run_ns ? 0 : -EINVAL;
	case 'p':
		return duration_parse(arg, &c->pause_ns);
	case 't':
		return duration_parse(arg, &c->timeout_ns);
	case 'l':
		c->log_path = arg;
		return 0;
	case 'L':
		c->log_events = strtoul(arg, NULL, 0);
		return c->log_events ? 0 : -EINVAL;
	case 'k':
		c->keep_going = true;
		return 0;
	}
	return -EINVAL;
}

static int parse(struct config *c, int argc, char **argv)
{
	int opt, index = 0;

	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (opt == '?')
			return -EINVAL;
		if (parse_one(c, opt, optarg)) {
			fprintf(stderr, "bulkload: --%s %s: out of range or ill-formed\n",
				options[index].name, optarg);
			return -EINVAL;
		}
	}
	if (optind != argc || !c->vid || (!c->in && !c->out) || (!c->count && !c->run_ns))
		return -EINVAL;
	if (!c->queued)
		c->depth = 1;
	return 0;
}

static int write_log(const struct config *c, const struct endpoint *endpoints, unsigned int cnt)
{
	struct witness logs[ENDPOINTS_MAX];
	char comment[128];
	FILE *out;
	int err;

	for (unsigned int i = 0; i < cnt; i++) {
		logs[i] = endpoints[i].log;
		witness_write_summary(&logs[i], stdout);
	}
	if (!c->log_path)
		return 0;
	out = fopen(c->log_path, "we");
	if (!out)
		return -errno;
	snprintf(comment, sizeof(comment), "bulkload %04x:%04x %s depth %u size %d", c->vid, c->pid,
		 c->queued ? "queued" : "sync", c->depth, c->size_bytes);
	err = witness_write(logs, cnt, comment, out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int run(const struct config *c, struct endpoint *endpoints, unsigned int cnt)
{
	int result = 0, err;

	for (unsigned int i = 0; i < cnt && c->run_ns; i++)
		endpoints[i].deadline_ns = witness_now_ns() + c->run_ns;
	if (c->queued) {
		queued_run(endpoints, cnt);
	} else {
		for (unsigned int i = 0; i < cnt; i++) {
			if (pthread_create(&endpoints[i].thread, NULL, sync_run, &endpoints[i]))
				abort();
		}
		for (unsigned int i = 0; i < cnt; i++)
			pthread_join(endpoints[i].thread, NULL);
	}
	for (unsigned int i = 0; i < cnt; i++) {
		if (endpoints[i].log.unlogged)
			result = 3;
		if (endpoints[i].refused || witness_failures(&endpoints[i].log))
			result = 1;
	}
	err = write_log(c, endpoints, cnt);
	if (err) {
		fprintf(stderr, "bulkload: %s: %s\n", c->log_path, strerror(-err));
		return 2;
	}
	return result;
}

int main(int argc, char **argv)
{
	struct config c = { .depth = 8, .size_bytes = SIZE_MAX_BYTES };
	struct endpoint endpoints[ENDPOINTS_MAX] = { 0 };
	libusb_device_handle *handle = NULL;
	uint8_t in = 0, out = 0;
	unsigned int cnt = 0;
	int result = 2;

	if (parse(&c, argc, argv)) {
		fprintf(stderr, "usage: bulkload --device VID:PID --in|--out (or both) "
			"[--mode sync|queued] [--depth N] [--size BYTES]\n"
			"       --count N|--seconds S [--pause DUR] [--timeout DUR] [--keep-going] "
			"[--log FILE] [--log-events N]\n");
		return 2;
	}
	if (libusb_init(NULL)) {
		fprintf(stderr, "bulkload: libusb cannot start; is usbcore loaded?\n");
		return 2;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (usb_open("bulkload", c.vid, c.pid, &handle, &in, &out))
		goto close;
	if ((c.in && !in) || (c.out && !out)) {
		fprintf(stderr, "bulkload: %04x:%04x lacks such bulk endpoints\n", c.vid, c.pid);
		goto close;
	}
	if (c.in && endpoint_init(&endpoints[cnt++], &c, handle, in))
		goto release;
	if (c.out && endpoint_init(&endpoints[cnt++], &c, handle, out))
		goto release;
	result = run(&c, endpoints, cnt);
release:
	for (unsigned int i = 0; i < cnt; i++)
		endpoint_release(&endpoints[i]);
close:
	usb_close(handle);
	libusb_exit(NULL);
	return result;
}
