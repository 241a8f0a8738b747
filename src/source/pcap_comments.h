/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The comments of a pcapng that urbscope wrote (comment.h). libpcap hands on none, so they are taken
 * from the bytes on their way to it, and kept until it hands on the packet that they stand with.
 * A file is ours if its first interface says so; with a second interface or section, or in the byte
 * order of another machine, it is a capture like any other from there on.
 */
#ifndef URBSCOPE_SOURCE_PCAP_COMMENTS_H
#define URBSCOPE_SOURCE_PCAP_COMMENTS_H

#include "urbscope/comment.h"

/* All zero: at the beginning of the file. */
struct pcap_comments {
	bool off;		/* nothing more is to be had */
	bool ours, ended;	/* `run` is known; also its end */
	bool section, interface;
	struct comment_run run;
	uint64_t packet_cnt;	/* blocks that are packets */
	uint64_t bad_cnt;	/* comments that begin like ours, and are not */
	uint8_t *block;		/* one that came in pieces */
	size_t have, block_room;
	char *kept;		/* comments, each behind its struct kept_comment */
	size_t kept_at, kept_size, kept_room;
};

void pcap_comments_release(struct pcap_comments *self);

/* The next bytes of the file. 0 or -ENOMEM. */
int pcap_comments_see(struct pcap_comments *self, const uint8_t *data, size_t size);

/*
 * The next comment of the packets up to this number, from 1; 0: of those before the first. NULL: there
 * is none. Valid until more bytes are seen.
 */
const char *pcap_comments_peek(const struct pcap_comments *self, uint64_t packet, size_t *size);
void pcap_comments_pop(struct pcap_comments *self);

#endif
