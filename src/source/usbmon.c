// SPDX-License-Identifier: GPL-2.0
/*
 * The running kernel through usbmon's binary interface (Documentation/usb/usbmon.rst): for kernels
 * that BPF cannot watch. It tells submissions and completions, with the wall clock in us.
 *
 * What it leaves to the reader: the stamp is taken before the buffer's lock, so records are only
 * nearly in order; a loss is a number without a time; and payloads come along, which fill the
 * ring, and cannot be switched off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "event/usbmon.h"
#include "reorder.h"
#include "sights.h"
#include "source.h"

#define USBMON_DEVICE "/dev/usbmon0" /* all buses */

/* drivers/usb/mon/mon_bin.c, which has no header for programs */
struct mon_stats {
	uint32_t queued;
	uint32_t dropped;	/* since it was asked the last time */
};

struct mon_mfetch {
	uint32_t *offsets;
	uint32_t fetch_cnt;	/* in: room for; out: there are */
	uint32_t flush_cnt;	/* drop so many first */
};

#define MON_STATS	   _IOR(0x92, 3, struct mon_stats)
#define MON_SET_RING_SIZE  _IO(0x92, 4)
#define MON_RING_SIZE	   _IO(0x92, 5)
#define MON_MFETCH	   _IOWR(0x92, 7, struct mon_mfetch)
#define MON_FLUSH	   _IO(0x92, 8)

/*
 * A ring this large takes all payload that USB can move between two looks of the loop, so nobody
 * needs to be woken for each URB; of a smaller one poll() has to tell.
 */
#define RING_OF_PATIENCE (16U << 20)
#define FETCH_MAX 8192

struct usbmon_source {
	struct source base;
	struct source_config config;
	struct reorder reorder;
	struct sights sights;
	int fd;
	const uint8_t *ring;
	size_t ring_bytes;
	uint32_t flush_cnt;	/* of the last fetch: read, and still in the ring */
	uint32_t offsets[FETCH_MAX];
};

static struct usbmon_source *self(struct source *src)
{
	return (struct usbmon_source *)src;
}

static uint64_t wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts); /* the clock of usbmon's stamps */
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint8_t endpoint_of(const struct usbmon_record *rec)
{
	return rec->endpoint & 0x0f ? rec->endpoint & 0x8f : 0;
}

/* False: a kind that we do not know. */
static bool to_event(const struct usbmon_record *rec, struct urb_event *ev)
{
	*ev = (struct urb_event){
		.time_ns = rec->ts_sec * 1000000000ULL + rec->ts_usec * 1000ULL,
		.id = rec->id,
		.ep = urb_ep(rec->bus, rec->device, endpoint_of(rec)),
		.type = usbmon_type(rec->transfer),
	};
	switch (rec->type) {
	case 'S':
		ev->kind = URB_EV_SUBMIT;
		ev->seen = URB_SUBMIT;
		ev->submit.submit_ns = ev->time_ns;
		ev->submit.length = rec->length;
		ev->submit.interval = ev->type & 1 ? rec->interval : 0; /* iso and int */
		ev->submit.xfer_flags = rec->xfer_flags;
		return true;
	case 'C':
		ev->kind = URB_EV_COMPLETE;
		ev->seen = URB_HANDLER;
		ev->complete.length = rec->length;
		ev->complete.status = rec->status;
		return true;
	case 'E':
		ev->kind = URB_EV_SUBMIT_ERROR;
		ev->submit_error.error = rec->status;
		return true;
	default:
		return false;
	}
}

static int take(struct usbmon_source *src, const struct usbmon_record *rec)
{
	struct urb_event ev, news[2];
	int news_cnt = 0, err;
	bool wanted;

	/* stamped before the window, written after: the other half of the transfer knows nothing of it */
	if (!to_event(rec, &ev) || ev.time_ns < src->base.info.start_ns)
		return 0;
	err = sights_see(&src->sights, ev.ep, ev.type, ev.time_ns, &wanted, news, &news_cnt);
	for (int i = 0; i < news_cnt && !err; i++)
		err = reorder_add(&src->reorder, &news[i]);
	return err || !wanted ? err : reorder_add(&src->reorder, &ev);
}

/* Gives back what was read before, and gets what came since: how many, or -errno. */
static int fetch(struct usbmon_source *src)
{
	struct mon_mfetch m = {
		.offsets = src->offsets, .fetch_cnt = FETCH_MAX, .flush_cnt = src->flush_cnt
	};

	src->flush_cnt = 0;
	if (ioctl(src->fd, MON_MFETCH, &m))
		return errno == EAGAIN ? 0 : -errno; /* flushed, and empty now */
	src->flush_cnt = m.fetch_cnt;
	return m.fetch_cnt;
}

static int check_lost(struct usbmon_source *src)
{
	struct mon_stats stats;

	if (ioctl(src->fd, MON_STATS, &stats))
		return -errno;
	return reorder_lost(&src->reorder, stats.dropped, wall_clock());
}

/* All that lies in the ring; what comes while we read may wait, or a busy bus would hold us here. */
static int drain(struct usbmon_source *src)
{
	size_t most = src->ring_bytes / sizeof(struct usbmon_record) + FETCH_MAX;
	int cnt = FETCH_MAX, err = 0;

	for (size_t taken = 0; cnt == FETCH_MAX && taken < most && !err; taken += cnt) {
		cnt = fetch(src);
		if (cnt < 0)
			return cnt;
		for (int i = 0; i < cnt && !err; i++) {
			struct usbmon_record rec;

			if (src->offsets[i] > src->ring_bytes - sizeof(rec))
				return -EIO;
			memcpy(&rec, src->ring + src->offsets[i], sizeof(rec));
			err = take(src, &rec);
		}
	}
	/* the kernel counts what lies in the ring for it, with interrupts off: once, and not before */
	return err ? err : check_lost(src);
}

