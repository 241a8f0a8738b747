// SPDX-License-Identifier: GPL-2.0
#include "urbscope/trace_writer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "trace_scene.h"

#define SECOND_NS 1000000000ULL

/*
 * What is known is told anew after a second, if at least so many events came and enough to make
 * what is in flight cheap beside them; after ten seconds in any case.
 */
#define KEY_EVENTS 256
#define KEY_OPEN   4
#define KEY_NS	   SECOND_NS
#define KEY_LAST_NS (10 * SECOND_NS)

#define BLOCK_NS SECOND_NS	/* a block spans no more of the events' time */
#define PLACES_MAX 65536

struct trace_writer {
	int fd;
	bool can_cut;		/* a file: what was not written whole can be taken back */
	off_t base;		/* where it stood */
	uint64_t offset;	/* bytes behind that are whole */
	int err;
	struct trace_run run;
	struct trace_head head;
	struct trace_encoder *enc;
	struct trace_scene scene;
	bool in_block, has_time;
	struct trace_block block; /* the one under way */
	uint64_t seq, event;	/* of the next one */
	uint64_t reached_ns, written_ns; /* the latter by what is in the file */
	uint64_t wall_ns;
	uint64_t key_ns, key_event; /* of the last one with TRACE_KEY */
	bool has_key;		/* in this file */
	struct trace_place *places; /* of those; every place_step-th, so that there is an end to them */
	size_t place_cnt, place_step, place_skipped;
};

static void fail(struct trace_writer *self, int err)
{
	if (!self->err)
		self->err = err;
}

