// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a trace, through everything that `urbscope report` and `urbtop` do with it. The first
 * byte chooses selectors; what the reader lets through must keep its promises. By its highest bit the
 * rest is a file, or the payloads of blocks: those get heads and checksums that fit, since no fuzzer
 * guesses them, and so reach what is behind.
 */
#include <errno.h>
#include <zlib.h>
#include <zstd.h>

#include "cmd/figures.h"
#include "recording.h"
#include "urbscope/event_json.h"
#include "urbscope/report.h"
#include "urbscope/top.h"
#include "urbscope/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
	struct figures figures;
	struct event_json *json;
};

static void on_event(void *ctx, const struct urb_event *ev)
{
	struct reader *reader = ctx;

	must(ev->kind && ev->kind <= URB_EV_STREAMS && ev->type <= URB_TYPE_UNKNOWN);
	if (ev->kind == URB_EV_FACTS)
		must(!ev->facts->path[sizeof(ev->facts->path) - 1] &&
		     !ev->facts->name[sizeof(ev->facts->name) - 1] &&
		     !ev->facts->driver[sizeof(ev->facts->driver) - 1]);
	event_json_write(reader->json, ev);
	figures_event(&reader->figures, ev);
}

static void show(struct figures *figures, struct snapshot *before)
{
	struct snapshot *snap = figures_snapshot(figures), *interval;
	struct top_view *view = top_view_new();
	struct top_data data = { .total = snap };

	must(snap && view);
	interval = snapshot_interval(before, snap);
	must(interval);
	must(!report_text(snap, 100, true, nowhere()));
	must(!report_json(snap, nowhere()));
	must(!report_interval_json(interval, nowhere()));
	data.interval = interval;
	top_view_streams(view, true);
	must(!top_batch(view, &data, 80, false, nowhere()));
	top_view_free(view);
	snapshot_free(interval);
	snapshot_free(snap);
}

static void read_all(struct source *src)
{
	struct reader reader = { .json = event_json_new(nowhere(), NULL, NULL) };
	struct snapshot *first = NULL;
	struct fault fault = { "" };
	int err;

	must(reader.json);
	figures_init(&reader.figures, src, 0);
	do {
		err = source_read(src, on_event, &reader, &fault);
		if (!first)
			first = figures_snapshot(&reader.figures);
	} while (err >= 0);
	must(err == -ENODATA ? !fault.text[0] : fault.text[0]);
	must(!source_finish(src, on_event, &reader, &fault));
	show(&reader.figures, first);
	snapshot_free(first);
	figures_release(&reader.figures);
	event_json_free(reader.json);
}

/*
 * A block with this payload. Five bytes before it: type and flags (bits 0 and 1; bit 7: it comes one
 * too late), number of events, size, each of two bytes.
 */
static size_t put_block(struct recording *rec, struct trace_block *block, const uint8_t *data,
			size_t size)
{
	uint8_t head[TRACE_BLOCK_BYTES], packed[ZSTD_COMPRESSBOUND(65536)];
	size_t unpacked = data[3] | data[4] << 8;

	unpacked = unpacked > size - 5 ? size - 5 : unpacked;
	block->type = data[0] & 4 ? TRACE_END : TRACE_EVENTS;
	block->flags = data[0] & 4 ? 0 : data[0] & 3;
	block->seq += 1 + (data[0] >> 7);
	block->event += block->events + (data[0] >> 7);
	block->events = data[1] | data[2] << 8;
	block->unpacked = unpacked;
	block->size = unpacked ? ZSTD_compress(packed, sizeof(packed), data + 5, unpacked, 1) : 0;
	block->crc = crc32(0, packed, block->size);
	block->first_ns = block->last_ns;
	block->last_ns += 1000000000;
	trace_block_pack(block, head);
	recording_put(rec, head, sizeof(head));
	recording_put(rec, packed, block->size);
	return 5 + unpacked;
}

static void put_trace(struct recording *rec, const uint8_t *data, size_t size)
{
	struct trace_head head = { .version = TRACE_VERSION, .run = 1 };
	struct trace_block block = { .run = 1, .seq = UINT64_MAX };
	uint8_t bytes[TRACE_HEAD_BYTES];

	trace_head_pack(&head, bytes);
	recording_put(rec, bytes, sizeof(bytes));
	while (size > 5) {
		size_t used = put_block(rec, &block, data, size);

		data += used;
		size -= used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const texts[TEXTS] = { "*/in", "1-1/bulk#2", "driver=uas", "17e9:*/out" };
	struct recording rec;
	struct fault fault = { "" };
	struct source *src;

	if (!size)
		return 0;
	recording_init(&rec, texts, data[0]);
	if (data[0] & 0x80)
		put_trace(&rec, data + 1, size - 1);
	else
		recording_put(&rec, data + 1, size - 1);
	src = source_open_trace(rec.path, &rec.config, &fault);
	must(src);
	read_all(src);
	source_close(src);
	recording_release(&rec);
	return 0;
}
