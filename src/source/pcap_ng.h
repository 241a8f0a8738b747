/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pcapng as libpcap likes it. It refuses a file whose interfaces differ in snapshot length, which
 * says nothing that matters here: each packet tells how much of it was kept. Two captures behind one
 * another, or merged, often differ in nothing else.
 */
#ifndef URBSCOPE_SOURCE_PCAP_NG_H
#define URBSCOPE_SOURCE_PCAP_NG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_HEAD 12	/* bytes that tell a block's kind, its size and, of a section, the byte order */

/* Where in a file its reader is. All zero: at its beginning. */
struct pcapng_blocks {
	uint32_t at;		/* in the block */
	uint32_t kind, size;	/* once at >= PCAPNG_HEAD */
	bool big;		/* the section's byte order */
	bool begun;
	bool mixed;		/* sections of either byte order, which libpcap does not read */
	bool lost;		/* no such block exists: libpcap says so */
	uint8_t head[PCAPNG_HEAD];
};

/* The next `size` bytes of the file; interfaces' snapshot lengths in them become 0, "no limit". */
void pcapng_lift_limits(struct pcapng_blocks *self, uint8_t *data, size_t size);

#endif
