// SPDX-License-Identifier: GPL-2.0
/* A trace that urbscope recorded, from a file or as it comes through a pipe: docs/trace.md. */
#include "urbscope/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "select.h"
#include "source.h"
#include "urbscope/idmap.h"

#define CHUNK (256 * 1024)

struct trace_source {
	struct source base;
	struct input in;
	struct selection selection;
	struct trace_decoder *dec;
	struct trace_head head;
	struct trace_run run;
	struct idmap gone;	/* how many devices have left an address, by urb_ep() of its endpoint 0 */
	uint64_t seq, event;	/* what the next block ought to begin with */
	uint64_t reached_ns;
	bool opened, begun;	/* the head was read; the first TRACE_KEY block was */
	bool headless;		/* the head was damaged */
	bool lost;		/* since the last TRACE_KEY block */
	bool skipping;		/* at bytes that are no block */
	bool ended, closed;	/* the END block was read; the trailer was */
	bool eof;
	uint8_t *buf;
	size_t room, have, at;	/* bytes in buf, and of those used */
	struct source_emission {
		source_emit emit;
		void *ctx;
		int cnt;
	} out;
};

static struct trace_source *self(struct source *src)
{
	return (struct trace_source *)src;
}

static int trace_fd(const struct source *src)
{
	return ((const struct trace_source *)src)->in.fd;
}

static uint64_t trace_now(const struct source *src)
{
	return ((const struct trace_source *)src)->reached_ns;
}

/* Reads more behind what is left. 0, or -errno. */
static int fill(struct trace_source *src, struct fault *fault)
{
	ssize_t got;
	int err;

	memmove(src->buf, src->buf + src->at, src->have - src->at);
	src->have -= src->at;
	src->at = 0;
	got = input_read(&src->in, src->buf + src->have, src->room - src->have);
	if (got > 0)
		src->have += got;
	src->eof = !got;
	if (got >= 0 || errno == EAGAIN || errno == EINTR)
		return 0;
	err = -errno;
	fault_set(fault, "%s: %s", input_name(&src->in), strerror(-err));
	return err;
}

/* Something is not as it was written. */
static void damage(struct trace_source *src)
{
	src->base.info.damaged++;
}

static void put_event(struct trace_source *src, const struct urb_event *ev)
{
	if (src->selection.selector_cnt && !selection_has(&src->selection, ev))
		return;
	src->out.emit(src->out.ctx, ev);
	src->out.cnt++;
}

static void put_plain(struct trace_source *src, enum urb_event_kind kind, uint32_t ep, uint64_t ns)
{
	struct urb_event ev = { .time_ns = ns, .ep = ep, .kind = kind, .type = URB_TYPE_UNKNOWN };

	if (kind == URB_EV_LOST)
		ev.lost.until_ns = ns;
	put_event(src, &ev);
}

static void put_lost(struct trace_source *src, const struct trace_block *block)
{
	struct urb_event ev = {
		.time_ns = src->begun ? src->reached_ns : block->first_ns,
		.ep = URB_EP_ANY,
		.kind = URB_EV_LOST,
		.type = URB_TYPE_UNKNOWN,
		.lost = { .count = block->event - src->event, .until_ns = block->first_ns },
	};

	put_event(src, &ev);
	src->lost = true;
}

static uint32_t generation_of(const struct trace_source *src, uint32_t ep)
{
	uint32_t cnt = idmap_find(&src->gone, ep & ~UINT32_C(0xff), 0);

	return cnt == IDMAP_NONE ? 0 : cnt;
}

static int set_generation(struct trace_source *src, uint32_t ep, uint32_t generation)
{
	return idmap_set(&src->gone, ep & ~UINT32_C(0xff), 0, generation);
}

/* What was unplugged unseen: all of it is over, whatever is at its address now. */
static int put_gone(struct trace_source *src, uint64_t ns)
{
	const struct trace_known *known;
	size_t cnt;

	known = trace_decoder_known(src->dec, &cnt);
	for (size_t i = 0; i < cnt; i++) {
		uint32_t ep = known[i].ep;

		if (known[i].generation == generation_of(src, ep))
			continue;
		if (src->lost)
			put_plain(src, URB_EV_GONE, ep, ns);
		for (size_t j = i; src->lost && j < cnt; j++) {
			if ((known[j].ep ^ ep) < 0x100)
				put_plain(src, URB_EV_SYNC, known[j].ep, ns);
		}
		if (set_generation(src, ep, known[i].generation))
			return -ENOMEM;
	}
	return 0;
}

