/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events as a capture of usbmon's (pcapng, link type 220, stamps in nanoseconds): submissions,
 * completions and failed submissions are its packets, in the order and with the stamps of the events.
 * Everything that a record of usbmon's cannot hold is in comments (comment.h): of a packet, what is
 * more to say of it; then the events that followed it and are no packets. What came before the
 * first packet stands with the interface, the end of the window with the interface's statistics.
 *
 * There is no payload: events have none.
 */
#ifndef URBSCOPE_PCAPNG_H
#define URBSCOPE_PCAPNG_H

#include <stdio.h>

#include "urbscope/comment.h"

struct pcapng_writer;

/*
 * `run` tells all but the end. `out` stays the caller's; nothing is written before the first event
 * that is a packet, or the end. NULL with errno ENOMEM.
 */
struct pcapng_writer *pcapng_writer_new(FILE *out, const struct comment_run *run);
void pcapng_writer_free(struct pcapng_writer *self);

void pcapng_writer_event(struct pcapng_writer *self, const struct urb_event *ev);

/* Hands on all but the last packet, of which more may be to say. 0, or -errno of the first failure. */
int pcapng_writer_flush(struct pcapng_writer *self);

/* Nothing follows. As pcapng_writer_flush(), but of all. */
int pcapng_writer_end(struct pcapng_writer *self, uint64_t end_ns, uint64_t skipped);

#endif
