/* SPDX-License-Identifier: GPL-2.0 */
/* What a link could carry. docs/figures.md has the formula. */
#ifndef URBSCOPE_SINK_TOP_LINK_H
#define URBSCOPE_SINK_TOP_LINK_H

#include "urbscope/event.h"

/*
 * Bytes of payload a second that transfers of this type, in packets of this size, could move at
 * this speed with nothing else on the bus, in one direction; 0 if the speed or the type is unknown,
 * or has no such transfers. `max_packet` is wMaxPacketSize as a descriptor has it; 0: the largest.
 */
uint64_t link_capacity(unsigned int speed, unsigned int type, unsigned int max_packet);

#endif
