// SPDX-License-Identifier: GPL-2.0
#include "sink/painter.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* A terminal that is not slow has taken a frame by then. */
#define PROMPT_NS 20000000
/* Another terminal may be at the other end by now. */
#define OWED_NS	  UINT64_C(10000000000)

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *painting(void *arg)
{
	struct painter *p = arg;
	struct canvas frame;
	bool owes;

	pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		if (!p->has_next || p->held) {
			pthread_cond_wait(&p->changed, &p->lock);
			continue;
		}
		frame = p->next;
		p->next = p->drawn;
		p->drawn = frame;
		p->has_next = false;
		p->busy = true;
		pthread_mutex_unlock(&p->lock);
		owes = p->paint(p->ctx, &p->drawn);
		pthread_mutex_lock(&p->lock);
		p->held = owes;
		p->held_ns = clock_ns();
		p->busy = false;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int painter_start(struct painter *p, bool (*paint)(void *ctx, const struct canvas *c), void *ctx)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int err;

	p->paint = paint;
	p->ctx = ctx;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&p->lock, NULL);
	/* signals are for who waits for them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&p->thread, NULL, painting, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	p->has_thread = !err;
	return -err;
}

static bool is_idle(const struct painter *p)
{
	return !p->busy && (!p->has_next || p->held);
}

/* With the lock held. */
static bool wait_idle(struct painter *p, uint64_t ns)
{
	struct timespec until;

	ns += clock_ns();
	until.tv_sec = (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (!is_idle(p))
		if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT)
			break;
	return is_idle(p);
}

bool painter_settle(struct painter *p, uint64_t patience_ns)
{
	bool idle;

	if (!p->has_thread)
		return true;
	pthread_mutex_lock(&p->lock);
	if (p->held)
		p->has_next = false;
	idle = wait_idle(p, patience_ns);
	pthread_mutex_unlock(&p->lock);
	return idle;
}

bool painter_stop(struct painter *p, uint64_t patience_ns)
{
	bool done;

	if (!p->has_thread)
		return true;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	p->has_next = false;
	pthread_cond_broadcast(&p->changed);
	done = wait_idle(p, patience_ns);
	pthread_mutex_unlock(&p->lock);
	if (!done) /* it waits in write() */
		pthread_cancel(p->thread);
	pthread_join(p->thread, NULL);
	p->has_thread = false;
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
	return done;
}

void painter_release(struct painter *p)
{
	canvas_release(&p->next);
	canvas_release(&p->drawn);
}

/* Only who asks hands frames over, so what is idle stays idle. */
bool painter_is_idle(struct painter *p)
{
	bool idle;

	pthread_mutex_lock(&p->lock);
	idle = is_idle(p);
	pthread_mutex_unlock(&p->lock);
	return idle;
}

void painter_show(struct painter *p, const struct canvas *c)
{
	size_t cells = (size_t)c->width * (size_t)c->height;

	pthread_mutex_lock(&p->lock);
	p->held = p->held && clock_ns() < p->held_ns + OWED_NS;
	if (!canvas_resize(&p->next, c->width, c->height) && cells) {
		memcpy(p->next.cells, c->cells, cells * sizeof(*c->cells));
		p->shed += p->has_next;
		p->has_next = true;
		pthread_cond_broadcast(&p->changed);
		wait_idle(p, PROMPT_NS);
	}
	pthread_mutex_unlock(&p->lock);
}

void painter_answered(struct painter *p)
{
	pthread_mutex_lock(&p->lock);
	p->held = false;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

bool painter_is_owed(struct painter *p)
{
	bool owed;

	pthread_mutex_lock(&p->lock);
	owed = p->held;
	pthread_mutex_unlock(&p->lock);
	return owed;
}

uint64_t painter_shed(struct painter *p)
{
	uint64_t shed;

	pthread_mutex_lock(&p->lock);
	shed = p->shed;
	pthread_mutex_unlock(&p->lock);
	return shed;
}
