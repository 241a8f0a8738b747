// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a log of usbmon's text, read in odd pieces. Its first byte says how large they are;
 * what comes out must keep its promises, and the pieces must make no difference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "cmd/figures.h"
#include "urbscope/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct figures figures;
	uint64_t last_ns, cnt, hash;
};

static FILE *nowhere;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void on_event(void *ctx, const struct urb_event *ev)
{
	struct seen *seen = ctx;

	must(ev->kind && ev->kind <= URB_EV_STREAMS && ev->type <= URB_TYPE_UNKNOWN);
	must(ev->time_ns >= seen->last_ns);
	must(urb_ep_address(ev->ep) < 128 && !(urb_ep_endpoint(ev->ep) & 0x70));
	must(urb_ep_endpoint(ev->ep) != 0x80);
	seen->last_ns = ev->time_ns;
	seen->cnt++;
	seen->hash = seen->hash * 31 + (ev->id ^ ev->time_ns ^ ev->ep ^ ev->kind);
	figures_event(&seen->figures, ev);
}

static void show(struct seen *seen)
{
	struct snapshot *snap = figures_snapshot(&seen->figures);

	must(snap);
	must(!report_text(snap, 100, true, nowhere));
	must(!report_json(snap, nowhere));
	snapshot_free(snap);
}

/* Through a pipe that is given `piece` bytes at a time. */
static uint64_t read_all(const uint8_t *data, size_t size, size_t piece)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };
	struct seen seen = { 0 };
	struct source *src;
	char path[64];
	int fds[2], err = 0;

	must(!pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	src = source_open_text(path, &config, &fault);
	must(src && !fault.text[0]);
	figures_init(&seen.figures, src, 0);
	while (size) {
		size_t now = piece < size ? piece : size;

		must(write(fds[1], data, now) == (ssize_t)now);
		data += now;
		size -= now;
		must(source_read(src, on_event, &seen, &fault) >= 0);
	}
	close(fds[1]);
	do
		err = source_read(src, on_event, &seen, &fault);
	while (err >= 0);
	must(err == -ENODATA ? !fault.text[0] : fault.text[0]);
	must(source_info(src)->broken_off == !!source_info(src)->missing);
	must(source_now(src) >= seen.last_ns);
	must(!source_finish(src, on_event, &seen, &fault));
	if (piece != SIZE_MAX)
		show(&seen);
	figures_release(&seen.figures);
	source_close(src);
	close(fds[0]);
	return seen.hash + seen.cnt;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	must(nowhere);
	must(read_all(data + 1, size - 1, SIZE_MAX) == read_all(data + 1, size - 1, data[0] + 1));
	return 0;
}
