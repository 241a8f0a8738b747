// SPDX-License-Identifier: GPL-2.0
#include "queue_test.h"

const char *queue_variant_name(unsigned int variant)
{
	static const char *const names[QUEUE_VARIANTS] = {
		[QUEUE_CORRECT] = "correct",
		[QUEUE_NO_RESUBMIT_ON_ERROR] = "no-resubmit-on-error",
		[QUEUE_DRAIN_FIRST] = "drain-first",
		[QUEUE_SHORT] = "short",
		[QUEUE_DOUBLE_SUBMIT] = "double-submit",
		[QUEUE_GFP_KERNEL] = "gfp-kernel",
		[QUEUE_REUSE] = "reuse",
		[QUEUE_LEAVE] = "leave",
		[QUEUE_FREE] = "free",
		[QUEUE_WAIT_EACH] = "wait-each",
	};

	return variant < QUEUE_VARIANTS ? names[variant] : NULL;
}

int queue_test_init(struct queue_test *self, uint8_t endpoint, enum queue_variant variant,
		    unsigned int depth, size_t events)
{
	*self = (struct queue_test){ .variant = variant };
	queue_lock_init(&self->lock);
	self->seqs = witness_alloc(depth * sizeof(*self->seqs));
	if (!self->seqs)
		return -ENOMEM;
	memset(self->seqs, 0, depth * sizeof(*self->seqs));
	return witness_init(&self->log, endpoint, events);
}

void queue_test_release(struct queue_test *self)
{
	witness_release(&self->log);
	witness_free(self->seqs);
	self->seqs = NULL;
}

static void note(struct queue_test *self, const struct witness_record *what)
{
	queue_lock_take(&self->lock);
	witness_add(&self->log, what);
	queue_lock_drop(&self->lock);
}

uint32_t queue_test_submit(struct queue_test *self, unsigned int slot, int bytes)
{
	uint32_t seq;

	if (!self)
		return 0;
	queue_lock_take(&self->lock);
	seq = self->next_seq++;
	witness_add(&self->log, &(struct witness_record){ .event = WITNESS_SUBMIT_CALL,
		.seq = seq, .slot = (uint16_t)slot, .bytes = bytes });
	queue_lock_drop(&self->lock);
	return seq;
}

void queue_test_submitted(struct queue_test *self, unsigned int slot, uint32_t seq, int err)
{
	if (!self)
		return;
	if (!err)
		self->seqs[slot] = seq;
	note(self, &(struct witness_record){ .event = WITNESS_SUBMIT_RETURN, .seq = seq,
		.slot = (uint16_t)slot, .result = (int8_t)err });
}

void queue_test_reap(struct queue_test *self, unsigned int slot, int err, int status, int bytes)
{
	if (!self)
		return;
	note(self, &(struct witness_record){ .event = WITNESS_REAP, .seq = self->seqs[slot],
		.slot = (uint16_t)slot, .result = (int8_t)err, .status = (int16_t)status,
		.bytes = bytes });
}

void queue_test_cancel(struct queue_test *self, unsigned int slot)
{
	if (self)
		note(self, &(struct witness_record){ .event = WITNESS_CANCEL,
			.seq = self->seqs[slot], .slot = (uint16_t)slot });
}

void queue_test_lap(struct queue_test *self, unsigned int slot)
{
	if (self)
		note(self, &(struct witness_record){ .event = WITNESS_LAP,
			.seq = self->seqs[slot], .slot = (uint16_t)slot });
}
