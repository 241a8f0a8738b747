// SPDX-License-Identifier: GPL-2.0
#include "urbscope/recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/track.h"

/* Rings: the entry of number n is at n modulo their size, numbers begin with 1. */
struct notes {
	uint32_t serial;
	uint64_t transfers, errors;	/* so far */
	uint64_t other_calls;
	size_t caller_cnt;
	uint64_t id[RECENT_TRANSFERS];	/* of transfers whose handler is not known yet, else 0 */
	struct recent_transfer transfer[RECENT_TRANSFERS];
	struct recent_error error[RECENT_ERRORS];
	struct recent_caller caller[RECENT_CALLERS];
};

struct recent {
	struct notes **of;	/* by the index of the endpoint */
	uint32_t room;
};

struct recent *recent_new(void)
{
	struct recent *self = calloc(1, sizeof(*self));

	if (!self)
		errno = ENOMEM;
	return self;
}

void recent_free(struct recent *self)
{
	if (!self)
		return;
	for (uint32_t i = 0; i < self->room; i++)
		free(self->of[i]);
	free(self->of);
	free(self);
}

/* The index is given anew when a device goes; the serial never. */
static struct notes *notes_of(struct recent *self, const struct track_step *step)
{
	uint32_t room = self->room ? self->room : 64;
	struct notes **grown, *notes;

	if (step->endpoint >= self->room) {
		while (room <= step->endpoint)
			room *= 2;
		grown = realloc(self->of, room * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + self->room, 0, (room - self->room) * sizeof(*grown));
		self->of = grown;
		self->room = room;
	}
	notes = self->of[step->endpoint];
	if (notes && notes->serial == step->serial)
		return notes;
	if (!notes)
		notes = self->of[step->endpoint] = malloc(sizeof(*notes));
	if (notes) {
		memset(notes, 0, sizeof(*notes));
		notes->serial = step->serial;
	}
	return notes;
}

static void note_error(struct notes *notes, uint64_t time_ns, int32_t status, bool refused)
{
	struct recent_error *e = &notes->error[notes->errors % RECENT_ERRORS];

	if (!notes->errors || e->status != status || e->refused != refused) {
		e = &notes->error[++notes->errors % RECENT_ERRORS];
		*e = (struct recent_error){ .first_ns = time_ns, .status = status,
					    .refused = refused };
	}
	e->last_ns = time_ns;
	e->count++;
}

static void note_transfer(struct notes *notes, const struct track_step *step)
{
	const struct track_transfer *t = &step->transfer;
	size_t i = ++notes->transfers % RECENT_TRANSFERS;

	notes->id[i] = step->settled_later ? t->id : 0;
	notes->transfer[i] = (struct recent_transfer){
		.number = notes->transfers, .time_ns = step->time_ns,
		.submit_ns = t->submit_ns, .queued_ns = t->queued_ns, .done_ns = t->done_ns,
		.handler_ns = t->handler_ns, .seen = t->seen, .inherited = t->inherited,
		.stream = step->event->stream, .status = step->event->complete.status,
		.length = step->event->complete.length, .left = step->level,
	};
	if (step->event->complete.status)
		note_error(notes, step->time_ns, step->event->complete.status, false);
}

/* The handler comes soon after, so the transfer is near the end of the ring, or has left it. */
static void note_handler(struct notes *notes, const struct track_transfer *t)
{
	uint64_t oldest = notes->transfers > RECENT_TRANSFERS ? notes->transfers - RECENT_TRANSFERS
							      : 0;

	for (uint64_t n = notes->transfers; n > oldest; n--) {
		size_t i = n % RECENT_TRANSFERS;

		if (notes->id[i] != t->id || !t->id)
			continue;
		notes->id[i] = 0;
		notes->transfer[i].handler_ns = t->handler_ns;
		notes->transfer[i].seen |= t->seen & URB_HANDLER;
		return;
	}
}

static bool same_caller(const struct recent_caller *c, const struct urb_event *ev)
{
	bool in_irq = ev->flags & URB_F_IN_IRQ;

	return c->complete_fn == ev->submit.complete_fn && c->in_irq == in_irq &&
	       (in_irq || (c->pid == ev->submit.pid &&
			   !strncmp(c->comm, ev->submit.comm, sizeof(c->comm))));
}

/* A new one takes the place of the least: who matters has submitted more than once. */
static void note_caller(struct notes *notes, const struct urb_event *ev)
{
	struct recent_caller *c = notes->caller, *least = c;
	size_t i;

	for (i = 0; i < notes->caller_cnt; i++) {
		if (same_caller(&c[i], ev))
			break;
		if (c[i].count < least->count)
			least = &c[i];
	}
	if (i < RECENT_CALLERS) {
		c = &c[i];
	} else {
		c = least;
		notes->other_calls += c->count;
	}
	if (i == notes->caller_cnt || i == RECENT_CALLERS) {
		notes->caller_cnt += i < RECENT_CALLERS;
		*c = (struct recent_caller){
			.complete_fn = ev->submit.complete_fn, .pid = ev->submit.pid,
			.in_irq = ev->flags & URB_F_IN_IRQ,
			.context_known = ev->flags & URB_F_CONTEXT,
		};
		memcpy(c->comm, ev->submit.comm, sizeof(c->comm));
		c->comm[sizeof(c->comm) - 1] = '\0';
	}
	c->gfp = ev->submit.gfp;
	c->count++;
}

int recent_apply(struct recent *self, const struct track_step *step)
{
	struct notes *notes;

	switch (step->kind) {
	case TRACK_SUBMITTED:
		if (!(step->event->flags & URB_F_CALLER))
			return 0;
		break;
	case TRACK_COMPLETED:
	case TRACK_INHERITED:
	case TRACK_SETTLED:
	case TRACK_FAILED:
	case TRACK_FAILED_OPEN:
		break;
	default:
		return 0;
	}
	if (step->endpoint == TRACK_NONE)
		return 0;
	notes = notes_of(self, step);
	if (!notes)
		return -ENOMEM;
	if (step->kind == TRACK_SUBMITTED)
		note_caller(notes, step->event);
	else if (step->kind == TRACK_SETTLED)
		note_handler(notes, &step->transfer);
	else if (step->kind == TRACK_FAILED || step->kind == TRACK_FAILED_OPEN)
		note_error(notes, step->time_ns, step->event->submit_error.error, true);
	else
		note_transfer(notes, step);
	return 0;
}

static void sort_callers(struct recent_view *view)
{
	for (size_t i = 1; i < view->caller_cnt; i++) {
		struct recent_caller one = view->callers[i];
		size_t to = i;

		for (; to && view->callers[to - 1].count < one.count; to--)
			view->callers[to] = view->callers[to - 1];
		view->callers[to] = one;
	}
}

bool recent_of(const struct recent *self, uint32_t serial, struct recent_view *out)
{
	const struct notes *notes = NULL;
	uint64_t n;

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < self->room && !notes; i++) {
		if (self->of[i] && self->of[i]->serial == serial)
			notes = self->of[i];
	}
	if (!notes)
		return false;
	for (n = notes->transfers; n && out->transfer_cnt < RECENT_TRANSFERS; n--)
		out->transfers[out->transfer_cnt++] = notes->transfer[n % RECENT_TRANSFERS];
	for (n = notes->errors; n && out->error_cnt < RECENT_ERRORS; n--)
		out->errors[out->error_cnt++] = notes->error[n % RECENT_ERRORS];
	memcpy(out->callers, notes->caller, sizeof(out->callers));
	out->caller_cnt = notes->caller_cnt;
	out->other_calls = notes->other_calls;
	sort_callers(out);
	return true;
}
