// SPDX-License-Identifier: GPL-2.0
/* A trace that urbscope recorded, from a file or as it comes through a pipe: docs/trace.md. */
#include "trace_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording.h"
#include "trace_seek.h"

#define CHUNK (256 * 1024)

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
	if (block->flags & ~(TRACE_KEY | TRACE_WHOLE | TRACE_TOLD | TRACE_DOUBT) || (block->flags && (block->type == TRACE_END || !(block->flags & TRACE_KEY))))
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
		trace_damage(src);
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
		src->middle = block.seq;
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
		err = trace_take_block(src, &block);
	}
	src->at += TRACE_BLOCK_BYTES + block.size;
	if (err == -ENOMEM)
		return out_of_memory(src, fault);
	return err ? refuse_block(src, &block, why, fault) : 1;
}

/* On to the last place before from_ns where it can be begun. */
static void leap(struct trace_source *src)
{
	/* all that was read is in the buffer still */
	int64_t base = lseek(src->in.fd, 0, SEEK_CUR) - (int64_t)src->have;
	struct trace_block key;
	uint64_t offset;

	if (base < 0 || !trace_seek(src->in.fd, base, src->from_ns, &src->start_ns, &key, &offset))
		return;
	if (lseek(src->in.fd, base + offset, SEEK_SET) < 0)
		return;
	src->seq = key.seq;
	src->event = key.event;
	src->middle = src->leapt = true;
	src->at = src->have = 0;
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
		trace_damage(src);
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
	src->middle = head->seq;
	src->at += TRACE_HEAD_BYTES;
	if (src->from_ns)
		leap(src);
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
		trace_damage(src);
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
			trace_damage(src);
		src->at = src->have;
		return 0;
	}
	if (head.run != src->head.run || head.seq < src->seq) {
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

/* On to the next file of a recording in several. 1, 0: there is none, or -errno. */
static int next_file(struct trace_source *src, struct fault *fault)
{
	const char *path = src->base.info.path;
	char *name;
	int err;

	if (!src->set || !trace_set_next(path, &src->set_next, &name))
		return 0;
	input_close(&src->in);
	err = input_open(&src->in, name, fault);
	free(name);
	src->in.path = path;
	if (err) {
		src->in.fd = -1;
		return err;
	}
	/* it ends each file before it begins the next one, unless somebody has cut it */
	if (!src->ended)
		trace_damage(src);
	src->ended = src->closed = true;
	src->skipping = src->eof = false;
	src->at = src->have = 0;
	return 1;
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
	if (!src->eof)
		return src->out.cnt;
	err = next_file(src, fault);
	if (err < 0)
		return err;
	return err ? src->out.cnt : end(src, fault);
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
	idmap_release(&src->flags);
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

	if (!src || idmap_init(&src->gone, 16) || idmap_init(&src->flags, 64)) {
		if (src)
			idmap_release(&src->gone);
		free(src);
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		return NULL;
	}
	src->base.ops = &trace_ops;
	src->base.info = (struct source_info){
		.kind = "trace", .path = in->path, .clock = "monotonic", .resolution_ns = 1
	};
	selection_init(&src->selection, config);
	src->from_ns = config->from_ns;
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

struct source *trace_open_set(const char *path, const struct source_config *config,
			      struct fault *fault)
{
	unsigned int number = 0;
	struct source *src;
	struct input in;
	char *name;
	int err;

	if (!strcmp(path, "-") || access(path, F_OK) == 0 || !trace_set_next(path, &number, &name))
		return NULL;
	err = input_open(&in, name, fault);
	free(name);
	if (err)
		return NULL;
	in.path = path;
	src = trace_open(&in, config, fault);
	if (!src) {
		input_close(&in);
		return NULL;
	}
	self(src)->set = true;
	self(src)->set_next = number;
	return src;
}
