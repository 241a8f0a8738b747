// SPDX-License-Identifier: GPL-2.0
/*
 * Logs of usbmon's text interface: as `cat` wrote them, or in a mail, with prose around them. A
 * line that is no record is prose and of no concern. One that looks like a record and cannot be
 * understood is skipped and counted, and an event of its endpoint is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pcap_facts.h"
#include "recording.h"
#include "select.h"
#include "source.h"
#include "text_clock.h"
#include "text_line.h"

#define CHUNK	 (256 * 1024)
#define EARLY_MAX 8
#define LINE_MAX 4096		/* what stands further behind is payload that an odd tool gave whole */

struct text_source {
	struct source base;
	struct input in;
	struct selection selection;
	struct capture_facts facts;
	struct text_clock clock;
	struct text_record submitted; /* the last S */
	uint64_t line_cnt, record_cnt;
	struct {
		uint32_t ep;
		uint8_t type;
	} early[EARLY_MAX];	/* endpoints of records that were skipped before the first good one */
	uint32_t early_cnt;	/* of those records */
	source_emit emit;	/* of the current read */
	void *ctx;
	int emitted;
	enum text_meaning held;	/* of held_line; TEXT_PROSE: there is none */
	size_t held_size;
	char held_line[LINE_MAX];
	bool in_line;		/* what was dropped began a line: what follows ends it */
	size_t have;		/* bytes in buf, of which no line is whole */
	char buf[CHUNK];
};

static struct text_source *self(struct source *src)
{
	return (struct text_source *)src;
}

static int text_fd(const struct source *src)
{
	return ((const struct text_source *)src)->in.fd;
}

static uint64_t text_now(const struct source *src)
{
	return ((const struct text_source *)src)->clock.now_ns;
}

/* What the source emits, if it was asked for. */
static void hand_on(void *ctx, const struct urb_event *ev)
{
	struct text_source *src = ctx;

	if (!selection_has(&src->selection, ev))
		return;
	src->emit(src->ctx, ev);
	src->emitted++;
}

/* Kernels of old wrote E records without the bus, right behind their S as a rule. */
static void complete_address(struct text_source *src, struct text_record *rec)
{
	const struct text_record *s = &src->submitted;

	if (rec->kind == 'S')
		src->submitted = *rec;
	else if (rec->kind == 'E' && !urb_ep_bus(rec->ep) && s->id == rec->id &&
		 (s->ep & 0xffff) == rec->ep)
		rec->ep = s->ep;
}

static void tell_skipped(struct text_source *src, uint32_t ep, uint8_t type, uint32_t cnt,
			 uint64_t time_ns)
{
	struct urb_event ev = {
		.time_ns = time_ns,
		.ep = ep,
		.kind = URB_EV_LOST,
		.type = type,
		.lost = { .count = cnt, .until_ns = time_ns },
	};

	hand_on(src, &ev);
}

/* They were of before the window: what was in flight when it begins may be another than it seems. */
static void tell_early(struct text_source *src, uint64_t start_ns)
{
	uint32_t cnt = src->early_cnt;

	if (cnt > EARLY_MAX)
		tell_skipped(src, URB_EP_ANY, URB_TYPE_UNKNOWN, cnt, start_ns);
	for (uint32_t i = 0; i < cnt && cnt <= EARLY_MAX; i++)
		tell_skipped(src, src->early[i].ep, src->early[i].type, 1, start_ns);
	src->early_cnt = 0;
}

