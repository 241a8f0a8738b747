// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a recording, most of them as captures, through everything that `urbscope report`
 * does with it. The first byte chooses selectors; what is let through must keep its promises.
 */
#include <errno.h>
#include <string.h>

#include "cmd/figures.h"
#include "recording.h"
#include "urbscope/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	must(!report_text(snap, 100, true, nowhere()));
	must(!report_json(snap, nowhere()));
	snapshot_free(snap);
	figures_release(&figures);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const texts[TEXTS] = { "*/in", "1:5/bulk", "17e9:6006", "17e9:*/out" };
	struct recording rec;
	struct fault fault = { "" };
	struct source *src;

	if (!size)
		return 0;
	recording_init(&rec, texts, data[0]);
	recording_put(&rec, data + 1, size - 1);
	src = source_open_recording(rec.path, &rec.config, &fault);
	must(src ? !fault.text[0] : fault.text[0]);
	if (src)
		read_all(src);
	source_close(src);
	recording_release(&rec);
	return 0;
}
