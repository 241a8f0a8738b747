// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a recording, most of them as captures, through everything that `urbscope report`
 * does with it. The first byte chooses selectors; what is let through must keep its promises.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "cmd/figures.h"
#include "urbscope/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void on_event(void *ctx, const struct urb_event *ev)
{
	must(ev->kind && ev->kind <= URB_EV_STREAMS && ev->type <= URB_TYPE_UNKNOWN);
	figures_event(ctx, ev);
}

static void read_all(struct source *src)
{
	bool capture = !strcmp(source_info(src)->kind, "pcap");
	struct fault fault = { "" };
	struct figures figures;
	struct snapshot *snap;
	int err;

	figures_init(&figures, src, 0);
	do
		err = source_read(src, on_event, &figures, &fault);
	while (err >= 0);
	must(err == -ENODATA ? !fault.text[0] : fault.text[0]);
	must(!capture || source_info(src)->broken_off == !!source_info(src)->missing);
	must(!source_finish(src, on_event, &figures, &fault));
	snap = figures_snapshot(&figures);
	must(snap);
	must(!report_text(snap, 100, true, nowhere));
	must(!report_json(snap, nowhere));
	snapshot_free(snap);
	figures_release(&figures);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const texts[] = { "*/in", "1:*/bulk", "17e9:6006", "17e9:*/out" };
	struct selector selectors[4];
	struct source_config config = { .selectors = selectors };
	struct fault fault = { "" };
	struct source *src;
	char path[64];
	int fd;

	if (!size)
		return 0;
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	for (unsigned int i = 0; i < 4; i++) {
		if (data[0] >> i & 1 && !selector_parse(texts[i], &selectors[config.selector_cnt], &fault))
			config.selector_cnt++;
	}
	fault.text[0] = '\0';
	fd = memfd_create("capture", MFD_CLOEXEC);
	must(nowhere && fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	src = source_open_recording(path, &config, &fault);
	must(src ? !fault.text[0] : fault.text[0]);
	if (src)
		read_all(src);
	source_close(src);
	close(fd);
	return 0;
}