static void put_facts(struct trace_source *src, const struct trace_known *known, uint64_t ns)
{
	struct urb_event ev = {
		.time_ns = ns,
		.ep = known->ep,
		.kind = URB_EV_FACTS,
		.type = known->facts ? known->facts->type : URB_TYPE_UNKNOWN,
		.facts = known->facts,
	};

	if (known->facts)
		put_event(src, &ev);
	/* the recording itself was in doubt here; we are told so no more than once */
	if (known->flags & TRACE_LOST && !src->lost)
		put_plain(src, URB_EV_LOST, known->ep, ns);
}

static int put_in_flight(struct trace_source *src, uint64_t ns)
{
	struct trace_open open;
	int got;

	while ((got = trace_decoder_open(src->dec, &open)) > 0) {
		struct urb_event ev = {
			.time_ns = ns,
			.id = open.number,
			.ep = open.ep,
			.stream = open.stream,
			.kind = URB_EV_INFLIGHT,
			.type = open.type,
			.submit = { .slot = open.slot, .length = open.length },
		};

		put_event(src, &ev);
	}
	return got;
}

/* The block tells what was known before it, and we do not know: the gap is over. */
static int put_scene(struct trace_source *src, const struct trace_block *block)
{
	uint64_t ns = block->first_ns;
	const struct trace_known *known;
	size_t cnt;
	int err;

	known = trace_decoder_known(src->dec, &cnt);
	for (size_t i = 0; i < cnt; i++)
		put_facts(src, &known[i], ns);
	err = put_in_flight(src, ns);
	if (err || !src->lost)
		return err;
	if (block->flags & TRACE_WHOLE)
		put_plain(src, URB_EV_SYNC, URB_EP_ANY, ns);
	for (size_t i = 0; i < cnt && !(block->flags & TRACE_WHOLE); i++) {
		if (known[i].flags & TRACE_SURE)
			put_plain(src, URB_EV_SYNC, known[i].ep, ns);
	}
	src->lost = false;
	return 0;
}

static void take_run(struct trace_source *src)
{
	const struct trace_run *run = trace_decoder_run(src->dec);

	if (!run)
		return;
	src->run = *run;
	src->base.late = run->late;
	src->base.skipped = run->skipped;
}

/* The first block that can be begun with. */
static void begin(struct trace_source *src, const struct trace_block *block)
{
	struct source_info *info = &src->base.info;

	info->kind = src->run.kind;
	info->clock = src->run.clock;
	info->resolution_ns = src->run.resolution_ns;
	info->sees = src->run.sees;
	info->silent = src->run.silent;
	info->walks = src->run.walks;
	info->run = &src->run;
	info->start_ns = src->head.seq ? block->first_ns : src->run.start_ns;
	src->begun = true;
}

static int put_events(struct trace_source *src)
{
	struct urb_event ev;
	int got, err;

	while ((got = trace_decoder_event(src->dec, &ev)) > 0) {
		/* one that was seen is no news to the next block that tells what is known */
		err = ev.kind == URB_EV_GONE ? set_generation(src, ev.ep, generation_of(src, ev.ep) + 1) : 0;
		if (err)
			return err;
		put_event(src, &ev);
	}
	return got;
}

/* A whole block, the next one or a later one. */
static int take_block(struct trace_source *src, const struct trace_block *block)
{
	bool key = block->flags & TRACE_KEY, middle = !src->begun && src->head.seq;
	int err = 0;

	if (block->seq != src->seq)
		damage(src);
	take_run(src);
	/* what cannot be understood without what was lost is lost as well */
	if (!src->begun && !key && block->type != TRACE_END) {
		src->seq = block->seq + 1;
		return 0;
	}
	if (!src->begun)
		begin(src, block);
	src->base.info.wall_ns = block->wall_ns;
	if (block->event != src->event)
		put_lost(src, block);
	if (key)
		err = put_gone(src, block->first_ns);
	if (!err && key && (src->lost || middle))
		err = put_scene(src, block);
	if (!err)
		err = put_events(src);
	src->seq = block->seq + 1;
	src->event = block->event + block->events;
	src->reached_ns = block->last_ns;
	src->ended = block->type == TRACE_END;
	return err;
}

/* It is none of this recording, or has come already. */
static bool is_foreign(const struct trace_source *src, const struct trace_block *block)
{
	return block->run != (uint32_t)src->head.run || block->seq < src->seq;
}

