// SPDX-License-Identifier: GPL-2.0
/*
 * Lists the URBs on all endpoints' queues: reading `urbnum` of a device makes the kernel side
 * walk them. walk.h makes of it what was in flight at the moment when the walk began.
 *
 * A URB that leaves its queue while the walk stands on it ends the walk of that queue, or leads it
 * to the queue's end; what waits further back, and does nothing meanwhile, would be missed. So the
 * walk is repeated while URBs are given back during it, and what any of the walks has found
 * counts: none can find too much.
 */
#include "bpf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#define DEVICES "/sys/bus/usb/devices"
#define WALKS_MAX 5

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

/* All records of the walk's time have come: what it says goes among them. */
static int publish(struct bpf_source *src, uint64_t began)
{
	struct urb_event sync = {
		.time_ns = began,
		.ep = URB_EP_ANY,
		.kind = URB_EV_SYNC,
		.type = URB_TYPE_UNKNOWN,
	};
	int err = walk_resolve(&src->walk, &src->reorder, began);

	if (!err)
		err = walk_add(&src->walk, &sync);
	if (!err)
		err = reorder_add_all(&src->reorder, src->walk.found, src->walk.found_cnt);
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

/* Several walks, as long as URBs are given back during them. */
static int walk_all(struct bpf_source *src, uint64_t *began_ns)
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
	return err;
}

/*
 * A record may carry a time of the walk and reach the ring only later; whether a URB was in flight
 * hangs on it. At attach nobody waits for figures yet, so all that can still come is let in.
 */
static int await_stragglers(struct bpf_source *src)
{
	const struct timespec pause = { .tv_nsec = SOURCE_HORIZON_NS };
	uint64_t lost_before = src->lost_total;
	int err;

	nanosleep(&pause, NULL);
	err = ring_buffer__consume(src->ring);
	if (err < 0)
		return err;
	err = src->error ? src->error : bpf_check_lost(src);
	return err ? err : src->lost_total != lost_before ? -EAGAIN : 0;
}

int bpf_walk_first(struct bpf_source *src, uint64_t *began_ns)
{
	int err = walk_all(src, began_ns);

	if (!err)
		err = await_stragglers(src);
	if (err)
		return err;
	walk_forget(&src->reorder, *began_ns);
	return publish(src, *began_ns);
}

int bpf_walk_begin(struct bpf_source *src)
{
	uint64_t lost_before = src->lost_total;
	int err = walk_all(src, &src->walk_began_ns);

	if (err)
		return err;
	src->walk_lost = lost_before;
	src->walk_ripe_ns = bpf_source_clock() + SOURCE_HORIZON_NS;
	src->walk_waits = true;
	return 0;
}

int bpf_walk_go_on(struct bpf_source *src, uint64_t now, bool last)
{
	if (!src->walk_waits)
		return 0;
	if (src->lost_total != src->walk_lost) {
		src->walk_waits = false;
		return -EAGAIN;
	}
	if (now < src->walk_ripe_ns && !last)
		return 0;
	src->walk_waits = false;
	return publish(src, src->walk_began_ns);
}
