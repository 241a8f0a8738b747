/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slots of a queue, and whose turn it is. A slot is a URB, known by its number; slots are numbered
 * in the order of their first submission.
 */
#ifndef URBSCOPE_CHECK_TURNS_H
#define URBSCOPE_CHECK_TURNS_H

#include <stdbool.h>
#include <stdint.h>

/* What is wrong with a submission; several together. */
enum turn_fault {
	TURN_MORE = 1,		/* one slot more than there ought to be */
	TURN_FEW = 2,		/* they come again, and are fewer */
	TURN_SKIPPED = 4,	/* one that failed was passed over */
	TURN_ORDER = 8,		/* it is another one's turn */
};

enum slot_state { SLOT_UNUSED, SLOT_POSTED, SLOT_ENDED, SLOT_FORGOTTEN };

struct slot {
	uint32_t urb;
	uint8_t state;
	bool failed;		/* the last time */
};

struct turns {
	struct slot *slots;
	uint32_t depth, cnt;
	uint32_t next;		/* whose turn it is, once it has lapped */
	bool lapped;		/* a slot was submitted for the second time */
	bool refused;		/* a submission failed: turns mean nothing any more */
};

/* 0 or -ENOMEM. */
int turns_init(struct turns *t, uint32_t depth);
void turns_release(struct turns *t);
/* Another queue begins. */
void turns_clear(struct turns *t);

/*
 * A URB was submitted: what is wrong with that, enum turn_fault. A fault is not to drag others along:
 * a queue that has fewer slots is held to the order of those it has, a slot that was forgotten is
 * skipped; may_skip says whether failing excuses that.
 */
unsigned int turns_submit(struct turns *t, uint32_t urb, bool may_skip);

/* A URB is over. */
void turns_end(struct turns *t, uint32_t urb, bool failed);

/* Are all posted, but for this URB and those that failed? */
bool turns_all_posted(const struct turns *t, uint32_t urb);

/* Is it one of the slots? */
bool turns_know(const struct turns *t, uint32_t urb);

#endif