static int refuse_block(struct trace_source *src, const struct trace_block *block, const char *why,
			struct fault *fault)
{
	fault_set(fault, "%s: block %llu is not as docs/trace.md says: %s; was it written by a newer "
			 "urbscope?", input_name(&src->in), (unsigned long long)block->seq, why);
	return -EINVAL;
}

static const char *strange(const struct trace_source *src, const struct trace_block *block)
{
	bool next = block->seq == src->seq;

	if (block->type != TRACE_EVENTS && block->type != TRACE_END)
		return "its type";
	if (block->flags & ~(TRACE_KEY | TRACE_WHOLE) || (block->flags && block->type == TRACE_END))
		return "its flags";
	if (block->size > TRACE_PAYLOAD_MAX || block->unpacked > TRACE_PAYLOAD_MAX)
		return "its size";
	if (next && src->begun ? block->event != src->event : block->event < src->event)
		return "its number of events";
	if (next && src->begun ? block->first_ns != src->reached_ns : block->first_ns < src->reached_ns)
		return "its time";
	return NULL;
}

/* On to where a block may begin. */
static void skip(struct trace_source *src)
{
	size_t left = src->have - src->at;

	if (!src->skipping)
		damage(src);
	src->skipping = true;
	src->at += 1 + trace_block_find(src->buf + src->at + 1, left - 1);
}

static int out_of_memory(struct trace_source *src, struct fault *fault)
{
	fault_set(fault, "%s: %s", input_name(&src->in), strerror(ENOMEM));
	return -ENOMEM;
}

/* Room for a block of that size: 0 or -ENOMEM. */
static int make_room(struct trace_source *src, size_t size, struct fault *fault)
{
	uint8_t *buf;

	if (size <= src->room)
		return 0;
	size += CHUNK;
	buf = realloc(src->buf, size);
	if (!buf)
		return out_of_memory(src, fault);
	src->buf = buf;
	src->room = size;
	return 0;
}

/* 1: something was used up, 0: there is too little to go on, or -errno. */
static int step_block(struct trace_source *src, struct fault *fault)
{
	const uint8_t *bytes = src->buf + src->at;
	size_t left = src->have - src->at;
	struct trace_block block;
	const char *why;
	int err;

	if (left < TRACE_BLOCK_BYTES)
		return 0;
	if (trace_block_unpack(&block, bytes)) {
		skip(src);
		return 1;
	}
	if (src->headless) {
		/* the first one that can be read tells what the head would have */
		src->headless = false;
		src->head.run = block.run;
		src->head.seq = src->seq = block.seq;
		src->head.event = src->event = block.event - (src->skipping && block.event);
	}
	if (is_foreign(src, &block)) {
		skip(src);
		return 1;
	}
	why = strange(src, &block);
	if (why)
		return refuse_block(src, &block, why, fault);
	if (left < TRACE_BLOCK_BYTES + block.size) {
		err = make_room(src, TRACE_BLOCK_BYTES + block.size, fault);
		if (!err && src->eof) {
			skip(src);
			err = 1;
		}
		return err;
	}
	err = trace_decoder_block(src->dec, &block, bytes + TRACE_BLOCK_BYTES, &why);
	if (err == -EBADMSG) {
		skip(src);
		return 1;
	}
	src->skipping = false;
	if (!err) {
		why = "its events";
		err = take_block(src, &block);
	}
	src->at += TRACE_BLOCK_BYTES + block.size;
	if (err == -ENOMEM)
		return out_of_memory(src, fault);
	return err ? refuse_block(src, &block, why, fault) : 1;
}

static int take_head(struct trace_source *src, struct fault *fault)
{
	const char *name = input_name(&src->in);
	struct trace_head *head = &src->head;
	int err = trace_head_unpack(head, src->buf + src->at);

	if (err == -EINVAL) {
		fault_set(fault, "%s: not a trace: `urbscope record` writes them", name);
		return err;
	}
	src->opened = true;
	if (err) {
		damage(src);
		src->headless = src->skipping = true;
		src->at += 1;
		return 0;
	}
	if (head->version != TRACE_VERSION) {
		fault_set(fault, "%s: a trace of version %u, this urbscope reads %u: use the urbscope that "
				 "wrote it, or a newer one", name, head->version, TRACE_VERSION);
		return -EINVAL;
	}
	if (head->features & ~TRACE_FEATURES) {
		fault_set(fault, "%s: a trace with features that this urbscope does not know (%#x): use "
				 "the urbscope that wrote it, or a newer one", name,
			  head->features & ~TRACE_FEATURES);
		return -EINVAL;
	}
	src->seq = head->seq;
	src->event = head->event;
	src->at += TRACE_HEAD_BYTES;
	return 0;
}