static int take_record(struct text_source *src, struct text_record *rec)
{
	struct capture_control control = { 0 };
	struct urb_event ev;
	bool late;

	complete_address(src, rec);
	src->record_cnt++;
	ev = text_event(rec, text_clock_tell(&src->clock, rec, &late));
	src->base.late += late;
	/* whatever is selected: the window is the log's */
	if (!src->base.info.start_ns)
		src->base.info.start_ns = ev.time_ns;
	tell_early(src, ev.time_ns);
	if (rec->type == URB_TYPE_CONTROL && rec->kind == 'S' && rec->has_setup) {
		control.setup = rec->setup;
	} else if (rec->type == URB_TYPE_CONTROL && rec->kind == 'C' && rec->data_size) {
		control.answer = rec->data;
		control.answer_size = rec->data_size;
	}
	if (capture_facts_before(&src->facts, &ev, hand_on, src))
		return -ENOMEM;
	hand_on(src, &ev);
	capture_facts_after(&src->facts, &ev, &control, hand_on, src);
	return 0;
}

static void skip_record(struct text_source *src, const struct text_record *rec)
{
	src->base.skipped++;
	if (!rec->has_ep)
		return;
	if (src->record_cnt) {
		tell_skipped(src, rec->ep, rec->type, 1, src->clock.now_ns);
		return;
	}
	if (src->early_cnt < EARLY_MAX) {
		src->early[src->early_cnt].ep = rec->ep;
		src->early[src->early_cnt].type = rec->type;
	}
	src->early_cnt++;
}

static int take(struct text_source *src, enum text_meaning meaning, struct text_record *rec)
{
	if (meaning == TEXT_PROSE)
		return 0;
	if (meaning == TEXT_RECORD)
		return take_record(src, rec);
	skip_record(src, rec);
	return 0;
}

static int take_held(struct text_source *src)
{
	struct text_record rec;

	if (src->held == TEXT_PROSE)
		return 0;
	src->held = TEXT_PROSE;
	return take(src, text_line_parse(src->held_line, src->held_size, &rec), &rec);
}

/* A record that the next line may go on with, as mail programs break lines. */
static bool hold(struct text_source *src, enum text_meaning meaning, const struct text_record *rec,
		 const char *line, size_t size)
{
	if (meaning != TEXT_CUT && !(meaning == TEXT_RECORD && rec->data_missing))
		return false;
	if (size > sizeof(src->held_line))
		return false;
	src->held = meaning;
	memmove(src->held_line, line, size);
	src->held_size = size;
	return true;
}

/* A line that is no record itself: it may go on with the one that is held. */
static int join(struct text_source *src, const char *line, size_t size)
{
	enum text_meaning meaning;
	char joined[LINE_MAX];
	struct text_record rec;

	while (size && text_is_margin(*line)) {
		line++;
		size--;
	}
	if (!size || src->held_size + 1 + size > sizeof(joined))
		return take_held(src);
	memcpy(joined, src->held_line, src->held_size);
	joined[src->held_size] = ' ';
	memcpy(joined + src->held_size + 1, line, size);
	size += src->held_size + 1;
	meaning = text_line_parse(joined, size, &rec);
	if (meaning != TEXT_RECORD && meaning != TEXT_CUT)
		return take_held(src);
	src->held = TEXT_PROSE;
	return hold(src, meaning, &rec, joined, size) ? 0 : take(src, meaning, &rec);
}

static int take_line(struct text_source *src, const char *line, size_t size)
{
	enum text_meaning meaning;
	struct text_record rec;
	int err;

	src->line_cnt++;
	if (size > LINE_MAX)
		size = LINE_MAX;
	meaning = text_line_parse(line, size, &rec);
	if (meaning == TEXT_PROSE)
		return src->held == TEXT_PROSE ? 0 : join(src, line, size);
	err = take_held(src);
	if (err || hold(src, meaning, &rec, line, size))
		return err;
	return take(src, meaning, &rec);
}

/* All whole lines; of one that fills the buffer its beginning. */
static int take_lines(struct text_source *src)
{
	char *at = src->buf, *end = src->buf + src->have, *newline;
	int err = 0;

	while (!err && (newline = memchr(at, '\n', end - at))) {
		if (!src->in_line)
			err = take_line(src, at, newline - at);
		src->in_line = false;
		at = newline + 1;
	}
	if (!err && at == src->buf && src->have == sizeof(src->buf)) {
		if (!src->in_line)
			err = take_line(src, at, src->have);
		src->in_line = true;
		at = end;
	}
	src->have = end - at;
	memmove(src->buf, at, src->have);
	return err;
}

