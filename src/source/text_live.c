// SPDX-License-Identifier: GPL-2.0
/*
 * The running kernel through usbmon's text interface (drivers/usb/mon/mon_text.c), for when there
 * is nothing better: debugfs has it even where /dev/usbmon0 was never made.
 *
 * It queues 90 events or so and drops what is more, gives one a read(), and cannot be polled. So
 * a process of our own does nothing but read it, into a pipe that we empty now and then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "reorder.h"
#include "sights.h"
#include "source.h"
#include "text_clock.h"
#include "text_line.h"

#define DEBUGFS	   "/sys/kernel/debug"
#define EVENTS	   DEBUGFS "/usb/usbmon/0u" /* all buses */
#define STATISTICS DEBUGFS "/usb/usbmon/0s"

#define PIPE_BYTES (1 << 20)
#define CHUNK	   (64 * 1024)
#define LINE_MAX   1024		/* mon_text.c makes lines of 250 at most */

struct text_live {
	struct source base;
	struct source_config config;
	struct reorder reorder;
	struct sights sights;
	int fd;			/* of EVENTS, shared with the reader */
	int pipe;		/* from the reader */
	pid_t reader;		/* 0: none */
	uint32_t lost_cnt;	/* as STATISTICS had it */
	size_t have;
	char buf[CHUNK];
};

static struct text_live *self(struct source *src)
{
	return (struct text_live *)src;
}

/* The clock of the stamps. */
static uint64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * UINT64_C(1000000) + ts.tv_nsec / 1000;
}

/* --- the reader ---------------------------------------------------------------------------- */

static void wake(int sig)
{
	(void)sig; /* read() ends with EINTR */
}

static _Noreturn void carry(int from, int to)
{
	char line[LINE_MAX];
	ssize_t got;

	do {
		got = read(from, line, sizeof(line));
		for (ssize_t at = 0, put; at < got; at += put) {
			put = write(to, line + at, got - at);
			if (put < 0 && errno != EINTR)
				_exit(1);
			put = put < 0 ? 0 : put;
		}
	} while (got > 0 || (got < 0 && errno == EINTR));
	_exit(errno != EAGAIN);
}

/* Signals that are meant for us reach it as well: it ends when we do. */
static _Noreturn void be_reader(int from, int to, pid_t parent)
{
	struct sigaction action = { .sa_handler = wake };
	sigset_t blocked;

	sigaction(SIGUSR1, &action, NULL);
	sigfillset(&blocked);
	sigdelset(&blocked, SIGUSR1);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	carry(from, to);
}

static int start_reader(struct text_live *src)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES);
	src->pipe = fds[0];
	src->reader = fork();
	if (!src->reader)
		be_reader(src->fd, fds[1], parent);
	close(fds[1]);
	if (src->reader < 0) {
		src->reader = 0;
		return -errno;
	}
	fcntl(src->pipe, F_SETFL, O_NONBLOCK);
	return 0;
}

/* It is woken, finds that it must not wait any more, and ends when it has read everything. */
static void let_reader_end(struct text_live *src)
{
	fcntl(src->fd, F_SETFL, O_NONBLOCK); /* the file is the same as its */
	kill(src->reader, SIGUSR1);
}

/* --- events -------------------------------------------------------------------------------- */

static int take(struct text_live *src, const char *line, size_t size, uint64_t now_us)
{
	struct urb_event ev, news[2];
	int news_cnt = 0, err;
	struct text_record rec;
	bool wanted;

	if (text_line_parse(line, size, &rec) != TEXT_RECORD) {
		src->base.skipped++;
		return 0;
	}
	ev = text_event(&rec, text_clock_at(&rec, now_us));
	if (ev.time_ns < src->base.info.start_ns)
		return 0;
	err = sights_see(&src->sights, ev.ep, ev.type, ev.time_ns, &wanted, news, &news_cnt);
	for (int i = 0; i < news_cnt && !err; i++)
		err = reorder_add(&src->reorder, &news[i]);
	return err || !wanted ? err : reorder_add(&src->reorder, &ev);
}

static int take_lines(struct text_live *src)
{
	uint64_t now_us = clock_us();
	char *at = src->buf, *end = src->buf + src->have, *newline;
	int err = 0;

	while (!err && (newline = memchr(at, '\n', end - at))) {
		err = take(src, at, newline - at, now_us);
		at = newline + 1;
	}
	src->have = end - at;
	memmove(src->buf, at, src->have);
	return err ? err : src->have == sizeof(src->buf) ? -EIO : 0;
}

/* What the pipe has: 0, -EPIPE if the reader has ended, or another -errno. */
static int drain(struct text_live *src)
{
	int err = 0;

	/* what comes while we read may wait, or a busy bus would hold us here */
	for (size_t taken = 0; !err && taken < PIPE_BYTES;) {
		ssize_t got = read(src->pipe, src->buf + src->have, sizeof(src->buf) - src->have);

		if (!got)
			return -EPIPE;
		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		taken += got;
		src->have += got;
		err = take_lines(src);
	}
	return err;
}