static int step_head(struct trace_source *src, struct fault *fault)
{
	int err;

	if (src->have - src->at < TRACE_HEAD_BYTES)
		return 0;
	err = take_head(src, fault);
	return err ? err : 1;
}

static int step_trailer(struct trace_source *src)
{
	uint64_t offset;

	if (src->have - src->at < TRACE_TRAILER_BYTES)
		return 0;
	if (trace_trailer_unpack(&offset, src->buf + src->at))
		damage(src);
	src->at += TRACE_TRAILER_BYTES;
	src->closed = true;
	return 1;
}

/* Behind the end there may be the next file of the same recording. */
static int step_next(struct trace_source *src, struct fault *fault)
{
	struct trace_head head;

	if (src->have - src->at < TRACE_HEAD_BYTES && !src->eof)
		return 0;
	if (src->have - src->at < TRACE_HEAD_BYTES ||
	    trace_head_unpack(&head, src->buf + src->at)) {
		if (src->at < src->have)
			damage(src);
		src->at = src->have;
		return 0;
	}
	if (head.run != src->head.run || head.seq != src->seq) {
		fault_set(fault, "%s: another recording begins behind its end: read them one by one",
			  input_name(&src->in));
		return -EINVAL;
	}
	src->ended = src->closed = false;
	src->at += TRACE_HEAD_BYTES;
	return 1;
}

static int step(struct trace_source *src, struct fault *fault)
{
	if (!src->opened)
		return step_head(src, fault);
	if (!src->ended)
		return step_block(src, fault);
	return src->closed ? step_next(src, fault) : step_trailer(src);
}

/* Nothing more comes. */
static int end(struct trace_source *src, struct fault *fault)
{
	if (!src->begun) {
		fault_set(fault, src->opened ? "%s: nothing in it is whole: it ended too early, or was changed"
					     : "%s: ended before it began: see what the other side says",
			  input_name(&src->in));
		return -EINVAL;
	}
	src->base.info.broken_off = !src->ended;
	/* what is cut off is no damage besides */
	if (src->skipping && !src->ended)
		src->base.info.damaged--;
	src->skipping = false;
	return -ENODATA;
}

static int trace_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct trace_source *src = self(base);
	int err = src->eof ? 0 : fill(src, fault);

	src->out = (struct source_emission){ emit, ctx, 0 };
	while (!err) {
		err = step(src, fault);
		if (err <= 0)
			break;
		err = 0;
	}
	if (err)
		return err;
	return src->eof ? end(src, fault) : src->out.cnt;
}

static int trace_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* nothing is held back */
	return 0;
}

static void trace_close(struct source *base)
{
	struct trace_source *src = self(base);

	input_close(&src->in);
	selection_release(&src->selection);
	idmap_release(&src->gone);
	trace_decoder_free(src->dec);
	free(src->buf);
	free(src);
}

static const struct source_ops trace_ops = {
	.fd = trace_fd,
	.read = trace_read,
	.finish = trace_finish,
	.now = trace_now,
	.close = trace_close,
};

struct source *trace_open(const struct input *in, const struct source_config *config,
			  struct fault *fault)
{
	struct trace_source *src = calloc(1, sizeof(*src));

	if (!src || idmap_init(&src->gone, 64)) {
		free(src);
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		return NULL;
	}
	src->base.ops = &trace_ops;
	src->base.info = (struct source_info){
		.kind = "trace", .path = in->path, .clock = "monotonic", .resolution_ns = 1
	};
	selection_init(&src->selection, config);
	src->dec = trace_decoder_new();
	src->in.fd = -1;
	if (!src->dec || make_room(src, TRACE_BLOCK_BYTES, fault)) {
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		trace_close(&src->base);
		return NULL;
	}
	src->in = *in;
	return &src->base;
}

struct source *source_open_trace(const char *path, const struct source_config *config,
				 struct fault *fault)
{
	struct source *src;
	struct input in;

	if (input_open(&in, path, fault))
		return NULL;
	src = trace_open(&in, config, fault);
	if (!src)
		input_close(&in);
	return src;
}