/*
 * A line without a newline may be cut anywhere, within a number too. Usbmon has something follow
 * a length, but if it is 0.
 */
static bool is_whole(const char *line, size_t size)
{
	enum text_meaning meaning, longer_meaning;
	struct text_record rec, longer;
	char more[LINE_MAX + 1];

	if (size > LINE_MAX)
		return false;
	meaning = text_line_parse(line, size, &rec);
	memcpy(more, line, size);
	more[size] = '0';
	longer_meaning = text_line_parse(more, size + 1, &longer);
	return meaning == longer_meaning && (meaning == TEXT_PROSE || rec.length == longer.length);
}

static int end(struct text_source *src, struct fault *fault)
{
	bool whole = true;
	int err = 0;

	if (src->have) {
		whole = is_whole(src->buf, src->have);
		err = take_line(src, src->buf, src->have);
		src->have = 0;
	}
	if (!err)
		err = take_held(src);
	if (err)
		return err;
	if (!whole) {
		src->base.info.broken_off = true;
		src->base.info.missing = "its last line has no end";
	}
	if (src->record_cnt)
		return -ENODATA;
	fault_set(fault, "%s: no recording that urbscope reads: no capture (pcap, pcapng), no stream of "
			 "`urbscope record -o -`, and of its %llu lines none is a record of usbmon's text "
			 "(TAG STAMP S|C|E Bi:BUS:DEVICE:ENDPOINT STATUS LENGTH)%s",
		  input_name(&src->in), (unsigned long long)src->line_cnt,
		  src->base.skipped ? ", though some look like it" : "");
	return -EINVAL;
}

static int text_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct text_source *src = self(base);
	ssize_t got = input_read(&src->in, src->buf + src->have, sizeof(src->buf) - src->have);
	int err;

	src->emit = emit;
	src->ctx = ctx;
	src->emitted = 0;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got > 0) {
		src->have += got;
		err = take_lines(src);
	} else {
		err = got ? -errno : end(src, fault);
	}
	/* what the end let go is handed on first; the next read finds the end again */
	if (!err || (err == -ENODATA && src->emitted))
		return src->emitted;
	if (err != -ENODATA && !fault->text[0])
		fault_set(fault, "%s: %s", input_name(&src->in), strerror(-err));
	return err;
}

static int text_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* nothing is held back */
	return 0;
}

static void release(struct text_source *src)
{
	capture_facts_release(&src->facts);
	selection_release(&src->selection);
	free(src);
}

static void text_close(struct source *base)
{
	struct input in = self(base)->in;

	release(self(base));
	input_close(&in);
}

static const struct source_ops text_ops = {
	.fd = text_fd,
	.read = text_read,
	.finish = text_finish,
	.now = text_now,
	.close = text_close,
};

struct source *text_open(const struct input *in, const struct source_config *config,
			 struct fault *fault)
{
	struct text_source *src = calloc(1, sizeof(*src));

	if (!src) {
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		return NULL;
	}
	src->base.ops = &text_ops;
	src->in = *in;
	src->held = TEXT_PROSE;
	src->base.info = (struct source_info){
		.kind = "usbmon-text",
		.path = in->path,
		.clock = "unknown",
		.resolution_ns = 1000,
		.sees = URB_SUBMIT | URB_HANDLER,
		.silent = true,
	};
	selection_init(&src->selection, config);
	if (!capture_facts_init(&src->facts))
		return &src->base;
	fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
	release(src);
	return NULL;
}

struct source *source_open_text(const char *path, const struct source_config *config,
				struct fault *fault)
{
	struct source *src;
	struct input in;

	if (input_open(&in, path, fault))
		return NULL;
	src = text_open(&in, config, fault);
	if (!src)
		input_close(&in);
	return src;
}