static int usbmon_fd(const struct source *base)
{
	const struct usbmon_source *src = (const struct usbmon_source *)base;

	return src->ring_bytes >= RING_OF_PATIENCE ? -1 : src->fd;
}

/* Reads, then emits what is at least `hold_ns` old. */
static int read_until(struct source *base, uint64_t hold_ns, source_emit emit, void *ctx,
		      struct fault *fault)
{
	struct usbmon_source *src = self(base);
	uint64_t now = wall_clock();
	int cnt = drain(src);

	if (cnt) {
		fault_set(fault, "reading " USBMON_DEVICE ": %s", strerror(-cnt));
		return cnt;
	}
	cnt = reorder_emit(&src->reorder, now - hold_ns, emit, ctx);
	base->late = src->reorder.late;
	return cnt;
}

static int usbmon_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	return read_until(base, SOURCE_HORIZON_NS, emit, ctx, fault);
}

static int usbmon_finish(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	int cnt = read_until(base, 0, emit, ctx, fault);

	return cnt < 0 ? cnt : 0;
}

static uint64_t usbmon_now(const struct source *base)
{
	return ((const struct usbmon_source *)base)->reorder.released_ns;
}

static void usbmon_close(struct source *base)
{
	struct usbmon_source *src = self(base);

	if (src->ring)
		munmap((void *)src->ring, src->ring_bytes);
	if (src->fd >= 0)
		close(src->fd);
	reorder_release(&src->reorder);
	sights_release(&src->sights);
	free(src);
}

static const struct source_ops usbmon_ops = {
	.fd = usbmon_fd,
	.read = usbmon_read,
	.finish = usbmon_finish,
	.now = usbmon_now,
	.close = usbmon_close,
};

/*
 * The kernel takes the ring page by page, and would rather kill a process than refuse one. On 32 bits it
 * takes them from low memory, of which there is little.
 */
static uint64_t affordable(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return 1 << 20;
	return (uint64_t)(info.freeram - info.freehigh) * info.mem_unit / 4;
}

/*
 * The largest ring that can be had: kernels differ in what they permit (1200 KiB in 5.10, 64 MiB
 * in 6.1). What cannot be changed stays as it is. `wanted` 0: what the machine can spare.
 */
static void size_ring(int fd, size_t wanted)
{
	uint64_t most = wanted ? wanted : affordable();
	static const size_t sizes[] = {
		64 << 20, 32 << 20, 16 << 20, 8 << 20, 4 << 20, 2 << 20, 1200 << 10, 1 << 20,
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i] <= most && !ioctl(fd, MON_SET_RING_SIZE, sizes[i]))
			return;
	}
}

static int map_ring(struct usbmon_source *src)
{
	int size = ioctl(src->fd, MON_RING_SIZE);
	void *ring;

	if (size < 0)
		return -errno;
	ring = mmap(NULL, size, PROT_READ, MAP_SHARED, src->fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	src->ring = ring;
	src->ring_bytes = size;
	return 0;
}

/* From here on everything is in the ring; what was before has no part in it. */
static int begin(struct usbmon_source *src)
{
	struct mon_stats stats;

	/* written before the ring was mapped, a payload may lie across its end */
	if (ioctl(src->fd, MON_FLUSH, INT32_MAX) < 0 || ioctl(src->fd, MON_STATS, &stats))
		return -errno;
	src->base.info.start_ns = wall_clock() / 1000 * 1000;
	src->reorder.released_ns = src->base.info.start_ns;
	return 0;
}

static int open_device(struct usbmon_source *src, struct fault *fault)
{
	int err;

	src->fd = open(USBMON_DEVICE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (src->fd >= 0)
		return 0;
	err = -errno;
	if (err == -ENOENT || err == -ENXIO || err == -ENODEV)
		fault_set(fault, "no " USBMON_DEVICE ": modprobe usbmon (a kernel that lacks it needs "
				 "CONFIG_USB_MON)");
	else if (err == -EACCES || err == -EPERM)
		fault_set(fault, USBMON_DEVICE ": %s: run it as root (sudo)", strerror(-err));
	return err;
}

struct source *source_open_usbmon(const struct source_config *config, struct fault *fault)
{
	struct usbmon_source *src = calloc(1, sizeof(*src));
	int err = -ENOMEM;

	if (!src)
		goto out;
	src->fd = -1;
	src->config = *config;
	src->base = (struct source){
		.ops = &usbmon_ops,
		.info = {
			.kind = "usbmon",
			.clock = "realtime",
			.resolution_ns = 1000,
			.sees = URB_SUBMIT | URB_HANDLER,
			.live = true,
		},
	};
	reorder_init(&src->reorder);
	err = sights_init(&src->sights, &src->config, devices_find);
	if (!err)
		err = sights_check(config, fault);
	if (!err)
		err = open_device(src, fault);
	if (err)
		goto out;
	size_ring(src->fd, config->ring_bytes);
	err = map_ring(src);
	if (!err)
		err = begin(src);
out:
	if (!err)
		return &src->base;
	fault_set(fault, USBMON_DEVICE ": %s", strerror(-err));
	if (src)
		usbmon_close(&src->base);
	errno = -err;
	return NULL;
}
