/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as words, for the comments of a pcapng file: what a record of usbmon's cannot hold stands
 * beside it, readable, and is read back. docs/export.md has the grammar:
 *
 *	urbscope: WORD KEY=VALUE KEY=VALUE ...
 *
 * Times are signed nanoseconds from a base, which is the stamp of the packet that the comment
 * stands with. What is 0, or equal to the base, is not written. Ids are written as they are: who
 * writes has replaced kernel addresses by numbers before.
 */
#ifndef URBSCOPE_COMMENT_H
#define URBSCOPE_COMMENT_H

#include "urbscope/event.h"

#define COMMENT_MAX 1024	/* bytes that any of them has at most, its NUL included */

/* What is known of the run that is exported: "run" at its beginning, "end" at its end. */
struct comment_run {
	char kind[16];		/* of the source */
	char clock[16];
	uint64_t wall_ns;	/* as in struct source_info: has been added to all stamps */
	uint64_t start_ns;	/* the window began here, 0: with the first event */
	uint64_t resolution_ns;
	uint8_t sees;		/* enum urb_moment */
	uint8_t silent;		/* nobody tells what was lost */
	uint8_t walks;		/* what was in flight at the start has been told */
	uint64_t end_ns;	/* "end": of the window */
	uint64_t skipped;	/* "end": records that were no event */
};

enum comment_word {
	COMMENT_NONE,		/* not ours, or of a later version */
	COMMENT_RUN,
	COMMENT_END,
	COMMENT_PACKET,		/* of the event that the packet itself is */
	COMMENT_EVENT,		/* an event without a packet */
};

/*
 * Each returns the length, without the NUL. comment_packet() returns 0 if the record of a SUBMIT,
 * COMPLETE or SUBMIT_ERROR at time_ns, as usbmon would write it, leaves nothing to say.
 */
size_t comment_run(const struct comment_run *run, char *buf);
size_t comment_end(const struct comment_run *run, char *buf);
size_t comment_packet(const struct urb_event *ev, char *buf);
size_t comment_event(const struct urb_event *ev, uint64_t base_ns, char *buf);

/* What kind of comment it is. */
enum comment_word comment_word(const char *text, size_t size);

/*
 * COMMENT_RUN, COMMENT_END: takes what it says into *run. Unknown keys are passed over. 0, or
 * -EINVAL if something in it cannot be understood.
 */
int comment_read_run(const char *text, size_t size, struct comment_run *run);

/*
 * COMMENT_PACKET: amends *ev, the event of the packet. COMMENT_EVENT: fills it; .facts is then
 * `facts`. As above.
 */
int comment_read_event(const char *text, size_t size, uint64_t base_ns, struct urb_event *ev,
		       struct urb_facts *facts);

#endif
