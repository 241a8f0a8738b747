// SPDX-License-Identifier: GPL-2.0
/*
 * What was in flight at a moment. Reading `urbnum` of a device makes the kernel side list the
 * URBs on its endpoints' queues, one after the other, while URBs come and go. The records of
 * the same ring tell which were there when the walk began, at `began`:
 *
 *   a URB whose first record after `began` is its completion was in flight then, found or not;
 *   a URB whose first record is its submission was not, though it may have been found;
 *   a URB that was found and has no record at all was, and still is.
 *
 * This needs every record, so a loss during the walk voids it. A URB that leaves its queue while
 * the walk stands on it ends the walk of that queue, or leads it to the queue's end; what waits
 * further back, and does nothing meanwhile, would be missed. So the walk is repeated while URBs
 * are given back during it, and what any of the walks has found counts: none can find too much.
 */
#include "bpf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#define DEVICES "/sys/bus/usb/devices"
#define WALKS_MAX 5

int walk_add(struct walk *walk, const struct urb_event *ev)
{
	if (walk->found_cnt == walk->found_cap) {
		size_t cap = walk->found_cap ? walk->found_cap * 2 : 256;
		struct urb_event *more = realloc(walk->found, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		walk->found = more;
		walk->found_cap = cap;
	}
	walk->found[walk->found_cnt++] = *ev;
	return 0;
}

static bool read_urbnum(const char *device)
{
	char path[sizeof(DEVICES) + 300], number[32];
	bool good;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/urbnum", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = read(fd, number, sizeof(number)) > 0;
	close(fd);
	return good;
}

/* Number of devices read, or -errno. A machine without a bus directory has no devices. */
static int touch_devices(void)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	int cnt = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		/* with a colon: interfaces */
		if (entry->d_name[0] == '.' || strchr(entry->d_name, ':'))
			continue;
		cnt += read_urbnum(entry->d_name);
	}
	closedir(dir);
	return cnt;
}

struct first_seen {
	uint64_t id;
	size_t at; /* index into the held events: orders equal ids */
};

static int by_id(const void *a, const void *b)
{
	const struct first_seen *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_transfer(const struct urb_event *ev, uint64_t began)
{
	return ev->time_ns >= began && (ev->kind == URB_EV_SUBMIT || ev->kind == URB_EV_COMPLETE);
}

/* The first record after `began` of every id, sorted by id. */
static struct first_seen *index_firsts(const struct reorder *held, uint64_t began, size_t *cnt)
{
	struct first_seen *firsts = calloc(held->end - held->head + 1, sizeof(*firsts));
	size_t all = 0, kept = 0;

	if (!firsts)
		return NULL;
	for (size_t i = held->head; i < held->end; i++) {
		if (is_transfer(&held->ev[i], began))
			firsts[all++] = (struct first_seen){ held->ev[i].id, i };
	}
	qsort(firsts, all, sizeof(*firsts), by_id);
	for (size_t i = 0; i < all; i++) {
		if (!kept || firsts[kept - 1].id != firsts[i].id)
			firsts[kept++] = firsts[i];
	}
	*cnt = kept;
	return firsts;
}

static int same_id(const void *a, const void *b)
{
	const struct first_seen *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_event_id(const void *a, const void *b)
{
	const struct urb_event *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Several walks find the same URBs. */
static void forget_twice(struct walk *walk)
{
	size_t kept = 0;

	if (walk->found_cnt)
		qsort(walk->found, walk->found_cnt, sizeof(*walk->found), by_event_id);
	for (size_t i = 0; i < walk->found_cnt; i++) {
		if (!kept || walk->found[kept - 1].id != walk->found[i].id)
			walk->found[kept++] = walk->found[i];
	}
	walk->found_cnt = kept;
}

/* Brings walk->found to exactly what was in flight at `began`. */
static int resolve(struct walk *walk, const struct reorder *held, uint64_t began)
{
	size_t first_cnt, kept = 0;
	struct first_seen *firsts = index_firsts(held, began, &first_cnt);
	int err = 0;

	if (!firsts)
		return -ENOMEM;
	forget_twice(walk);
	for (size_t i = 0; i < walk->found_cnt; i++) {
		struct first_seen key = { .id = walk->found[i].id };

		/* one that has a record after `began` is decided by that record, below */
		if (!bsearch(&key, firsts, first_cnt, sizeof(key), same_id))
			walk->found[kept++] = walk->found[i];
	}
	walk->found_cnt = kept;
	for (size_t i = 0; i < first_cnt && !err; i++) {
		struct urb_event ev = held->ev[firsts[i].at];

		if (ev.kind != URB_EV_COMPLETE)
			continue;
		ev.kind = URB_EV_INFLIGHT;
		ev.seen = URB_QUEUED;
		ev.flags = 0;
		memset(&ev.submit, 0, sizeof(ev.submit));
		err = walk_add(walk, &ev);
	}
	free(firsts);
	for (size_t i = 0; i < walk->found_cnt; i++)
		walk->found[i].time_ns = began;
	return err;
}

/* The window begins at `began`: of what is older only the facts count. */
static void forget_before(struct reorder *held, uint64_t began)
{
	for (size_t i = held->head; i < held->end; i++) {
		struct urb_event *ev = &held->ev[i];

		if (ev->time_ns >= began)
			continue;
		if (ev->kind != URB_EV_FACTS)
			ev->kind = 0;
		ev->time_ns = began; /* keeps the order: everything older comes first */
	}
	if (held->released_ns < began)
		held->released_ns = began;
}

static int publish(struct bpf_source *src, bool at_attach, uint64_t began)
{
	struct urb_event sync = {
		.time_ns = began,
		.ep = URB_EP_ANY,
		.kind = URB_EV_SYNC,
		.type = URB_TYPE_UNKNOWN,
	};
	int err = 0;

	if (at_attach)
		forget_before(&src->reorder, began);
	for (size_t i = 0; i < src->walk.found_cnt && !err; i++)
		err = reorder_add(&src->reorder, &src->walk.found[i]);
	if (!err && !at_attach)
		err = reorder_add(&src->reorder, &sync);
	return err;
}

/* Was a URB given back since `since`? Only that takes one off its queue. */
static bool given_back_since(const struct reorder *held, uint64_t since)
{
	for (size_t i = held->end; i > held->head && held->ev[i - 1].time_ns >= since; i--) {
		if (held->ev[i - 1].kind == URB_EV_COMPLETE)
			return true;
	}
	return false;
}

/* One walk over all devices, and every record of it. */
static int walk_once(struct bpf_source *src)
{
	uint64_t lost_before = src->lost_total;
	int devices, err;

	src->walk.devices = 0;
	src->walk.running = true;
	devices = touch_devices();
	err = devices < 0 ? devices : ring_buffer__consume(src->ring);
	src->walk.running = false;
	if (err < 0)
		return err;
	err = src->error ? src->error : bpf_check_lost(src);
	if (err)
		return err;
	return src->lost_total != lost_before || src->walk.devices != (uint32_t)devices ? -EAGAIN : 0;
}

int bpf_walk(struct bpf_source *src, bool at_attach, uint64_t *began_ns)
{
	int err = 0;

	src->walk.found_cnt = 0;
	*began_ns = bpf_source_clock();
	for (int i = 0; i < WALKS_MAX && !err; i++) {
		uint64_t since = bpf_source_clock();

		err = walk_once(src);
		if (!err && !given_back_since(&src->reorder, since))
			break;
	}
	if (!err)
		err = resolve(&src->walk, &src->reorder, *began_ns);
	return err ? err : publish(src, at_attach, *began_ns);
}
