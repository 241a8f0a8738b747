/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hands frames to a thread that paints them, for a terminal may take its time. A frame that comes
 * while the last one is painted waits, and goes if a newer one comes. So it is while the terminal
 * owes an answer to the last frame: what it was sent is still on its way then.
 *
 * Whoever shows frames must not use what paints while painter_is_idle() is false.
 */
#ifndef URBSCOPE_SINK_PAINTER_H
#define URBSCOPE_SINK_PAINTER_H

#include <pthread.h>

#include "urbscope/canvas.h"

struct painter {
	/* Returns true if the terminal owes an answer. */
	bool (*paint)(void *ctx, const struct canvas *c);
	void *ctx;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	struct canvas next;	/* the newest frame that the thread has not begun with */
	bool has_next, busy, held, ending;
	uint64_t held_ns;	/* since then */
	uint64_t shed;

	struct canvas drawn;	/* the thread's */
};

/* 0 or -EAGAIN; a painter that is all zero may be stopped. */
int painter_start(struct painter *p, bool (*paint)(void *ctx, const struct canvas *c), void *ctx);

/*
 * Ends the thread. False: it did not come back within `patience_ns`, because the terminal is stopped,
 * and was given up in the middle of its writing.
 */
bool painter_stop(struct painter *p, uint64_t patience_ns);
void painter_release(struct painter *p);

/* Nothing is painted, and nothing will be before painter_show() or painter_answered(). */
bool painter_is_idle(struct painter *p);

/* Drops what is held, and waits until it is idle, that long at most. */
bool painter_settle(struct painter *p, uint64_t patience_ns);

/*
 * A copy is painted. Waits for that as long as nobody notices that there is a thread. An answer that
 * is owed for ten seconds is not waited for any more.
 */
void painter_show(struct painter *p, const struct canvas *c);

/* The terminal has answered. Is an answer owed? */
void painter_answered(struct painter *p);
bool painter_is_owed(struct painter *p);
uint64_t painter_shed(struct painter *p);

#endif