/* 0 or -errno. */
static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t put = write(fd, bytes, size);
		struct pollfd writable = { .fd = fd, .events = POLLOUT };

		if (put >= 0) {
			bytes += put;
			size -= put;
		} else if (errno == EAGAIN) {
			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* All of it, or nothing if that can be. */
static int put(struct trace_writer *self, const uint8_t *bytes, size_t size)
{
	int err = write_all(self->fd, bytes, size);

	if (!err) {
		self->offset += size;
		return 0;
	}
	if (self->can_cut && !ftruncate(self->fd, self->base + self->offset))
		lseek(self->fd, self->base + self->offset, SEEK_SET);
	fail(self, err);
	return err;
}

static void begin_file(struct trace_writer *self, int fd)
{
	uint8_t bytes[TRACE_HEAD_BYTES];
	struct stat stat;

	self->fd = fd;
	self->base = lseek(fd, 0, SEEK_CUR);
	self->can_cut = self->base >= 0 && !fstat(fd, &stat) && S_ISREG(stat.st_mode);
	self->offset = 0;
	self->has_key = false;
	self->place_cnt = self->place_skipped = 0;
	self->place_step = 1;
	self->head.seq = self->seq;
	self->head.event = self->event;
	trace_head_pack(&self->head, bytes);
	put(self, bytes, sizeof(bytes));
}

struct trace_writer *trace_writer_new(int fd, const struct trace_run *run, uint64_t id)
{
	struct trace_writer *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->enc = trace_encoder_new();
	if (!self->enc || trace_scene_init(&self->scene, run)) {
		trace_encoder_free(self->enc);
		free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->run = *run;
	self->has_time = run->start_ns;
	self->reached_ns = run->start_ns;
	self->head = (struct trace_head){ .version = TRACE_VERSION, .run = id };
	if (!id && getrandom(&self->head.run, sizeof(self->head.run), 0) < 0)
		self->head.run = (uint64_t)getpid() << 32 ^ (uintptr_t)self;
	begin_file(self, fd);
	return self;
}

void trace_writer_free(struct trace_writer *self)
{
	if (!self)
		return;
	trace_encoder_free(self->enc);
	trace_scene_release(&self->scene);
	free(self->places);
	free(self);
}

void trace_writer_wall(struct trace_writer *self, uint64_t wall_ns)
{
	self->wall_ns = wall_ns;
}

void trace_writer_counts(struct trace_writer *self, uint64_t late, uint64_t skipped)
{
	self->run.late = late;
	self->run.skipped = skipped;
}

static bool wants_key(const struct trace_writer *self)
{
	uint64_t ns = self->reached_ns - self->key_ns, events = self->event - self->key_event;

	if (!self->has_key)
		return true;
	if (ns >= KEY_LAST_NS)
		return events;
	return ns >= KEY_NS && events >= KEY_EVENTS + (uint64_t)KEY_OPEN * self->scene.open_cnt;
}

/* The index is for jumping: a coarser one does when there are very many. */
static void note_place(struct trace_writer *self)
{
	size_t cnt = 0;

	if (self->place_skipped++ % self->place_step)
		return;
	if (!self->places)
		self->places = malloc(PLACES_MAX * sizeof(*self->places));
	if (!self->places)
		return;
	if (self->place_cnt == PLACES_MAX) {
		for (size_t i = 0; i < PLACES_MAX; i += 2)
			self->places[cnt++] = self->places[i];
		self->place_cnt = cnt;
		self->place_step *= 2;
	}
	self->places[self->place_cnt++] = (struct trace_place){
		.offset = self->offset,
		.first_ns = self->block.first_ns,
		.event = self->block.event,
	};
}

static void begin_block(struct trace_writer *self, uint8_t type)
{
	self->in_block = true;
	self->block = (struct trace_block){
		.type = type,
		.run = self->head.run,
		.seq = self->seq,
		.event = self->event,
		.first_ns = self->reached_ns,
	};
	trace_encoder_begin(self->enc, self->reached_ns);
	if (type != TRACE_EVENTS || !wants_key(self))
		return;
	trace_encoder_run(self->enc, &self->run);
	self->block.flags = trace_scene_tell(&self->scene, self->enc);
	self->key_ns = self->reached_ns;
	self->key_event = self->event;
	self->has_key = true;
	if (!(self->block.flags & TRACE_DOUBT))
		note_place(self);
}

static int end_block(struct trace_writer *self)
{
	const uint8_t *bytes;
	size_t size;
	int err;

	self->in_block = false;
	self->block.last_ns = self->reached_ns;
	self->block.wall_ns = self->wall_ns;
	err = trace_encoder_finish(self->enc, &self->block, &bytes, &size);
	if (err) {
		fail(self, err);
		return err;
	}
	err = put(self, bytes, size);
	if (err)
		return err;
	self->seq++;
	self->event += self->block.events;
	self->written_ns = self->reached_ns;
	return 0;
}

/* The first event tells when the window begins, if nobody has. */
static void reach(struct trace_writer *self, uint64_t ns)
{
	if (!self->has_time || ns > self->reached_ns)
		self->reached_ns = ns;
	self->has_time = true;
}

void trace_writer_event(struct trace_writer *self, const struct urb_event *ev)
{
	struct urb_event named;
	int err;

	if (self->err)
		return;
	if (self->in_block && (trace_encoder_events(self->enc) == TRACE_EVENTS_MAX ||
			       (trace_encoder_events(self->enc) &&
				ev->time_ns > self->block.first_ns + BLOCK_NS)))
		end_block(self);
	if (!self->has_time)
		reach(self, ev->time_ns);
	if (!self->in_block)
		begin_block(self, TRACE_EVENTS);
	err = trace_scene_event(&self->scene, ev, &named);
	if (err)
		fail(self, err);
	else
		trace_encoder_event(self->enc, &named);
	/* facts are of the endpoint: their time is when they were looked at */
	if (ev->kind != URB_EV_FACTS)
		reach(self, ev->time_ns);
}

int trace_writer_tick(struct trace_writer *self, uint64_t now_ns)
{
	bool silent = !self->in_block;

	if (self->err)
		return self->err;
	/* who reads a pipe wants to know at once; of a file, a second may be missing at its end */
	if (silent && self->has_key && self->can_cut && now_ns < self->reached_ns + SECOND_NS)
		return 0;
	if (silent)
		begin_block(self, TRACE_EVENTS);
	reach(self, now_ns);
	end_block(self);
	return self->err;
}

static void end_file(struct trace_writer *self)
{
	uint8_t trailer[TRACE_TRAILER_BYTES];
	uint64_t offset;
	int err = self->err;

	/* what was lost for want of room is not in the file: this is the end of what is */
	if (err)
		self->reached_ns = self->written_ns;
	self->err = 0;
	offset = self->offset;
	begin_block(self, TRACE_END);
	trace_encoder_run(self->enc, &self->run);
	for (size_t i = 0; i < self->place_cnt; i++)
		trace_encoder_place(self->enc, &self->places[i]);
	if (!end_block(self)) {
		trace_trailer_pack(offset, trailer);
		put(self, trailer, sizeof(trailer));
	}
	if (err)
		self->err = err;
}

int trace_writer_end(struct trace_writer *self, uint64_t now_ns)
{
	if (!self->err) {
		if (!self->in_block)
			begin_block(self, TRACE_EVENTS);
		reach(self, now_ns);
		end_block(self);
	}
	/* what has no head needs no end */
	if (self->offset && (!self->err || self->can_cut))
		end_file(self);
	return self->err;
}

int trace_writer_rotate(struct trace_writer *self, int fd, uint64_t now_ns)
{
	int err = trace_writer_end(self, now_ns);

	if (!err)
		begin_file(self, fd);
	return self->err;
}

uint64_t trace_writer_bytes(const struct trace_writer *self)
{
	return self->offset;
}

uint64_t trace_writer_events(const struct trace_writer *self)
{
	return self->event;
}