/* How many events it has dropped since usbmon was loaded, for whichever reader of all buses. */
static int read_lost(uint32_t *lost)
{
	FILE *in = fopen(STATISTICS, "re");
	int err = 0;

	if (!in)
		return -errno;
	if (fscanf(in, "nreaders %*d events %*u text_lost %u", lost) != 1)
		err = -EIO;
	fclose(in);
	return err;
}

static int check_lost(struct text_live *src)
{
	uint32_t before = src->lost_cnt;
	int err = read_lost(&src->lost_cnt);

	return err ? err : reorder_lost(&src->reorder, (uint32_t)(src->lost_cnt - before),
					clock_us() * 1000);
}

/* --- the source ---------------------------------------------------------------------------- */

static int live_fd(const struct source *base)
{
	(void)base;
	return -1; /* the pipe holds what comes between two looks */
}

static int fail(int err, struct fault *fault)
{
	fault_set(fault, "reading " EVENTS ": %s",
		  err == -EPIPE ? "its reader has ended" : strerror(-err));
	return err;
}

static int live_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct text_live *src = self(base);
	uint64_t now_ns = clock_us() * 1000;
	int err = drain(src);

	if (!err)
		err = check_lost(src);
	if (err)
		return fail(err, fault);
	err = reorder_emit(&src->reorder, now_ns - SOURCE_HORIZON_NS, emit, ctx);
	base->late = src->reorder.late;
	return err;
}

static int live_finish(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct text_live *src = self(base);
	struct pollfd readable = { .fd = src->pipe, .events = POLLIN };
	uint64_t now_ns = clock_us() * 1000;
	int err;

	let_reader_end(src);
	while (!(err = drain(src)))
		poll(&readable, 1, -1);
	if (err == -EPIPE)
		err = check_lost(src);
	if (err)
		return fail(err, fault);
	reorder_emit(&src->reorder, now_ns, emit, ctx);
	base->late = src->reorder.late;
	return 0;
}

static uint64_t live_now(const struct source *base)
{
	return ((const struct text_live *)base)->reorder.released_ns;
}

/* Who has become another user neither reaches debugfs nor wakes the reader. */
static uint64_t live_lacks(const struct source *base)
{
	const struct text_live *src = (const struct text_live *)base;
	uint64_t lacks = 0;

	if (faccessat(AT_FDCWD, STATISTICS, R_OK, AT_EACCESS))
		lacks |= UINT64_C(1) << CAP_DAC_READ_SEARCH;
	if (kill(src->reader, 0))
		lacks |= UINT64_C(1) << CAP_KILL;
	return lacks;
}

static void live_close(struct source *base)
{
	struct text_live *src = self(base);

	if (src->reader) {
		kill(src->reader, SIGKILL);
		waitpid(src->reader, NULL, 0);
	}
	if (src->pipe >= 0)
		close(src->pipe);
	if (src->fd >= 0)
		close(src->fd);
	reorder_release(&src->reorder);
	sights_release(&src->sights);
	free(src);
}

static const struct source_ops live_ops = {
	.fd = live_fd,
	.read = live_read,
	.finish = live_finish,
	.now = live_now,
	.lacks = live_lacks,
	.close = live_close,
};

static bool debugfs_is_mounted(void)
{
	struct statfs fs;

	return !statfs(DEBUGFS, &fs) && fs.f_type == DEBUGFS_MAGIC;
}

static int open_events(struct text_live *src, struct fault *fault)
{
	int err;

	src->fd = open(EVENTS, O_RDONLY | O_CLOEXEC);
	if (src->fd >= 0)
		return 0;
	err = -errno;
	if (err == -ENOENT && !debugfs_is_mounted())
		fault_set(fault, "no " EVENTS ", as debugfs is not mounted: mount -t debugfs debugfs "
				 DEBUGFS);
	else if (err == -ENOENT)
		fault_set(fault, "no " EVENTS ": modprobe usbmon (a kernel that lacks it needs "
				 "CONFIG_USB_MON and CONFIG_DEBUG_FS)");
	else if (err == -EPERM && !geteuid())
		fault_set(fault, EVENTS ": %s: kernel lockdown closes debugfs; boot with lockdown=none",
			  strerror(-err));
	else if (err == -EACCES || err == -EPERM)
		fault_set(fault, EVENTS ": %s: run it as root (sudo)", strerror(-err));
	return err;
}

/* What came before has no part in it. */
static int begin(struct text_live *src)
{
	int err = read_lost(&src->lost_cnt);

	src->base.info.start_ns = clock_us() * 1000;
	src->reorder.released_ns = src->base.info.start_ns;
	return err ? err : start_reader(src);
}

struct source *source_open_usbmon_text(const struct source_config *config, struct fault *fault)
{
	struct text_live *src = calloc(1, sizeof(*src));
	int err = -ENOMEM;

	if (!src)
		goto out;
	src->fd = src->pipe = -1;
	src->config = *config;
	src->base = (struct source){
		.ops = &live_ops,
		.info = {
			.kind = "usbmon-text",
			.clock = "monotonic",
			.wall_ns = source_wall_ns(),
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
		err = open_events(src, fault);
	if (!err)
		err = begin(src);
out:
	if (!err)
		return &src->base;
	fault_set(fault, EVENTS ": %s", strerror(-err));
	if (src)
		live_close(&src->base);
	errno = -err;
	return NULL;
}
