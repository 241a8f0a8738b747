/* SPDX-License-Identifier: GPL-2.0 */
/* What the writer and the reader of comments share: the keys, and what they stand for. */
#ifndef URBSCOPE_EVENT_COMMENT_FIELDS_H
#define URBSCOPE_EVENT_COMMENT_FIELDS_H

#include "urbscope/comment.h"

#define COMMENT_HEAD  "urbscope: "
#define COMMENT_WORDS (URB_EV_STREAMS + 1)

/*
 * How a value is written. YES: 1, of what is a bool. RESULT: an int32_t. SINCE: a time, from the
 * comment's base.
 */
enum form { YES, NUMBER, RESULT, HEX, SINCE, STRING, MOMENTS, FLAGS, ENDPOINT };

/* A member of a struct under its key. */
struct field {
	const char *key;	/* NULL: the table ends */
	uint32_t kinds;		/* of events that have it: bits 1 << enum urb_event_kind */
	uint16_t at;
	uint8_t size;
	uint8_t form;
};

#define BIT(kind) (1u << URB_EV_##kind)
#define PACKETS	  (BIT(SUBMIT) | BIT(COMPLETE) | BIT(SUBMIT_ERROR))
#define EVENTS	  (BIT(HANDLER) | BIT(RETURNED) | BIT(INFLIGHT) | BIT(SYNC) | BIT(LOST) | \
		   BIT(FACTS) | BIT(GONE) | BIT(STREAMS))
#define CALLS	  (BIT(SUBMIT) | BIT(INFLIGHT))
#define ANY	  UINT32_MAX
#define OF_RUN	  1u	/* of struct comment_run: at its beginning, at its end */
#define OF_END	  2u

extern const struct field comment_event_fields[], comment_facts_fields[], comment_run_fields[];

/* By enum urb_event_kind; NULL: there is none. By bit. */
extern const char *const comment_words[COMMENT_WORDS];
extern const char *const comment_moments[8], *const comment_flags[8];

#endif
